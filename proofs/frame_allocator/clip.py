"""What clip must do: widen a region to whole frames, and cut off what lies outside the area."""

from __future__ import annotations

from typing import Any

from model.frame_allocator.regions import are_words, meets
from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies, mention, negate
from model.language.words import PAGE_SIZE, WORD_LIMIT, returned


@clause("the area is whole frames, and does not reach the last one of the address space")
def whole_area(state: Any, heap: Word, ghosts: Any, arguments: dict[str, Any]) -> Truth:
    start, end = arguments["start"], arguments["end"]
    whole = (start % PAGE_SIZE == 0) & (end % PAGE_SIZE == 0)
    return every([start >= 0, start <= end, end < WORD_LIMIT, whole])


@clause("ValueError exactly for a region that is no pair of machine words")
def clip_raises(t: Transition) -> Truth:
    words = are_words(t.base, t.size)
    return negate(words) & mention(t.base) if t.raised else words


@clause("what is left is whole frames of the area", covers="FRM-3", when=returned)
def clipped(t: Transition) -> Truth:
    first, length = t.result
    whole = (first % PAGE_SIZE == 0) & (length % PAGE_SIZE == 0)
    return every([t.start <= first, length >= 0, first + length <= t.end, whole])


@clause("something is left exactly if the region meets the area", when=returned)
def left_if_met(t: Transition) -> Truth:
    return (t.result[1] > 0) == ((t.start < t.end) & meets(t.base, t.size, t.start, t.end))


@clause("what is left are exactly the frames of the area of which the region has a byte", covers="FRM-3", when=returned)
def widened(t: Transition) -> Truth:
    first, length = t.result
    last, region_end = first + length, t.base + t.size
    begins = implies(t.base < t.start, first == t.start) & implies(
        t.base >= t.start, (first <= t.base) & (t.base < first + PAGE_SIZE)
    )
    ends = implies(region_end >= t.end, last == t.end) & implies(
        region_end < t.end, (region_end <= last) & (last < region_end + PAGE_SIZE)
    )
    return implies(length > 0, begins & ends)


CLIP = Operation(
    "clip",
    ("base", "size", "start", "end"),
    lambda t: t.ghost,
    (clip_raises, clipped, left_if_met, widened),
    requires=(whole_area,),
    stateless=True,
)
