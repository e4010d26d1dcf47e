"""A run of the prover: execute the operations, discharge every obligation, draw up the report."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path

import z3

import impl
import model
import proofs as proofs_package
from model.logic import Operation
from proofs.checking.ends import End
from proofs.engine.cache import Cache
from proofs.engine.collect import REACHABLE, collect, may_select, not_executed, selected
from proofs.engine.contract import settle
from proofs.engine.discharge import MOST_FAILURES, Answer
from proofs.engine.explain import explain
from proofs.engine.operation import Proof
from proofs.engine.text import Rung
from proofs.engine.theorem import Collected, Problem, Theorem
from proofs.engine.verdict import Asked, Failure, Report, TheoremResult, Verdict, worst
from proofs.engine.workers import Pool, Solved, climb

Progress = Callable[[int, int], None]
"""Called with (obligations done, obligations in all)."""

NOT_TRIED = "not tried: other obligations of the theorem are open"

VERDICTS = {
    "unsat": Verdict.PROVED,
    "sat": Verdict.REFUTED,
    "unknown": Verdict.UNKNOWN,
    "error": Verdict.ERROR,
}


@dataclass
class Options:
    """How to run: worker processes, cache, solver seed, variants of sources, what running code reached.

    ``sources`` maps a subject, or the name of a module that is part of one ("impl.regions"), to its text.

    ``witnessed`` maps an operation ("segment_heap.free") to the ends that running code came to; an
    subject without any entry is not checked for vacuity.
    """

    jobs: int = 2
    cache: Cache = field(default_factory=lambda: Cache(None))
    seed: int = 0
    sources: Mapping[str, str] = field(default_factory=dict)
    witnessed: Mapping[str, frozenset[End]] = field(default_factory=dict)
    progress: Progress = lambda done, total: None

    @property
    def witnessed_subjects(self) -> set[str]:
        """Subjects whose ends were looked for."""
        return {name.split(".")[0] for name in self.witnessed}


def prove(proofs: Sequence[Proof], patterns: Sequence[str], options: Options) -> Report:
    """Prove every selected theorem of ``proofs``."""
    start = time.perf_counter()
    work = [
        (proof, operation)
        for proof in proofs
        for operation in proof.subject.operations
        if may_select(f"{proof.subject.name}.{operation.name}", patterns)
    ]
    print_ = fingerprint(options)
    known = [options.cache.collection(f"{proof.subject.name}.{operation.name}", print_) for proof, operation in work]
    missing = [number for number, item in enumerate(known) if item is None or not _answered(item, patterns, options)]

    _collector[:] = [_collecting(work, options, options.cache)]
    with Pool(options.jobs if missing else 1) as pool:
        fresh = pool.each(_collect, [(number,) for number in missing], _uncollected(work, missing))
        for number, item in zip(missing, fresh, strict=True):
            known[number] = item
            if item is not None:
                options.cache.put_collection(item, print_)
    theorems = [t for item in known if item for t in item.theorems if selected(t.result.id, patterns)]
    asked = _discharge(theorems, options)
    results = [theorem.result for theorem in theorems]
    report = Report(results, time.perf_counter() - start, asked=asked)
    rests = {item.operation: item.rests for item in known if item and item.rests}
    report.notes += _settle(rests, results, {proof.subject.name for proof in proofs}, patterns)
    if options.cache.complaint:
        report.notes.append(options.cache.complaint)
    return report


def _settle(
    rests: dict[str, frozenset[str]], results: list[TheoremResult], subjects: set[str], patterns: Sequence[str]
) -> list[str]:
    """Add to each operation the theorem that what it rests on is proved; notes on what was not asked for."""
    more, notes = settle(rests, results, lambda name: name.split(".")[0] in subjects and selected(name, patterns))
    for theorem in more:
        of_operation = [n for n, t in enumerate(results) if theorem.id.startswith(f"{t.subject}.{t.operation}.")]
        if of_operation:
            results.insert(of_operation[-1] + 1, theorem)
    return notes


def _collecting(work: Sequence[tuple[Proof, Operation]], options: Options, cache: Cache) -> Callable[[int], Collected]:
    """What collects the obligations of one item of ``work``, without the texts of those that ``cache`` answers."""

    def collect_one(number: int) -> Collected:
        proof, operation = work[number]
        name = proof.subject.name
        ends = (
            options.witnessed.get(f"{name}.{operation.name}", frozenset())
            if name in options.witnessed_subjects
            else None
        )
        return collect(proof, operation, cache, options.seed, options.sources.get(name), ends, options.sources)

    return collect_one


def with_texts(proofs: Sequence[Proof], asked: Sequence[Asked], options: Options) -> list[Asked]:
    """The same obligations, each with its rungs: operations that were not executed for want of need are executed."""
    bare = {one.theorem for one in asked if not one.rungs}
    work = [
        (proof, operation)
        for proof in proofs
        for operation in proof.subject.operations
        if any(theorem.startswith(f"{proof.subject.name}.{operation.name}.") for theorem in bare)
    ]
    _collector[:] = [_collecting(work, options, Cache(None))]
    numbers = range(len(work))
    with Pool(options.jobs if work else 1) as pool:
        found = list(pool.each(_collect, [(number,) for number in numbers], _uncollected(work, numbers)))
    rungs = {problem.key: problem.rungs for item in found if item for t in item.theorems for problem in t.problems}
    return [one if one.rungs else replace(one, rungs=rungs[one.key]) for one in asked]


def _answered(item: Collected, patterns: Sequence[str], options: Options) -> bool:
    """Whether the cache answers every selected obligation of a remembered collection."""
    return all(
        options.cache.get(problem.key) is not None
        for theorem in item.theorems
        if selected(theorem.result.id, patterns)
        for problem in theorem.problems
    )


def fingerprint(options: Options) -> str:
    """What the collection of obligations depends on: the sources, the variants, the seed, what was witnessed."""
    digest = hashlib.sha256(f"{source_fingerprint()} {z3.get_version_string()} {options.seed}".encode())
    digest.update(repr(sorted(options.sources.items())).encode())
    digest.update(repr(sorted((name, sorted(ends)) for name, ends in options.witnessed.items())).encode())
    return digest.hexdigest()


@cache
def source_fingerprint() -> str:
    """Python and every source file of the project."""
    digest = hashlib.sha256(sys.version.encode())
    for package in (model, impl, proofs_package):
        folder = Path(next(iter(package.__path__)))
        for file in sorted(folder.rglob("*.py")):
            digest.update(f"{file.relative_to(folder.parent)}\n".encode() + file.read_bytes())
    return digest.hexdigest()


_collector: list[Callable[[int], Collected]] = []
"""What forked workers collect with; it need not be pickled that way."""


def _collect(number: int) -> Collected:
    return _collector[0](number)


def _uncollected(
    work: Sequence[tuple[Proof, Operation]], numbers: Sequence[int]
) -> Callable[[int, str, bool], Collected]:
    """The account of an operation whose worker was lost."""

    def lost(position: int, reason: str, hung: bool) -> Collected:
        proof, operation = work[numbers[position]]
        return Collected(f"{proof.subject.name}.{operation.name}", [not_executed(proof, operation, "", reason)])

    return lost


# ---------------------------------------------------------------- obligations


def _discharge(theorems: Sequence[Theorem], options: Options) -> list[Asked]:
    """Answer every obligation: from the cache, by matching alone, and what is then open with MBQI."""
    every = [(theorem, problem) for theorem in theorems for problem in theorem.problems]
    known = {n: options.cache.get(problem.key) for n, (_, problem) in enumerate(every)}
    cached = {n for n, answer in known.items() if answer is not None}
    answers = {n: Solved(answer, 0.0) for n, answer in known.items() if answer is not None}
    counter = Counter(len(answers), len(every), options.progress)
    matching = [n for n in range(len(every)) if n not in answers]
    _ladders[:] = [problem.rungs for _, problem in every]
    with Pool(options.jobs if matching else 1) as pool:
        _climb(pool, every, matching, False, answers, options, counter)
        left = _still_open(every, answers)
        counter.total += len(left)
        _climb(pool, every, left, True, answers, options, counter)
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


_ladders: list[tuple[Rung, ...]] = []
"""The rungs of every obligation, for forked workers: what they need not be sent costs nothing."""


def _climb_one(number: int, mbqi: bool, seed: int) -> Solved:
    return climb([rung for rung in _ladders[number] if rung[1] == mbqi], seed)


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
    pool: Pool,
    every: Sequence[tuple[Theorem, Problem]],
    numbers: Sequence[int],
    mbqi: bool,
    answers: dict[int, Solved],
    options: Options,
    counter: Counter,
) -> None:
    """Try the rungs with or without MBQI of these obligations; a second try adds to the account of the first."""

    def lost(position: int, reason: str, hung: bool) -> Solved:
        return Solved(Answer("unknown" if hung else "error", 0, reason), 0.0)

    failures: dict[str, int] = {}

    def skip(position: int) -> bool:
        return failures.get(every[numbers[position]][0].result.id, 0) >= MOST_FAILURES

    calls = [(n, mbqi, options.seed) for n in numbers]
    for number, found in zip(numbers, pool.each(_climb_one, calls, lost, skip), strict=True):
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
    result.verdict = worst([result.verdict, verdict])
    if verdict is not Verdict.PROVED:
        came_back = solved.answer.answer != "error" and solved.answer.resources > 0
        values = explain(problem) if problem.rungs and came_back and not result.failures else ()
        result.failures.append(Failure(problem.sentence, problem.line, problem.decisions, values, solved.answer.reason))
