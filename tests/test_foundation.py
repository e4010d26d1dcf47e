"""What a theorem rests on is proved with it: whole operations, transitively, each once, in no circle.

Each test puts something wrong below a caller whose own theorems are all right.
"""

from dataclasses import replace

import pytest

from proofs.engine import gathering
from proofs.engine import path as paths
from proofs.engine.cache import Cache
from proofs.engine.foundation import Foundation
from proofs.engine.runner import Options, prove
from proofs.engine.theorem import Collected, Theorem
from proofs.engine.verdict import TheoremResult, Verdict
from tests.test_contract import BUMP, a, stack
from tests.toys import Toy, ensures

WRONG = "self.a = self.a + n + 1"
ADDS = ensures("adds", lambda t: a(t.new, t) == a(t.old, t) + 1, "1 is added")


class Tower(Toy):
    """A toy that stores in ``a``, and whose run ``rests`` on what it is told."""

    def __init__(self, name, rests=(), demands=(), method="    def run(self, n):\n        self.a = self.a\n"):
        super().__init__(method, "", demands, name=name)

        def invoke(edition, memory, address, operation, arguments):
            paths.current().rests |= frozenset(rests)
            return getattr(edition.Cell(memory, address), operation)(*arguments.values())

        self.proof = replace(self.proof, invoke=invoke)


def report_of(*towers, select=(), known=(), **options):
    """What is said of ``towers``; the ``known`` ones are found if they are rested on."""
    sources = {tower.name: tower.source for tower in (*towers, *known)}
    others = {tower.name: tower.proof for tower in known}
    settings = Options(**{"jobs": 1, "sources": sources, "resolve": others.get, **options})
    return prove([tower.proof for tower in towers], select, settings)


def verdicts(report):
    return {theorem.id: theorem.verdict for theorem in report.theorems}


def sentences(report, name):
    (theorem,) = [theorem for theorem in report.theorems if theorem.id == name]
    return [failure.sentence for failure in theorem.failures]


# ---------------------------------------------------------------- all that is rested on is proved


def test_selecting_only_the_caller_of_a_refuted_operation_is_no_success():
    (lower, upper), sources = stack(bump=WRONG)
    report = prove([lower, upper], ("upper",), Options(jobs=1, sources=sources))
    assert verdicts(report)["lower.bump.adds"] is not Verdict.PROVED
    assert verdicts(report)["upper.run.rests"] is Verdict.UNKNOWN
    assert report.exit_status() != 0


def test_what_is_rested_on_is_found_in_other_subjects():
    (lower, upper), sources = stack()
    settings = Options(jobs=1, sources=sources, resolve={"lower": lower}.get)
    report = prove([upper], (), settings)
    assert {t.verdict for t in report.theorems} == {Verdict.PROVED}
    assert all(t.subject == "upper" for t in report.theorems)
    assert {t.subject for t in report.relied} == {"lower"}
    assert report.footing == f"rests on {len(report.relied)} theorems of 1 operation, all PROVED"
    assert report.exit_status() == 0


def test_a_fault_three_floors_below_is_told_on_every_floor():
    towers = [Tower("one", ["two.run"]), Tower("two", ["three.run"]), Tower("three", demands=[ADDS])]
    report = report_of(towers[0], known=towers[1:])
    found = verdicts(report)
    assert found["three.run.adds"] is Verdict.REFUTED
    assert found["two.run.rests"] is found["one.run.rests"] is Verdict.UNKNOWN
    assert sentences(report, "one.run.rests") == ["one.run rests on two.run.rests, which is not proved"]
    assert report.exit_status() == 1


def test_a_theorem_that_nobody_names_counts_too():
    """A caller may take any goal of the operation for a fact, so it rests on all of them."""
    below = Tower("below", demands=[ensures("named", lambda t: t.n >= 0), ADDS])
    report = report_of(Tower("above", ["below.run.named"]), known=[below])
    assert sentences(report, "above.run.rests") == ["above.run rests on below.run.adds, which is not proved"]
    assert report.exit_status() == 1


def test_within_a_subject_it_is_the_same():
    """An operation that is called by contract is proved with its caller, though nobody selected it."""
    toy = Tower("toy", ["toy.other"])
    other = replace(toy.proof.subject.operations[0], name="other", ensures=(ADDS,))
    subject = replace(toy.proof.subject, operations=(other, *toy.proof.subject.operations))
    source = toy.source.replace("def run", "def other(self, n):\n        self.a = self.a\n\n    def run")

    def invoke(edition, memory, address, operation, arguments):
        paths.current().rests |= frozenset(["toy.other"] if operation == "run" else [])
        return getattr(edition.Cell(memory, address), operation)(*arguments.values())

    proof = replace(toy.proof, subject=subject, invoke=invoke)
    report = prove([proof], ("toy.run",), Options(jobs=1, sources={"toy": source}))
    assert verdicts(report)["toy.other.adds"] is Verdict.REFUTED
    assert report.exit_status() == 1


