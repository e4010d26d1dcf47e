"""Which obligations are tried in which way: a theorem is proved if each of them is, by some way, and never else."""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import product

import pytest

from proofs.engine import discharging, workers
from proofs.engine.discharge import MOST_FAILURES, Answer
from proofs.engine.options import Options
from proofs.engine.theorem import Problem, Theorem
from proofs.engine.verdict import TheoremResult, Verdict

WAYS = ("quick", "matching", "mbqi", "never")
"""What proves an obligation: this way, or one that is tried later."""
ROUNDS = [random.Random(seed).choices(WAYS[:3], (8, 4, 1), k=11) for seed in range(20)]


def problem(number: int, way: str) -> Problem:
    text = f"{number} {way}"
    rungs = ((f"{text} sliced", False, False), (f"{text} whole", False, True), (f"{text} whole", True, True))
    return Problem("it is so", "toy.py:1", (), text, rungs)  # type: ignore[arg-type]


def solved(text: str, mbqi: bool, seed: int, budget: int, quick: bool) -> Answer:
    """An obligation is proved by its own way, and by those after it but MBQI, which proves what needs it alone."""
    way = text.split()[1]
    proved = {"quick": True, "matching": not quick, "mbqi": mbqi, "model": False, "never": False}[way]
    found = "sat" if way == "model" and mbqi and budget >= 200_000 else "unknown"
    return Answer("unsat" if proved else found, 1)


def discharged(ways: Sequence[str], monkeypatch: pytest.MonkeyPatch, jobs: int = 1) -> TheoremResult:
    monkeypatch.setattr(workers, "solve", solved)
    monkeypatch.setattr(discharging, "explain", lambda problem: ())
    monkeypatch.setattr(discharging, "reasons", lambda problem, unknown: ())
    result = TheoremResult("toy.run.so", "toy", "run", "it is so", Verdict.PROVED)
    problems = [problem(number, way) for number, way in enumerate(ways)]
    discharging.discharge([Theorem(result, problems)], Options(jobs=jobs))
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


def test_what_stays_open_is_tried_to_the_end_once(monkeypatch):
    tried = []

    def noted(text: str, mbqi: bool, seed: int, budget: int, quick: bool) -> Answer:
        tried.append((text, mbqi, quick, budget))
        return Answer("unknown", 1)

    discharged([], monkeypatch)
    monkeypatch.setattr(workers, "solve", noted)
    result = TheoremResult("toy.run.so", "toy", "run", "it is so", Verdict.PROVED)
    discharging.discharge([Theorem(result, [problem(n, "never") for n in range(9)])], Options(jobs=1))
    thorough = {text.split()[0] for text, _, quick, budget in tried if not quick and budget > discharging.BRIEF_BUDGET}
    assert thorough == {"0"}
