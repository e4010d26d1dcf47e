"""Calls by contract: shown before, known after, everything else forgotten; and what is refused."""

import types
from dataclasses import replace

import pytest

from model.language.logic import Clause, Operation, Subject, implies
from proofs.engine.operation import Proof, verify
from proofs.engine.path import EngineError
from proofs.engine.runner import Options, prove
from proofs.engine.verdict import Verdict

SOURCE = """\
from impl.layout import Struct, u64
from model.language.annotations import by_contract


class Cell(Struct, size=16):
    a = u64()
    b = u64()

    @by_contract
    def bump(self, n):
        {bump}

    def run(self, n):
        {run}
"""

BUMP = """\
self.a = self.a + n
        return self.a"""


def same(sentence, formula):
    return Clause(sentence.replace(" ", "_"), sentence, formula)


def cell(state, t, name):
    fields = state.fields("Cell")
    return (fields.a if name == "a" else fields.b)[t.heap]


there = Clause("there", "the cell is there", lambda state, heap, ghost: state.claimed("Cell")[heap])
small = Clause("small", "a is small", lambda state, heap, ghost: state.fields("Cell").a[heap] < 1000)
little = Clause("little", "n is small", lambda s, h, g, given: (given["n"] >= 0) & (given["n"] < 100))
room = Clause("room", "there is room", lambda s, h, g, given: s.fields("Cell").a[h] + given["n"] < 1000)
adds = same("adds", lambda t: cell(t.new, t, "a") == cell(t.old, t, "a") + t.n)
tells = same("tells", lambda t: t.result == cell(t.new, t, "a"))
cheap = same("cheap", lambda t: t.cost <= 3)
CHANGES = ("Cell.a",)


def proof(demands, order=("bump", "run"), run_requires=(little, room), changes=CHANGES, returns="word", raises=()):
    bump = Operation(
        "bump", ("n",), keep, (adds, tells, cheap), (little, room), changes=changes, returns=returns, raises=raises
    )
    run = Operation("run", ("n",), keep, tuple(demands), tuple(run_requires), raises=())
    module = types.ModuleType("calling")
    module.__file__ = "/nowhere/calling.py"
    operations = {"bump": bump, "run": run}
    subject = Subject("calling", (there, small), tuple(operations[name] for name in order))
    return Proof(subject, module, "Cell", ("Cell",), lambda: None, lambda: None)


def keep(t):
    return t.ghost


def open_theorems(subject, run, bump=BUMP):
    source = SOURCE.format(run=run, bump=bump)
    report = prove([subject], (), Options(jobs=1, sources={"calling": source}))
    return {t.id.removeprefix("calling.") for t in report.theorems if t.verdict is not Verdict.PROVED}


def test_a_caller_knows_what_the_operation_promises():
    demands = [adds, tells, same("two steps", lambda t: t.cost <= 3)]
    assert open_theorems(proof(demands), "return self.bump(n)") == set()


def test_a_caller_knows_no_more_than_that():
    """What the operation may change is forgotten; what it may not change is kept."""
    kept = same("kept", lambda t: cell(t.new, t, "b") == cell(t.old, t, "b"))
    cheaper = same("cheaper", lambda t: t.cost <= 2)
    assert open_theorems(proof([kept, cheaper]), "return self.bump(n)") == {"run.cheaper"}


def test_what_the_operation_relies_on_must_be_shown():
    assert open_theorems(proof([], run_requires=(little,)), "self.bump(n)") == {"run.calls.bump"}
    assert open_theorems(proof([]), "self.bump(n)\n        self.bump(n)") == {"run.calls.bump"}


def test_the_invariants_must_hold_where_it_is_called():
    assert "run.calls.bump" in open_theorems(proof([]), "self.a = 2000\n        self.bump(n)")


def test_the_invariants_must_hold_at_every_call():
    """What a first call left in order counts only until something is written."""
    run = "self.bump(n)\n        self.a = 2000\n        self.bump(n)"
    assert "run.calls.bump" in open_theorems(proof([]), run)


