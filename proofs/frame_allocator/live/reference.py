"""What the frame allocator must do: a reference model of who owns each frame, and its invariants.

``FrameModel`` is the specification as a program: sets and dictionaries, no buddies, no lists.
``INVARIANTS`` are clauses over a live allocator, which read its header and nothing else.
Frames are named by their physical frame number in the model, and by index in the header.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from model.language.logic import Clause, clause

if TYPE_CHECKING:
    from impl.frame_allocator import FrameAllocator

PAGE_SIZE = 4096
MAX_ORDER = 18
NONE = 2**32 - 1
FREE = 0x01
LIVE = 0x02
LENT = 0xFE
RESERVED = 0xFF


class FrameModel:
    """The frames [base, base + size) without the ``unavailable`` regions (base, size), and who owns them."""

    def __init__(self, base: int, size: int, unavailable: Iterable[tuple[int, int]]) -> None:
        taken: set[int] = set()
        first, last = -(-base // PAGE_SIZE), (base + size) // PAGE_SIZE
        for start, length in unavailable:
            if length > 0:
                low, high = start // PAGE_SIZE, -(-(start + length) // PAGE_SIZE)
                taken.update(range(max(low, first), min(high, last)))
        self.usable = set(range(first, last)) - taken
        self.free = set(self.usable)
        self.live: dict[tuple[int, int], range] = {}

    def has_block(self, order: int) -> bool:
        """Whether 2**order aligned frames are all free (FRM-7 is exactly the opposite)."""
        return any(self.free.issuperset(run) for run in self._runs(order))

    def accepts(self, base: int, size: int, order: int) -> bool:
        """Whether (base, size) is a right answer to ``allocate(order)`` (FRM-5)."""
        frames = range(base // PAGE_SIZE, (base + size) // PAGE_SIZE)
        return size == PAGE_SIZE << order and base % size == 0 and self.free.issuperset(frames)

    def allocate(self, base: int, size: int) -> None:
        """The area is handed out."""
        frames = range(base // PAGE_SIZE, (base + size) // PAGE_SIZE)
        self.free.difference_update(frames)
        self.live[base, size] = frames

    def release(self, base: int, size: int) -> None:
        """The live area is free again."""
        self.free.update(self.live.pop((base, size)))

    def _runs(self, order: int) -> Iterable[range]:
        size = 1 << order
        return (range(start, start + size) for start in sorted(self.free) if start % size == 0)


# ---------------------------------------------------------------- what the header says


class Block(NamedTuple):
    """A free or live block: 2**order frames from the index ``first`` on."""

    first: int
    order: int
    state: int

    @property
    def end(self) -> int:
        """One past the last index."""
        return self.first + (1 << self.order)


def blocks(frames: FrameAllocator) -> list[Block]:
    """All free and live blocks, by index."""
    found = []
    for index in range(frames.start, frames.end):
        record = frames.record(index)
        if record.state in (FREE, LIVE):
            found.append(Block(index, record.order, record.state))
    return found


def listed(frames: FrameAllocator, order: int) -> list[int]:
    """The free list of ``order``, cut off after more steps than there are frames."""
    found: list[int] = []
    index = frames.first_free(order)
    while index != NONE and frames.start <= index < frames.end and len(found) <= frames.end - frames.start:
        found.append(index)
        index = frames.record(index).next
    return found if index == NONE else [*found, index]


# ---------------------------------------------------------------- invariants


@clause("No two blocks share a frame, and every block lies inside the area.", covers="FRM-5 FRM-8")
def no_overlap(frames: FrameAllocator) -> bool:
    """Blocks by index: each ends before the next begins."""
    ends = [frames.start]
    for block in blocks(frames):
        if block.first < ends[-1]:
            return False
        ends.append(block.end)
    return ends[-1] <= frames.end


@clause("Every block begins at a multiple of its own size, as a physical address.", covers="FRM-5")
def buddy_alignment(frames: FrameAllocator) -> bool:
    """The physical address counts, not the distance from the area's base."""
    return all(
        block.order <= MAX_ORDER and (frames.origin // PAGE_SIZE + block.first) % (1 << block.order) == 0
        for block in blocks(frames)
    )


@clause("Two free buddies of one order never both exist.")
def canonical_coalescing(frames: FrameAllocator) -> bool:
    """Free blocks below the largest order have no free buddy."""
    free = {(block.first, block.order) for block in blocks(frames) if block.state == FREE}
    return not any(order < MAX_ORDER and (index ^ (1 << order), order) in free for index, order in free)


@clause("Free, live and never-allocatable frames together are all frames, each exactly once.", covers="FRM-3")
def conservation(frames: FrameAllocator) -> bool:
    """Outside every block lie exactly the reserved, header and lent frames."""
    covered = {index for block in blocks(frames) for index in range(block.first, block.end)}
    outside = {index for index in range(frames.start, frames.end) if frames.record(index).state in (RESERVED, LENT)}
    return not covered & outside and covered | outside == set(range(frames.start, frames.end))


@clause("Each free list is well linked and holds exactly the free blocks of its order, once.")
def lists_well_linked(frames: FrameAllocator) -> bool:
    """Back links mirror forward links; the list ends."""
    free = [block for block in blocks(frames) if block.state == FREE]
    for order in range(MAX_ORDER + 1):
        members = listed(frames, order)
        if sorted(members) != [block.first for block in free if block.order == order]:
            return False
        if [frames.record(index).prev for index in members] != [NONE, *members][: len(members)]:
            return False
    return True


@clause("The descriptor's count of free frames is the number of frames in free blocks.")
def free_frames_counted(frames: FrameAllocator) -> bool:
    """Sum over the free blocks."""
    return frames.free_frames == sum(1 << block.order for block in blocks(frames) if block.state == FREE)


INVARIANTS: tuple[Clause, ...] = (
    no_overlap,
    buddy_alignment,
    canonical_coalescing,
    conservation,
    lists_well_linked,
    free_frames_counted,
)


def broken(invariants: Iterable[Clause], *subjects: object) -> list[str]:
    """The sentences of the invariants that do not hold of ``subjects``."""
    return [f"{law.name}: {law.sentence}" for law in invariants if not _holds(law.formula, subjects)]


def _holds(formula: Callable[..., object], subjects: tuple[object, ...]) -> bool:
    return bool(formula(*subjects))


def agrees(model: FrameModel, frames: FrameAllocator) -> bool:
    """Whether the header shows exactly the model's live areas and free frames."""
    base = frames.origin // PAGE_SIZE
    live = {
        ((base + block.first) * PAGE_SIZE, PAGE_SIZE << block.order) for block in blocks(frames) if block.state == LIVE
    }
    free = {base + index for block in blocks(frames) if block.state == FREE for index in range(block.first, block.end)}
    return live == set(model.live) and free == model.free
