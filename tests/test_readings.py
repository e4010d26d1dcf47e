"""The two readings of a specification: what a live machine offers, a proof offers, and the other way round."""

import inspect

import pytest

from model.language.ghost import GhostMap, GhostSet
from proofs.checking.state import Bytes, ClaimSet, ConcreteState, FieldMap, Lines, PageSet
from proofs.engine.ghost import SymMap, SymSet
from proofs.engine.state import SeenBytes, SymPages, SymState
from tests.mistakes.mistake import CODE, CONTRACT, LOOPS, PROOF, Mistake, append, replace_in
from tests.test_mistakes import messages, told

BOTH = [
    (GhostSet, SymSet),
    (GhostMap, SymMap),
    (ClaimSet, SymSet),
    (FieldMap, SymMap),
    (PageSet, SymPages),
    (Bytes, SeenBytes),
    (Lines, SymMap),
]
LIVE_ONLY = {"members", "values", "default", "pages"}
"""What holds a live value: no specification asks for it."""
PROOF_ONLY = {"arbitrary", "named"}
"""How the prover makes a symbolic value."""
OF_STATES = ("fields", "claimed", "readable", "same_places", "same_memory", "agrees")


def methods(kind):
    return {name: member for name, member in inspect.getmembers(kind) if not name.startswith("_")}


def parameters(function):
    return [one for one in inspect.signature(function).parameters if one != "self"]


@pytest.mark.parametrize(("live", "symbolic"), BOTH, ids=[live.__name__ for live, _ in BOTH])
def test_each_kind_of_ghost_offers_the_same_in_both_readings(live, symbolic):
    here, there = methods(live), methods(symbolic)
    assert here.keys() - LIVE_ONLY == there.keys() - PROOF_ONLY
    for name in here.keys() & there.keys():
        assert parameters(here[name]) == parameters(there[name]), name


@pytest.mark.parametrize("name", OF_STATES)
def test_a_state_offers_the_same_in_both_readings(name):
    assert parameters(getattr(ConcreteState, name)) == parameters(getattr(SymState, name))


@pytest.mark.parametrize("kind", [FieldMap, Bytes, Lines], ids=lambda kind: kind.__name__)
@pytest.mark.parametrize("name", ["everywhere", "set", "over", "redefined", "same", "same_outside"])
def test_what_a_view_of_ram_cannot_tell_it_refuses(kind, name):
    view = object.__new__(kind)
    with pytest.raises(TypeError, match=f"{kind.__name__} is "):
        getattr(view, name)(*[None for _ in parameters(getattr(kind, name))])


def test_sets_are_changed_and_compared_on_a_range_as_maps_are():
    numbers = GhostSet([1, 5, 9])
    assert numbers.over(4, 8, lambda x: x % 2 == 0).members == {1, 4, 6, 9}
    assert numbers.same_outside(GhostSet([1, 6, 9]), 5, 7)
    assert not numbers.same_outside(GhostSet([1, 6, 9]), 5, 6)
    assert numbers.everywhere(lambda x: x > 0)
    assert numbers.each(1, 9, lambda x: numbers[x] == (x in (1, 5)), None, 4)


# ---------------------------------------------------------------- advance

GIVEN = '("given", "RAM holds as many as the abstract dispenser", ram.given[here] == operation.ghost.given)'


def advancing(folder):
    """The dispenser, whose abstract state is moved in the loop."""
    made = Mistake("advancing", CODE, "NONE = 0", "NONE = 0", "", (), looping=True).made_in(folder)
    replace_in(made / CODE, "annotations import loop", "annotations import advance, loop")
    replace_in(
        made / CODE, "self.given = self.given + 1", 'self.given = self.given + 1\n            advance("one_given")'
    )
    replace_in(
        made / CONTRACT, 'return tickets.with_given(t.new.fields("Tickets").given[t.heap])', "return t.ghost_after"
    )
    replace_in(made / LOOPS, "return Loop([", f"return Loop([{GIVEN}, ")
    replace_in(made / LOOPS, '("Tickets.given",)', '("Tickets.given", "ghost.given")')
    append(made / LOOPS, "\n\ndef one_given(tickets):\n    return tickets.with_given(tickets.given + 1)\n")
    replace_in(made / PROOF, "named(skipped)", "named(skipped, one_given)")
    replace_in(made / PROOF, "import skipped", "import one_given, skipped")
    return made


def test_a_run_moves_the_abstract_state_where_the_program_says_so(tmp_path):
    made = advancing(tmp_path)
    status, text, _ = told(made, tmp_path / "output", "prove", "tickets", "--no-cache", "--jobs", "1")
    assert (status, messages(text)) == (0, []), text


def test_a_step_that_is_left_out_breaks_a_run(tmp_path):
    made = advancing(tmp_path)
    replace_in(made / CODE, '            advance("one_given")\n', "")
    status, text, _ = told(made, tmp_path / "output", "prove", "tickets", "--no-cache", "--jobs", "1")
    assert status == 1
    assert "REFUTED tickets.skip.truthful" in text
    assert "world.skip(" in text
