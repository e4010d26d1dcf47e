"""What is measured of a heap that serves a trace, as data; percentiles; what a document holds of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple


class Sample(NamedTuple):
    """The heap after so many events; sizes in bytes.

    ``live`` is what the program asked for and holds, ``granted`` what the blocks that it holds have room for,
    ``mapped`` the memory that the heap has.
    """

    event: int
    live: int
    granted: int
    mapped: int

    @property
    def inside(self) -> int:
        """Bytes wasted inside of blocks: room that nobody asked for."""
        return self.granted - self.live

    @property
    def outside(self) -> int:
        """Bytes that the heap has beside the blocks that are held: free memory, headers, tables."""
        return self.mapped - self.granted


class Dot(NamedTuple):
    """A call at an event, its loads and stores."""

    event: int
    cost: int


class Bounded(NamedTuple):
    """The same of a call that was checked in full, and the most that the theorem on its cost allows it."""

    event: int
    cost: int
    bound: int


@dataclass(frozen=True)
class OperationFigures:
    """The calls of one operation, in loads and stores; percentiles are those of calls that were made (nearest rank).

    ``bound`` is the proved bound of the call that cost most, None if no theorem speaks of it, or if it was not checked.
    """

    name: str
    calls: int
    median: int
    most_of_99: int
    worst: int
    bound: int | None
    bounded: tuple[Bounded, ...]
    dots: tuple[Dot, ...]


@dataclass
class HeapFigures:
    """What a heap did with the first ``events`` of a trace; sizes in bytes.

    ``fixed`` tells that its memory is of one size from the beginning; then ``mapped`` is how far its blocks ever
    reached.  Of the ``aligned`` requests ``over_allocated`` asked for more, so that there is an aligned place.
    ``violations`` say which theorem broke, at which event.
    """

    heap: str
    fixed: bool = False
    events: int = 0
    refused: int = 0
    aligned: int = 0
    over_allocated: int = 0
    peak_live: int = 0
    peak_mapped: int = 0
    loads: int = 0
    stores: int = 0
    checked_calls: int = 0
    operations: list[OperationFigures] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)
    violations: list[tuple[int, str]] = field(default_factory=list)

    def waste(self) -> tuple[float, float]:
        """Bytes wasted inside of blocks and outside, for each byte live, on average over the events."""
        live = sum(sample.live for sample in self.samples)
        if not live:
            return 0.0, 0.0
        return sum(s.inside for s in self.samples) / live, sum(s.outside for s in self.samples) / live


@dataclass(frozen=True)
class CFigures:
    """What a heap in C did with the trace: ``reach`` is how far its blocks ever reached in its arena, in bytes."""

    heap: str
    build: str
    events: int
    refused: int
    peak_live: int
    reach: int
    calls: int
    nanoseconds: int
    violation: str = ""


@dataclass(frozen=True)
class Comparison:
    """One trace, of which the first ``events`` were replayed, on every heap."""

    trace: str
    events: int
    events_in_trace: int
    peak_live: int
    cut_for: str
    notes: tuple[str, ...]
    heaps: tuple[HeapFigures, ...]
    in_c: tuple[CFigures, ...] = ()

    @property
    def violated(self) -> bool:
        """Whether any heap broke a theorem, or a clause."""
        return any(one.violations for one in self.heaps) or any(one.violation for one in self.in_c)


def percentile(ordered: Sequence[int], share: float) -> int:
    """The smallest of ``ordered`` (ascending, not empty) that at least ``share`` of them do not exceed."""
    rank = -int(-share * len(ordered) // 1)
    return ordered[max(rank, 1) - 1]


def as_data(found: Comparison) -> dict[str, Any]:
    """The comparison as JSON data; loads and stores of single calls are in ``dots``, thinned out, the worst kept."""
    heaps = []
    for one in found.heaps:
        data = asdict(one)
        data["samples"] = [sample._asdict() for sample in one.samples]
        data["violations"] = [{"event": event, "theorem": theorem} for event, theorem in one.violations]
        for operation, shown in zip(one.operations, data["operations"], strict=True):
            shown["bounded"] = [bounded._asdict() for bounded in operation.bounded]
            shown["dots"] = [dot._asdict() for dot in operation.dots]
        data["waste_inside"], data["waste_outside"] = one.waste()
        heaps.append(data)
    return {
        "trace": found.trace,
        "events": found.events,
        "events_in_trace": found.events_in_trace,
        "peak_live": found.peak_live,
        "notes": list(found.notes),
        "heaps": heaps,
        "in_c": [asdict(one) for one in found.in_c],
    }
