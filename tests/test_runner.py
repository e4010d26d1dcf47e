"""A run of the prover: verdicts and their priority, lost workers, vacuity, and results that do not depend on --jobs."""

import os
import time
from dataclasses import replace

import pytest

from proofs.engine import climbing, discharging, gathering, together, workers
from proofs.engine.collect import selected
from proofs.engine.discharge import solve
from proofs.engine.verdict import Report, TheoremResult, Verdict, worst
from proofs.engine.workers import Pool
from tests.toys import Toy, ensures, prove_toys, word

ADD = """
    def run(self, n):
        if n == 0:
            return 0
        self.a = n
        self.b = n // 2
        return self.a - self.b
"""
UNSUPPORTED = """
    def run(self, n):
        self.a = 1
        return self.b ** n
"""
HALF = ensures("half", lambda t: t.result * 2 >= t.n)
STORED = ensures("stored", lambda t: (t.n == 0) | (t.new.fields("Cell").a[t.heap] == t.n))
SMALLER = ensures("smaller", lambda t: t.result <= t.n)
WRONG = ensures("wrong", lambda t: t.result < t.n, "the result is smaller than n")


def without_times(report: Report):
    return [replace(theorem, seconds=0.0, slowest=0.0) for theorem in report.theorems]


def verdict_of(report: Report, name: str) -> Verdict:
    return next(t.verdict for t in report.theorems if t.id == f"toy.run.{name}")


# ---------------------------------------------------------------- verdicts


def test_what_is_true_is_proved_and_what_is_false_is_refuted():
    report = Toy(ADD, "", [HALF, STORED, SMALLER, WRONG]).report()
    assert {
        t.id.split(".")[-1]: t.verdict for t in report.theorems if t.id.endswith(("half", "stored", "smaller"))
    } == {
        "half": Verdict.PROVED,
        "stored": Verdict.PROVED,
        "smaller": Verdict.PROVED,
    }
    assert verdict_of(report, "wrong") is Verdict.REFUTED
    assert report.verdict is Verdict.REFUTED
    assert report.exit_status() == 1


def test_a_failure_says_what_where_on_which_path_and_with_which_values():
    report = Toy(ADD, "", [WRONG]).report("toy.run.wrong")
    (theorem,) = report.theorems
    failure = theorem.failures[0]
    assert failure.sentence == "the result is smaller than n"
    assert failure.line
    assert any("if n == 0:  -> " in decision for decision in failure.decisions)
    assert dict(failure.values)["n"] in ("0", "1")


PRIORITY = [
    *(Verdict.REFUTED, Verdict.ERROR, Verdict.UNKNOWN),
    *(Verdict.VACUOUS, Verdict.CONDITIONAL, Verdict.PROVED),
]


@pytest.mark.parametrize("first", range(6))
def test_the_worst_verdict_wins(first):
    assert worst(PRIORITY[first:]) is PRIORITY[first]
    assert worst(reversed(PRIORITY[first:])) is PRIORITY[first]


@pytest.mark.parametrize(
    ("verdicts", "status"),
    [
        ([], 5),
        ([Verdict.PROVED], 0),
        ([Verdict.PROVED, Verdict.CONDITIONAL], 3),
        ([Verdict.CONDITIONAL, Verdict.VACUOUS], 1),
        ([Verdict.PROVED, Verdict.VACUOUS], 1),
        ([Verdict.VACUOUS, Verdict.UNKNOWN], 3),
        ([Verdict.UNKNOWN, Verdict.ERROR, Verdict.PROVED], 2),
        ([Verdict.ERROR, Verdict.REFUTED, Verdict.UNKNOWN], 1),
    ],
)
def test_the_exit_status_is_that_of_the_worst_verdict(verdicts, status):
    report = Report([TheoremResult(str(n), "s", "o", "", verdict) for n, verdict in enumerate(verdicts)])
    assert report.exit_status() == status


