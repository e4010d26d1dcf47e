"""A run of the prover: execute the operations, discharge every obligation, draw up the report.

TRUSTED: what a report leaves out.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from proofs.engine import edition, program, speclint
from proofs.engine.cache import Cache
from proofs.engine.collect import selected
from proofs.engine.discharging import discharge
from proofs.engine.foundation import Foundation, operation_of
from proofs.engine.gathering import Gathering, Subjects, collected, selected_items
from proofs.engine.operation import Proof
from proofs.engine.options import Options
from proofs.engine.process import keep_memory
from proofs.engine.theorem import Collected
from proofs.engine.verdict import Asked, Report, TheoremResult, Verdict

__all__ = ["Options", "prove", "with_texts"]

OF_A_THEOREM = 2
"""So many dots are in the name of a theorem ("segment_heap.free.merges_neighbours")."""


def prove(proofs: Sequence[Proof], patterns: Sequence[str], options: Options) -> Report:
    """Prove every selected theorem of ``proofs``, and all that these rest on, unless ``only`` they are asked for."""
    start = time.perf_counter()
    keep_memory()
    program.look_again()
    edition.look_again()
    speclint.look_again()
    gathering = Gathering(Subjects(proofs, options.resolve), patterns, options)
    gathering.gather(selected_items(proofs, patterns))
    items = [gathering.found[name] for name in gathering.needed]
    theorems = [t for item in items for t in item.theorems if item.failed or gathering.looks_at(t.result.id)]
    single = [pattern for pattern in patterns if pattern.count(".") >= OF_A_THEOREM]
    named = {t.result.id for t in theorems if single and selected(t.result.id, single)}
    asked = discharge(theorems, options, named, [batch for item in items for batch in item.batches])
    foundation = Foundation(gathering.found, gathering.missing, {theorem.result.id for theorem in theorems})
    report = _drawn_up(items, foundation, gathering)
    chosen = set(gathering.chosen)
    report.asked = [one for one in asked if operation_of(one.theorem) in chosen and selected(one.theorem, patterns)]
    report.rests = {item.operation: tuple(sorted(item.rests)) for item in items}
    report.seconds = time.perf_counter() - start
    if options.cache.complaint:
        report.notes.append(options.cache.complaint)
    return report


def _drawn_up(items: Sequence[Collected], foundation: Foundation, gathering: Gathering) -> Report:
    """The selected theorems, those that they rest on, and of these once more those that are not proved."""
    report = Report([])
    below: list[TheoremResult] = []
    for item in items:
        for result in foundation.theorems_of(item.operation):
            chosen = item.operation in gathering.chosen and selected(result.id, gathering.patterns)
            (report.theorems if chosen or item.failed else below).append(result)
    seen = [result for result in below if _was_looked_at(result, foundation)]
    report.relied = [] if gathering.options.only else seen
    report.theorems += [result for result in seen if result.verdict is not Verdict.PROVED]
    report.unseen = sorted(foundation.unseen)
    return report


def _was_looked_at(result: TheoremResult, foundation: Foundation) -> bool:
    """Whether anything was found out about a theorem: its obligations were answered, or it does not hold anyway."""
    return result.id in foundation.looked_at or result.verdict is not Verdict.CONDITIONAL


def with_texts(proofs: Sequence[Proof], asked: Sequence[Asked], options: Options) -> list[Asked]:
    """The same obligations, each with its rungs: operations that were not executed for want of need are executed."""
    bare = {one.theorem for one in asked if not one.rungs}
    work = [
        (proof, operation)
        for proof in proofs
        for operation in proof.subject.operations
        if any(theorem.startswith(f"{proof.subject.name}.{operation.name}.") for theorem in bare)
    ]
    found = collected(work, Subjects(proofs, options.resolve), options, Cache(None))
    rungs = {problem.key: problem.rungs for item in found for t in item.theorems for problem in t.problems}
    return [one if one.rungs else replace(one, rungs=rungs[one.key]) for one in asked]
