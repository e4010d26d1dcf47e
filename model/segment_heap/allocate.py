"""The contract of allocate."""

from __future__ import annotations

from collections.abc import Callable

from model.language.contracts import changes_nothing, takes_words
from model.language.logic import Operation, Transition, Truth, Word, clause, each, every, implies, negate, when
from model.language.machine import MAP_COST
from model.language.words import PAGE_SIZE, granted, returned
from model.segment_heap.shared import damage_untouched, live_blocks_kept, no_new_damage, nothing_outside, payloads_kept
from model.segment_heap.state import (
    GRANULE,
    HEADER,
    LARGEST_REQUEST,
    Chain,
    cannot_grow,
    complained,
    fits,
    intact,
    rounded,
    sound,
)


def _after_allocate(t: Transition) -> Chain:
    """First fit; else a last segment enlarged or appended by the pages that were mapped; then split and taken."""
    chain: Chain = t.ghost
    if not granted(t):
        return chain
    needed, taken, ram = rounded(t.size), t.result - HEADER, t.old.fields("Segment")
    if t.pages_mapped == 0:
        size = ram.size[taken]
    elif ram.free[chain.last]:
        size = ram.size[chain.last] + t.pages_mapped * PAGE_SIZE
        chain = chain.enlarge(t.pages_mapped * PAGE_SIZE)
    else:
        size = t.pages_mapped * PAGE_SIZE - HEADER
        chain = chain.extended(t.pages_mapped * PAGE_SIZE)
    if size - needed >= HEADER + GRANULE:
        chain = chain.split(taken, needed)
    return chain.with_free(taken, False)


allocate_raises = takes_words("allocate_raises", "for a size that", "size")


@clause("the block has at least the requested size", covers="SEG-8", when=granted)
def large_enough(t: Transition) -> Truth:
    new = t.ghost_after
    header = t.result - HEADER
    return every([new.headers[header], new.used(header), new.size[header] >= t.size])


@clause("the block is 16-byte aligned", covers="SEG-2", when=granted)
def aligned(t: Transition) -> Truth:
    return t.result % GRANULE == 0


@clause("the block lies inside the heap and overlaps no live block", covers="SEG-8", when=granted)
def fresh_block(t: Transition) -> Truth:
    low, high = t.result, t.result + t.size
    inside = (t.ghost_after.start < low) & (high <= t.ghost_after.end)
    return inside & t.ghost.headers.all(
        lambda b: implies(t.ghost.used(b), (b + HEADER + t.ghost.size[b] <= low) | (high <= b))
    )


@each("ghost.headers", "the block is the first, in address order, that was free and large enough", when=granted)
def first_fit(t: Transition, b: Word) -> Truth:
    return implies(fits(t.ghost, b, rounded(t.size)), t.result - HEADER <= b)


@clause(
    "a free segment that fits exactly or leaves too little is handed out whole; else the rest becomes free",
    when=granted,
)
def split_exactly(t: Transition) -> Truth:
    size = t.ghost_after.size[t.result - HEADER]
    return (size >= rounded(t.size)) & (size < rounded(t.size) + HEADER + GRANULE)


@clause("the heap asks for pages only if nothing fits: those right behind its end, just as many as the request lacks")
def grows_by_need(t: Transition) -> Truth:
    if t.raised:
        return t.pages_asked == 0
    needed, last = rounded(t.size), t.ghost.last
    missing = when(t.ghost.free[last], needed - t.ghost.size[last], needed + HEADER)
    nothing_fits = t.ghost.headers.all(lambda b: negate(fits(t.ghost, b, needed)))
    least = ((t.pages_asked - 1) * PAGE_SIZE < missing) & (missing <= t.pages_asked * PAGE_SIZE)
    return implies(t.pages_asked != 0, every([nothing_fits, t.asked_at == t.ghost.end, least]))


