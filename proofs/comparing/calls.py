"""The calls of an operation, one after the other, and what is told of them: percentiles, and some to be drawn."""

from __future__ import annotations

from array import array
from dataclasses import dataclass, field

from proofs.comparing.figures import Bounded, Dot, OperationFigures, percentile

SAMPLES = 80
"""So often the heap is read out of RAM, at most; and four times as often as its calls are checked in full."""
DOTS = 400
"""So many calls of an operation are shown, at most."""
CHECKED = 8
"""So many calls of each operation are checked in full, at most."""


@dataclass
class Calls:
    """The calls of an operation, in order: number of the call on the heap, event of the trace, loads and stores."""

    numbers: array[int] = field(default_factory=lambda: array("Q"))
    events: array[int] = field(default_factory=lambda: array("Q"))
    costs: array[int] = field(default_factory=lambda: array("Q"))
    bounded: list[Bounded] = field(default_factory=list)

    def add(self, number: int, event: int, cost: int) -> None:
        """One more call."""
        self.numbers.append(number)
        self.events.append(event)
        self.costs.append(cost)


def evenly(count: int, samples: int) -> frozenset[int]:
    """About ``samples`` of the numbers 1 to ``count``, evenly spread, the last among them."""
    return frozenset(-(-count * number // samples) for number in range(1, samples + 1))


def summary(name: str, made: Calls) -> OperationFigures:
    """The figures of an operation, of which there was a call at least."""
    ordered = sorted(made.costs)
    bounds = [one.bound for one in made.bounded if one.cost == ordered[-1]]
    shown = _thinned([Dot(event, cost) for event, cost in zip(made.events, made.costs, strict=True)])
    return OperationFigures(
        name,
        len(ordered),
        percentile(ordered, 0.5),
        percentile(ordered, 0.99),
        ordered[-1],
        bounds[0] if bounds else None,
        tuple(made.bounded),
        shown,
    )


def _thinned(dots: list[Dot]) -> tuple[Dot, ...]:
    """At most DOTS of them: of each stretch of calls the one that cost most."""
    stretch = -(-len(dots) // DOTS)
    return tuple(max(dots[at : at + stretch], key=lambda dot: dot.cost) for at in range(0, len(dots), stretch))
