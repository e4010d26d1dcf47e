"""What whole_frames must do: shrink an area to whole frames, or say that it cannot be numbered (FRM-2)."""

from __future__ import annotations

from model.frame_allocator.init import INIT_REGION as INITIALISED
from model.frame_allocator.regions import MAX_FRAMES, are_words, bounds, numberable
from model.frame_allocator.state import seen
from model.language.logic import Operation, Transition, Truth, Word, clause, every, mention, negate
from model.language.words import PAGE_SIZE, PHYSICAL_LIMIT, admitted, returned
from proofs.engine.helping import helped


@clause("ValueError exactly for an area that is no pair of machine words")
def area_raises(t: Transition) -> Truth:
    words = are_words(t.base, t.size)
    return negate(words) & mention(t.base) if t.raised == "ValueError" else words


@clause("NotValid exactly for an area that reaches beyond 2**52, or has over 2**31 frames", when=admitted)
def area_refused(t: Transition) -> Truth:
    numbered = numberable(t.base, t.size)
    return negate(numbered) if t.raised else numbered


@clause("the bounds are whole frames, and their frames can be numbered", when=returned)
def sound(t: Transition) -> Truth:
    start, end = t.result
    whole = (start % PAGE_SIZE == 0) & (end % PAGE_SIZE == 0)
    return every([start >= 0, start <= end, end <= PHYSICAL_LIMIT, whole, (end - start) // PAGE_SIZE <= MAX_FRAMES])


@clause("the bounds hold exactly the frames that lie wholly in the area", covers="FRM-2", when=returned)
def exact(t: Transition) -> Truth:
    start, end = bounds(t.base, t.size)
    return (t.result[0] == start) & (t.result[1] == end)


@clause("of an area that was taken, every reserved region is a pair of machine words", when=returned)
def regions_are_words(t: Transition) -> Truth:
    return t.regions.all(are_words)


@clause("the ghost knows of each frame of the area, by its index, which region meets it", when=returned)
def met_by_index(t: Transition) -> Truth:
    f, regions = seen(t.new, t.heap, t.ghost_after), t.regions

    def named(i: Word) -> Truth:
        low = f.origin + i * PAGE_SIZE
        j = regions.blocker[low // PAGE_SIZE]
        by_region = every([j >= 0, j < regions.length, regions.meets(j, low, low + PAGE_SIZE)])
        return (low // PAGE_SIZE == f.origin // PAGE_SIZE + i) & ((j == regions.length) | by_region)

    return f.owner.each(f.start, f.end, named)


@clause("the descriptor counts as many frames as lie wholly in the area", when=returned)
def as_many_frames(t: Transition) -> Truth:
    f, (start, end) = seen(t.new, t.heap, t.ghost_after), bounds(t.base, t.size)
    return (end - start) // PAGE_SIZE == f.end - f.start


INIT_REGION = helped(
    INITIALISED,
    steps={"init_raises": (regions_are_words,), "others_free": (met_by_index,), "init_cost": (as_many_frames,)},
)

WHOLE_FRAMES = Operation(
    "whole_frames",
    ("base", "size"),
    lambda t: t.ghost,
    (area_raises, area_refused, sound, exact),
    raises=("ValueError", "NotValid"),
    stateless=True,
)
