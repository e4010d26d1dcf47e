"""What init_region must do: make exactly the frames free that are neither the header's nor reserved (FRM-2 to FRM-4).

The header's physical region and the address at which memory shows it are two things: so it is proved of any
address that what is stored does not depend on it.
"""

from __future__ import annotations

from typing import Any

from model.frame_allocator.costs import INSERT_STEP, MARK_STEP, RUN_STEP, start_cost
from model.frame_allocator.regions import (
    Reserved,
    are_words,
    bounds,
    clear_inside,
    countable,
    header_bytes,
    meets,
    numberable,
)
from model.frame_allocator.shared import elsewhere
from model.frame_allocator.state import ORDERS, RESERVED, Frames, Ghosts, seen
from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies, negate, when
from model.language.words import PAGE_SIZE, PHYSICAL_LIMIT, WORD_BYTES, WORD_LIMIT, admitted, returned

# ---------------------------------------------------------------- what is given


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
    low, high = heap, heap + header_bytes(start, end)
    vacant = [
        state.claimed(name).all(lambda a, size=size: (a + size <= low) | (a >= high))
        for name, size in (("FrameAllocator", 4 * WORD_BYTES), ("FreeList", 4), ("FrameRecord", 12))
    ]
    return implies(_sound_area(arguments), every([high < WORD_LIMIT, state.mapped.covers(low, high), *vacant]))


# ---------------------------------------------------------------- what is ensured


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


@clause("a refused call changes nothing")
def init_refusal_changes_nothing(t: Transition) -> Truth:
    return t.new.same_memory(t.old) if t.raised else True


def _frames(t: Transition) -> Frames:
    return seen(t.new, t.heap, t.ghost_after)


def _physical(f: Frames, i: Word) -> Word:
    """The physical address of the frame ``i``."""
    return f.origin + i * PAGE_SIZE


@clause("the frames are those of the area that are whole", covers="FRM-2", when=returned)
def whole_frames_of_area(t: Transition) -> Truth:
    f, (start, end) = _frames(t), bounds(t.base, t.size)
    return (_physical(f, f.start) == start) & (_physical(f, f.end) == end)


@clause("every frame of which the header has a byte is reserved", covers="FRM-3", when=returned)
def header_reserved(t: Transition) -> Truth:
    f = _frames(t)

    def kept_back(i: Word) -> Truth:
        met = meets(t.header_base, t.header_size, _physical(f, i), _physical(f, i + 1))
        return implies(met, f.state[i] == RESERVED)

    return f.state.each(f.start, f.end, kept_back)


@clause("every frame of which a reserved region has a byte is reserved", covers="FRM-3", when=returned)
def regions_reserved(t: Transition) -> Truth:
    f, regions = _frames(t), t.regions

    def kept_back(j: Word, i: Word) -> Truth:
        return implies(regions.meets(j, _physical(f, i), _physical(f, i + 1)), f.state[i] == RESERVED)

    return regions.base.each_with(0, regions.length, f.state, f.start, f.end, kept_back)


@clause("every other frame is free", covers="FRM-3", when=returned)
def others_free(t: Transition) -> Truth:
    f, regions = _frames(t), t.regions

    def given(i: Word) -> Truth:
        low, high = _physical(f, i), _physical(f, i + 1)
        j = regions.blocker[low // PAGE_SIZE]
        by_region = every([j >= 0, j < regions.length, regions.meets(j, low, high)])
        return f.free_frame(i) | meets(t.header_base, t.header_size, low, high) | by_region

    return f.owner.each(f.start, f.end, given)


@clause("no frame is live or lent", when=returned)
def none_live(t: Transition) -> Truth:
    f = _frames(t)
    return f.state.each(f.start, f.end, lambda i: f.free(i) | (f.state[i] == RESERVED) | (f.state[i] == 0))


@clause("no byte outside the header is touched, and no page", when=returned)
def init_bytes_outside(t: Transition) -> Truth:
    bytes_kept = t.new.bytes.unchanged_outside(t.old, t.heap, t.heap + header_bytes(*bounds(t.base, t.size)))
    return bytes_kept & t.new.mapped.same(t.old.mapped)


@clause("no header of any type outside the header region comes or goes", when=returned)
def init_claims_outside(t: Transition) -> Truth:
    f = _frames(t)
    ours = {"FrameRecord": (f.start, f.end), "FreeList": (0, ORDERS), "FrameAllocator": (t.heap, t.heap + 1)}
    return every([t.new.claimed(name).same_outside(t.old.claimed(name), *where) for name, where in ours.items()])


@clause("no record, no list and no descriptor outside the header region is touched", when=returned)
def init_records_outside(t: Transition) -> Truth:
    new, old = t.new.fields("FrameAllocator"), t.old.fields("FrameAllocator")
    pairs = ((new.origin, old.origin), (new.start, old.start), (new.end, old.end), (new.free_frames, old.free_frames))
    descriptors = [mine.same_outside(others, t.heap, t.heap + 1) for mine, others in pairs]
    return every([elsewhere(_frames(t), seen(t.old, t.heap, t.ghost)), *descriptors])


@clause("the descriptor's address is returned", when=returned)
def returns_view(t: Transition) -> Truth:
    return t.result.address == t.heap


PER_FRAME = MARK_STEP + INSERT_STEP + RUN_STEP


@clause(
    f"the call costs one store per {WORD_BYTES} bytes of header, {PER_FRAME} loads and stores per frame, and 10 more"
    " at most"
)
def init_cost(t: Transition) -> Truth:
    if t.raised:
        return t.cost == 0
    start, end = bounds(t.base, t.size)
    frames = (end - start) // PAGE_SIZE
    return t.cost <= start_cost(frames) + 6 + PER_FRAME * frames


def _ghosts_after(t: Transition) -> Ghosts:
    ghosts: Ghosts = t.ghost_after
    return ghosts


INIT_REGION = Operation(
    "init_region",
    ("base", "size", "header_base", "header_size", "regions"),
    _ghosts_after,
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
    established=lambda t: not t.raised,
    raises=("ValueError", "NotValid"),
)
