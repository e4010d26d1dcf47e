"""The abstract state of the frame allocator: what its header says, and what ghosts add to it.

    index   start                                              end
            | block | block         | r | block | r | r | block |
            b       b + extent(b)

An index begins a block of 2**order frames, free or live; or it is one frame that is never
allocatable; or it is interior to a block.  The ghosts say what no field says: which block a
frame belongs to, in which order blocks came into their free lists, and how many frames below an
index are free.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from model.language.logic import Truth, Word, every, when
from model.language.words import PAGE_SIZE, WORD_BYTES

MAX_ORDER = 18
ORDERS = MAX_ORDER + 1
NONE = 2**32 - 1
RECORDS = 96 + 4 * WORD_BYTES
RECORD = 12

INTERIOR = 0x00
FREE = 0x01
LIVE = 0x02
LENT = 0xFE
RESERVED = 0xFF


@dataclass(frozen=True)
class Ghosts:
    """``owner``: frame -> first frame of its block; ``stamp``: free block -> when it was listed, later is larger.

    Every stamp is below ``clock``.  ``below``: index -> number of free frames in [start, index).
    """

    owner: Any
    stamp: Any
    clock: Word
    below: Any


@dataclass(frozen=True)
class Frames:
    """One allocator's frames; all maps are indexed by frame, ``head`` by order."""

    origin: Word
    start: Word
    end: Word
    free_frames: Word
    state: Any
    order: Any
    next: Any
    prev: Any
    head: Any
    owner: Any
    stamp: Any
    clock: Word
    below: Any

    def inside(self, i: Word) -> Truth:
        """``i`` is a frame of the area."""
        return (self.start <= i) & (i < self.end)

    def free(self, b: Word) -> Truth:
        """A free block begins at ``b``."""
        return self.state[b] == FREE

    def live(self, b: Word) -> Truth:
        """A live block begins at ``b``."""
        return self.state[b] == LIVE

    def occupied(self, b: Word) -> Truth:
        """A block begins at ``b``, or ``b`` is a frame that is never allocatable."""
        return self.state[b] != INTERIOR

    def extent(self, b: Word) -> Word:
        """How many frames belong to ``b``."""
        return when(self.free(b) | self.live(b), 1 << self.order[b], 1)

    def free_frame(self, i: Word) -> Truth:
        """The frame ``i`` lies in a free block."""
        return self.free(self.owner[i])

    def each(self, seen: Any, body: Callable[[Word], Truth]) -> Truth:
        """``body`` holds for every frame; looked at wherever the map or set ``seen`` is read."""
        return seen.each(self.start, self.end, body)


def seen(state: Any, heap: Word, ghosts: Ghosts) -> Frames:
    """The frames of the allocator whose descriptor lies at ``heap``."""
    descriptor, record = state.fields("FrameAllocator"), state.fields("FrameRecord")
    return Frames(
        descriptor.origin[heap],
        descriptor.start[heap],
        descriptor.end[heap],
        descriptor.free_frames[heap],
        record.state,
        record.order,
        record.next,
        record.prev,
        state.fields("FreeList").head,
        ghosts.owner,
        ghosts.stamp,
        ghosts.clock,
        ghosts.below,
    )


def index_of(f: Frames, base: Word) -> Word:
    """The index of the frame at physical address ``base``."""
    return (base - f.origin) // PAGE_SIZE


def is_live(f: Frames, base: Word, size: Word) -> Truth:
    """[base, base + size) is exactly one live allocation."""
    b = index_of(f, base)
    return every([base >= f.origin, base % PAGE_SIZE == 0, f.inside(b), f.live(b), size == PAGE_SIZE << f.order[b]])
