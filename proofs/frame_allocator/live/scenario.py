"""The frame allocator on a live machine: its abstract state read out of RAM, and a scenario that meets every end."""

from __future__ import annotations

from itertools import accumulate
from types import SimpleNamespace
from typing import Any

import impl.frame_allocator
from impl.arithmetic import PAGE_SIZE, WORD_LIMIT
from impl.frame_allocator import FREE, HEADS, MAX_ORDER, NONE, ORDERS, FrameAllocator, FrameRecord, FreeList
from impl.layout import Struct
from impl.machine import Machine
from impl.regions import Area
from impl.shadow import Checked
from model.frame_allocator.single import LOADS
from model.frame_allocator.state import Ghosts
from model.language.ghost import GhostMap
from proofs.checking.recorder import Recorder, Witnesses, unmet
from proofs.frame_allocator.live.reference import blocks, listed
from proofs.frame_allocator.live.start import find_headers, initialise, use_helpers
from proofs.frame_allocator.subject import SUBJECT

RECORD_FIELDS = ("state", "order", "next", "prev")
DESCRIPTOR_FIELDS = ("origin", "start", "end", "free_frames")


class Live:
    """What the header in RAM says, through the interface that clauses read: records by index, lists by order.

    Without a shadow to ask, everything that ought to be claimed is.
    """

    def __init__(self, frames: FrameAllocator) -> None:
        orders = range(ORDERS)
        records = {i: frames.record(i) for i in range(frames.start, frames.end)}
        self._fields = {
            "FrameRecord": {
                name: GhostMap({i: getattr(record, name) for i, record in records.items()}) for name in RECORD_FIELDS
            },
            "FreeList": {"head": GhostMap({k: frames.first_free(k) for k in orders})},
            "FrameAllocator": {name: GhostMap({frames.address: getattr(frames, name)}) for name in DESCRIPTOR_FIELDS},
        }
        lists = frames.address + HEADS
        self._claimed = {
            "FrameRecord": GhostMap(
                {i: _claimed(frames, FrameRecord, record.address) for i, record in records.items()}
            ),
            "FreeList": GhostMap({k: _claimed(frames, FreeList, lists + FreeList.SIZE * k) for k in orders}),
            "FrameAllocator": GhostMap({frames.address: _claimed(frames, FrameAllocator, frames.address)}),
        }

    def fields(self, struct: str) -> SimpleNamespace:
        """The field maps of a struct type."""
        return SimpleNamespace(**self._fields[struct])

    def claimed(self, struct: str) -> GhostMap:
        """Where structs of that type lie."""
        return self._claimed[struct]


def _claimed(frames: FrameAllocator, struct: type[Struct], address: int) -> bool:
    memory = frames.memory
    return not isinstance(memory, Checked) or memory.shadow.is_claimed(struct, address)


def ghosts_of(frames: FrameAllocator) -> Ghosts:
    """Ghosts that fit what the header says: later blocks of a list stand nearer to its head."""
    found = blocks(frames)
    owner = {i: i for i in range(frames.start, frames.end)}
    owner |= {i: block.first for block in found for i in range(block.first, block.end)}
    lists = [listed(frames, order) for order in range(MAX_ORDER + 1)]
    stamp = {b: number for number, b in enumerate(b for members in lists for b in reversed(members))}
    free = {i for block in found if block.state == FREE for i in range(block.first, block.end)}
    counts = accumulate((i in free for i in range(frames.start, frames.end)), initial=0)
    below = dict(enumerate(counts, frames.start))
    return Ghosts(GhostMap(owner, NONE), GhostMap(stamp, NONE), len(stamp), GhostMap(below))


def violated(frames: FrameAllocator, operation: str = "", arguments: dict[str, Any] | None = None) -> list[str]:
    """The invariants that do not hold now, and with ``operation`` what it requires of ``arguments`` and misses."""
    return unmet(SUBJECT, Live(frames), frames.address, ghosts_of(frames), operation, arguments)


# ---------------------------------------------------------------- the scenario

FRAMES = 20
DEVICE = Area(17 * PAGE_SIZE, PAGE_SIZE)
"""A reserved frame."""
FIELDS = tuple(operation.name for operation in LOADS)
NO_WORDS = (-1, WORD_LIMIT)


class Scenario:
    """A small machine whose calls of the frame allocator are recorded."""

    def __init__(self) -> None:
        self.machine = Machine(FRAMES * PAGE_SIZE, checked=True, reserved=[DEVICE])
        self.recorder = Recorder(SUBJECT, impl.frame_allocator)

    def call(self, name: str, *arguments: int) -> Any:
        """One recorded call; its result, None if it was refused."""
        frames = self.machine.frames
        named = dict(zip(SUBJECT.operation(name).arguments, arguments, strict=True))
        proper = not violated(frames, name, named)
        return self.recorder.call(name, proper, lambda: getattr(frames, name)(*arguments))

    def load(self, field: str) -> None:
        """One recorded load of a field of the descriptor."""
        frames = self.machine.frames
        self.recorder.call(field, not violated(frames, field, {}), lambda: getattr(frames, field))


def witness() -> Witnesses:
    """Play a scenario that comes to every end of every operation; what it reached."""
    scenario = Scenario()
    use_helpers(scenario.recorder)
    find_headers(scenario.recorder)
    initialise(scenario.recorder)
    for field in FIELDS:
        scenario.load(field)
    _allocate_and_free(scenario)
    _lend_and_take_back(scenario)
    return scenario.recorder.found


def _allocate_and_free(scenario: Scenario) -> None:
    """Refused orders and areas, splits, exhaustion, merges on either side."""
    for order in (*NO_WORDS, MAX_ORDER + 1, MAX_ORDER):
        scenario.call("allocate", order)
    small, large, other = (scenario.call("allocate", order) for order in (0, 2, 0))
    scenario.call("allocate", 3)
    scenario.call("allocate", 3)  # no aligned run is left
    for number in NO_WORDS:
        scenario.call("free", number, PAGE_SIZE)
        scenario.call("free", small.base, number)
    for base, size in ((large.base, PAGE_SIZE), (1, PAGE_SIZE), (FRAMES * PAGE_SIZE, PAGE_SIZE)):
        scenario.call("is_live", base, size)
        scenario.call("free", base, size)
    for area in (small, other, large):
        scenario.call("is_live", *area)
        scenario.call("free", *area)
        scenario.call("free", *area)


def _lend_and_take_back(scenario: Scenario) -> None:
    """No word, no frame, a frame that is not reserved, a reserved one, the same again."""
    free = FRAMES * PAGE_SIZE - PAGE_SIZE
    for name in ("lend", "is_lent", "take_back", "is_lent"):
        for base in (*NO_WORDS, 1, FRAMES * PAGE_SIZE, free, DEVICE.base, DEVICE.base):
            scenario.call(name, base)
