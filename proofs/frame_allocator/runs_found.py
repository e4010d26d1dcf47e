"""What init_region holds true of a run of usable frames before it marks or lists them.

Runs are found as addresses; frames are numbered from the area's origin, and their records lie side by side.
"""

from __future__ import annotations

from typing import Any

from model.frame_allocator.invariants import BIG, MAX_FRAMES
from model.frame_allocator.state import RECORD, RECORDS, Frames, seen
from model.language.logic import Named, Truth, Word, every, implies, mention, negate
from model.language.words import PAGE_SIZE, WORD_LIMIT
from proofs.frame_allocator.regions_read import frames_of, held


def frames_now(heap: Any) -> Frames:
    """What the header says at this point."""
    operation = heap.memory.operation
    return seen(operation.now(), heap.address, operation.ghost)


def area_described(heap: Any, area_start: Word, end: Word) -> list[Named]:
    """How the descriptor numbers the frames of [area_start, end)."""
    now = frames_now(heap)
    numbered = every(
        [
            now.origin >= 0,
            now.origin % (BIG * PAGE_SIZE) == 0,
            now.start >= 0,
            now.start < BIG,
            now.start < now.end,
            now.end - now.start <= MAX_FRAMES,
            now.origin + now.start * PAGE_SIZE == area_start,
            now.origin + now.end * PAGE_SIZE == end,
            end < WORD_LIMIT,
        ]
    )
    sentence = "the descriptor counts frames from the multiple of 1 GiB at or below the area's first"
    return [("numbers", sentence, numbered)]


def records_of_gap(heap: Any, area_start: Word, place: Word, gap_end: Word, first: Word, size: Word) -> list[Named]:
    """Where the records of a run of usable frames lie."""
    number, count = place // PAGE_SIZE - area_start // PAGE_SIZE, gap_end // PAGE_SIZE - place // PAGE_SIZE
    right = (first == heap.address + RECORDS + RECORD * number) & (size == RECORD * count)
    return [("addresses", "the records of the gap lie side by side from the first one on", right)]


def run_of_gap(heap: Any, place: Word, gap: Word, gap_end: Word, first: Word, last: Word, regions: Any) -> list[Named]:
    """The frames [first, last) are the run of usable frames found from ``place`` on."""
    now = frames_now(heap)
    index, page = (place - now.origin) // PAGE_SIZE, now.origin // PAGE_SIZE
    indices = (now.origin + first * PAGE_SIZE == gap) & (now.origin + last * PAGE_SIZE == gap_end)
    pages = every([page + n == a // PAGE_SIZE for n, a in ((index, place), (first, gap), (last, gap_end))])

    apart = (index == now.start) | (index < first) | (first == last)

    def is_held(i: Word) -> Truth:
        return held(regions, page + i)

    def is_usable(i: Word) -> Truth:
        return implies(mention(frames_of(regions)[page + i]), negate(is_held(i)))

    return [
        ("numbers", "the run's indices are those of its borders", indices & pages),
        (
            "passed",
            "the frames passed before the run are the header's or reserved",
            now.state.each(index, first, is_held),
        ),
        ("usable", "the frames of the run are usable", now.state.each(first, last, is_usable)),
        (
            "apart",
            "behind an earlier run lies a frame that is not available",
            implies(mention(frames_of(regions)[place // PAGE_SIZE]), apart),
        ),
    ]