def test_nothing_selected_is_not_success():
    report = Toy(ADD, "", [HALF]).report("toy.walk")
    assert report.theorems == []
    assert report.exit_status() == 5


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("toy", True),
        ("toy.run", True),
        ("toy.run.half", True),
        ("toy.*", True),
        ("*.half", True),
        ("toy.ru", False),
        ("toy.run.hal", False),
        ("half", False),
    ],
)
def test_theorems_are_selected_by_what_they_belong_to(pattern, expected):
    assert selected("toy.run.half", [pattern]) is expected


def test_a_selection_shows_those_theorems_and_what_is_not_proved_of_their_operation():
    toy = Toy(ADD, "", [HALF, WRONG])
    report = toy.report("toy.run.half")
    assert [t.id for t in report.theorems] == ["toy.run.half", "toy.run.wrong"]
    assert {t.id for t in report.relied} == {t.id for t in toy.report().theorems} - {"toy.run.half"}
    assert report.exit_status() == 1
    sound = Toy(ADD, "", [HALF, SMALLER]).report("toy.run.half")
    assert [t.id for t in sound.theorems] == ["toy.run.half"]
    assert sound.exit_status() == 0


def test_a_selection_of_an_operation_that_cannot_be_executed_is_an_error():
    report = Toy(UNSUPPORTED).report("toy.run.half")
    assert [t.id for t in report.theorems] == ["toy.run.executes"]
    assert report.exit_status() == 2


# ---------------------------------------------------------------- errors


def test_unsupported_code_is_an_error_with_its_line():
    toy = Toy(UNSUPPORTED)
    (theorem,) = toy.report().theorems
    assert theorem.verdict is Verdict.ERROR
    assert theorem.failures[0].line == f"/nowhere/toy.py:{toy.line_of('self.b ** n')}"
    assert "** is not in the language" in theorem.failures[0].reason


def test_an_exception_that_no_contract_allows_is_an_error_with_its_line():
    toy = Toy("\n    def run(self, n):\n        raise TypeError('strange')\n")
    report = toy.report()
    assert report.exit_status() == 2
    assert report.theorems[0].failures[0].line == f"/nowhere/toy.py:{toy.line_of('strange')}"


def test_source_that_is_no_python_is_an_error():
    toy = Toy("\n    def run(self, n):\n        return (\n")
    assert toy.report().verdict is Verdict.ERROR


def test_an_operation_in_error_leaves_the_others_alone():
    report = prove_toys([Toy(UNSUPPORTED, name="toy"), Toy(ADD, "", [HALF], name="other")])
    verdicts = {t.id: t.verdict for t in report.theorems}
    assert verdicts["toy.run.executes"] is Verdict.ERROR
    assert verdicts["other.run.half"] is Verdict.PROVED


# ---------------------------------------------------------------- vacuity


def test_an_end_that_running_code_reaches_needs_no_proof():
    toy = Toy(ADD, "", [HALF])
    ends = frozenset({(f"run:{toy.line_of('return 0')}",), (f"run:{toy.line_of('return self.a')}",)})
    report = toy.report(witnessed={"toy.run": ends})
    assert verdict_of(report, "reachable") is Verdict.PROVED
    assert report.verdict is Verdict.PROVED


def test_an_operation_whose_end_no_running_code_reaches_is_vacuous():
    report = Toy(ADD, "", [HALF]).report(witnessed={"toy.run": frozenset()})
    assert verdict_of(report, "half") is Verdict.PROVED
    assert verdict_of(report, "reachable") is Verdict.VACUOUS
    assert report.exit_status() == 1


def test_one_end_that_is_not_reached_is_enough():
    toy = Toy(ADD, "", [HALF])
    report = toy.report(witnessed={"toy.run": frozenset({(f"run:{toy.line_of('return 0')}",)})})
    assert verdict_of(report, "reachable") is Verdict.VACUOUS
    (theorem,) = [t for t in report.theorems if t.id == "toy.run.reachable"]
    assert f"run:{toy.line_of('return self.a')}" in theorem.failures[0].line


