"""Answers every obligation: from the cache, by matching alone, and what is then open with MBQI.

TRUSTED: a theorem stays PROVED only if each of its obligations was answered with a proof.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from proofs.engine.collect import REACHABLE
from proofs.engine.discharge import MOST_FAILURES, Answer
from proofs.engine.options import Options, Progress
from proofs.engine.text import Rung
from proofs.engine.theorem import Problem, Theorem
from proofs.engine.verdict import Asked, Failure, TheoremResult, Verdict, worst
from proofs.engine.workers import Solved, climb

NOT_TRIED = "not tried: other obligations of the theorem are open"

VERDICTS = {"unsat": Verdict.PROVED, "sat": Verdict.REFUTED, "unknown": Verdict.UNKNOWN, "error": Verdict.ERROR}


def discharge(theorems: Sequence[Theorem], options: Options) -> list[Asked]:
    """Answer every obligation: from the cache, by matching alone, and what is then open with MBQI."""
    every = [(theorem, problem) for theorem in theorems for problem in theorem.problems]
    known = {n: options.cache.get(problem.key) for n, (_, problem) in enumerate(every)}
    cached = {n for n, answer in known.items() if answer is not None}
    answers = {n: Solved(answer, 0.0) for n, answer in known.items() if answer is not None}
    counter = Counter(len(answers), len(every), options.progress)
    matching, repeated = _told_apart(every, answers)
    with options.pool(matching) as pool:
        failures: dict[str, int] = {}
        _climb(pool, every, matching, False, answers, options, counter, failures)
        _repeat(repeated, answers, counter)
        again = [n for n in repeated if n not in answers]
        _climb(pool, every, again, False, answers, options, counter, failures)
        left = _still_open(every, answers)
        counter.total += len(left)
        _climb(pool, every, left, True, answers, options, counter, {})
    for number in answers.keys() - cached:
        options.cache.put(every[number][1].key, answers[number].answer)
    options.cache.save()
    for number, (theorem, problem) in enumerate(every):
        _enter(theorem.result, problem, answers[number], number in cached)
    return [
        Asked(theorem.result.id, number, problem.key, problem.rungs, answers[position].answer.answer)
        for position, (theorem, number, problem) in enumerate(
            (theorem, number, problem)
            for theorem in theorems
            for number, problem in enumerate(theorem.problems, start=1)
        )
    ]


def _told_apart(
    every: Sequence[tuple[Theorem, Problem]], answers: Mapping[int, Solved]
) -> tuple[list[int], dict[int, int]]:
    """The open obligations of different texts; and the others, each with the one of just the same text."""
    first: dict[str, int] = {}
    repeated: dict[int, int] = {}
    for number, (_, problem) in enumerate(every):
        if number not in answers and first.setdefault(problem.key, number) != number:
            repeated[number] = first[problem.key]
    return list(first.values()), repeated


def _repeat(repeated: Mapping[int, int], answers: dict[int, Solved], counter: Counter) -> None:
    """What was proved of a text is proved of it wherever it stands."""
    for number, first in repeated.items():
        if answers[first].answer.answer == "unsat":
            answers[number] = Solved(answers[first].answer, 0.0)
            counter.step()


@dataclass
class Counter:
    """How far the work is."""

    done: int
    total: int
    progress: Progress

    def step(self) -> None:
        """One more obligation is answered."""
        self.done += 1
        self.progress(self.done, self.total)


def _climb(
    pool: Any,
    every: Sequence[tuple[Theorem, Problem]],
    numbers: Sequence[int],
    mbqi: bool,
    answers: dict[int, Solved],
    options: Options,
    counter: Counter,
    failures: dict[str, int],
) -> None:
    """Try the rungs with or without MBQI of these obligations; a second try adds to the account of the first.

    ``failures`` counts the open ones of each theorem; after a few of them the rest is not tried.
    """

    def lost(position: int, reason: str, hung: bool) -> Solved:
        return Solved(Answer("unknown" if hung else "error", 0, reason), 0.0)

    def skip(position: int) -> bool:
        return failures.get(every[numbers[position]][0].result.id, 0) >= MOST_FAILURES

    def rungs(number: int) -> list[Rung]:
        return [rung for rung in every[number][1].rungs if rung[1] == mbqi]

    def climb_one(number: int) -> Solved:  # in a worker, which is forked, so that it need not be sent the texts
        return climb(rungs(number), options.seed)

    if options.scheduler is None:
        coming = pool.each(climb_one, [(n,) for n in numbers], lost, skip)
    else:
        coming = pool.each(climb, [(rungs(n), options.seed) for n in numbers], lost, skip)
    for number, found in zip(numbers, coming, strict=True):
        solved = found or Solved(Answer("unknown", 0, NOT_TRIED), 0.0)
        if solved.answer.answer != "unsat":
            name = every[number][0].result.id
            failures[name] = failures.get(name, 0) + 1
        earlier = answers.get(number, Solved(Answer("unknown", 0), 0.0))
        resources = earlier.answer.resources + solved.answer.resources
        answer = Answer(solved.answer.answer, resources, solved.answer.reason)
        answers[number] = Solved(answer, earlier.seconds + solved.seconds)
        counter.step()


def _still_open(every: Sequence[tuple[Theorem, Problem]], answers: Mapping[int, Solved]) -> list[int]:
    """The obligations for the last rung: the first few open ones of each theorem."""
    chosen: list[int] = []
    tried: dict[str, int] = {}
    for number, (theorem, _) in enumerate(every):
        name = theorem.result.id
        answer = answers[number].answer
        if answer.answer == "unknown" and answer.reason != NOT_TRIED and tried.get(name, 0) < MOST_FAILURES:
            tried[name] = tried.get(name, 0) + 1
            chosen.append(number)
    return chosen


def _enter(result: TheoremResult, problem: Problem, solved: Solved, cached: bool) -> None:
    """Account for one answered obligation in its theorem."""
    result.cached = cached and (result.obligations == 0 or result.cached)
    result.obligations += 1
    result.seconds += solved.seconds
    result.slowest = max(result.slowest, solved.seconds)
    result.resources += solved.answer.resources
    verdict = VERDICTS[solved.answer.answer]
    if verdict is not Verdict.PROVED and result.id.endswith(f".{REACHABLE}"):
        verdict = Verdict.VACUOUS
    if verdict is Verdict.UNKNOWN and _is_evident(result, problem):
        verdict = Verdict.ERROR
    result.verdict = worst([result.verdict, verdict])
    if verdict is not Verdict.PROVED:
        came_back = solved.answer.answer != "error" and solved.answer.resources > 0
        values = explain(problem) if problem.rungs and came_back and not result.failures else ()
        gave_up = came_back and solved.answer.answer == "unknown"
        told = () if result.failures else reasons(problem, gave_up)
        parts = problem.sentence, problem.line, problem.decisions, values, solved.answer.reason
        asked = str(problem.rungs[-1][0]) if came_back and problem.rungs and not result.failures else ""
        result.failures.append(Failure(*parts, remarks=told, text=asked))


def reasons(problem: Problem, unknown: bool) -> tuple[str, ...]:
    """What may be why an obligation is open; it is only told, so what finds it is loaded by its name."""
    found: tuple[str, ...] = import_module("proofs.engine.why").reasons(problem, unknown)
    return found


EVIDENT = (".relocatable", ".state")
"""Theorems that the text of a program decides: where they come down to ``false``, the program breaks a rule."""


def _is_evident(result: TheoremResult, problem: Problem) -> bool:
    """Whether what is to be shown is plainly false: of a program that breaks a rule there is nothing to give up on."""
    text = problem.rungs[-1][0] if problem.rungs else None
    return text is not None and result.id.endswith(EVIDENT) and text.pieces[-1].assertion == "(assert (not false))"


def explain(problem: Problem) -> tuple[tuple[str, str], ...]:
    """Values for an obligation that failed; they are only told, so what finds them is loaded by its name."""
    values: tuple[tuple[str, str], ...] = import_module("proofs.engine.explain").explain(problem)
    return values
