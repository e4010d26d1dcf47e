"""Which obligations are tried in which way: a theorem is proved if each of them is, by some way, and never else."""

from __future__ import annotations

import random
from collections.abc import Collection, Sequence
from itertools import product
from typing import Any

import pytest

from proofs.engine import climbing, discharging
from proofs.engine.cache import Cache
from proofs.engine.climbing import LOOKS
from proofs.engine.discharge import MOST_FAILURES, Answer, Way
from proofs.engine.options import Options, Runs
from proofs.engine.theorem import Problem, Theorem
from proofs.engine.verdict import BROKEN, TheoremResult, Verdict

WAYS = ("quick", "matching", "mbqi", "never")
"""What proves an obligation: this way, or one that is tried later."""
ROUNDS = [random.Random(seed).choices(WAYS[:3], (8, 4, 1), k=11) for seed in range(20)]


def problem(number: int, way: str) -> Problem:
    text = f"{number} {way}"
    rungs = ((f"{text} sliced", False, False), (f"{text} whole", False, True), (f"{text} whole", True, True))
    return Problem("it is so", "toy.py:1", (), text, rungs)  # type: ignore[arg-type]


def solved(text: str, mbqi: bool, seed: int, budget: int, way: Way) -> Answer:
    """An obligation is proved by its own way, and by those after it but MBQI, which proves what needs it alone."""
    way = text.split()[1]
    proved = {"quick": True, "matching": budget > LOOKS[0].budget, "mbqi": mbqi, "model": False, "never": False}[way]
    found = "sat" if way == "model" and mbqi and budget >= 200_000 else "unknown"
    return Answer("unsat" if proved else found, 1)


class Found:
    """A run that breaks the toy is known when that was asked ``after`` so many times, or when somebody waits for it."""

    def __init__(self, after: int, theorem: str = "toy.run.other") -> None:
        self.after, self.theorem = after, theorem

    def look_for(self, subjects: Collection[str]) -> None:
        pass

    def broken(self, wait_for: Collection[str] = ()) -> dict[str, Collection[str]]:
        self.after -= 1
        return {"toy": {self.theorem}} if self.after < 0 or (wait_for and self.after < 1000) else {}


def discharged(
    ways: Sequence[str],
    monkeypatch: pytest.MonkeyPatch,
    jobs: int = 1,
    runs: Runs | None = None,
    named: Collection[str] = (),
) -> TheoremResult:
    monkeypatch.setattr(climbing, "solve", solved)
    values = () if runs is None else (("looked at", "too much"),)
    monkeypatch.setattr(discharging, "explain", lambda problem: values)
    monkeypatch.setattr(discharging, "reasons", lambda problem, unknown: ())
    result = TheoremResult("toy.run.so", "toy", "run", "it is so", Verdict.PROVED)
    problems = [problem(number, way) for number, way in enumerate(ways)]
    discharging.discharge([Theorem(result, problems)], Options(jobs=jobs, runs=runs), named)
    assert result.obligations == len(ways)
    return result


@pytest.mark.parametrize("ways", list(product(WAYS, repeat=4)), ids="-".join)
def test_a_theorem_is_proved_exactly_if_each_obligation_is_by_some_way(ways, monkeypatch):
    wanted = Verdict.UNKNOWN if "never" in ways or ways.count("mbqi") > MOST_FAILURES else Verdict.PROVED
    result = discharged(ways, monkeypatch)
    assert result.verdict is wanted
    assert bool(result.failures) == (wanted is Verdict.UNKNOWN)


@pytest.mark.parametrize("ways", ROUNDS, ids=range(len(ROUNDS)))
def test_more_obligations_than_are_looked_at_at_once_are_proved_all_the_same(ways, monkeypatch):
    few = ways.count("mbqi") <= MOST_FAILURES
    assert (discharged(ways, monkeypatch).verdict is Verdict.PROVED) == few


@pytest.mark.parametrize("place", range(11))
def test_one_that_nothing_proves_is_enough_wherever_it_stands(place, monkeypatch):
    ways = [*ROUNDS[0][:place], "never", *ROUNDS[0][place:]]
    assert discharged(ways, monkeypatch).verdict is Verdict.UNKNOWN


@pytest.mark.parametrize("place", range(MOST_FAILURES))
def test_a_model_of_one_of_the_first_open_obligations_refutes(place, monkeypatch):
    ways = ["never"] * place + ["model"] + ["never"] * 5
    assert discharged(ways, monkeypatch).verdict is Verdict.REFUTED


@pytest.mark.parametrize(
    "ways", [*ROUNDS[:3], ["never"] * 9, ["quick", "never", "model", "matching"] * 3], ids=range(5)
)
def test_the_number_of_jobs_changes_nothing(ways, monkeypatch):
    one, two = (discharged(ways, monkeypatch, jobs) for jobs in (1, 3))
    assert (one.verdict, one.resources) == (two.verdict, two.resources)
    assert [failure.reason for failure in one.failures] == [failure.reason for failure in two.failures]


