"""A run of the prover: execute the operations, discharge every obligation, draw up the report."""

from __future__ import annotations

import hashlib
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
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
from proofs.engine.discharge import Answer
from proofs.engine.explain import explain
from proofs.engine.operation import Proof
from proofs.engine.theorem import Collected, Problem, Theorem
from proofs.engine.verdict import Failure, Report, TheoremResult, Verdict, worst
from proofs.engine.workers import Pool, Solved, climb

Progress = Callable[[int, int], None]
"""Called with (obligations done, obligations in all)."""

VERDICTS = {
    "unsat": Verdict.PROVED,
    "sat": Verdict.REFUTED,
    "unknown": Verdict.UNKNOWN,
    "error": Verdict.ERROR,
}


@dataclass
class Options:
    """How to run: worker processes, cache, solver seed, a variant of a subject's source, what running code reached.

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

    def collect_one(number: int) -> Collected:
        proof, operation = work[number]
        name = proof.subject.name
        ends = (
            options.witnessed.get(f"{name}.{operation.name}", frozenset())
            if name in options.witnessed_subjects
            else None
        )
        return collect(proof, operation, options.cache, options.seed, options.sources.get(name), ends)

    _collector[:] = [collect_one]
    with Pool(options.jobs if missing else 1) as pool:
        fresh = pool.each(_collect, [(number,) for number in missing], _uncollected(work, missing))
        for number, item in zip(missing, fresh, strict=True):
            known[number] = item
            options.cache.put_collection(item, print_)
        theorems = [t for item in known if item for t in item.theorems if selected(t.result.id, patterns)]
        _discharge(pool, theorems, options)
    report = Report([theorem.result for theorem in theorems], time.perf_counter() - start)
    if options.cache.complaint:
        report.notes.append(options.cache.complaint)
    return report


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


def _discharge(pool: Pool, theorems: Sequence[Theorem], options: Options) -> None:
    """Answer every obligation from the cache or by a worker, and enter the answers."""
    every = [(theorem, problem) for theorem in theorems for problem in theorem.problems]
    open_ = [(number, problem) for number, (_, problem) in enumerate(every) if options.cache.get(problem.key) is None]
    answers: dict[int, Solved] = {}
    done = len(every) - len(open_)

    def lost(number: int, reason: str, hung: bool) -> Solved:
        return Solved(Answer("unknown" if hung else "error", 0, reason), 0.0)

    calls = [(problem.rungs, options.seed) for _, problem in open_]
    for (number, problem), solved in zip(open_, pool.each(climb, calls, lost), strict=True):
        answers[number] = solved
        options.cache.put(problem.key, solved.answer)
        done += 1
        options.progress(done, len(every))
    options.cache.save()
    for number, (theorem, problem) in enumerate(every):
        known = options.cache.get(problem.key)
        solved = answers[number] if number in answers else Solved(known or Answer("error", 0), 0.0)
        _enter(theorem.result, problem, solved, number not in answers)


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
        values = explain(problem) if problem.rungs and not result.failures else ()
        result.failures.append(Failure(problem.sentence, problem.line, problem.decisions, values, solved.answer.reason))
