"""What init must do: a heap of free pages, whatever the memory held before (BKT-3)."""

from __future__ import annotations

from typing import Any

from model.bucket_heap.costs import ADD_COST, PAGE_COST
from model.bucket_heap.shared import after, as_advanced, holds_no_header, succeeded
from model.bucket_heap.state import (
    BUCKETS,
    DESCRIPTOR,
    EINVAL,
    ENTRY,
    EXTENT_HEADER,
    FREE,
    LINKS,
    MAX_EXTENT,
    MAX_SHIFT,
    MIN_SHIFT,
    SENTINELS,
    SPAN,
    Ghosts,
)
from model.language.contracts import raises
from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies, negate
from model.language.machine import CANONICAL_END
from model.language.words import NULL, WORD_BYTES, is_word, returned, touches_only

INIT_COST = 5 + 2 * BUCKETS + ADD_COST
"""Stores that begin a heap and add its first extent, those for pages and for live bits not counted."""


@clause("the descriptor is there, and the sentinels behind it")
def descriptor_there(state: Any, heap: Word, g: Ghosts, arguments: dict[str, Any]) -> Truth:
    links, first = state.claimed("Links"), heap + SENTINELS
    sentinels = links.each(first, first + BUCKETS * LINKS, lambda place: links[place], step=LINKS)
    return every([state.claimed("BucketHeap")[heap], heap + DESCRIPTOR <= CANONICAL_END, sentinels])


@clause("memory that is apart from the descriptor holds no header")
def memory_is_callers(state: Any, heap: Word, g: Ghosts, arguments: dict[str, Any]) -> Truth:
    low, high = arguments["address"], arguments["address"] + arguments["size"]
    return implies(apart_from(heap, low, high), holds_no_header(state, low, high))


@clause("the heap does not live: it is new, or was destroyed since; it has no extent, so no block of it is live")
def not_alive(state: Any, heap: Word, g: Ghosts, arguments: dict[str, Any]) -> Truth:
    return g.extents.all(lambda x: negate(g.extents[x]))


def apart_from(heap: Word, low: Word, high: Word) -> Truth:
    """[low, high) does not overlap the descriptor."""
    return (heap + DESCRIPTOR <= low) | (high <= heap)


@raises("ValueError", "for an argument that is no machine word")
def init_raises(t: Transition) -> Truth:
    return negate(every([is_word(t.address), is_word(t.size), is_word(t.page_size)]))


def has_room(t: Transition, shift: Word) -> Truth:
    """Behind the header of an extent of that size there is room for two pages of ``1 << shift`` bytes."""
    unit, size = 1 << shift, t.size
    least = EXTENT_HEADER + (size >> shift) * ENTRY + size // SPAN * WORD_BYTES
    header = least + (unit - 1) - (least + (unit - 1)) % unit
    return header + 2 * unit <= size


def fits(t: Transition, shift: Word) -> Truth:
    """The arguments describe an extent with room for two pages of ``1 << shift`` bytes behind its header."""
    unit, size = 1 << shift, t.size
    return every(
        [
            t.page_size == unit,
            (size > 0) & (size <= MAX_EXTENT) & (size % unit == 0),
            (t.address > NULL) & (t.address % unit == 0),
            t.old.mapped.covers(t.address, t.address + size),
            apart_from(t.heap, t.address, t.address + size),
            has_room(t, shift),
        ]
    )


@clause(
    "0 exactly if the page size is a power of two from 512 to 32768, address and size are multiples of it, and the"
    " extent is mapped, apart from the descriptor, and has room for two pages; else -EINVAL",
    covers="BKT-3",
    when=returned,
)
def accepts_what_fits(t: Transition) -> Truth:
    if succeeded(t):
        shift = after(t).shift
        return every([shift >= MIN_SHIFT, shift <= MAX_SHIFT, fits(t, shift)])
    refused = t.ghost.root.each(MIN_SHIFT, MAX_SHIFT + 1, lambda shift: negate(fits(t, shift)))
    return (t.result == -EINVAL) & refused


@clause("a refusal changes nothing: no byte, no header, no page", covers="BKT-3")
def init_refusal_changes_nothing(t: Transition) -> Truth:
    return True if succeeded(t) else t.new.same_memory(t.old)


@clause(
    "the heap has that extent alone, all pages of it are free, and no block is live",
    covers="BKT-1 BKT-3",
    when=succeeded,
)
def all_pages_free(t: Transition) -> Truth:
    h, g = after(t), t.ghost_after
    return every(
        [
            g.extents.all(lambda x: x == t.address),
            h.first == t.address,
            g.entries.all(lambda e: h.kind[e] == FREE),
            g.live.all(lambda b: negate(g.live[b])),
        ]
    )


@clause("nothing is touched but the descriptor and the extent: no byte, no header, no page")
def begins_inside(t: Transition) -> Truth:
    return touches_only(t, (t.heap, t.heap + DESCRIPTOR), (t.address, t.address + t.size))


@clause(f"a store for each 512 bytes of the extent, {PAGE_COST} for each page, and {INIT_COST} loads and stores more")
def init_cost(t: Transition) -> Truth:
    if not succeeded(t):
        return t.cost == 0
    return t.cost <= INIT_COST + t.size // SPAN + PAGE_COST * t.ghost_after.pages


INIT = Operation(
    "init",
    ("address", "size", "page_size"),
    as_advanced,
    (init_raises, accepts_what_fits, init_refusal_changes_nothing, all_pages_free, begins_inside, init_cost),
    requires=(not_alive, descriptor_there, memory_is_callers),
    establishes=True,
    established=succeeded,
)