def test_an_end_that_no_execution_reaches_is_proved_to_be_so():
    method = """
    def run(self, n):
        if self.a > 2 ** 64:
            return 0
        return n
"""
    toy = Toy(method)
    report = toy.report(witnessed={"toy.run": frozenset({(f"run:{toy.line_of('return n')}",)})})
    assert verdict_of(report, "reachable") is Verdict.PROVED


def test_a_contradictory_precondition_is_vacuous_not_proved():
    never = ensures("never", lambda state, heap, ghost, given: (given["n"] > 5) & (given["n"] < 3))
    report = Toy(ADD, "", [WRONG], requires=(word, never)).report(witnessed={"toy.run": frozenset()})
    assert report.verdict is Verdict.VACUOUS


def test_a_contradictory_precondition_is_vacuous_where_nobody_runs_the_operation():
    never = ensures("never", lambda state, heap, ghost, given: (given["n"] > 5) & (given["n"] < 3))
    assert Toy(ADD, "", [WRONG], requires=(word, never)).report().verdict is Verdict.VACUOUS


# ---------------------------------------------------------------- workers


@pytest.mark.parametrize("jobs", [2, 3])
def test_results_do_not_depend_on_jobs(jobs):
    toys = [Toy(ADD, "", [HALF, STORED, SMALLER, WRONG], name="toy"), Toy(ADD, "", [SMALLER], name="other")]
    assert without_times(prove_toys(toys, jobs=jobs)) == without_times(prove_toys(toys, jobs=1))


def test_results_do_not_depend_on_what_was_proved_before():
    toys = [Toy(ADD, "", [HALF, SMALLER], name="toy"), Toy(ADD, "", [WRONG], name="other")]
    together = {t.id: t for t in without_times(prove_toys(toys))}
    alone = {t.id: t for toy in toys for t in without_times(prove_toys([toy]))}
    assert together == alone


@pytest.mark.parametrize(("ensured", "verdict"), [(HALF, Verdict.PROVED), (WRONG, Verdict.REFUTED)])
def test_only_what_was_proved_of_a_text_is_not_solved_again(monkeypatch, ensured, verdict):
    asked = []
    monkeypatch.setattr(climbing, "solve", lambda text, *more: asked.append(text) or solve(text, *more))
    toys = [Toy(ADD, "", [ensured], name="toy"), Toy(ADD, "", [ensured], name="other")]
    report = prove_toys(toys, jobs=1)
    assert {t.verdict for t in report.theorems if t.id.endswith(f".run.{ensured.name}")} == {verdict}
    solved_twice = {text for text in asked if asked.count(text) > 1}
    assert {solve(text, mbqi=False).answer == "unsat" for text in solved_twice} <= {False}
    assert bool(solved_twice) == (verdict is Verdict.REFUTED)
    first, second = ([t.resources for t in report.theorems if t.subject == toy.name] for toy in toys)
    assert first == second


def breaks(monkeypatch, on: str, fault):
    """The solver does ``fault`` on problems that contain ``on``, whether they are asked alone or with others."""

    def faulty(solve):
        return lambda *given: fault() if any(on in str(one) for one in given) else solve(*given)

    monkeypatch.setattr(climbing, "solve", faulty(solve))
    monkeypatch.setattr(together.Together, "asked", faulty(together.Together.asked))


MARK = "314159"
MARKED = ensures("marked", lambda t: t.result < 314159 + t.n)
"""Follows; its text holds MARK, that of the others does not."""


def test_a_worker_that_crashes_costs_its_own_obligation_only(monkeypatch):
    breaks(monkeypatch, MARK, lambda: os._exit(7))
    report = Toy(ADD, "", [HALF, MARKED, SMALLER]).report(jobs=2)
    assert verdict_of(report, "marked") is Verdict.ERROR
    others = {t.verdict for t in report.theorems if t.id != "toy.run.marked"}
    assert others == {Verdict.PROVED}
    assert report.exit_status() == 2
    (theorem,) = [t for t in report.theorems if t.id == "toy.run.marked"]
    assert "the worker died" in theorem.failures[0].reason