HALVES = "    def run(self, n):\n        self.a = n\n        return self.a // 2\n"
HALF = ensures("half", lambda t: t.result * 2 <= t.n)


def test_what_was_proved_below_comes_from_the_cache(tmp_path, monkeypatch):
    above, below = Tower("above", ["below.run"]), Tower("below", demands=[HALF], method=HALVES)
    for cached in (False, True):
        report = report_of(above, known=[below], cache=Cache(tmp_path / "cache"))
        assert report.exit_status() == 0
        assert {t.cached for t in report.relied if t.obligations} == {cached}
        monkeypatch.setattr(gathering, "collect", lambda *more: pytest.fail("executed again"))


def test_an_operation_below_that_cannot_be_executed_is_an_error():
    broken = Tower("below", method="    def run(self, n):\n        return n ** n\n")
    report = report_of(Tower("above", ["below.run.any"]), known=[broken])
    assert verdicts(report)["below.run.executes"] is Verdict.ERROR
    assert verdicts(report)["above.run.rests"] is Verdict.UNKNOWN
    assert report.exit_status() == 2


def test_a_vacuous_operation_below_is_not_proved():
    report = report_of(Tower("above", ["below.run"]), known=[Tower("below")], witnessed={"below.run": frozenset()})
    assert verdicts(report)["below.run.reachable"] is Verdict.VACUOUS
    assert report.exit_status() == 3


# ---------------------------------------------------------------- what there is not


@pytest.mark.parametrize("name", ["below.walk", "below.run.no_such_theorem", "below.run.rests"])
def test_what_does_not_exist_is_an_error(name):
    report = report_of(Tower("above", [name]), known=[Tower("below")])
    assert sentences(report, "above.run.rests") == [
        f"above.run rests on {name}, which does not exist, so it is not proved"
    ]
    assert report.exit_status() == 2


@pytest.mark.parametrize("only", [False, True])
def test_a_subject_that_is_unknown_leaves_an_if(only):
    report = report_of(Tower("above", ["unknown.run"]), only=only)
    assert {t.verdict for t in report.theorems} == {Verdict.CONDITIONAL}
    assert report.unseen == ["unknown.run"]
    assert report.exit_status() == 3


def test_an_if_far_below_is_an_if_above():
    report = report_of(Tower("above", ["below.run"]), known=[Tower("below", ["unknown.run"])])
    assert {t.verdict for t in report.theorems} == {Verdict.CONDITIONAL}
    assert report.unseen == ["unknown.run"]


# ---------------------------------------------------------------- told not to look


def test_told_to_prove_only_what_is_selected_the_report_says_if():
    below = Tower("below", demands=[ADDS])
    report = report_of(Tower("above", ["below.run"]), known=[below], only=True)
    assert {t.subject for t in report.theorems} == {"above"}
    assert {t.verdict for t in report.theorems} == {Verdict.CONDITIONAL}
    assert report.relied == []
    assert report.exit_status() == 3


def test_one_theorem_alone_is_proved_if_the_others_of_its_operation_are():
    toy = Tower("toy", demands=[ensures("some", lambda t: t.n + 1 > t.n), ADDS])
    report = report_of(toy, select=("toy.run.some",), only=True)
    assert verdicts(report) == {"toy.run.some": Verdict.CONDITIONAL}
    assert report.unseen == ["toy.run"]


def test_with_everything_selected_there_is_no_if():
    towers = [Tower("above", ["below.run"]), Tower("below")]
    assert report_of(*towers, only=True).exit_status() == 0


def test_an_if_is_never_remembered(tmp_path):
    above, below = Tower("above", ["below.run"]), Tower("below", demands=[ADDS])
    for known, status in (((), 3), ((below,), 1), ((), 3)):
        assert report_of(above, known=known, cache=Cache(tmp_path / "cache")).exit_status() == status


def test_a_refutation_weighs_more_than_an_if():
    report = report_of(Tower("above", ["unknown.run"], [ADDS]), only=True)
    assert verdicts(report)["above.run.adds"] is Verdict.REFUTED
    assert report.exit_status() == 1


# ---------------------------------------------------------------- circles


