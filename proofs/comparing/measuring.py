"""Measures a heap that serves a trace: every call's loads and stores, and its memory over time.

The trace is replayed twice.  First no call is checked in full, and everything is counted.  Then those calls are checked
that cost most, one of each operation, and some others spread evenly; the checks tell the bound that is proved of each.
The heap does the same both times, so a call has the same number.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from contextlib import contextmanager

from impl.arithmetic import NULL, PAGE_SIZE, align_up
from model.language.logic import Operation, Transition
from proofs import registry
from proofs.checking.driver import Driver
from proofs.checking.replay import PROGRESS_STEP, Program, Progress
from proofs.checking.trace import Event, Trace
from proofs.checking.violation import Violation
from proofs.comparing.bound import proved_bound
from proofs.comparing.calls import CHECKED, SAMPLES, Calls, evenly, summary
from proofs.comparing.figures import Bounded, HeapFigures, Sample

NEVER = 1 << 62


class Measuring(Program):
    """The traced program, and one who counts; calls of the numbers ``also`` are checked in full."""

    def __init__(self, driver: Driver, peak: int, also: Container[int] = ()) -> None:
        self.also = also
        self.event = 0
        self.calls: dict[str, Calls] = {}
        self.loads = self.stores = 0
        self.reach = 0
        super().__init__(driver, peak, NEVER)

    def begin(self) -> None:
        """Whatever is called from here on is counted."""
        self.checked.also = self.also
        self.checked.around = self._counted
        self.checked.seen = self._seen

    def start(self) -> None:
        """The initialiser is a call like any other."""
        self.checked.call(self.names["init"], *self.driver.init)

    def act(self, event: Event) -> None:
        """One event, whose number is known."""
        self.event += 1
        super().act(event)

    @property
    def mapped(self) -> int:
        """The bytes that the heap has; of one of fixed size, those up to the end of its highest block ever."""
        return self.reach if self.driver.ram else self.checked.memory.watch.pages * PAGE_SIZE

    @property
    def most_mapped(self) -> int:
        """The most that it ever had, if only for a moment within a call."""
        return self.reach if self.driver.ram else self.checked.memory.watch.most_pages * PAGE_SIZE

    def sample(self) -> Sample:
        """The heap as it is now, read out of RAM."""
        return Sample(self.event, self.live_bytes, sum(self.driver.live(self.checked).values()), self.mapped)

    def _settle(self, event: Event, address: int) -> None:
        super()._settle(event, address)
        if address != NULL:
            end = address + self.shift.get(event.block, 0) + self.held[event.block][1] - self.driver.base
            self.reach = max(self.reach, align_up(end, PAGE_SIZE))

    @contextmanager
    def _counted(self, name: str) -> Iterator[None]:
        counter = self.machine.counter
        loads, stores = counter.loads, counter.stores
        yield
        loads, stores = counter.loads - loads, counter.stores - stores
        self.loads, self.stores = self.loads + loads, self.stores + stores
        self.calls.setdefault(name, Calls()).add(self.checked.calls, self.event, loads + stores)

    def _seen(self, operation: Operation, t: Transition) -> None:
        bound = proved_bound(operation, t)
        if bound is not None:
            self.calls[operation.name].bounded.append(Bounded(self.event, t.cost, bound))


def measure(trace: Trace, heap: str, events: int, progress: Progress | None = None) -> HeapFigures:
    """What the heap does with the first ``events`` of the trace; at a Violation it stops, and says so."""
    driver: Driver = registry.live(heap, "driver").DRIVER
    peak = trace.peak_live_bytes()
    figures = HeapFigures(heap, bool(driver.ram))
    first = Measuring(driver, peak)
    _play(
        first,
        trace.events[:events],
        figures,
        evenly(events, min(SAMPLES, 4 * driver.checked_calls)),
        progress,
        (0, 2 * events),
    )
    calls = first.calls
    _conclude(figures, first)
    if not figures.violations:
        _check(driver, peak, trace.events[:events], figures, calls, progress)
    for name, made in calls.items():
        figures.operations.append(summary(name, made))
    return figures


def _conclude(figures: HeapFigures, program: Measuring) -> None:
    result = program.result
    figures.events, figures.refused, figures.peak_live = result.events, result.refused, result.peak_live_bytes
    figures.aligned, figures.over_allocated = result.aligned, result.over_allocated
    figures.peak_mapped, figures.loads, figures.stores = program.most_mapped, program.loads, program.stores


def _check(
    driver: Driver,
    peak: int,
    events: Sequence[Event],
    figures: HeapFigures,
    calls: dict[str, Calls],
    progress: Progress | None,
) -> None:
    """The second time: chosen calls are checked in full, and their bounds are noted among ``calls``."""
    chosen = _chosen(calls, max(min(driver.checked_calls // max(len(calls), 1), CHECKED), 1))
    second = Measuring(driver, peak, chosen)
    until = max(made.events[made.numbers.index(n)] for made in calls.values() for n in chosen & {*made.numbers})
    _play(second, events[:until], figures, frozenset(), progress, (len(events), 2 * len(events)))
    figures.checked_calls = second.checked.checked_calls
    for name, made in second.calls.items():
        if made.costs != calls[name].costs[: len(made.costs)] and not figures.violations:
            raise AssertionError(f"{figures.heap}.{name} did not do the same when it was checked")
        calls[name].bounded = made.bounded


def _play(
    program: Measuring,
    events: Sequence[Event],
    figures: HeapFigures,
    sampled: Container[int],
    progress: Progress | None,
    done: tuple[int, int],
) -> None:
    """The initialiser and the events; a Violation ends it, and is noted with its event (0: the initialiser).

    ``done`` says how far the measuring is, and of how many.
    """
    before, total = done
    try:
        program.boot()
        for number, event in enumerate(events, 1):
            program.act(event)
            program.result.events = number
            if number in sampled:
                figures.samples.append(program.sample())
            if progress and number % PROGRESS_STEP == 0:
                progress(before + number, total)
    except Violation as violation:
        figures.violations.append((program.event, violation.theorem))


def _chosen(calls: dict[str, Calls], each: int) -> frozenset[int]:
    """The numbers of the calls that cost most, and of ``each`` - 1 others of every operation, evenly spread."""
    found: set[int] = set()
    for made in calls.values():
        found.add(made.numbers[made.costs.index(max(made.costs))])
        found.update(made.numbers[(2 * k + 1) * len(made.numbers) // (2 * each)] for k in range(each - 1))
    return frozenset(found)
