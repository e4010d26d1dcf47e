"""How an area starts: get_header finds the lowest place for the header, init_region makes frames free (FRM-1 to FRM-4).

Free are exactly the frames that are neither the header's nor reserved.  The header's physical region and the address at
which memory shows it are two things: so it is proved of any address that what is stored does not depend on it.
"""

from __future__ import annotations

from typing import Any

from model.frame_allocator.regions import (
    Reserved,
    are_words,
    bounds,
    clear,
    clear_inside,
    countable,
    header_bytes,
    meets,
    numberable,
)
from model.frame_allocator.shared import after, before, elsewhere
from model.frame_allocator.state import ORDERS, RECORD, RESERVED, Frames
from model.language.contracts import changes_nothing
from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies, negate, when
from model.language.words import (
    PAGE_SIZE,
    PHYSICAL_LIMIT,
    WORD_BYTES,
    WORD_LIMIT,
    admitted,
    as_advanced,
    by_word,
    fields_of,
    returned,
    words_in,
)
from model.library.room import clear as room_for

# ---------------------------------------------------------------- get_header


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


# ---------------------------------------------------------------- init_region: what is given


def _places(arguments: dict[str, Any]) -> tuple[Word, Word]:
    """[start, end) of the area's whole frames."""
    return bounds(arguments["base"], arguments["size"])


def _sound_area(arguments: dict[str, Any]) -> Truth:
    return are_words(arguments["base"], arguments["size"]) & numberable(arguments["base"], arguments["size"])


