"""Replays a real program's trace on a heap: real machine, real page tables, invariants checked all along.

Of every event it is checked that every access, the heap's and the program's, keeps to the shadow; that a new block is
aligned and overlaps none that the program holds; that no call raises anything; and that a block still holds what its
user wrote, when it is resized or freed and when the program ends.

Some calls are checked in full, as in any checked run: contract, invariants and loop invariants too; before them the
abstract heap is read out of RAM, and must hold exactly the trace's live blocks.  Which calls that are is every N-th, or
so many that they take about a tenth of the time (budget.py).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

from impl.arithmetic import NULL, PAGE_SIZE, WORD_LIMIT, align_up
from impl.machine import Machine
from proofs import registry
from proofs.checking.blocks import Ranges
from proofs.checking.budget import SMALL, Budget
from proofs.checking.derived_driver import ServesNoProgram, driver_of
from proofs.checking.driver import ROLES, Driver
from proofs.checking.harness import SAFETY, UNSAFE, Checked
from proofs.checking.trace import ALIGNED, BORN, CALLOC, FREE, MALLOC, Event, Trace
from proofs.checking.violation import Violation
from proofs.checking.world import DESCRIPTOR, DESCRIPTOR_PAGE, KEPT, pattern

SPARE_RAM = 16 << 20
MOST_RAM = 1 << 30
PROGRESS_STEP = 256
MOVING = -1
"""Stands for the new place of a block that moves."""

ZEROED = "a block from calloc reads as zero"
ALL_TRIMMED = "with no block live, as many frames are free after trim as before the first request"
USABLE = "a block that the program holds is memory, and no header lies in it"
OVERLAPS_NONE = "a new block overlaps none that the program holds"
SAME_BLOCKS = "the heap's live blocks are exactly those that the program holds, each large enough"

Progress = Callable[[int, int], None]


@dataclass
class ReplayResult:
    """What a replay saw; ``events`` of ``events_in_trace`` were played.

    ``violations`` with their event: 0 if the heap's initialiser is at fault, one behind the last for the program's end.
    Of the ``aligned`` requests ``over_allocated`` asked for more bytes, so that there is an aligned place in the block.
    """

    events: int = 0
    events_in_trace: int = 0
    refused: int = 0
    aligned: int = 0
    over_allocated: int = 0
    peak_live_bytes: int = 0
    peak_mapped_bytes: int = 0
    loads_and_stores: int = 0
    checked_calls: int = 0
    checks: int = 0
    seconds: float = 0.0
    violations: list[tuple[int, Violation]] = field(default_factory=list)


def replay(
    trace: Trace,
    heap_name: str,
    every: int | None = None,
    progress: Progress | None = None,
    *,
    limit: int | None = None,
    look: Callable[[Program], None] = lambda program: None,
) -> ReplayResult:
    """Replay ``trace`` on the heap called ``heap_name``; it stops at a Violation.

    Every ``every``-th call is checked in full (default: what a tenth of the time is enough for).  Of a trace longer
    than ``limit`` (default: what the heap's driver says) only the first events are replayed.  Behind every event
    ``look`` is called.
    """
    driver = driver_for(heap_name)
    count = min(len(trace.events), limit or affordable(trace, driver.most_visits))
    began = time.monotonic()
    budget = None if every or driver.made_up else Budget(driver.loan, max(count // driver.checked_calls, 1))
    program = Program(driver, trace.peak_live_bytes(), every or 1, budget)
    result = program.result
    result.events_in_trace = len(trace.events)
    event_number = 0
    try:
        program.boot()
        event_number = 1
        for event in trace.events[:count]:
            program.act(event)
            result.events += 1
            event_number += 1
            look(program)
            if progress and result.events % PROGRESS_STEP == 0:
                progress(result.events, count)
        program.end()
    except Violation as violation:
        if driver.made_up and not _is_claimed(driver, violation):
            at = f"event {event_number} of the trace"
            raise ServesNoProgram(f"{heap_name} does not serve this program, at {at}: {violation.sentence}") from None
        result.violations.append((event_number, violation))
    program.finish()
    result.seconds = time.monotonic() - began
    return result


def _is_claimed(driver: Driver, violation: Violation) -> bool:
    """Whether what fell is a theorem of the heap, not what any program expects of malloc."""
    theorem = violation.theorem.split(".")
    subject = driver.bench.subject
    laws = {law.name for one in subject.operations for law in (*one.ensures, *subject.invariants)}
    return theorem[-1] in {*laws, "raises_only"} or (theorem[-1] == "safety" and violation.sentence == SAFETY)


def driver_for(name: str) -> Driver:
    """How a program uses that heap: as its own driver says, or as one does that is made up; NoDriver if none can be."""
    if registry.has_live(name, "driver"):
        own: Driver = registry.live(name, "driver").DRIVER
        return own
    return driver_of(name)


def affordable(trace: Trace, most_visits: int) -> int:
    """How many events of ``trace`` a heap can replay whose every call visits every live block; 0 visits: all."""
    live = visits = 0
    for number, event in enumerate(trace.events):
        live += (event.kind in BORN) - (event.kind == FREE)
        visits += live
        if most_visits and visits > most_visits:
            return number
    return len(trace.events)


class Program:
    """The traced program on a fresh machine: which blocks it holds, and what it wrote into them."""

    def __init__(self, driver: Driver, peak: int, every: int, budget: Budget | None = None) -> None:
        """Every ``every``-th call is checked in full, or what the ``budget`` chooses if there is one.

        The machine is there, the heap is not yet: ``boot`` begins it.
        """
        self.driver = driver
        self.budget = budget
        self.ranges = Ranges()
        self.result = ReplayResult()
        self.names = dict(zip(ROLES, driver.names, strict=True))
        ram = min(align_up(4 * peak + SPARE_RAM, PAGE_SIZE), MOST_RAM) if not driver.ram else driver.ram + SPARE_RAM
        self.machine = Machine(ram, checked=True)
        self.machine.memory.map(DESCRIPTOR_PAGE, driver.descriptor_pages)
        self.checked = Checked(driver.bench, self.machine, DESCRIPTOR, every=every)
        self.memory = self.checked.hurried_heap.memory
        self.held: dict[int, tuple[int, int]] = {}
        self.shift: dict[int, int] = {}
        """How far behind the beginning of a block its aligned bytes begin, where that is not 0."""
        self.live_bytes = 0
        self.frames_before = self.frames_begun = self.machine.free_frames()
        self.begin()

    def boot(self) -> None:
        """What the boot code does, and the heap's initialiser: before any event."""
        self.driver.prepare(self.machine, self.checked)
        if self.budget is not None:
            self.checked.wanted = partial(self._affordable, self.budget)
            self.checked.look_inside = self._price() <= SMALL
        self.start()
        self.frames_begun = self.machine.free_frames()

    def _affordable(self, budget: Budget, number: int) -> bool:
        """Whether the next call can be checked in full."""
        if not budget.asks(number):
            return False
        price = self._price()
        self.checked.look_inside = price <= SMALL
        return budget.spend(number, price)

    def _price(self) -> int:
        """What it takes to check a call in full, now."""
        pages = self.driver.ram // PAGE_SIZE + self.checked.memory.watch.pages
        return self.driver.weight.of(len(self.held), pages)

    def begin(self) -> None:
        """The heap is there, its initialiser was not called; who looks on begins here."""

    def start(self) -> None:
        """The heap's initialiser is called."""
        self.checked.check(self.names["init"], *self.driver.init)

    def act(self, event: Event) -> None:
        """One event of the trace; the program touches no memory but its blocks, so a fault is the heap's fault."""
        try:
            self._serve(event)
        except UNSAFE as error:
            name = f"{self.driver.bench.subject.name}.payloads_kept"
            raise Violation(name, USABLE, f"block {event.block} of the trace: {error}") from error
        self.result.peak_live_bytes = max(self.result.peak_live_bytes, self.live_bytes)

    def _serve(self, event: Event) -> None:
        if event.kind == FREE:
            self._free(event.block)
        elif event.kind == MALLOC:
            self._settle(event, self._allocate(event.size))
        elif event.kind == CALLOC:
            self._settle(event, self._calloc(event.size))
        elif event.kind == ALIGNED:
            self._aligned(event)
        else:
            self._realloc(event)

    def end(self) -> None:
        """The program ends, its blocks as it left them; it frees them, then the heap goes, and no frame is missing."""
        for block in self.held:
            self._look_after(block)
        if self.driver.trim:
            self._give_all_back()
        if not self.names["destruct"]:
            return
        self.checked.check(self.names["destruct"], *self.driver.last(self.checked))
        missing = self.frames_before - self.machine.free_frames()
        if missing:
            name = f"{self.driver.bench.subject.name}.destruct.no_leak"
            raise Violation(name, "destruct gives every frame back", f"{missing} frames are missing")

    def _give_all_back(self) -> None:
        """Every block is freed, the lowest first, and the heap trimmed: no frame is missing since its first request."""
        for block in sorted(self.held, key=lambda block: self.held[block]):
            self._free(block)
        self.checked.check(self.driver.trim)
        missing = self.frames_begun - self.machine.free_frames()
        if missing:
            name = f"{self.driver.bench.subject.name}.{self.driver.trim}.no_leak"
            raise Violation(name, ALL_TRIMMED, f"{missing} frames are missing")

    def finish(self) -> None:
        """Add up what the harness counted."""
        self.result.checks = self.checked.checks
        self.result.checked_calls = self.checked.checked_calls
        self.result.peak_mapped_bytes = self.driver.ram or self.checked.memory.watch.most_pages * PAGE_SIZE

    # ------------------------------------------------------------ requests

    def _allocate(self, size: int) -> int:
        """A block, or NULL if the heap has none though it was given all the memory that there is."""
        address = self._call("allocate", size)
        while address == NULL and size and self.driver.grow(self.checked, size):
            address = self._call("allocate", size)
        self._admit(address, size)
        return address

    def _admit(self, address: int, size: int) -> None:
        """A block that the heap hands out is aligned, and overlaps none that the program holds."""
        if address == NULL:
            return
        if address % self.driver.alignment:
            name = f"{self.driver.bench.subject.name}.is_aligned"
            raise Violation(name, f"every block lies at a multiple of {self.driver.alignment}", hex(address))
        other = self.ranges.add(address, address + size)
        if other is not None:
            name = f"{self.driver.bench.subject.name}.overlaps_none"
            raise Violation(name, OVERLAPS_NONE, f"{size} bytes at {address:#x}, a live block at {other:#x}")

    def _call(self, name: str, *arguments: int) -> int:
        """One operation of the heap; before one that is checked in full, the heap must hold what the program holds."""
        name = self.names.get(name, name)
        if self.checked.due:
            if not self.driver.made_up:
                self.checked.stand()
                self._compare()
            t = self.checked.check(name, *arguments)
            result, raised, cost = t.result, t.raised, t.cost
        else:
            result, raised, cost = self.checked.hurry(name, *arguments)
            if self.budget is not None:
                self.budget.earn(cost)
        self.result.loads_and_stores += cost
        if raised:
            what = f"no {raised}" if not self.driver.made_up else f"{name} raised {raised}"
            raise Violation(f"{self.driver.bench.subject.name}.{name}.safety", what)
        return result or NULL

    def _compare(self) -> None:
        """Before a checked call: the live blocks that RAM shows are those of the program."""
        found = self.driver.live(self.checked)
        blocks = ((address, size + self.shift.get(block, 0)) for block, (address, size) in self.held.items())
        held = {address: size for address, size in blocks if address != NULL}
        lost = [address for address, size in held.items() if found.get(address, -1) < size]
        if lost or len(found) != len(held):
            name = f"{self.driver.bench.subject.name}.unchecked_calls.live_blocks_kept"
            detail = f"lost: {[hex(a) for a in sorted(lost)[:8]]}, {len(found)} blocks for {len(held)}"
            raise Violation(name, SAME_BLOCKS, detail)

    def _aligned(self, event: Event) -> None:
        """No heap here allocates aligned blocks: a larger one is taken, in which there is a place that is aligned."""
        spare = max(event.alignment - self.driver.alignment, 0) if event.size else 0
        address = self._allocate(event.size + spare) if event.size + spare < WORD_LIMIT else NULL
        shift = -address % event.alignment if address != NULL else 0
        self.result.aligned += 1
        self.result.over_allocated += spare > 0
        if shift:
            self.shift[event.block] = shift
        self._settle(event, address)

    def _free(self, block: int) -> None:
        self._look_after(block)
        address, size = self.held[block]
        self._give(address)
        del self.held[block]
        self.shift.pop(block, None)
        self.live_bytes -= size

    def _give(self, address: int) -> None:
        """A block goes back; NULL, too, where the heap is known to take it."""
        if address != NULL or not self.driver.made_up:
            self._call("free", address)
        self.ranges.remove(address)

    def _calloc(self, size: int) -> int:
        if self.driver.calloc:
            address = self._call(self.driver.calloc, size)
            self._admit(address, size)
        else:
            address = self._allocate(size)
            if address != NULL:
                self.memory.fill(address, size, 0)
        if address != NULL and self.memory.load_bytes(address, size).strip(b"\0"):
            name = f"{self.driver.bench.subject.name}.calloc.zeroed"
            raise Violation(name, ZEROED, f"{size} bytes at {address:#x}")
        return address

    def _realloc(self, event: Event) -> None:
        """The heap's own realloc, or allocate, copy and free, as for one that is aligned; the common bytes survive."""
        self._look_after(event.block)
        address, size = self.held[event.block]
        shift = self.shift.get(event.block, 0)
        own = bool(self.driver.realloc) and not shift
        target = self._call(self.driver.realloc, address, event.size) if own else self._allocate(event.size)
        if target == NULL and event.size:
            self.result.refused += 1
            return
        common = min(size, event.size)
        if own:
            self.ranges.remove(address)
            self._admit(target, event.size)
        else:
            if NULL not in (address, target):
                self.memory.copy(target, address + shift, common)
            self.held[MOVING] = (target, event.size)
            self._give(address)
            del self.held[MOVING]
            self.shift.pop(event.block, None)
        if address != NULL:
            self._compare_bytes(target, event.block, common)
        self.live_bytes -= size
        self._settle(event, target)

    # ------------------------------------------------------------ contents

    def _settle(self, event: Event, address: int) -> None:
        """The program holds the block and fills it."""
        if address == NULL and event.size:
            self.result.refused += 1
        size = event.size if address != NULL else 0
        self.held[event.block] = address, size
        self.live_bytes += size
        if address != NULL:
            self.memory.store_bytes(address + self.shift.get(event.block, 0), pattern(event.block, size))

    def _look_after(self, block: int) -> None:
        address, size = self.held[block]
        if address != NULL:
            self._compare_bytes(address + self.shift.get(block, 0), block, size)

    def _compare_bytes(self, address: int, block: int, size: int) -> None:
        if self.memory.load_bytes(address, size) != pattern(block, size):
            name = f"{self.driver.bench.subject.name}.payloads_kept"
            raise Violation(name, KEPT, f"block {block} of the trace, {size} bytes at {address:#x}")
