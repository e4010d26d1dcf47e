"""What get_header must do: find the lowest place for the header, or say that there is none (FRM-1, FRM-2)."""

from __future__ import annotations

from typing import Any

from model.frame_allocator.regions import Reserved, are_words, bounds, clear, countable, header_bytes, meets, numberable
from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies, negate, when
from model.language.words import PAGE_SIZE, returned


def _needed(t: Transition) -> Word:
    """How many bytes the header needs."""
    return header_bytes(*bounds(t.base, t.size))


@clause("the enumerator yields the same regions each time, and the ghost knows which places they meet")
def regions_described(state: Any, heap: Word, ghosts: Any, arguments: dict[str, Any]) -> Truth:
    regions: Reserved = arguments["regions"]
    base, size = arguments["base"], arguments["size"]
    start, end = bounds(base, size)
    last = when(are_words(base, size) & numberable(base, size), end, start)
    return countable(regions) & regions.describes(start // PAGE_SIZE, last // PAGE_SIZE, header_bytes(start, end))


@clause("ValueError only for an area or a region that is no pair of machine words, and always for such an area")
def get_header_raises(t: Transition) -> Truth:
    words = are_words(t.base, t.size)
    if t.raised == "ValueError":
        return negate(words & t.regions.all(are_words))
    return words


@clause("NotValid exactly for an area that reaches beyond 2**52, or has over 2**31 frames")
def refuses_areas(t: Transition) -> Truth:
    words = are_words(t.base, t.size)
    return (t.raised == "NotValid") == (words & negate(numberable(t.base, t.size)))


@clause(
    "the header is whole frames of the area, exactly as many as its metadata need", covers="FRM-1 FRM-2", when=returned
)
def fits_into_area(t: Transition) -> Truth:
    start, end = bounds(t.base, t.size)
    base, size = t.result
    return every([start <= base, base + size <= end, base % PAGE_SIZE == 0, size == _needed(t)])


@clause("no byte of the header is in a reserved region, and every region was looked at", covers="FRM-1", when=returned)
def clear_of_regions(t: Transition) -> Truth:
    base, size = t.result
    return t.regions.all(are_words) & clear(t.regions, base, base + size)


def _all_blocked(t: Transition, low: Word, high: Word) -> Truth:
    """From each frame in [low, high) on, a reserved region has a byte of as many as the header needs."""
    regions, size = t.regions, _needed(t)

    def blocked(q: Word) -> Truth:
        j, p = regions.blocker[q], q * PAGE_SIZE
        return every([j >= 0, j < regions.length, meets(regions.base[j], regions.size[j], p, p + size)])

    return regions.blocker.each(low // PAGE_SIZE, high // PAGE_SIZE, blocked)


@clause("every lower place in the area meets a reserved region", covers="FRM-1", when=returned)
def lowest_place(t: Transition) -> Truth:
    return _all_blocked(t, bounds(t.base, t.size)[0], t.result.base)


@clause("OutOfMemory only if every place in the area that is large enough meets a reserved region", covers="FRM-1")
def out_of_memory_only_if(t: Transition) -> Truth:
    if t.raised != "OutOfMemory":
        return True
    start, end = bounds(t.base, t.size)
    last = end - _needed(t)
    return implies(start <= last, _all_blocked(t, start, last + PAGE_SIZE))


GET_HEADER = Operation(
    "get_header",
    ("base", "size", "regions"),
    lambda t: t.ghost,
    (get_header_raises, refuses_areas, fits_into_area, clear_of_regions, lowest_place, out_of_memory_only_if),
    requires=(regions_described,),
    raises=("ValueError", "NotValid", "OutOfMemory"),
    stateless=True,
)
