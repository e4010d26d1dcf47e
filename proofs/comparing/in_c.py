"""Heaps in C beside ours: what the replay of a trace tells of them."""

from __future__ import annotations

from proofs.c_check.command import COptions, replay_in_c
from proofs.checking.trace import Trace
from proofs.comparing.figures import CFigures


def measure_c(options: COptions, trace: Trace, events: int) -> CFigures:
    """What a heap in C does with the first ``events`` of the trace; Mistake if its glue does not compile."""
    found = replay_in_c(options, trace, events)
    verdict = found.verdict
    return CFigures(
        found.heap,
        found.build,
        found.events,
        verdict.refused,
        verdict.peak_live,
        verdict.peak_used,
        verdict.granted + verdict.refused,
        verdict.nanoseconds,
        f"heap.{verdict.clause or verdict.kind} at event {found.event}" if found.failed else "",
    )