def test_two_subjects_that_rest_on_each_other_prove_nothing():
    report = report_of(Tower("one", ["two.run"]), Tower("two", ["one.run"]))
    assert sentences(report, "one.run.rests") == [
        "a circle, in which nothing is proved: one.run rests on two.run rests on one.run"
    ]
    assert verdicts(report)["two.run.rests"] is Verdict.ERROR
    assert report.exit_status() == 2


def test_a_circle_is_found_from_one_of_its_members_alone():
    towers = [Tower("one", ["two.run"]), Tower("two", ["three.run"]), Tower("three", ["one.run"])]
    report = report_of(towers[0], known=towers)
    assert "one.run rests on two.run rests on three.run rests on one.run" in sentences(report, "one.run.rests")[0]


def test_an_operation_that_rests_on_itself_proves_nothing():
    report = report_of(Tower("toy", ["toy.run.safety"]))
    assert verdicts(report)["toy.run.rests"] is Verdict.ERROR


def test_what_rests_on_a_circle_is_not_proved():
    towers = [Tower("above", ["one.run"]), Tower("one", ["two.run"]), Tower("two", ["one.run"])]
    report = report_of(*towers)
    assert verdicts(report)["above.run.rests"] is Verdict.UNKNOWN
    assert report.exit_status() == 2


def test_two_ways_to_one_operation_are_no_circle():
    towers = [Tower("above", ["one.run", "two.run"]), Tower("one", ["floor.run"]), Tower("two", ["floor.run"])]
    assert report_of(*towers, Tower("floor")).exit_status() == 0


# ---------------------------------------------------------------- names


def test_two_subjects_of_one_name_are_an_error():
    """Else what is proved of the one would be taken for the other."""
    report = report_of(Tower("toy"), Tower("toy", demands=[ADDS]))
    assert report.exit_status() == 2


def test_two_operations_of_one_name_are_an_error():
    toy = Tower("toy")
    wrong = replace(toy.proof.subject.operations[0], ensures=(ADDS,))
    with pytest.raises(ValueError, match="two operations are called run"):
        replace(toy.proof.subject, operations=(wrong, *toy.proof.subject.operations))


# ---------------------------------------------------------------- identity


DROPPED = replace(BUMP, requires=())


@pytest.mark.parametrize("resolved", [False, True])
def test_a_contract_that_is_not_what_is_proved_is_an_error(resolved):
    """The callee is proved with what it requires; the caller relies on it without."""
    (lower, upper), sources = stack(promised=DROPPED)
    options = Options(jobs=1, sources=sources, resolve={"lower": lower}.get)
    report = prove([upper] if resolved else [lower, upper], (), options)
    lacking = [
        sentence for sentence in sentences(report, "upper.run.rests") if "relies on what is not proved" in sentence
    ]
    assert [sentence.partition("caller does not show: ")[2] for sentence in lacking] == [
        "little (n is small)",
        "room (a is small)",
    ]
    assert report.exit_status() == 2


def test_a_disagreement_does_not_get_lost_in_the_cache(tmp_path):
    for _ in range(2):
        (lower, upper), sources = stack(promised=DROPPED)
        report = prove([lower, upper], (), Options(jobs=1, sources=sources, cache=Cache(tmp_path / "cache")))
        assert verdicts(report)["upper.run.rests"] is Verdict.ERROR


def test_a_callee_that_is_proved_with_less_afterwards_is_noticed(tmp_path):
    """The caller's text and the callee's are the same; what is proved of the callee is not."""
    for proved, status in ((BUMP, 0), (DROPPED, 1), (BUMP, 0)):
        (lower, upper), sources = stack(proved=proved)
        report = prove(
            [upper], (), Options(jobs=1, sources=sources, cache=Cache(tmp_path / "c"), resolve={"lower": lower}.get)
        )
        assert (report.exit_status() == 0) is (status == 0)


# ---------------------------------------------------------------- the account itself


def collection(name, rests=(), *verdicts):
    results = [
        TheoremResult(f"{name}.t{number}", name.split(".")[0], name.split(".")[1], "", verdict)
        for number, verdict in enumerate(verdicts)
    ]
    return Collected(name, [Theorem(result) for result in results], frozenset(rests))


@pytest.mark.parametrize("below", [verdict for verdict in Verdict if verdict is not Verdict.PROVED])
def test_nothing_below_but_proved_is_proved_above(below):
    items = [collection("up.a", ["low.b"], Verdict.PROVED), collection("low.b", (), Verdict.PROVED, below)]
    foundation = Foundation({item.operation: item for item in items}, set(), {"up.a.t0", "low.b.t0", "low.b.t1"})
    *_, rests = foundation.theorems_of("up.a")
    assert rests.id == "up.a.rests"
    assert rests.verdict is not Verdict.PROVED
