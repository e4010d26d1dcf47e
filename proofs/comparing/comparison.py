"""Measures every heap on one trace, each in a process of its own, and puts the figures side by side."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import replace

from proofs import registry
from proofs.c_check.command import COptions
from proofs.checking.replay import affordable
from proofs.checking.trace import Trace
from proofs.comparing import frames
from proofs.comparing.figures import Comparison, HeapFigures
from proofs.comparing.in_c import measure_c
from proofs.comparing.measuring import measure


def serving() -> list[str]:
    """The heaps that serve traces."""
    return [name for name, record in registry.SUBJECTS.items() if record.serves]


def compared() -> list[str]:
    """What a trace is replayed on by default: the heaps, and the frame allocator."""
    return [*serving(), frames.NAME]


def serving_among(heaps: Sequence[str]) -> list[str]:
    """The heaps among those that are compared."""
    return [heap for heap in heaps if heap != frames.NAME]


def measured(trace: Trace, heap: str, events: int) -> HeapFigures:
    """The figures of a heap, or of the frame allocator."""
    return frames.measure_frames(trace, events) if heap == frames.NAME else measure(trace, heap, events)


def common_events(trace: Trace, heaps: Sequence[str]) -> tuple[int, str]:
    """How many events of the trace every heap can replay in a minute or two, and which needs the cut, "" if none."""
    count, cut_for = len(trace.events), ""
    for heap in serving_among(heaps):
        most = affordable(trace, registry.live(heap, "driver").DRIVER.most_visits)
        if most < count:
            count, cut_for = most, heap
    return count, cut_for


def compare(
    trace: Trace,
    heaps: Sequence[str],
    glues: Sequence[COptions],
    events: int | None,
    jobs: int,
    advance: Callable[[int, int], None],
) -> Comparison:
    """The figures of every heap on the first ``events`` (default: as many as all can replay in a minute or two)."""
    count, cut_for = common_events(trace, heaps) if events is None else (min(events, len(trace.events)), "")
    played = replace(trace, events=trace.events[:count])
    in_c = tuple(measure_c(glue, played, count) for glue in glues)
    found: dict[str, HeapFigures] = {}
    if heaps:
        # Fork: subjects of a user's project are known in the children as they are here.
        with ProcessPoolExecutor(max(min(jobs, len(heaps)), 1), multiprocessing.get_context("fork")) as pool:
            asked = {pool.submit(measured, played, heap, count): heap for heap in heaps}
            for number, done in enumerate(as_completed(asked), 1):
                found[asked[done]] = done.result()
                advance(number, len(heaps))
    figures = tuple(found[heap] for heap in heaps)
    return Comparison(
        trace.file, count, len(trace.events), played.peak_live_bytes(), cut_for, trace.notes, figures, in_c
    )