@clause("the heap grows by the pages that it asked for, or by none: no other page is mapped, and none is unmapped")
def grows_as_asked(t: Transition) -> Truth:
    if not granted(t):
        return t.new.mapped.same(t.old.mapped)
    more = t.new.mapped.more(t.old.mapped, t.ghost.end, t.ghost_after.end)
    return (t.pages_mapped == t.pages_asked) & more


null_changes_nothing = changes_nothing(
    "null_changes_nothing", "NULL changes nothing: no byte, no header, no page", granted
)


@clause(
    "NULL only if the size is 0 or too large, a corrupted header was logged, the heap is dead,"
    " or nothing fits, and behind the heap's end no pages can lie, one of them is mapped, or the free frames lack",
    covers="SEG-9",
)
def null_only_if(t: Transition) -> Truth:
    if t.raised or granted(t):
        return True
    needed = rounded(t.size)
    culprit = t.new.log_value[t.old.log_length]
    damaged = complained(t) & t.ghost.headers[culprit] & negate(sound(t.old, t.ghost, culprit))
    nothing_fits = t.ghost.headers.all(lambda b: negate(fits(t.ghost, b, needed)))
    exhausted = cannot_grow(t, t.ghost.end, t.pages_asked) & nothing_fits
    return (t.size == 0) | (t.size > LARGEST_REQUEST) | damaged | (t.ghost.count == 0) | exhausted


@clause(
    "size 0 and sizes that cannot be rounded up give NULL at once: nothing is looked at, nothing logged", when=returned
)
def refuses(t: Transition) -> Truth:
    senseless = (t.size == 0) | (t.size > LARGEST_REQUEST)
    if granted(t):
        return negate(senseless)
    return implies(senseless, (t.cost == 0) & negate(complained(t)))


def _detected(t: Transition, wrong: Callable[[Word], Truth], passed: Callable[[Word, Word], Truth]) -> Truth:
    """NULL and a logged error if something is ``wrong`` with a header, and no segment ``passed`` before it fits."""
    if t.raised:
        return True
    needed, chain = rounded(t.size), t.ghost
    asked = (t.size != 0) & (t.size <= LARGEST_REQUEST)
    detected = complained(t) if not granted(t) else False
    return chain.headers.all(
        lambda c: implies(
            asked & wrong(c) & chain.headers.all(lambda b: implies(passed(b, c), negate(fits(chain, b, needed)))),
            detected,
        )
    )


@clause("a corrupted header before the first fit is detected: NULL and a logged error", covers="SEG-3 SEG-9")
def detects_corruption(t: Transition) -> Truth:
    return _detected(t, lambda c: negate(intact(t.old, c)), lambda b, c: b < c)


@clause(
    "a next that leads astray, of a header before the first fit, is detected: NULL and a logged error", covers="SEG-9"
)
def detects_stray_links(t: Transition) -> Truth:
    return _detected(t, lambda c: negate(sound(t.old, t.ghost, c)), lambda b, c: b <= c)


ALLOCATE_COST = 40
WALK_COST = 4


@clause(
    f"allocate costs at most {ALLOCATE_COST} loads and stores, {WALK_COST} per segment walked,"
    " and the cost of mapping the pages that it grows by",
    covers="SEG-10",
)
def allocate_cost(t: Transition) -> Truth:
    walked = t.ghost.count
    if granted(t) and t.pages_mapped == 0:
        walked = t.ghost.rank[t.result - HEADER] + 1
    return t.cost <= ALLOCATE_COST + WALK_COST * walked + t.pages_asked * MAP_COST


ALLOCATE = Operation(
    "allocate",
    ("size",),
    _after_allocate,
    (
        allocate_raises,
        large_enough,
        aligned,
        fresh_block,
        first_fit,
        split_exactly,
        grows_by_need,
        grows_as_asked,
        null_changes_nothing,
        null_only_if,
        refuses,
        detects_corruption,
        detects_stray_links,
        live_blocks_kept,
        payloads_kept,
        nothing_outside,
        no_new_damage,
        damage_untouched,
        allocate_cost,
    ),
)