def test_a_worker_that_hangs_costs_its_own_obligation_only(monkeypatch):
    monkeypatch.setattr(workers, "PATIENCE", 1)
    breaks(monkeypatch, MARK, lambda: time.sleep(60))
    report = Toy(ADD, "", [HALF, MARKED, SMALLER]).report("toy.run.half", "toy.run.marked", "toy.run.smaller", jobs=2)
    assert verdict_of(report, "marked") is Verdict.UNKNOWN
    assert verdict_of(report, "half") is verdict_of(report, "smaller") is Verdict.PROVED
    assert report.exit_status() == 3
    (theorem,) = [t for t in report.theorems if t.id == "toy.run.marked"]
    assert "hung" in theorem.failures[0].reason


def test_a_worker_that_crashes_while_it_collects_costs_its_own_operation_only(monkeypatch):
    def crashing(proof, *more):
        return os._exit(7) if proof.subject.name == "toy" else collect(proof, *more)

    collect = gathering.collect
    monkeypatch.setattr(gathering, "collect", crashing)
    report = prove_toys([Toy(ADD, "", [HALF], name="toy"), Toy(ADD, "", [HALF], name="other")], jobs=2)
    verdicts = {t.id: t.verdict for t in report.theorems}
    assert verdicts["toy.run.executes"] is Verdict.ERROR
    assert verdicts["other.run.half"] is Verdict.PROVED


def raising():
    raise RuntimeError("a fault in the solver's own code")


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_exception_of_the_solver_costs_its_own_obligation_only(monkeypatch, jobs):
    breaks(monkeypatch, MARK, raising)
    report = Toy(ADD, "", [HALF, MARKED]).report(jobs=jobs)
    assert verdict_of(report, "marked") is Verdict.ERROR
    assert verdict_of(report, "half") is Verdict.PROVED
    (theorem,) = [t for t in report.theorems if t.id == "toy.run.marked"]
    assert "a fault in the solver's own code" in theorem.failures[0].reason


def test_what_killed_a_worker_is_not_tried_again_in_the_main_process(monkeypatch):
    breaks(monkeypatch, MARK, lambda: os._exit(7))
    monkeypatch.setattr(discharging, "explain", lambda problem: pytest.fail("the problem was solved again"))
    assert Toy(ADD, "", [MARKED]).report("toy.run.marked", jobs=2).verdict is Verdict.ERROR


@pytest.mark.parametrize("jobs", [1, 3])
def test_a_pool_gives_results_in_the_order_of_the_calls(jobs):
    with Pool(jobs) as pool:
        assert list(pool.each(abs, [(-n,) for n in range(20)], lambda *lost: -1)) == list(range(20))


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_call_that_is_skipped_gives_none(jobs):
    with Pool(jobs) as pool:
        found = list(pool.each(abs, [(-1,), (-2,), (-3,)], lambda *lost: -1, lambda number: number == 1))
    assert found == [1, None, 3]


def test_after_a_few_open_obligations_the_rest_of_a_theorem_is_not_tried():
    branches = "".join(f"        if n == {k}:\n            return {k}\n" for k in range(8))
    toy = Toy(
        f"\n    def run(self, n):\n{branches}        return n\n", "", [ensures("wrong", lambda t: t.result > t.n)]
    )
    (theorem,) = toy.report("toy.run.wrong").theorems
    assert theorem.verdict is Verdict.REFUTED
    assert [f.reason for f in theorem.failures].count(discharging.NOT_TRIED) > 0
    assert not [f for f in theorem.failures[: discharging.MOST_FAILURES] if f.reason == discharging.NOT_TRIED]


def test_progress_counts_up_to_the_number_of_obligations():
    seen = []
    report = Toy(ADD, "", [HALF, STORED]).report(progress=lambda done, total: seen.append((done, total)))
    solved = sum(t.obligations for t in report.theorems)
    assert seen == [(n, solved) for n in range(1, solved + 1)]


def test_progress_tells_how_many_operations_are_executed():
    seen = []
    Toy(ADD, "", [HALF, STORED]).report(executing=lambda done, total: seen.append((done, total)))
    assert seen == [(1, 1)]
