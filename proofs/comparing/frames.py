"""The frame allocator beside the heaps: what a trace costs if every block is 2**k whole frames of its own.

It is no heap: its callers are page tables and kernels that ask for pages, as the kernel's page events show.  Each
answer is looked at: aligned, disjoint from every block that is held, and its bytes found again when it goes; the whole
contract is evaluated by `drystone check frame_allocator`.  What the program holds, and the header, counts as mapped;
the other frames are anybody's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from impl import frame_allocator as module
from impl.arithmetic import PAGE_SIZE, align_up, pages_for
from impl.errors import PhysicalMemoryFull
from impl.regions import Area
from impl.shadow import CheckedRam
from model.frame_allocator.single_frames import ALLOCATE_COST, FREE_COST
from proofs.checking.replay import PROGRESS_STEP, Progress
from proofs.checking.trace import FREE, REALLOC, Event, Trace
from proofs.checking.violation import Violation
from proofs.checking.world import KEPT, pattern
from proofs.comparing.calls import CHECKED, SAMPLES, Calls, evenly, summary
from proofs.comparing.figures import Bounded, HeapFigures, Sample

NAME = "frame_allocator"
BOUNDS = {"allocate": ALLOCATE_COST, "free": FREE_COST}
"""What is proved of every call, whatever the number of frames."""
LEAST_RAM, MOST_RAM = 1 << 20, 1 << 30
DISJOINT = "a block is aligned to its size and shares no frame with a block that is held"


class Frames:
    """A program on a frame allocator that has the whole of RAM; its blocks by their numbers."""

    def __init__(self, ram: int, edition: Any = module) -> None:
        self.ram = CheckedRam(ram)
        area = Area(0, ram)
        header = edition.get_header(area)
        self.figures = HeapFigures(NAME)
        self.calls: dict[str, Calls] = {}
        self.event = 0
        begin = edition.FrameAllocator.init_region
        self.allocator = self._counted("init_region", lambda: begin(self.ram, area, header))
        self.header: int = header.size
        self.held: dict[int, tuple[Area, int]] = {}
        self.taken: set[int] = set()
        self.live = 0

    @property
    def mapped(self) -> int:
        """Bytes of the frames that are held, and of the header."""
        return self.header + len(self.taken) * PAGE_SIZE

    def act(self, event: Event) -> None:
        """One event of the trace; Violation if a block is wrong."""
        self.event += 1
        if event.kind == FREE:
            self._free(event.block)
        elif event.kind == REALLOC:
            self._resize(event)
        else:
            self._settle(event, self._allocate(event.size, event.alignment))
        self.figures.peak_live = max(self.figures.peak_live, self.live)

    def sample(self) -> Sample:
        """What is held now."""
        return Sample(self.event, self.live, len(self.taken) * PAGE_SIZE, self.mapped)

    def _counted(self, name: str, call: Callable[[], Any]) -> Any:
        counter = self.ram.counter
        loads, stores = counter.loads, counter.stores
        try:
            return call()
        finally:
            loads, stores = counter.loads - loads, counter.stores - stores
            self.figures.loads += loads
            self.figures.stores += stores
            calls = self.calls.setdefault(name, Calls())
            calls.add(len(calls.costs), self.event, loads + stores)
            if loads + stores > BOUNDS.get(name, loads + stores):
                raise Violation(f"{NAME}.{name}.{name}_cost", f"{name} costs at most {BOUNDS[name]} loads and stores")

    def _allocate(self, size: int, alignment: int = 1) -> Area | None:
        """2**k frames for so many bytes; None if there are none."""
        order = (pages_for(max(size, alignment)) - 1).bit_length()
        if not size or order > module.MAX_ORDER:
            return None
        try:
            area = self._counted("allocate", lambda: self.allocator.allocate(order))
        except PhysicalMemoryFull:
            return None
        frames = range(area.base // PAGE_SIZE, (area.base + area.size) // PAGE_SIZE)
        if area.base % (PAGE_SIZE << order) or area.size != PAGE_SIZE << order or not self.taken.isdisjoint(frames):
            raise Violation(f"{NAME}.allocate.disjoint", DISJOINT, f"{area.size} bytes at {area.base:#x}")
        self.taken.update(frames)
        self.figures.peak_mapped = max(self.figures.peak_mapped, self.mapped)
        return Area(*area)

    def _settle(self, event: Event, area: Area | None) -> None:
        """The program holds the block and fills it."""
        if area is None:
            self.figures.refused += event.size > 0
            return
        self.held[event.block] = area, event.size
        self.live += event.size
        self.ram.store_bytes(area.base, pattern(event.block, event.size))

    def _resize(self, event: Event) -> None:
        """A new block, the common bytes, and the old one goes; in its place if its frames are as many as are needed."""
        area, size = self.held.get(event.block, (None, 0))
        if area is not None and area.size == PAGE_SIZE << (pages_for(max(event.size, 1)) - 1).bit_length():
            self._look_after(event.block)
            self.live -= size
            self._settle(event, area)
            return
        target = self._allocate(event.size)
        if target is None and event.size:
            self.figures.refused += 1
            return
        self._free(event.block)
        self._settle(event, target)

    def _free(self, block: int) -> None:
        if block not in self.held:
            return
        self._look_after(block)
        area, size = self.held.pop(block)
        self._counted("free", lambda: self.allocator.free(area.base, area.size))
        self.taken.difference_update(range(area.base // PAGE_SIZE, (area.base + area.size) // PAGE_SIZE))
        self.live -= size

    def _look_after(self, block: int) -> None:
        area, size = self.held[block]
        if self.ram.load_bytes(area.base, size) != pattern(block, size):
            raise Violation(
                f"{NAME}.payloads_kept", KEPT, f"block {block} of the trace, {size} bytes at {area.base:#x}"
            )


def ram_for(trace: Trace) -> int:
    """As much RAM as the trace may need, of which blocks are powers of two: four times its peak in frames."""
    sizes: dict[int, int] = {}
    pages = peak = 0
    for event in trace.events:
        pages -= sizes.pop(event.block, 0)
        if event.kind != FREE:
            sizes[event.block] = pages_for(event.size)
            pages += sizes[event.block]
        peak = max(peak, pages)
    return align_up(min(max(4 * peak * PAGE_SIZE, LEAST_RAM), MOST_RAM), PAGE_SIZE)


def measure_frames(trace: Trace, count: int, progress: Progress | None = None, edition: Any = module) -> HeapFigures:
    """What the frame allocator does with the first ``count`` events of the trace; at a Violation it stops."""
    program = Frames(ram_for(trace), edition)
    figures, sampled = program.figures, evenly(count, SAMPLES)
    try:
        for number, event in enumerate(trace.events[:count], 1):
            program.act(event)
            figures.events = number
            if number in sampled:
                figures.samples.append(program.sample())
            if progress and number % PROGRESS_STEP == 0:
                progress(number, count)
    except Violation as violation:
        figures.violations.append((program.event, violation.theorem))
    for name, made in program.calls.items():
        if name in BOUNDS:
            made.bounded = _bounded(made, BOUNDS[name])
        figures.operations.append(summary(name, made))
    return figures


def _bounded(made: Calls, bound: int) -> list[Bounded]:
    """The call that cost most, and some others."""
    shown: Sequence[int] = [made.costs.index(max(made.costs)), *(n - 1 for n in evenly(len(made.costs), CHECKED))]
    return [Bounded(made.events[n], made.costs[n], bound) for n in sorted(set(shown))]
