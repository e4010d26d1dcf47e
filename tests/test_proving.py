"""What a run says of subjects whose scenario ended early: what breaks is told where it belongs, and looked for once."""

from dataclasses import replace

import pytest

from proofs import proving
from proofs.engine.reached import BASELESS, ENDED_EARLY, NO_END_REACHED, REACHABLE, with_reachable
from proofs.engine.theorem import Collected, Problem
from proofs.engine.verdict import Failure, Report, TheoremResult, Verdict

ENDS = (("run:1",), ("run:2",))
FOUND = Collected("toy.run", [], met=tuple((end, Problem("", "", (), end[0])) for end in ENDS))


def theorem(name: str, verdict: Verdict, **more) -> TheoremResult:
    subject, operation, _ = name.split(".")
    return TheoremResult(name, subject, operation, "it is so", verdict, **more)


def refuted(name: str) -> TheoremResult:
    return theorem(name, Verdict.REFUTED, trace="the run that breaks it")


def untold(name: str) -> TheoremResult:
    return theorem(name, Verdict.UNKNOWN, failures=[Failure("it is so", "", (), (), ENDED_EARLY)])


# ---------------------------------------------------------------- which ends are reached


def verdict_of(found: Collected) -> Verdict:
    (one,) = [one.result for one in found.theorems if one.result.id == f"toy.run.{REACHABLE}"]
    return one.verdict


def test_all_ends_that_are_reached_are_reached():
    assert verdict_of(with_reachable(FOUND, set(ENDS))) is Verdict.PROVED


def test_without_any_end_that_is_reached_the_theorems_are_vacuous():
    assert verdict_of(with_reachable(FOUND, set())) is Verdict.VACUOUS


def test_an_end_that_no_run_came_to_must_be_proved_out_of_reach():
    found = with_reachable(FOUND, {ENDS[0]})
    assert [one.key for one in found.theorems[0].problems] == ["run:2"]


def test_what_requires_a_contradiction_is_vacuous_though_nobody_looks_for_ends():
    assert verdict_of(with_reachable(replace(FOUND, baseless=True), None)) is Verdict.VACUOUS
    assert with_reachable(FOUND, None).theorems == []


# ---------------------------------------------------------------- a subject below that breaks


BELOW = "below.run.so"


def test_a_scenario_that_breaks_a_subject_below_is_explained_by_what_refutes_that():
    report = Report([refuted("below.run.other"), untold("above.run.reachable")])
    assert proving._is_explained(report, "above", BELOW)


def test_what_refutes_it_may_be_told_beside_what_was_asked_for():
    assert proving._is_explained(Report([], relied=[refuted(BELOW)]), "above", BELOW)


@pytest.mark.parametrize(
    "others",
    [
        [],
        [theorem(BELOW, Verdict.REFUTED)],  # by the solver alone: no run was found
        [theorem(BELOW, Verdict.UNKNOWN)],
        [refuted(BELOW), theorem("above.run.so", Verdict.UNKNOWN)],
        [refuted("another.run.so")],
    ],
)
def test_a_run_is_looked_for_where_something_else_may_be_wrong(others):
    assert not proving._is_explained(Report(others), "above", BELOW)


def test_a_scenario_that_breaks_nothing_is_explained_by_nothing():
    assert not proving._is_explained(Report([refuted("above.run.so")]), "above", "")


def test_ends_are_left_out_where_a_run_refutes_what_the_scenario_broke():
    report = Report([refuted(BELOW), untold("above.run.reachable"), theorem("above.run.so", Verdict.PROVED)])
    proving._leave_out_untold(report, "above", "below")
    assert [one.id for one in report.theorems] == [BELOW, "above.run.so"]
    assert report.notes == ["above: not looked at: which ends of 1 operations are reached"]


def test_ends_stay_open_where_nothing_is_refuted():
    report = Report([theorem(BELOW, Verdict.UNKNOWN), untold("above.run.reachable")])
    proving._leave_out_untold(report, "above", "below")
    assert len(report.theorems) == 2


def test_what_breaks_is_shown_once_and_named_elsewhere():
    played = {"below": "VIOLATED below.run.so\n  at length", "above": "the same at length", "third": "a fault"}
    broken = {"below": BELOW, "above": BELOW}
    assert list(proving._ended_early(played, broken)) == [
        "below: the scenario did not come to its end: VIOLATED below.run.so\n  at length",
        "above: the scenario did not come to its end: it breaks below.run.so",
        "third: the scenario did not come to its end: a fault",
    ]


def test_what_breaks_is_shown_where_its_own_subject_was_not_played():
    assert list(proving._ended_early({"above": "at length"}, {"above": BELOW})) == [
        "above: the scenario did not come to its end: at length"
    ]


@pytest.mark.parametrize(("why", "verdict"), [(NO_END_REACHED, Verdict.UNKNOWN), (BASELESS, Verdict.VACUOUS)])
def test_a_run_that_ended_early_leaves_open_which_ends_are_reached_but_a_contradiction_is_told(why, verdict):
    reachable = theorem("above.run.reachable", Verdict.VACUOUS, failures=[Failure("it is so", "", (), (), why)])
    report = Report([reachable])
    proving._leave_open(report, "above", ENDED_EARLY, proving._is_cut_short)
    assert [one.verdict for one in report.theorems] == [verdict]
    assert [one.reason for one in reachable.failures] == [ENDED_EARLY if verdict is Verdict.UNKNOWN else BASELESS]