@clause("the enumerator yields the same regions each time, and the ghost knows which frames they meet")
def frames_described(state: Any, heap: Word, ghosts: Any, arguments: dict[str, Any]) -> Truth:
    regions: Reserved = arguments["regions"]
    start, end = _places(arguments)
    last = when(_sound_area(arguments), end, start)
    return countable(regions) & regions.describes(start // PAGE_SIZE, last // PAGE_SIZE, PAGE_SIZE)


@clause("where memory shows the header, its bytes are mapped, and no other header lies there")
def room_for_header(state: Any, heap: Word, ghosts: Any, arguments: dict[str, Any]) -> Truth:
    start, end = _places(arguments)
    high = heap + header_bytes(start, end)
    room = room_for(state, heap, high, FrameAllocator=4 * WORD_BYTES, FreeList=4, FrameRecord=RECORD)
    return implies(_sound_area(arguments), (high < WORD_LIMIT) & room)


# ---------------------------------------------------------------- init_region: what is ensured


def _acceptable(t: Transition) -> Truth:
    """The area has a whole frame, and the header is aligned, large enough, below 2**52 and clear of reserved regions
    inside the area."""
    start, end = bounds(t.base, t.size)
    place, size = t.header_base, t.header_size
    return every(
        [
            numberable(t.base, t.size),
            start < end,
            place % PAGE_SIZE == 0,
            size >= header_bytes(start, end),
            place + size <= PHYSICAL_LIMIT,
            t.regions.all(lambda b, s: clear_inside(b, s, place, size, start, end)),
        ]
    )


def _all_words(t: Transition) -> Truth:
    return are_words(t.base, t.size) & are_words(t.header_base, t.header_size) & t.regions.all(are_words)


@clause(
    "ValueError only if the area, the header or a region is no pair of machine words; without one all of them are;"
    " a header that is none is no reason for NotValid"
)
def init_raises(t: Transition) -> Truth:
    if t.raised == "ValueError":
        return negate(_all_words(t))
    if t.raised:
        return implies(numberable(t.base, t.size), are_words(t.header_base, t.header_size))
    return _all_words(t)


@clause(
    "NotValid only for an area without whole frame, or that cannot be numbered, or a header that is misaligned,"
    " too small, beyond 2**52 or not clear; such a call does not succeed",
    when=admitted,
)
def init_refuses(t: Transition) -> Truth:
    return negate(_acceptable(t)) if t.raised else _acceptable(t)


init_refusal_changes_nothing = changes_nothing(
    "init_refusal_changes_nothing", "a refused call changes nothing", returned
)


def _physical(f: Frames, i: Word) -> Word:
    """The physical address of the frame ``i``."""
    return f.origin + i * PAGE_SIZE


@clause("the frames are those of the area that are whole", covers="FRM-2", when=returned)
def whole_frames_of_area(t: Transition) -> Truth:
    f, (start, end) = after(t), bounds(t.base, t.size)
    return (_physical(f, f.start) == start) & (_physical(f, f.end) == end)


@clause("every frame of which the header has a byte is reserved", covers="FRM-3", when=returned)
def header_reserved(t: Transition) -> Truth:
    f = after(t)

    def kept_back(i: Word) -> Truth:
        met = meets(t.header_base, t.header_size, _physical(f, i), _physical(f, i + 1))
        return implies(met, f.state[i] == RESERVED)

    return f.each(f.state, kept_back)


@clause("every frame of which a reserved region has a byte is reserved", covers="FRM-3", when=returned)
def regions_reserved(t: Transition) -> Truth:
    f, regions = after(t), t.regions

    def kept_back(j: Word, i: Word) -> Truth:
        return implies(regions.meets(j, _physical(f, i), _physical(f, i + 1)), f.state[i] == RESERVED)

    return regions.base.each_with(0, regions.length, f.state, f.start, f.end, kept_back)


@clause("every other frame is free", covers="FRM-3", when=returned)
def others_free(t: Transition) -> Truth:
    f, regions = after(t), t.regions

    def given(i: Word) -> Truth:
        low, high = _physical(f, i), _physical(f, i + 1)
        j = regions.blocker[low // PAGE_SIZE]
        by_region = every([j >= 0, j < regions.length, regions.meets(j, low, high)])
        return f.free_frame(i) | meets(t.header_base, t.header_size, low, high) | by_region

    return f.each(f.owner, given)


@clause("no frame is live or lent", when=returned)
def none_live(t: Transition) -> Truth:
    f = after(t)
    return f.each(f.state, lambda i: f.free(i) | (f.state[i] == RESERVED) | (f.state[i] == 0))


@clause("no byte outside the header is touched, and no page", when=returned)
def init_bytes_outside(t: Transition) -> Truth:
    bytes_kept = t.new.bytes.unchanged_outside(t.old, t.heap, t.heap + header_bytes(*bounds(t.base, t.size)))
    return bytes_kept & t.new.mapped.same(t.old.mapped)


@clause("no header of any type outside the header region comes or goes", when=returned)
def init_claims_outside(t: Transition) -> Truth:
    f = after(t)
    ours = {"FrameRecord": (f.start, f.end), "FreeList": (0, ORDERS), "FrameAllocator": (t.heap, t.heap + 1)}
    return every([t.new.claimed(name).same_outside(t.old.claimed(name), *where) for name, where in ours.items()])


@clause("no record, no list and no descriptor outside the header region is touched", when=returned)
def init_records_outside(t: Transition) -> Truth:
    fields = fields_of(t, "FrameAllocator", "origin", "start", "end", "free_frames")
    descriptors = [mine.same_outside(others, t.heap, t.heap + 1) for mine, others in fields]
    return every([elsewhere(after(t), before(t)), *descriptors])


@clause("the descriptor's address is returned", when=returned)
def returns_view(t: Transition) -> Truth:
    return t.result.address == t.heap


PER_FRAME = by_word(17, 18)
"""Loads + stores for each frame at most: it is marked, and the block that it may be is listed."""


@clause(
    f"the call costs one store per {WORD_BYTES} bytes of header, {PER_FRAME} loads and stores per frame, and 10 more"
    " at most"
)
def init_cost(t: Transition) -> Truth:
    if t.raised:
        return t.cost == 0
    start, end = bounds(t.base, t.size)
    return t.cost <= words_in(header_bytes(start, end)) + 10 + PER_FRAME * ((end - start) // PAGE_SIZE)


INIT_REGION = Operation(
    "init_region",
    ("base", "size", "header_base", "header_size", "regions"),
    as_advanced,
    (
        init_raises,
        init_refuses,
        init_refusal_changes_nothing,
        whole_frames_of_area,
        header_reserved,
        regions_reserved,
        others_free,
        none_live,
        init_bytes_outside,
        init_claims_outside,
        init_records_outside,
        returns_view,
        init_cost,
    ),
    requires=(frames_described, room_for_header),
    establishes=True,
    established=returned,
    raises=("ValueError", "NotValid"),
)
