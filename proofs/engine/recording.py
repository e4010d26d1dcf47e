"""Records hints: which facts the proofs of a subject use, from unsat cores; and tells which hints are stale.

NOT TRUSTED: a hint chooses which facts are tried first, whatever stands in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from model.language.logic import Operation
from proofs.engine.core import core_of
from proofs.engine.discharge import BUDGET, solve
from proofs.engine.facts import Obligation
from proofs.engine.hints import Hints
from proofs.engine.operation import Proof, verify
from proofs.engine.process import keep_memory
from proofs.engine.smtlib import Printer
from proofs.engine.workers import LONG_PATIENCE, Pool

Item = TypeVar("Item")
SEEDS = (0, 1, 2)
"""A hint is what the proofs with any of these seeds use: a margin for other seeds."""


@dataclass(frozen=True)
class Met:
    """What one operation has to show: for each theorem that asks the solver, the names of facts known there."""

    operation: str
    known: Mapping[str, frozenset[str]]
    failure: str = ""


@dataclass(frozen=True)
class Found(Met):
    """And what the proofs of each theorem use; None for a theorem that is not proved by matching."""

    used: Mapping[str, frozenset[str] | None] = field(default_factory=dict)


@dataclass(frozen=True)
class Count:
    """Of a subject: its obligations for the solver, and how many are proved from all facts, without any hint."""

    subject: str
    obligations: int
    proved: int


Work = tuple[Proof, Operation]
Progress = Callable[[int, int], None]


def record(work: Sequence[Work], jobs: int, progress: Progress) -> list[Found]:
    """Prove each obligation of these operations with several seeds, and tell what the proofs use."""
    return _each(_recorded, work, jobs, progress, lambda name, why: Found(name, {}, why))


def look(work: Sequence[Work], jobs: int, progress: Progress) -> list[Met]:
    """Execute these operations, and tell which facts are known where; nothing is proved."""
    return _each(_met, work, jobs, progress, lambda name, why: Met(name, {}, why))


def stale(hints: Hints, met: Sequence[Met]) -> list[str]:
    """Complaints about hints for no theorem, and about names of facts that are not known where the theorem is shown.

    ``met`` must be all operations of the subject.
    """
    known = {theorem: names for one in met for theorem, names in one.known.items()}
    found = [f"{one.operation} cannot be executed: {one.failure}" for one in met if one.failure]
    for theorem, names in hints.items():
        if theorem not in known:
            found.append(f"{theorem} is no theorem that asks the solver")
        elif strange := sorted(set(names) - known[theorem]):
            found.append(f"{theorem} knows nothing called {', '.join(strange)}")
    return found


def updated(hints: Hints, found: Sequence[Found]) -> Hints:
    """The hints with what was found: new ones replace old ones, and those of theorems that are gone go.

    Where no proof was found, the old hint stays.
    """
    executed = tuple(f"{one.operation}." for one in found if not one.failure)
    kept = {theorem: names for theorem, names in hints.items() if not theorem.startswith(executed)}
    for one in found:
        for theorem, names in one.used.items():
            if names is not None:
                kept[theorem] = tuple(sorted(names))
            elif theorem in hints:
                kept[theorem] = hints[theorem]
    return kept


def without(work: Sequence[Work], jobs: int, progress: Progress) -> list[Count]:
    """For each operation, how many of its obligations are proved from all facts, as if nothing had been recorded."""
    return _each(_counted, work, jobs, progress, lambda name, why: Count(name.split(".")[0], 0, 0))


# ---------------------------------------------------------------- one operation


def _recorded(proof: Proof, operation: Operation) -> Found:
    printer = Printer()
    known: dict[str, frozenset[str]] = {}
    used: dict[str, frozenset[str] | None] = {}
    for obligation in _obligations(proof, operation):
        _enter(known, obligation)
        names = _used(printer, obligation)
        before = used.setdefault(obligation.theorem, frozenset())
        used[obligation.theorem] = None if names is None or before is None else before | names
    return Found(_name(proof, operation), known, "", used)


def _met(proof: Proof, operation: Operation) -> Met:
    known: dict[str, frozenset[str]] = {}
    for obligation in _obligations(proof, operation):
        _enter(known, obligation)
    return Met(_name(proof, operation), known)


def _counted(proof: Proof, operation: Operation) -> Count:
    printer, obligations = Printer(), _obligations(proof, operation)
    answers = [solve(str(printer.problem(one)), False, 0, BUDGET).answer for one in obligations]
    return Count(proof.subject.name, len(answers), answers.count("unsat"))


def _obligations(proof: Proof, operation: Operation) -> list[Obligation]:
    """What the solver is asked of an operation, but for ends that running code may reach."""
    return [obligation for path in verify(proof, operation) for obligation in path.obligations]


def _enter(known: dict[str, frozenset[str]], obligation: Obligation) -> None:
    labels = {fact.label for fact in obligation.facts[: obligation.known] if fact.label}
    known[obligation.theorem] = known.get(obligation.theorem, frozenset()) | labels


def _used(printer: Printer, obligation: Obligation) -> frozenset[str] | None:
    """The names of the facts that proofs use, with each seed; None if there is none by matching."""
    hint = None if obligation.hint is None else frozenset(obligation.hint)
    for labels in dict.fromkeys((hint, None)):
        cores = [_labels(printer, obligation, labels, seed) for seed in SEEDS]
        proofs = [core for core in cores if core is not None]
        if proofs:
            return proofs[0].union(*proofs)
    return None


def _labels(
    printer: Printer, obligation: Obligation, labels: frozenset[str] | None, seed: int
) -> frozenset[str] | None:
    core = core_of(printer.problem(obligation, labels), seed=seed)
    if core is None:
        return None
    used = {id(piece) for piece in core.pieces}
    chosen = printer.chosen(obligation, labels)
    return frozenset(fact.label for fact in chosen if fact.label and id(printer.piece(fact)) in used)


def _name(proof: Proof, operation: Operation) -> str:
    return f"{proof.subject.name}.{operation.name}"


def _each(
    function: Callable[[Proof, Operation], Item],
    work: Sequence[Work],
    jobs: int,
    progress: Progress,
    failed: Callable[[str, str], Item],
) -> list[Item]:
    """``function`` of each operation, in a process of its own, in their order."""

    def one(number: int) -> Item:
        return function(*work[number])

    def lost(number: int, reason: str, hung: bool) -> Item:
        return failed(_name(*work[number]), reason)

    keep_memory()
    results: list[Item] = []
    with Pool(jobs, LONG_PATIENCE, apart=True) as pool:
        for found in pool.each(one, [(number,) for number in range(len(work))], lost):
            if found is not None:
                results.append(found)
            progress(len(results), len(work))
    return results
