"""What holds at the head of each loop that reads the reserved regions.

None of them touches memory.  ``regions`` is what the code reads: the enumerator, or the same behind
the header's region.
"""

from __future__ import annotations

from typing import Any

from model.frame_allocator.regions import are_words, clear_inside, header_bytes, meets
from model.language.logic import Loop, Truth, Word, every, implies, negate
from model.language.words import PAGE_SIZE
from proofs.frame_allocator.regions_read import blocked, frames_of, held, passed, yields


def pass_clear_regions(place: Word, size: Word, start: Word, end: Word, regions: Any, number: Word) -> Loop:
    """The regions so far miss the place."""
    return Loop(
        [
            ("counting", "no region is left out", (number >= 0) & (number <= yields(regions))),
            (
                "missed",
                "the regions so far miss the place",
                passed(regions, number, lambda b, s: are_words(b, s) & clear_inside(b, s, place, size, start, end)),
            ),
        ],
        yields(regions) - number,
        costless=True,
    )


def search_place(place: Word, size: Word, start: Word, end: Word, regions: Any) -> Loop:
    """get_header's search: every place so far meets a reserved region."""
    needed = header_bytes(start, end)
    described = regions.describes(start // PAGE_SIZE, end // PAGE_SIZE, needed)
    return Loop(
        [
            ("inside", "the place is a frame of the area, or its end", _frame(place, start, end)),
            ("whole", "a header consists of whole frames", (size == needed) & (size % PAGE_SIZE == 0)),
            ("described", "the ghost knows which places of that size in the area meet a region", described),
            (
                "blocked_below",
                "every place below meets a reserved region",
                regions.blocker.each(start // PAGE_SIZE, place // PAGE_SIZE, lambda q: blocked(regions, q)),
            ),
        ],
        end - place,
        costless=True,
    )


def _frame(place: Word, start: Word, end: Word) -> Truth:
    return every([start <= place, place <= end, place % PAGE_SIZE == 0])


def pass_held_frames(first: Word, place: Word, start: Word, end: Word, regions: Any) -> Loop:
    """The frames passed are not available."""
    return Loop(
        [
            ("inside", "the place is a frame of the area, or its end", _frame(place, start, end) & (first <= place)),
            (
                "held",
                "every frame passed is the header's or reserved",
                frames_of(regions).each(first // PAGE_SIZE, place // PAGE_SIZE, lambda q: held(regions, q)),
            ),
        ],
        end - place,
        costless=True,
    )


def pass_gap_borders(place: Word, start: Word, end: Word, regions: Any, number: Word, limit: Word) -> Loop:
    """No region so far meets a frame from the place up to the limit."""
    here = place // PAGE_SIZE
    free_here = (place < end) & negate(held(regions, here))
    border = (limit == end) | held(regions, limit // PAGE_SIZE)
    return Loop(
        [
            ("counting", "no region is left out", (number >= 0) & (number <= yields(regions))),
            ("inside", "the limit is a frame behind the place, or the area's end", _behind(limit, place, end)),
            ("border", "the limit is the area's end or not available", border),
            (
                "missed",
                "the regions so far miss the frames from the place up to the limit",
                passed(
                    regions,
                    number,
                    lambda b, s: are_words(b, s) & implies(free_here, negate(meets(b, s, place, limit))),
                ),
            ),
        ],
        yields(regions) - number,
        costless=True,
    )


def _behind(limit: Word, place: Word, end: Word) -> Truth:
    return every([limit <= end, limit % PAGE_SIZE == 0, (place < limit) | (place == end) & (limit == end)])
