"""A run of the prover: execute the operations, discharge every obligation, draw up the report."""

from __future__ import annotations

import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from model.logic import Operation
from proofs.engine.cache import Cache
from proofs.engine.discharge import LADDER
from proofs.engine.explain import explain
from proofs.engine.operation import Proof, verify
from proofs.engine.path import Obligation, Path
from proofs.engine.smtlib import Printer
from proofs.engine.verdict import Failure, Report, TheoremResult, Verdict
from proofs.engine.workers import Solved, Task, solve_all

Progress = Callable[[int, int], None]
"""Called with (obligations done, obligations known so far)."""


@dataclass
class Options:
    """How to run: worker processes, cache, solver seed, and a variant of a subject's source, by subject name."""

    jobs: int = 2
    cache: Cache = field(default_factory=lambda: Cache(None))
    seed: int = 0
    sources: dict[str, str] = field(default_factory=dict)
    progress: Progress = lambda done, total: None
    explain_failures: bool = True


@dataclass
class Collected:
    """The obligations of one theorem, and those that were obvious without a solver."""

    result: TheoremResult
    obligations: list[Obligation] = field(default_factory=list)


def selected(name: str, patterns: Sequence[str]) -> bool:
    """Whether a theorem id is selected: by itself, by what it belongs to, or by a glob; no pattern selects all."""
    return not patterns or any(
        name == pattern or name.startswith(pattern + ".") or fnmatchcase(name, pattern) for pattern in patterns
    )


def may_select(prefix: str, patterns: Sequence[str]) -> bool:
    """Whether any theorem below ``prefix`` could be selected."""
    return not patterns or any(
        selected(prefix, [pattern]) or pattern.startswith(prefix + ".") or any(c in pattern for c in "*?[")
        for pattern in patterns
    )


def collect(proof: Proof, operation: Operation, options: Options) -> tuple[list[Collected], list[Path]]:
    """Execute one operation symbolically; its theorems in the order in which they were first met."""
    name = f"{proof.subject.name}.{operation.name}"
    try:
        paths = verify(proof, operation, options.sources.get(proof.subject.name))
    except Exception as error:
        text = "".join(traceback.format_exception_only(error)).strip()
        where = traceback.extract_tb(error.__traceback__)[-1]
        result = TheoremResult(name, proof.subject.name, operation.name, "the operation can be executed", Verdict.ERROR)
        result.failures.append(Failure(result.sentence, f"{where.filename}:{where.lineno}", (), (), text))
        return [Collected(result)], []
    found: dict[str, Collected] = {}
    for path in paths:
        for theorem, sentence in path.shown.items():
            if theorem not in found:
                result = TheoremResult(theorem, proof.subject.name, operation.name, sentence, Verdict.PROVED)
                found[theorem] = Collected(result)
            found[theorem].result.obvious += path.trivial.get(theorem, 0)
        for obligation in path.obligations:
            found[obligation.theorem].obligations.append(obligation)
    return list(found.values()), paths


def prove(proofs: Sequence[Proof], patterns: Sequence[str], options: Options) -> Report:
    """Prove every selected theorem of ``proofs``."""
    start = time.perf_counter()
    collected: list[Collected] = []
    for proof in proofs:
        for operation in proof.subject.operations:
            if may_select(f"{proof.subject.name}.{operation.name}", patterns):
                theorems, _ = collect(proof, operation, options)
                collected += [c for c in theorems if selected(c.result.id, patterns)]
    _discharge(collected, options)
    report = Report([c.result for c in collected], time.perf_counter() - start)
    if options.cache.complaint:
        report.notes.append(options.cache.complaint)
    return report


def rungs_of(printer: Printer, obligation: Obligation) -> tuple[tuple[str, bool, bool], ...]:
    """The ladder of one obligation, without rungs that repeat an earlier one."""
    whole = printer.problem(obligation)
    rungs = []
    for rung in LADDER:
        if rung.sliced and obligation.needs is None:
            continue
        text = printer.problem(obligation, frozenset(obligation.needs or ())) if rung.sliced else whole
        rungs.append((text, rung.mbqi, not rung.sliced))
    return tuple(rungs)


def _discharge(collected: list[Collected], options: Options) -> None:
    """Answer every obligation from the cache or by a worker, and enter the answers."""
    printer = Printer()
    owners: list[tuple[Collected, Obligation, str]] = []
    tasks: list[Task] = []
    answers: dict[int, tuple[Solved, bool]] = {}
    for theorem in collected:
        for obligation in theorem.obligations:
            number = len(owners)
            rungs = rungs_of(printer, obligation)
            key = Cache.key("\n;\n".join(text for text, _, _ in rungs), options.seed)
            owners.append((theorem, obligation, key))
            known = options.cache.get(key)
            if known is not None:
                answers[number] = (Solved(number, known, 0, 0.0), True)
            else:
                tasks.append(Task(number, rungs, options.seed))
    done = len(answers)

    def advance(solved: Solved) -> None:
        nonlocal done
        done += 1
        options.progress(done, len(owners))

    for solved in solve_all(tasks, options.jobs, advance):
        answers[solved.number] = (solved, False)
        options.cache.put(owners[solved.number][2], solved.answer)
    options.cache.save()
    for number, (theorem, obligation, _) in enumerate(owners):
        solved, cached = answers[number]
        _enter(theorem.result, obligation, solved, cached, printer if options.explain_failures else None)


VERDICTS = {"unsat": Verdict.PROVED, "sat": Verdict.REFUTED, "unknown": Verdict.UNKNOWN, "error": Verdict.ERROR}


def _enter(
    result: TheoremResult, obligation: Obligation, solved: Solved, cached: bool, printer: Printer | None
) -> None:
    """Account for one answered obligation in its theorem."""
    from proofs.engine.verdict import worst

    result.cached = cached and (result.obligations == 0 or result.cached)
    result.obligations += 1
    result.seconds += solved.seconds
    result.resources += solved.answer.resources
    verdict = VERDICTS[solved.answer.answer]
    result.verdict = worst([result.verdict, verdict])
    if verdict is not Verdict.PROVED:
        values = explain(printer, obligation) if printer and not result.failures else ()
        result.failures.append(
            Failure(obligation.sentence, obligation.line, obligation.decisions, values, solved.answer.reason)
        )
