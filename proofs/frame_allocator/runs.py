"""What next_gap must do: find the next run of frames that neither the header nor a reserved region meets."""

from __future__ import annotations

from typing import Any

from model.frame_allocator.regions import are_words, countable, header_of, reserved_of
from model.language.logic import Operation, Transition, Truth, Word, clause, every, negate
from model.language.words import PAGE_SIZE, returned
from proofs.frame_allocator.clip import whole_area
from proofs.frame_allocator.regions_read import frames_of, held, passed, yields


@clause("the search begins at a frame of the area, or at its end")
def begins_inside(state: Any, heap: Word, ghosts: Any, arguments: dict[str, Any]) -> Truth:
    place = arguments["place"]
    return every([arguments["start"] <= place, place <= arguments["end"], place % PAGE_SIZE == 0])


@clause("the header and all regions are pairs of machine words")
def all_words(state: Any, heap: Word, ghosts: Any, arguments: dict[str, Any]) -> Truth:
    regions = arguments["held"]
    return passed(regions, yields(regions), are_words)


@clause("the header's region is held back, before the reserved ones")
def begins_with_header(state: Any, heap: Word, ghosts: Any, arguments: dict[str, Any]) -> Truth:
    return header_of(arguments["held"]) is not None


@clause("the enumerator yields the same regions each time, and the ghost knows which frames of the area they meet")
def held_described(state: Any, heap: Word, ghosts: Any, arguments: dict[str, Any]) -> Truth:
    regions = reserved_of(arguments["held"])
    first, last = arguments["start"] // PAGE_SIZE, arguments["end"] // PAGE_SIZE
    return countable(regions) & regions.describes(first, last, PAGE_SIZE)


@clause("what is found is whole frames of the area from the place on, none only at its end", when=returned)
def inside(t: Transition) -> Truth:
    first, last = t.result
    whole = (first % PAGE_SIZE == 0) & (last % PAGE_SIZE == 0)
    some = (first < last) | (first == t.end) & (last == t.end)
    return every([t.place <= first, last <= t.end, whole, some])


@clause("every frame passed is the header's or reserved", when=returned)
def passed_held(t: Transition) -> Truth:
    first, _ = t.result
    return frames_of(t.held).each(t.place // PAGE_SIZE, first // PAGE_SIZE, lambda q: held(t.held, q))


@clause("every frame found is neither the header's nor reserved", covers="FRM-3", when=returned)
def usable(t: Transition) -> Truth:
    first, last = t.result
    return frames_of(t.held).each(first // PAGE_SIZE, last // PAGE_SIZE, lambda q: negate(held(t.held, q)))


@clause("the frame behind the run is the header's or reserved, if it is not the area's end", when=returned)
def ends_before_held(t: Transition) -> Truth:
    _, last = t.result
    return (last == t.end) | held(t.held, last // PAGE_SIZE)


NEXT_GAP = Operation(
    "next_gap",
    ("place", "start", "end", "held"),
    lambda t: t.ghost,
    (inside, passed_held, usable, ends_before_held),
    requires=(whole_area, begins_inside, begins_with_header, all_words, held_described),
    raises=(),
    stateless=True,
)
