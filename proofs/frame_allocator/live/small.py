"""Contracts of the buddy arithmetic, and of the areas it is fed with: every order; buddies of the first few blocks.

An aligned index is given as a multiple of its block's size, and each order is a case of its own:
so shifts are by constants, and CrossHair's solver decides them as arithmetic.  It has no exclusive or
on symbolic words, so the contracts of ``buddy_of`` go through small blocks one by one.
"""

from __future__ import annotations

from impl.arithmetic import PAGE_SIZE, PHYSICAL_LIMIT, WORD_LIMIT
from impl.frame_allocator import MAX_ORDER, RECORDS, FrameRecord, buddy_of, header_size, largest_order
from impl.regions import MAX_FRAMES, Area, clip, whole_frames
from proofs.crosshair.contract import case, contract

__all__ = ["MAX_FRAMES", "PHYSICAL_LIMIT", "RECORDS", "WORD_LIMIT", "FrameRecord"]  # conditions mention them


@contract("buddy_of.involution")
def buddy_of_is_involution(block: int, order: int) -> tuple[int, int]:
    """The buddy of a block's buddy is the block itself, and the two differ.

    pre: 0 <= block < 4 and 0 <= order < MAX_ORDER
    post: _[0] == block * 2**order != _[1]
    """
    order = case(order, MAX_ORDER)
    buddy = buddy_of(block * 2**order, order)
    return buddy_of(buddy, order), buddy


@contract("buddy_of.flips_order_bit")
def buddy_of_flips_order_bit(pair: int, upper: int, order: int) -> tuple[int, int, int]:
    """The lower and the upper half of a block of the next order are buddies: exactly the order's bit differs.

    pre: 0 <= pair < 2 and 0 <= upper <= 1 and 0 <= order < MAX_ORDER
    post: _[0] == pair * _[2] * 2 + (1 - upper) * _[2]
    """
    size = 2 ** case(order, MAX_ORDER)
    index = pair * size * 2 + upper * size
    return buddy_of(index, case(order, MAX_ORDER)), index, size


@contract("buddy_of.joined_block_aligned")
def buddy_of_gives_aligned_block(block: int, order: int) -> tuple[int, int]:
    """The lower of two buddies begins a block of the next order, and the upper follows it directly.

    pre: 0 <= block < 4 and 0 <= order < MAX_ORDER
    post: _[0] % 2**(order + 1) == 0 and _[1] == _[0] + 2**order
    """
    order = case(order, MAX_ORDER)
    index = block * 2**order
    buddy = buddy_of(index, order)
    return min(index, buddy), max(index, buddy)


@contract("largest_order.aligned_and_fits")
def largest_order_fits(index: int, frames: int) -> int:
    """A run's first block has an order that is supported, to which it is aligned, and that fits into the run.

    pre: 0 <= index and 0 < frames
    post: 0 <= _ <= MAX_ORDER and index % 2**_ == 0 and 2**_ <= frames
    """
    return largest_order(index, frames)


@contract("largest_order.maximal")
def largest_order_is_maximal(index: int, frames: int) -> int:
    """No larger order would do for a run's first block.

    pre: 0 <= index and 0 < frames
    post: _ == MAX_ORDER or index % 2**(_ + 1) != 0 or 2**(_ + 1) > frames
    """
    return largest_order(index, frames)


@contract("header_size.holds_every_record")
def header_size_holds_every_record(frames: int) -> int:
    """The header region is whole pages, holds a record per frame, and wastes less than a page.

    pre: 0 <= frames <= MAX_FRAMES
    post: _ % PAGE_SIZE == 0 and _ - PAGE_SIZE < RECORDS + FrameRecord.SIZE * frames <= _
    """
    return header_size(frames)


@contract("whole_frames.largest_inside")
def whole_frames_are_largest_inside(base: int, size: int) -> tuple[int, int]:
    """An area is shrunk to its whole frames: none sticks out, and less than a frame is lost at each end.

    pre: 0 <= base and 0 <= size <= MAX_FRAMES * PAGE_SIZE
    pre: base + size <= PHYSICAL_LIMIT
    post: _[0] % PAGE_SIZE == 0 and _[1] % PAGE_SIZE == 0 and base <= _[0] < base + PAGE_SIZE
    post: _[0] == _[1] or (_[0] < _[1] <= base + size < _[1] + PAGE_SIZE)
    post: _[0] != _[1] or base + size < _[0] + PAGE_SIZE
    """
    return whole_frames(Area(base, size))


@contract("clip.inside")
def clip_is_inside(base: int, size: int, first: int, frames: int) -> Area:
    """A clipped region is whole frames inside the area, or empty.

    pre: 0 <= base < WORD_LIMIT and 0 <= size < WORD_LIMIT
    pre: 0 <= first and 0 <= frames and (first + frames) * PAGE_SIZE < WORD_LIMIT
    post: _.base % PAGE_SIZE == 0 and _.size % PAGE_SIZE == 0 and 0 <= _.size
    post: first * PAGE_SIZE <= _.base and _.base + _.size <= (first + frames) * PAGE_SIZE
    """
    return clip(Area(base, size), first * PAGE_SIZE, (first + frames) * PAGE_SIZE)


@contract("clip.meets")
def clip_keeps_touched_frames(base: int, size: int, first: int, frames: int, frame: int) -> tuple[bool, bool]:
    """A frame of the area is in the clipped region exactly if the region, unless empty, meets it.

    pre: 0 <= base < WORD_LIMIT and 0 <= size < WORD_LIMIT
    pre: 0 <= first <= frame < first + frames and (first + frames) * PAGE_SIZE < WORD_LIMIT
    post: _[0] == _[1]
    """
    region, place = Area(base, size), frame * PAGE_SIZE
    clipped = clip(region, first * PAGE_SIZE, (first + frames) * PAGE_SIZE)
    kept = clipped.base <= place < clipped.base + clipped.size
    return kept, size > 0 and base < place + PAGE_SIZE and place < base + size
