"""Answers every obligation: from the cache, by matching alone, and what is then open with MBQI.

TRUSTED: a theorem stays PROVED only if each of its obligations was answered with a proof.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import import_module
from typing import Any

from proofs.engine.batches import Batch
from proofs.engine.climbing import Solved, climb, look
from proofs.engine.discharge import BRIEF_BUDGET, MOST_FAILURES, MOST_LOOKS, Answer
from proofs.engine.foundation import operation_of
from proofs.engine.options import Options, Progress
from proofs.engine.reached import REACHABLE
from proofs.engine.text import Rung
from proofs.engine.theorem import Problem, Theorem
from proofs.engine.together import look_together
from proofs.engine.verdict import BROKEN, Asked, Failure, TheoremResult, Verdict, worst

NOT_TRIED = "not tried: other obligations of the theorem are open"

VERDICTS = {"unsat": Verdict.PROVED, "sat": Verdict.REFUTED, "unknown": Verdict.UNKNOWN, "error": Verdict.ERROR}


def discharge(
    theorems: Sequence[Theorem], options: Options, named: Collection[str] = (), batches: Sequence[Batch] = ()
) -> list[Asked]:
    """Answer every obligation: from the cache, in ``batches``, by a quick look, by matching, and with MBQI.

    Theorems that were asked for one by one, which ``named`` are, are tried thoroughly in any case.
    """
    every = [(theorem, problem) for theorem in theorems for problem in theorem.problems]
    known = {n: options.cache.get(problem.key) for n, (_, problem) in enumerate(every)}
    cached = {n for n, answer in known.items() if answer is not None}
    answers = {n: Solved(answer, 0.0) for n, answer in known.items() if answer is not None}
    counter = Counter(len(answers), len(every), options.progress)
    matching, repeated = _told_apart(every, answers)
    with options.pool(matching) as pool:
        stage = Stage(pool, every, answers, options, counter, named, len(cached) > len(every) / 2)
        suspects = stage.together(batches, [*matching, *repeated])
        stage.quickly(_first_of(suspects, [n for n in matching if n not in answers]))
        _repeat(repeated, answers, counter)
        stage.quickly([n for n in repeated if n not in answers])
        stage.thoroughly()
        broken = stage.settle()
    for number in answers.keys() - cached:
        options.cache.put(every[number][1].key, answers[number].answer)
    options.cache.save()
    for number, (theorem, problem) in enumerate(every):
        _enter(theorem.result, problem, answers[number], number in cached, _is_told(theorem.result, broken, named))
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


def _first_of(suspects: Collection[int], numbers: Sequence[int]) -> list[int]:
    """The numbers, those first that are likeliest to stay open: a few such settle what becomes of a theorem."""
    return sorted(numbers, key=lambda number: number not in suspects)


def _repeat(repeated: Mapping[int, int], answers: dict[int, Solved], counter: Counter) -> None:
    """What was proved of a text is proved of it wherever it stands."""
    for number, first in repeated.items():
        if number not in answers and answers[first].answer.answer == "unsat":
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


Way = Callable[[Sequence[Rung], int], Solved]
"""How an obligation is tried: its rungs, and the seed."""


@dataclass
class Stage:
    """The obligations of a run, and what is known of them so far.

    One that stays open decides that its theorem is not proved, so of the others only a little is asked then.  Of a
    subject that a run breaks everything is looked at quickly, and no more; so it does not matter when the run is found.
    """

    pool: Any
    every: Sequence[tuple[Theorem, Problem]]
    answers: dict[int, Solved]
    options: Options
    counter: Counter
    named: Collection[str] = ()
    is_edit: bool = False
    """Whether most answers were known before the run."""
    _first_sight: dict[int, Solved] = field(default_factory=dict)

    def together(self, batches: Sequence[Batch], numbers: Sequence[int]) -> set[int]:
        """Look at the batches that hold one of these; enter what is proved.  Those that were asked in vain.

        A batch tells of its own operation only, so that what a proof took does not depend on what is proved beside it.
        """
        suspects: set[int] = set()
        left: dict[tuple[str, str], list[int]] = {}
        for number in numbers:
            theorem, problem = self.every[number]
            left.setdefault((operation_of(theorem.result.id), problem.key), []).append(number)
        chosen = [batch for batch in batches if any(member.place in left for member in batch)]
        for batch, solved in zip(chosen, self._looked_at(chosen), strict=True):
            for member, one in zip(batch, solved or (), strict=False):
                if one.answer.answer == "unsat":
                    self._enter(left.pop(member.place, ()), one)
                elif one.answer.resources:
                    suspects.update(left.get(member.place, ()))
        return suspects

    def _enter(self, numbers: Sequence[int], solved: Solved) -> None:
        """These have the same text: what was proved of it is proved of each."""
        for number in numbers:
            self.answers[number] = solved if number == numbers[0] else Solved(solved.answer, 0.0)
            self.counter.step()

    def _looked_at(self, chosen: Sequence[Batch]) -> Iterator[list[Solved] | None]:
        """What is found of each batch; nothing where the worker is lost."""
        seed = self.options.seed

        def one(number: int) -> list[Solved]:  # in a worker, which is forked, so that it need not be sent the texts
            return in_a_batch(chosen[number], seed)

        def lost(position: int, reason: str, hung: bool) -> list[Solved]:
            return []

        if self.options.scheduler is None:
            found: Iterator[list[Solved] | None] = self.pool.each(one, [(n,) for n in range(len(chosen))], lost)
        else:
            found = self.pool.each(in_a_batch, [(batch, seed) for batch in chosen], lost)
        return found

    def quickly(self, numbers: Sequence[int]) -> None:
        """Look at these quickly; after many open ones of a theorem, or one of what is broken, the rest is left."""
        broken = self._broken()
        self._try([number for number in numbers if not self._is_left(number, broken)], quick_look, MOST_LOOKS)
        self._try([number for number in numbers if self._is_left(number, broken)], quick_look, 1)

    def thoroughly(self) -> None:
        """Try what is open as long as that may prove a theorem: by matching, and then the first ones with MBQI.

        What is open where most was proved before may well be false, so runs are looked for at once.  Where all is new,
        short tries are likelier to settle it, and the runs would only take time from them.
        """
        self._first_sight = dict(self.answers)
        if self.is_edit:
            self._look_for_runs()
        lost: set[str] = set()
        for number in range(MOST_FAILURES + 1):
            left = self._open(lost)
            self._try(left, by_matching, 1)
            self._look_for_runs()
            first = self._first(left, 1) if number < MOST_FAILURES else []
            self._try(first, with_mbqi, 1)
            lost |= {self._name(one) for one in first if not self._proved(one)}
            if not any(map(self._proved, first)):
                break
        others = set(self._first(self._open(), MOST_FAILURES)) - set(self._first(self._open(), 1))
        self._try(sorted(others), briefly_with_mbqi, MOST_FAILURES)

    def _look_for_runs(self) -> None:
        if self.options.runs is not None:
            self.options.runs.look_for(self._suspects())

    def settle(self) -> Mapping[str, Collection[str]]:
        """The subjects that runs break, and which theorems; of what is open there only the quick look counts."""
        broken = self._broken(self._suspects())
        for number, seen in self._first_sight.items():
            if self._is_left(number, broken) and seen.answer.answer == "unknown":
                self.answers[number] = replace(seen, answer=replace(seen.answer, reason=BROKEN))
        return broken

    def _suspects(self) -> list[str]:
        """The subjects of which a run might break a theorem that is open."""
        open_ = (theorem.result for number, (theorem, _) in enumerate(self.every) if not self._proved(number))
        return list(dict.fromkeys(one.subject for one in open_ if not one.id.endswith(f".{REACHABLE}")))

    def _broken(self, wait_for: Collection[str] = ()) -> Mapping[str, Collection[str]]:
        return {} if self.options.runs is None else self.options.runs.broken(wait_for)

    def _proved(self, number: int) -> bool:
        return self.answers[number].answer.answer == "unsat"

    def _name(self, number: int) -> str:
        return self.every[number][0].result.id

    def _is_left(self, number: int, broken: Mapping[str, Collection[str]]) -> bool:
        """Whether a quick look is enough: a run breaks the theorem, or the subject, and nobody asked for that one."""
        subject, name = self.every[number][0].result.subject, self._name(number)
        return subject in broken and (name not in self.named or name in broken[subject])

    def _open(self, but: Collection[str] = ()) -> list[int]:
        """The open obligations of theorems of which none has a model, or met an error; not of those named.

        None of a subject that a run breaks.
        """
        gone = {self._name(n) for n, solved in self.answers.items() if solved.answer.answer in ("sat", "error")}
        broken = self._broken()
        numbers = [number for number in range(len(self.every)) if not self._is_left(number, broken)]
        return [n for n in numbers if not self._proved(n) and self._name(n) not in gone and self._name(n) not in but]

    def _first(self, numbers: Sequence[int], most: int) -> list[int]:
        """Of each theorem the first few that are open."""
        chosen: list[int] = []
        tried: dict[str, int] = {}
        for number in numbers:
            if self.answers[number].answer.answer == "unknown" and tried.get(self._name(number), 0) < most:
                tried[self._name(number)] = tried.get(self._name(number), 0) + 1
                chosen.append(number)
        return chosen

    def _try(self, numbers: Sequence[int], way: Way, most: int) -> None:
        """Try these in one way, until ``most`` of a theorem are open; a try adds to the account of those before."""
        failures: dict[str, int] = {}
        every, seed = self.every, self.options.seed

        def lost(position: int, reason: str, hung: bool) -> Solved:
            return Solved(Answer("unknown" if hung else "error", 0, reason), 0.0)

        def skip(position: int) -> bool:
            given_up = way is not quick_look and self._is_left(numbers[position], self._broken())
            return given_up or failures.get(self._name(numbers[position]), 0) >= most

        def one(number: int) -> Solved:  # in a worker, which is forked, so that it need not be sent the texts
            return way(every[number][1].rungs, seed)

        if self.options.scheduler is None:
            coming = self.pool.each(one, [(n,) for n in numbers], lost, skip)
        else:
            coming = self.pool.each(way, [(every[n][1].rungs, seed) for n in numbers], lost, skip)
        for number, found in zip(numbers, coming, strict=True):
            solved = found or Solved(Answer("unknown", 0, NOT_TRIED), 0.0)
            if solved.answer.answer != "unsat":
                failures[self._name(number)] = failures.get(self._name(number), 0) + 1
            if number not in self.answers:
                self.counter.step()
            self.answers[number] = _both(self.answers.get(number), solved)


def _both(earlier: Solved | None, now: Solved) -> Solved:
    """What two tries of an obligation say together: the later one, unless nothing was tried then."""
    if earlier is None:
        return now
    resources = earlier.answer.resources + now.answer.resources
    told = earlier.answer if now.answer.reason == NOT_TRIED and earlier.answer.resources else now.answer
    return Solved(Answer(told.answer, resources, told.reason), earlier.seconds + now.seconds)


def in_a_batch(batch: Batch, seed: int) -> list[Solved]:
    """What is found of the members of a batch; nothing if the solver fails: who is asked alone tells of that."""
    try:
        return look_together([(member.theorem, member.text) for member in batch], seed)
    except Exception:
        return []


def quick_look(rungs: Sequence[Rung], seed: int) -> Solved:
    """Only what is proved, or plainly false."""
    return look([rung for rung in rungs if not rung[1]], seed)


def by_matching(rungs: Sequence[Rung], seed: int) -> Solved:
    """Every rung without MBQI, after a quick look."""
    return climb([rung for rung in rungs if not rung[1]], seed, looked=1)


def with_mbqi(rungs: Sequence[Rung], seed: int) -> Solved:
    """The last rung."""
    return climb([rung for rung in rungs if rung[1]], seed)


def briefly_with_mbqi(rungs: Sequence[Rung], seed: int) -> Solved:
    """The last rung, for a model that is soon found: a theorem that is not proved may still be refuted."""
    return climb([rung for rung in rungs if rung[1]], seed, mbqi_budget=BRIEF_BUDGET)


def _is_told(result: TheoremResult, broken: Mapping[str, Collection[str]], named: Collection[str]) -> bool:
    """Whether to find out why a theorem is open: where a run breaks the subject, only if it was asked for by its name.

    Of what the run itself breaks it says more than any state that the solver could propose.
    """
    return result.subject not in broken or (result.id in named and result.id not in broken[result.subject])


def _enter(result: TheoremResult, problem: Problem, solved: Solved, cached: bool, tell: bool) -> None:
    """Account for one answered obligation in its theorem; find out why it is open if that is to be told."""
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
        asked_why = came_back and tell and not result.failures
        values = explain(problem) if problem.rungs and asked_why else ()
        gave_up = asked_why and solved.answer.answer == "unknown"
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
