"""What holds at the head of each loop of the frame allocator.

While a block is in hand it is in no list and its record says INTERIOR; with it put in, all is as it
should be: so the loops carry the invariants with that one change.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.frame_allocator.invariants import BLOCKS, COUNTS, LISTS, counted
from model.frame_allocator.shared import elsewhere, kept, orders_kept
from model.frame_allocator.state import FREE, INTERIOR, MAX_ORDER, NONE, ORDERS, Frames, seen
from model.language.logic import Loop, Named, Truth, Word, every, implies, mention

SEARCH_STEP = 1
SPLIT_STEP = 7
MERGE_STEP = 13


def _frames(heap: Any) -> tuple[Frames, Frames]:
    """What the header says now, and what it said on entry."""
    operation = heap.memory.operation
    now = seen(operation.now(), heap.address, operation.ghost)
    return now, seen(operation.entry, heap.address, operation.ghost_on_entry)


def with_block(f: Frames, b: Word, order: Word) -> Frames:
    """The frames that ``b`` owns are a free block of that order."""
    return replace(f, state=f.state.set(b, FREE), order=f.order.set(b, order))


def _all_but_one(f: Frames, index: Word, order: Word) -> list[Named]:
    """The invariants, with the block in hand put in as far as blocks and counts are concerned."""
    whole = with_block(f, index, order)
    behind = mention(f.owner[index + (1 << order)])
    carried = [
        *((law.name, law.sentence, law.formula(whole)) for law in BLOCKS),
        *((law.name, law.sentence, implies(behind, law.formula(whole))) for law in COUNTS),
        *((law.name, law.sentence, law.formula(f)) for law in LISTS),
    ]
    in_hand = every(
        [
            f.inside(index),
            order >= 0,
            order <= MAX_ORDER,
            f.state[index] == INTERIOR,
            f.owner[index] == index,
            index % (1 << order) == 0,
            index + (1 << order) <= f.end,
        ]
    )
    return [*carried, ("in_hand", "the block in hand is in no list, aligned and inside the area", in_hand)]


def same_frames(now: Frames, then: Frames) -> Truth:
    """A frame is free if it was."""
    return now.owner.each(now.start, now.end, lambda i: now.free_frame(i) == then.free_frame(i))


def more_frames(now: Frames, then: Frames, index: Word, order: Word) -> Truth:
    """A frame is free if it was, or belongs to the 2**``order`` frames from ``index`` on."""
    end = index + (1 << order)
    return now.owner.each(
        now.start, now.end, lambda i: now.free_frame(i) == (then.free_frame(i) | ((index <= i) & (i < end)))
    )


def _frame_rule(now: Frames, then: Frames, spared: Word) -> list[Named]:
    return [
        ("kept", "live and reserved frames stay what they are", kept(now, then, spared)),
        ("orders_kept", "live blocks keep their order", orders_kept(now, then, spared)),
        ("elsewhere", "nothing outside the header is touched", elsewhere(now, then)),
    ]


def search_upwards(heap: Any, order: Word, wanted: Word) -> Loop:
    """allocate's search: no order from the wanted one up to here has a free block."""
    now, _ = _frames(heap)
    cost = heap.memory.operation.now().cost
    return Loop(
        [
            ("in_range", "the search stands at a supported order or is over", (wanted <= order) & (order <= ORDERS)),
            (
                "empty_below",
                "the lists of all orders passed are empty",
                now.head.each(wanted, order, lambda k: now.head[k] == NONE),
            ),
            ("search_cost", "the search pays one load per order", cost <= SEARCH_STEP * (order - wanted)),
        ],
        ORDERS - order,
    )


def take_apart(heap: Any, index: Word, order: Word, wanted: Word, found: Word) -> Loop:
    """allocate's split: the block in hand has ``order``, its upper parts are listed."""
    now, then = _frames(heap)
    cost = heap.memory.operation.now().cost
    bound = SEARCH_STEP * (found - wanted + 1) + SPLIT_STEP * (found - order) + 8
    invariants = [
        *_all_but_one(now, index, order),
        ("in_range", "the block in hand is at least as large as wanted", (wanted <= order) & (order <= found)),
        (
            "empty_below",
            "the lists of the orders to come are empty",
            now.head.each(wanted, order, lambda k: now.head[k] == NONE),
        ),
        *_frame_rule(now, then, index),
        (
            "same_frames",
            "the same frames are free as before, the block in hand included",
            same_frames(with_block(now, index, order), then),
        ),
        ("enough_left", "at least the frames of the block in hand count as free", now.free_frames >= 1 << order),
        ("split_cost", f"the split pays at most {SPLIT_STEP} loads and stores per order", cost <= bound),
    ]
    return Loop(
        invariants,
        order,
        changes=(
            "FrameRecord.state",
            "FrameRecord.order",
            "FrameRecord.next",
            "FrameRecord.prev",
            "FreeList.head",
            "ghost.owner",
            "ghost.stamp",
            "ghost.clock",
        ),
    )


def upper_half(heap: Any, index: Word, upper: Word, order: Word) -> list[Named]:
    """The upper half of the block in hand, as allocate splits it off."""
    now, _ = _frames(heap)
    size, end = 1 << order, index + (1 << order + 1)
    interior = every([now.inside(upper), now.state[upper] == INTERIOR, now.owner[upper] == index])
    counted_whole = every([now.below[a + size] == now.below[a] + size for a in (index, upper)])
    return [
        ("halves", "the block in hand has two halves", every([size >= 1, upper == index + size, end == upper + size])),
        ("owned", "each of its frames is its own", now.owner.each(index, end, lambda i: now.owner[i] == index)),
        ("interior", "the upper half of the block in hand begins with a frame inside that block", interior),
        ("counted", "all frames of both count as free", counted_whole),
    ]


def buddies(heap: Any, index: Word, buddy: Word, order: Word) -> list[Named]:
    """The block in hand and its free buddy, which are about to become one block."""
    now, _ = _frames(heap)
    size = 1 << order
    owned = every([now.owner.each(a, a + size, lambda i, a=a: now.owner[i] == a) for a in (index, buddy)])
    counted_whole = every([now.below[a + size] == now.below[a] + size for a in (index, buddy)])
    beside = (size >= 1) & ((buddy == index + size) | (buddy == index - size))
    return [
        ("beside", "they lie side by side, and are a block of the next order", beside & (1 << order + 1 == 2 * size)),
        ("owned", "each of their frames belongs to one of the two", owned),
        ("counted", "all of their frames count as free", counted_whole),
    ]


def join_buddies(heap: Any, index: Word, order: Word, freed: Word, given: Word) -> Loop:
    """free's merge: the block in hand holds the freed one and the buddies that were free."""
    now, then = _frames(heap)
    cost = heap.memory.operation.now().cost
    invariants = [
        *_all_but_one(now, index, order),
        (counted.name, counted.sentence, counted.formula(now)),
        ("in_range", "the block in hand is at least as large as the freed one", given <= order),
        *_frame_rule(now, then, freed),
        (
            "same_frames",
            "the frames that were free are, and those of the freed block",
            more_frames(with_block(now, index, order), then, freed, given),
        ),
        (
            "merge_cost",
            f"the merge pays at most {MERGE_STEP} loads and stores per order",
            cost <= MERGE_STEP * (order - given) + 15,
        ),
    ]
    return Loop(
        invariants,
        MAX_ORDER - order,
        changes=(
            "FrameRecord.state",
            "FrameRecord.next",
            "FrameRecord.prev",
            "FreeList.head",
            "ghost.owner",
            "ghost.below",
        ),
    )
