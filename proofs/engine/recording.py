"""Records hints: which facts the proofs of a subject use, from unsat cores; and tells which hints are stale.

NOT TRUSTED: a hint chooses which facts are tried first, whatever stands in it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from model.language.logic import Operation
from proofs.engine.discharge import solve
from proofs.engine.facts import Obligation
from proofs.engine.gathering import prepared
from proofs.engine.hints import Hints
from proofs.engine.operation import Proof, verify
from proofs.engine.options import Options
from proofs.engine.process import keep_memory
from proofs.engine.slices import ALL, Slices, Used, known_to
from proofs.engine.smtlib import Printer
from proofs.engine.workers import Pool

Item = TypeVar("Item")

PATIENCE = 3600
"""Seconds for an operation: the solver is asked of each of its obligations again and again."""


@dataclass(frozen=True)
class Met:
    """What one operation has to show: for each theorem that asks the solver, the names of facts known there.

    And for each of its obligations, by its place.
    """

    operation: str
    known: Mapping[str, frozenset[str]]
    failure: str = ""


@dataclass(frozen=True)
class Found(Met):
    """And what proves each theorem, and some of its obligations by themselves."""

    used: Mapping[str, Used] = field(default_factory=dict)


@dataclass(frozen=True)
class Count:
    """Of a subject: its obligations for the solver, and how many are proved from all facts, without any hint."""

    subject: str
    obligations: int
    proved: int


Work = tuple[Proof, Operation]
Progress = Callable[[int, int], None]


def record(work: Sequence[Work], jobs: int, progress: Progress) -> list[Found]:
    """Find what facts prove each theorem of these operations most surely (slices.py)."""
    return _each(_recorded, work, jobs, progress, lambda name, why: Found(name, {}, why))


def look(work: Sequence[Work], jobs: int, progress: Progress) -> list[Met]:
    """Execute these operations, and tell which facts are known where; nothing is proved."""
    return _each(_met, work, jobs, progress, lambda name, why: Met(name, {}, why))


def stale(hints: Hints, met: Sequence[Met]) -> list[str]:
    """Complaints about hints for no theorem or place, and about names of facts that are not known there.

    ``met`` must be all operations of the subject.
    """
    known = {theorem: names for one in met for theorem, names in one.known.items()}
    found = [f"{one.operation} cannot be executed: {one.failure}" for one in met if one.failure]
    for head, names in hints.items():
        if head not in known:
            found.append(f"{head} is no {'place' if ' ' in head else 'theorem'} that asks the solver")
        elif strange := sorted(set(names) - known[head]):
            found.append(f"{head} knows nothing called {', '.join(strange)}")
    return found


def updated(hints: Hints, found: Sequence[Found]) -> Hints:
    """The hints with what was found: new ones replace old ones, and those of theorems that are gone go.

    Where no proof was found, the old hint stays; where all facts are needed, there is none.
    """
    executed = tuple(f"{one.operation}." for one in found if not one.failure)
    kept = {theorem: names for theorem, names in hints.items() if not theorem.startswith(executed)}
    for one in found:
        for head, names in one.used.items():
            if names is None:
                kept |= {old: names for old, names in hints.items() if old.split()[0] == head}
            elif names != ALL:
                kept[head] = tuple(sorted(names))
    return kept


def without(work: Sequence[Work], jobs: int, progress: Progress) -> list[Count]:
    """For each operation, how many of its obligations are proved from all facts, as if nothing had been recorded."""
    return _each(_counted, work, jobs, progress, lambda name, why: Count(name.split(".")[0], 0, 0))


# ---------------------------------------------------------------- one operation


def _recorded(proof: Proof, operation: Operation, checked: bool) -> Found:
    printer = Printer()
    known: dict[str, frozenset[str]] = {}
    theorems: dict[str, list[Obligation]] = {}
    for obligation in _obligations(proof, operation, checked):
        _enter(known, obligation)
        theorems.setdefault(obligation.theorem, []).append(obligation)
    used: dict[str, Used] = {}
    for theorem, obligations in theorems.items():
        used[theorem], apart = Slices(printer, obligations, proof.hints.get(theorem)).best()
        used |= apart
    return Found(_name(proof, operation), known, "", used)


def _met(proof: Proof, operation: Operation, checked: bool) -> Met:
    known: dict[str, frozenset[str]] = {}
    for obligation in _obligations(proof, operation, checked):
        _enter(known, obligation)
    return Met(_name(proof, operation), known)


def _counted(proof: Proof, operation: Operation, checked: bool) -> Count:
    printer, obligations = Printer(), _obligations(proof, operation, checked)
    answers = [solve(str(printer.problem(one)), False).answer for one in obligations]
    return Count(proof.subject.name, len(answers), answers.count("unsat"))


def _obligations(proof: Proof, operation: Operation, checked: bool) -> list[Obligation]:
    """What the solver is asked of an operation, but for ends that running code may reach."""
    return [obligation for path in verify(proof, operation, checked=checked) for obligation in path.obligations]


def _enter(known: dict[str, frozenset[str]], obligation: Obligation) -> None:
    known[obligation.place] = known_to(obligation)
    known[obligation.theorem] = known.get(obligation.theorem, frozenset()) | known[obligation.place]


def _name(proof: Proof, operation: Operation) -> str:
    return f"{proof.subject.name}.{operation.name}"


def _each(
    function: Callable[[Proof, Operation, bool], Item],
    work: Sequence[Work],
    jobs: int,
    progress: Progress,
    failed: Callable[[str, str], Item],
) -> list[Item]:
    """``function`` of each operation, in a process of its own, in their order.

    It is told whether the specifications of the subject have passed before the process was forked.
    """

    def one(number: int) -> Item:
        proof, operation = work[number]
        return function(proof, operation, id(proof) in passed)

    def lost(number: int, reason: str, hung: bool) -> Item:
        return failed(_name(*work[number]), reason)

    keep_memory()
    passed = prepared([proof for proof, _ in work], Options())
    results: list[Item] = []
    with Pool(jobs, PATIENCE, apart=True) as pool:
        for found in pool.each(one, [(number,) for number in range(len(work))], lost):
            if found is not None:
                results.append(found)
            progress(len(results), len(work))
    return results
