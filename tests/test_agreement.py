"""Two symbolic states agree on a place only if nothing was done there: attempts to have it otherwise."""

import pytest

from proofs.engine.memory import SymMemory
from proofs.engine.path import EngineError
from proofs.engine.values import SymInt, term_of
from tests.entailment import entailed, single_path
from tests.test_memory_obligations import on_memory
from tests.test_symbolic_memory import BASE, PAGE, Record, Tiny


def everywhere(first, end):
    """All memory."""
    return True


def within(low, high):
    """Whatever meets [low, high)."""
    return lambda first, end: (first < high) & (low < end)


def beside(low, high):
    """Whatever does not."""
    return lambda first, end: (end <= low) | (high <= first)


def agrees(act, where, prepare=lambda memory: None):
    """Whether it is known that nothing ``where`` changed from before ``act`` to after it."""
    found = []

    def run(path, memory):
        prepare(memory)
        then = memory.state()
        act(memory)
        with path.ghost():
            found.append((path, term_of(memory.state().agrees(then, where))))

    on_memory(run)
    path, formula = found[0]
    return entailed(path, formula)


ACTS = {
    "nothing": (lambda m: None, None),
    "a byte": (lambda m: m.fill(BASE + 100, 1, 7), (BASE + 100, BASE + 101)),
    "some bytes": (lambda m: m.fill(BASE + 100, 50, 7), (BASE + 100, BASE + 150)),
    "a header comes": (lambda m: m.claim(Record, BASE + 32), (BASE + 32, BASE + 48)),
    "a field": (lambda m: setattr(Record(m, BASE), "huge", 5), (BASE, BASE + 16)),
    "a header goes": (lambda m: m.release(Record, BASE), (BASE, BASE + 16)),
    "a page goes": (lambda m: m.unmap(BASE + PAGE, 1), (BASE + PAGE, BASE + 2 * PAGE)),
    "another header's field": (lambda m: setattr(Tiny(m, BASE + 64), "value", 5), (BASE + 64, BASE + 64 + Tiny.SIZE)),
}


def two_headers(memory):
    """One of each type."""
    memory.claim(Record, BASE)
    memory.claim(Tiny, BASE + 64)


@pytest.mark.parametrize("name", ACTS)
def test_states_agree_beside_what_happened_and_not_there(name):
    act, place = ACTS[name]
    assert agrees(act, everywhere, two_headers) is (place is None)
    if place is not None:
        assert agrees(act, beside(*place), two_headers)
        assert not agrees(act, within(*place), two_headers)


def test_one_address_tells_nothing_of_its_neighbour():
    assert not agrees(lambda m: m.fill(BASE + 100, 2, 7), within(BASE + 101, BASE + 102))
    assert not agrees(lambda m: m.claim(Record, BASE + 32), within(BASE + 47, BASE + 48))
    assert agrees(lambda m: m.claim(Record, BASE + 32), within(BASE + 48, BASE + 49))


def test_whatever_became_arbitrary_agrees_nowhere():
    for key in ("byte", "mapped", "claimed.Record", "Record.huge"):
        assert not agrees(lambda m, key=key: m.havoc((key,)), within(BASE, BASE + 16), two_headers)


def test_a_field_is_compared_where_its_header_lies_and_only_there():
    """Where no header lies a field's array says nothing, so that it differs says nothing either."""

    def act(memory):
        memory.havoc(("Record.huge",))

    assert agrees(act, beside(BASE, BASE + 16), two_headers)
    assert not agrees(act, within(BASE, BASE + 16), two_headers)


def test_what_is_kept_by_number_lies_at_no_address():
    def run(path, memory):
        with path.ghost():
            memory.number_from({"Tiny": SymInt(path.integer("origin"))})
            with pytest.raises(EngineError, match="by number"):
                memory.state().agrees(memory.state(), everywhere)

    on_memory(run)


def test_a_struct_that_will_be_kept_by_number_is_refused_as_well():
    def run(path):
        memory = path.memory = SymMemory({"Tiny": Tiny}, ())
        memory.number_when_claimed({"Tiny": lambda state: SymInt(path.integer("origin"))})
        with path.ghost(), pytest.raises(EngineError, match="by number"):
            memory.state().agrees(memory.state(), everywhere)

    single_path(run)
