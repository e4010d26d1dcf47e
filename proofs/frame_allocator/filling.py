"""What holds at the head of each loop of init_region: the frames up to some index are in order, the rest untouched.

First the records are raw bytes: those of usable frames are zeroed, all others stay 0xFF.  Then the usable
frames are listed, run by run.  The frames passed so far obey the invariants as if the area ended there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.frame_allocator.invariants import BLOCKS, COUNTS, LISTS, counted
from model.frame_allocator.shared import elsewhere
from model.frame_allocator.state import INTERIOR, MAX_ORDER, RECORD, RECORDS, RESERVED, Frames, seen
from model.language.logic import Loop, Named, Truth, Word, every, implies, mention, negate, when
from model.language.words import PAGE_SIZE
from proofs.frame_allocator.costs import INSERT_STEP, MARK_STEP, RUN_STEP, start_cost
from proofs.frame_allocator.ghosts import HEADS
from proofs.frame_allocator.regions_read import frames_of, held
from proofs.frame_allocator.runs_found import frames_now

BYTE = 255


def _frame_number(now: Frames, i: Word) -> Word:
    """The physical frame number of index ``i``."""
    return now.origin // PAGE_SIZE + i


def _standing(place: Word, area_start: Word, end: Word, held_there: Truth) -> Truth:
    """``place`` is a frame; it is the first one, or the end, or not available."""
    inside = every([area_start <= place, place <= end, place % PAGE_SIZE == 0])
    return inside & ((place == area_start) | (place == end) | held_there)


def mark_usable(heap: Any, area_start: Word, place: Word, end: Word, regions: Any) -> Loop:
    """Of the frames passed, the usable ones have zeroed records; all other bytes of lists and records are 0xFF."""
    operation = heap.memory.operation
    state, now = operation.now(), frames_now(heap)
    records = heap.address + RECORDS
    records_end = records + RECORD * (now.end - now.start)
    passed = (place - area_start) // PAGE_SIZE

    def marked(x: Word) -> Truth:
        q = area_start // PAGE_SIZE + (x - records) // RECORD
        zero = (q * PAGE_SIZE < place) & negate(held(regions, q))
        return implies(mention(frames_of(regions)[q]), state.bytes[x] == when(zero, 0, BYTE))

    return Loop(
        [
            (
                "standing",
                "the place is the first frame, the end, or not available",
                _standing(place, area_start, end, held(regions, place // PAGE_SIZE)),
            ),
            (
                "marked",
                "records of the usable frames passed are zero, all others 0xFF",
                state.bytes.each(records, records_end, marked),
            ),
            (
                "lists_empty",
                "list heads are 0xFF",
                state.bytes.each(heap.address + HEADS, records, lambda x: state.bytes[x] == BYTE),
            ),
            (
                "outside",
                "no byte outside the header is touched",
                state.bytes.unchanged_outside(operation.entry, heap.address, heap.address + _header_bytes(now)),
            ),
            (
                "mark_cost",
                f"marking pays at most {MARK_STEP} loads and stores per frame",
                state.cost <= start_cost(now.end - now.start) + 2 + MARK_STEP * passed,
            ),
        ],
        end - place,
        changes=("byte",),
    )


def _header_bytes(now: Frames) -> Word:
    return (RECORDS + RECORD * (now.end - now.start) + PAGE_SIZE - 1) // PAGE_SIZE * PAGE_SIZE


def _filled(heap: Any, index: Word, regions: Any) -> list[Named]:
    """The frames below ``index`` obey the invariants; those from there on are as they were marked."""
    operation = heap.memory.operation
    now, then = frames_now(heap), seen(operation.entry, heap.address, operation.ghost_on_entry)
    part = replace(now, end=index)
    named = [(law.name, law.sentence, law.formula(part)) for law in (*BLOCKS, *LISTS, *COUNTS)]

    def marked(i: Word) -> Truth:
        return now.state[i] == when(held(regions, _frame_number(now, i)), RESERVED, INTERIOR)

    def settled(i: Word) -> Truth:
        reserved = now.state[i] == RESERVED
        kind = now.free(i) | reserved | (now.state[i] == INTERIOR)
        here = _frame_number(now, i)
        return implies(mention(frames_of(regions)[here]), (reserved == held(regions, here)) & kind)

    descriptors = operation.now().fields("FrameAllocator"), operation.entry.fields("FrameAllocator")
    return [
        *named,
        ("counted", "the descriptor counts the free frames so far", counted.formula(part)),
        ("to_come", "the frames to come are interior or reserved", now.state.each(index, now.end, marked)),
        ("alone", "the frames to come belong to no block", now.owner.each(index, now.end, lambda i: now.owner[i] == i)),
        (
            "none_counted",
            "no frame to come counts",
            now.below.each(index, now.end + 1, lambda i: now.below[i] == now.free_frames),
        ),
        (
            "settled",
            "of the frames so far exactly those not available are reserved",
            now.state.each(now.start, index, settled),
        ),
        ("elsewhere", "no record and no list outside the header is touched", elsewhere(now, then)),
        (
            "other_counts",
            "no other descriptor is touched",
            descriptors[0].free_frames.same_outside(descriptors[1].free_frames, heap.address, heap.address + 1),
        ),
    ]


CHANGES = (
    "FrameAllocator.free_frames",
    "FrameRecord.state",
    "FrameRecord.order",
    "FrameRecord.next",
    "FrameRecord.prev",
    "FreeList.head",
    "ghost.owner",
    "ghost.stamp",
    "ghost.clock",
    "ghost.below",
)


def insert_usable(heap: Any, area_start: Word, place: Word, end: Word, regions: Any) -> Loop:
    """The frames below the place are listed or reserved."""
    now, cost = frames_now(heap), heap.memory.operation.now().cost
    frames = now.end - now.start
    passed = (place - area_start) // PAGE_SIZE
    invariants = [
        (
            "standing",
            "the place is the first frame, the end, or not available",
            _standing(place, area_start, end, held(regions, place // PAGE_SIZE)),
        ),
        *_filled(heap, (place - now.origin) // PAGE_SIZE, regions),
        (
            "insert_cost",
            f"listing pays at most {INSERT_STEP + RUN_STEP} loads and stores per frame",
            cost <= start_cost(frames) + 6 + MARK_STEP * frames + (INSERT_STEP + RUN_STEP) * passed,
        ),
    ]
    return Loop(invariants, end - place, changes=CHANGES)


def insert_run(heap: Any, first: Word, index: Word, end: Word, regions: Any) -> Loop:
    """The frames of the run below ``index`` are listed, as blocks that could not be larger."""
    now, cost = frames_now(heap), heap.memory.operation.now().cost
    frames = now.end - now.start

    def could_not_be_larger(a: Word) -> Truth:
        larger = 1 << (now.order[a] + 1)
        return implies(now.free(a), (now.order[a] == MAX_ORDER) | (a % larger != 0) | (a + larger > end))

    def ends_before(a: Word) -> Truth:
        return implies(now.free(a), a + (1 << now.order[a]) < first)

    invariants = [
        (
            "inside",
            "the run goes on to its end",
            every([now.start <= first, first <= index, index <= end, end <= now.end]),
        ),
        *_filled(heap, index, regions),
        ("waiting", "the rest of the run is interior", now.state.each(index, end, lambda i: now.state[i] == INTERIOR)),
        ("maximal", "no block of the run could be larger", now.order.each(first, index, could_not_be_larger)),
        ("behind", "no block of an earlier run touches this one", now.order.each(now.start, first, ends_before)),
        (
            "run_cost",
            f"a run pays at most {INSERT_STEP} loads and stores per frame, and {RUN_STEP} more",
            cost
            <= start_cost(frames)
            + 6
            + MARK_STEP * frames
            + (INSERT_STEP + RUN_STEP) * (first - now.start)
            + when(first < end, RUN_STEP, 0)
            + INSERT_STEP * (index - first),
        ),
    ]
    return Loop(invariants, end - index, changes=CHANGES)