@pytest.mark.parametrize("ways", [*ROUNDS[:3], ["never"] * 9, ["quick", "never", "model", "mbqi"] * 3], ids=range(5))
@pytest.mark.parametrize("jobs", [1, 3])
def test_it_does_not_matter_when_a_run_is_found(ways, jobs, monkeypatch):
    ways = [*ways, "never"]  # where all is proved before a run is found, nobody waits for one
    told = [discharged(ways, monkeypatch, jobs, Found(after)) for after in (2, 3, 5, 9, 40)]
    assert [one.verdict for one in told] == [Verdict.UNKNOWN] * len(told)
    reasons = [[failure.reason for failure in one.failures] for one in told]
    assert not any(failure.values for one in told for failure in one.failures)
    assert reasons == [reasons[0]] * len(told)
    assert set(reasons[0]) == {BROKEN}
    assert len({one.resources for one in told}) == 1


def test_a_search_that_finds_nothing_changes_nothing(monkeypatch):
    for ways in ROUNDS[:5]:
        alone, beside = (discharged(ways, monkeypatch, 1, runs) for runs in (None, Found(10_000)))
        assert (alone.verdict, alone.resources) == (beside.verdict, beside.resources)


def test_of_what_is_broken_from_the_start_one_open_obligation_of_a_theorem_is_looked_at(monkeypatch):
    one, all_ = (discharged(["never"] * 9, monkeypatch, 1, Found(after)) for after in (0, 2))
    assert one.verdict is all_.verdict is Verdict.UNKNOWN
    tries = len(LOOKS[0].first)
    assert (one.resources, all_.resources) == (tries, tries * discharging.MOST_LOOKS)


def test_a_theorem_that_was_asked_for_by_its_name_is_tried_thoroughly_all_the_same(monkeypatch):
    ways = ["never", "model", "matching"]
    named, other = (discharged(ways, monkeypatch, 1, Found(0), {name}) for name in ("toy.run.so", "toy.run.other"))
    assert (named.verdict, other.verdict) == (Verdict.REFUTED, Verdict.UNKNOWN)


@pytest.mark.parametrize("after", [0, 3, 9, 40])
def test_a_theorem_that_a_run_breaks_is_not_tried_thoroughly_whoever_asked_for_it(after, monkeypatch):
    result = discharged(["never", "model", "matching"], monkeypatch, 1, Found(after, "toy.run.so"), {"toy.run.so"})
    assert result.verdict is Verdict.UNKNOWN
    assert {failure.reason for failure in result.failures} == {BROKEN}


def test_what_stays_open_is_tried_to_the_end_once(monkeypatch):
    tried = []

    def noted(text: str, mbqi: bool, seed: int, budget: int, way: Way) -> Answer:
        tried.append((text, budget))
        return Answer("unknown", 1)

    discharged([], monkeypatch)
    monkeypatch.setattr(climbing, "solve", noted)
    result = TheoremResult("toy.run.so", "toy", "run", "it is so", Verdict.PROVED)
    discharging.discharge([Theorem(result, [problem(n, "never") for n in range(9)])], Options(jobs=1))
    thorough = {text.split()[0] for text, budget in tried if budget > max(discharging.BRIEF_BUDGET, LOOKS[0].budget)}
    assert thorough == {"0"}


class Noting(Found):
    """A search that notes which subjects it is asked about, and when: how many tries of the solver came before."""

    def __init__(self, tried: list[str]) -> None:
        super().__init__(10_000)
        self.tried = tried
        self.asked: list[tuple[int, list[str]]] = []

    def look_for(self, subjects: Collection[str]) -> None:
        self.asked.append((len(self.tried), list(subjects)))


@pytest.mark.parametrize("edited", [False, True])
def test_runs_are_looked_for_at_once_only_where_most_was_proved_before(edited, monkeypatch, tmp_path):
    """After an edit what is open may well be false; where all is new, longer tries mostly settle it."""
    tried: list[str] = []

    def noted(text: str, *more: Any) -> Answer:
        tried.append(text)
        return solved(text, *more)

    monkeypatch.setattr(climbing, "solve", noted)
    cache = Cache(tmp_path / "cache")
    ways = ["quick", "quick", "matching"]
    for number in (0, 1) if edited else ():
        cache.put(problem(number, "quick").key, Answer("unsat", 1))
    cache.save()
    runs, cache = Noting(tried), Cache(tmp_path / "cache")
    result = TheoremResult("toy.run.so", "toy", "run", "it is so", Verdict.PROVED)
    problems = [problem(number, way) for number, way in enumerate(ways)]
    discharging.discharge([Theorem(result, problems)], Options(jobs=1, runs=runs, cache=cache))
    assert result.verdict is Verdict.PROVED
    suspects = [(tries, subjects) for tries, subjects in runs.asked if subjects]
    assert bool(suspects) == edited
    assert all(tries < len(tried) for tries, _ in suspects)
