"""Calls across subjects: what is taken for granted is named, and falls with the theorem that it names."""

import types
from dataclasses import replace

import pytest

from model.language.logic import Clause, Operation, Subject
from proofs.engine.cache import Cache
from proofs.engine.contract import Contract
from proofs.engine.operation import Proof
from proofs.engine.path import EngineError
from proofs.engine.runner import Options, prove
from proofs.engine.verdict import Verdict

LOWER = """\
from impl.errors import NotValid
from impl.layout import Struct, u64


class Cell(Struct, size=8):
    a = u64()

    def bump(self, n):
        if n == 0:
            raise NotValid("nothing")
        {bump}
        return self.a
"""

UPPER = """\
from impl.errors import NotValid
from impl.layout import Struct, u64


class Cell(Struct, size=8):
    a = u64()

    def lower(self, n):
        return n

    def run(self):
        {run}
"""

PLAIN = "self.a = self.a + n"
CALLS = "self.lower(1)\n        return self.lower(2)"


def keep(t):
    return t.ghost


def a(state, t):
    return state.fields("Cell").a[t.heap]


there = Clause("there", "the cell is there", lambda state, heap, ghost: state.claimed("Cell")[heap])
room = Clause("room", "a is small", lambda s, h, g, given: s.fields("Cell").a[h] < 2000)
smaller = Clause("smaller", "a is smaller", lambda s, h, g, given: s.fields("Cell").a[h] < 1000)
little = Clause("little", "n is small", lambda s, h, g, given: (given["n"] >= 0) & (given["n"] < 100))
refuses = Clause("refuses", "NotValid exactly for 0", lambda t: (t.raised == "NotValid") == (t.n == 0))
adds = Clause("adds", "n is added", lambda t: True if t.raised else a(t.new, t) == a(t.old, t) + t.n)
tells = Clause("tells", "a is returned", lambda t: True if t.raised else t.result == a(t.new, t))
cheap = Clause("cheap", "four accesses at most", lambda t: t.cost <= 4)
BUMP = Operation(
    "bump",
    ("n",),
    keep,
    (refuses, adds, tells, cheap),
    (little, room),
    raises=("NotValid",),
    changes=("Cell.a",),
    returns="word",
)

added = Clause("added", "3 is added", lambda t: a(t.new, t) == a(t.old, t) + 3)
told = Clause("told", "a is returned", lambda t: t.result == a(t.old, t) + 3)
RUN = Operation("run", (), keep, (added, told), (smaller,), raises=())


def subject(name, source, operation, invariants, extra):
    module = types.ModuleType(name)
    module.__file__ = f"/nowhere/{name}.py"
    return Proof(
        Subject(name, invariants, (operation,)), module, "Cell", ("Cell",), lambda: None, lambda: None, **extra
    )


def stack(run=CALLS, bump=PLAIN, proved=BUMP, promised=BUMP):
    """A lower subject, an upper one that calls it by contract, and the texts of both."""
    contract = Contract("lower", promised, (there,))

    def invoke(edition, memory, address, operation, arguments):
        cell = type("Upper", (edition.Cell,), {"lower": lambda self, n: contract.call(n=n)})(memory, address)
        return cell.run()

    lower = subject("lower", LOWER, proved, (there,), {})
    upper = subject("upper", UPPER, RUN, (there,), {"invoke": invoke})
    return (lower, upper), {"lower": LOWER.format(bump=bump), "upper": UPPER.format(run=run)}


def report_of(*arguments, select=(), only=slice(None), **changes):
    proofs, sources = stack(*arguments, **changes)
    return prove(proofs[only], select, Options(jobs=1, sources=sources))


def open_theorems(report):
    return {t.id for t in report.theorems if t.verdict is not Verdict.PROVED}


def rests(report):
    return next(t for t in report.theorems if t.id == "upper.run.rests")


def test_a_caller_knows_the_contract_of_the_other_subject():
    report = report_of()
    assert open_theorems(report) == set()
    assert rests(report).obvious == len({*(clause.name for clause in (*BUMP.ensures, there)), "lower.bump"})
    assert report.notes == []


def test_a_theorem_below_that_is_dropped_breaks_the_proof_above_by_name():
    dropped = replace(BUMP, ensures=tuple(clause for clause in BUMP.ensures if clause is not adds))
    report = report_of(proved=dropped)
    assert open_theorems(report) == {"upper.run.rests"}
    assert rests(report).verdict is Verdict.ERROR
    failure = "upper.run rests on lower.bump.adds, which does not exist, so it is not proved"
    assert failure in [f.sentence for f in rests(report).failures]


def test_a_theorem_below_that_is_not_proved_breaks_the_proof_above_by_name():
    report = report_of(bump="self.a = self.a + n + 1")
    assert open_theorems(report) == {"lower.bump.adds", "upper.run.rests"}
    assert [f.sentence for f in rests(report).failures] == ["upper.run rests on lower.bump.adds, which is not proved"]


def test_a_run_of_the_upper_subject_alone_is_proved_if_and_says_what_it_rests_on():
    report = report_of(only=slice(1, None))
    assert {t.verdict for t in report.theorems} == {Verdict.CONDITIONAL}
    assert report.unseen == ["lower.bump"]
    assert report.exit_status() == 3
    assert [f.sentence for f in rests(report).failures] == ["upper.run rests on lower.bump, which was not looked at"]


def test_a_caller_knows_no_more_than_the_contract():
    silent = replace(BUMP, ensures=(refuses, tells, cheap))
    assert open_theorems(report_of(promised=silent)) == {
        "upper.run.added",
        "upper.run.calls.bump",
        "upper.run.told",
    }


def test_a_refusal_reaches_the_caller():
    assert "upper.run.raises_only" in open_theorems(report_of(run="return self.lower(0)"))
    caught = "try:\n            self.lower(0)\n        except NotValid:\n            return 0\n        return 1"
    assert "upper.run.raises_only" not in open_theorems(report_of(run=caught))


def test_what_the_other_subject_requires_must_be_shown():
    assert "upper.run.calls.bump" in open_theorems(report_of(run="return self.lower(100)"))


def test_only_an_operation_that_says_what_it_changes_is_relied_on():
    contract = Contract("lower", replace(BUMP, changes=None))
    with pytest.raises(EngineError, match="nobody can rely"):
        contract.call(n=1)


def test_what_an_operation_rests_on_is_remembered(tmp_path):
    """A run that finds everything in the cache says the same."""
    proofs, sources = stack()
    for _ in range(2):
        cache = Cache(tmp_path / "cache.sqlite")
        report = prove(proofs, (), Options(jobs=1, sources=sources, cache=cache))
        assert "upper.run.rests" in {t.id for t in report.theorems}