def test_promises_add_up():
    twice = Clause("twice", "room for two", lambda s, h, g, given: s.fields("Cell").a[h] + 2 * given["n"] < 1000)
    added = same("added", lambda t: cell(t.new, t, "a") == cell(t.old, t, "a") + 2 * t.n)
    assert open_theorems(proof([added], run_requires=(little, twice)), "self.bump(n)\n        self.bump(n)") == set()


def test_the_operation_itself_is_executed():
    """Its own proof does not rely on its contract."""
    assert "bump.adds" in open_theorems(proof([adds]), "return self.bump(n)", "return self.a")


def refused(message, subject, run="return self.bump(n)", bump=BUMP, operation=1):
    with pytest.raises(EngineError, match=message):
        verify(subject, subject.subject.operations[operation], SOURCE.format(run=run, bump=bump))


LARGE = same("large", lambda t: (t.raised == "ValueError") == (t.n > 50))
REFUSING = "if n > 50:\n            raise ValueError(n)\n        self.a = self.a + n\n        return self.a"


def refusing(demands, raises):
    """``bump`` refuses more than 50, and promises what else it promises only where it does not."""
    plain = proof(demands, raises=("ValueError",))
    bump, run = plain.subject.operations
    told = tuple(
        replace(law, formula=lambda t, law=law: bool(t.raised) or law.formula(t)) for law in (adds, tells, cheap)
    )
    operations = (replace(bump, ensures=(*told, LARGE)), replace(run, raises=raises))
    return replace(plain, subject=replace(plain.subject, operations=operations))


def test_a_call_that_may_be_refused_ends_in_either_way():
    """The caller meets the exception where the contract says so, and the result elsewhere."""
    demands = [LARGE, same("added", lambda t: bool(t.raised) or adds.formula(t))]
    run = "return self.bump(n)"
    assert open_theorems(refusing(demands, ("ValueError",)), run, REFUSING) == set()
    assert open_theorems(refusing([], ()), run, REFUSING) == {"run.raises_only"}


def test_what_a_call_promises_where_it_is_refused_must_hold_there():
    """An exception at any other argument, or none, breaks the contract of the operation that is called."""
    late = REFUSING.replace("> 50", "> 60")
    assert "bump.large" in open_theorems(refusing([LARGE], ("ValueError",)), "return self.bump(n)", late)


def test_operations_may_not_lean_on_each_other():
    refused("does not stand before", proof([], order=("run", "bump")), operation=0)
    refused("does not stand before", proof([]), bump="return self.bump(n)", operation=0)


def test_only_an_operation_that_says_what_it_changes_is_relied_on():
    refused("nobody can rely", proof([], changes=None))


def test_undeclared_changes_are_refused():
    refused("undeclared", proof([]), bump="self.b = 1\n        return self.a", operation=0)
    refused("returns a nothing", proof([]), bump="self.a = self.a + n", operation=0)
    refused("returns a word", proof([], returns="flag"), operation=0)


def test_only_calls_of_the_same_heap_are_modelled():
    refused("another heap", proof([]), run="return Cell(self.memory, self.address + 16).bump(n)")


def test_a_precondition_that_cannot_hold_is_no_help():
    """A caller that cannot meet what is required has an open theorem, even if its own demands then follow."""
    never = Clause("never", "a is 7 and 8", lambda s, h, g, given: (given["n"] == 7) & (given["n"] == 8))
    assert implies(True, never.name == "never")
    subject = proof([adds], run_requires=())
    assert "run.calls.bump" in open_theorems(subject, "return self.bump(n)")


@pytest.mark.parametrize("argument", ["None", "True", "n > 3", "self"])
def test_an_operation_is_called_with_numbers_as_it_was_proved(argument):
    """``None > 0`` is an error in Python: what is proved of all numbers says nothing of it."""
    told = same("told", lambda t: t.result == 1)
    bump = Operation("bump", ("n",), keep, (told,), (), changes=(), returns="word", raises=())
    run = Operation("run", ("n",), keep, (told,), (), raises=())
    subject = replace(proof([]), subject=Subject("calling", (there, small), (bump, run)))
    always = "if n > 0:\n            return 1\n        return 1"
    assert open_theorems(subject, "return self.bump(n)", always) == set()
    assert open_theorems(subject, f"return self.bump({argument})", always) == {"run.executes"}
