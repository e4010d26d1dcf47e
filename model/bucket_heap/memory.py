"""How a bucket heap comes by memory, and gives it back: init, extend and destroy (BKT-3, BKT-6, BKT-7).

init makes a heap of free pages, whatever the memory held before; extend adds one more extent, apart from all that the
heap has; destroy hands every extent back, once, and leaves a heap that refuses use.  The caller's ``flush`` writes the
address that it is given to the log, so that the theorems can speak of its calls.
"""

from __future__ import annotations

from typing import Any

from model.bucket_heap.shared import (
    after,
    before,
    holds_no_header,
    is_apart,
    kept_outside,
    nothing_outside,
    others_kept,
    payloads_kept,
)
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
    seen,
)
from model.language.contracts import changes_nothing, takes_words
from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies, negate
from model.language.machine import CANONICAL_END
from model.language.words import NULL, WORD_BYTES, as_advanced, returned, succeeded, touches_only

REFUSAL = "a refusal changes nothing: no byte, no header, no page"
PAGE_COST = 4
"""Stores for each page that comes to the heap."""


# ---------------------------------------------------------------- init


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


init_raises = takes_words("init_raises", "for an argument that", "address", "size", "page_size")


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


init_refusal_changes_nothing = changes_nothing("init_refusal_changes_nothing", REFUSAL, succeeded, covers="BKT-3")


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


INIT_COST = 37


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


# ---------------------------------------------------------------- extend


@clause("memory that is apart from the descriptor and all extents of the heap holds no header")
def new_memory_is_callers(state: Any, heap: Word, g: Ghosts, arguments: dict[str, Any]) -> Truth:
    low, high = arguments["address"], arguments["address"] + arguments["size"]
    return implies(is_apart(seen(state, heap, g), low, high), holds_no_header(state, low, high))


extend_raises = takes_words("extend_raises", "for an argument that", "address", "size")


@clause(
    "0 exactly if the heap has an extent, the size is that of all its extents, the address a multiple of the page size,"
    " and the extent is mapped and overlaps neither the descriptor nor an extent of the heap, itself included;"
    " else -EINVAL",
    covers="BKT-6",
    when=returned,
)
def accepts_what_is_apart(t: Transition) -> Truth:
    h, end = before(t), t.address + t.size
    legal = every(
        [
            h.first != NULL,
            t.size == h.size,
            (t.address > NULL) & (t.address % h.page_size == 0),
            t.old.mapped.covers(t.address, end),
            is_apart(h, t.address, end),
        ]
    )
    return legal if succeeded(t) else (t.result == -EINVAL) & negate(legal)


extend_refusal_changes_nothing = changes_nothing("extend_refusal_changes_nothing", REFUSAL, succeeded, covers="BKT-6")


@clause(
    "the extent is one of the heap's, which it was not, and those that were still are, all of the size that they had",
    covers="BKT-6",
    when=succeeded,
)
def extent_added_once(t: Transition) -> Truth:
    old, new = t.ghost.extents, t.ghost_after.extents
    kept = old.all(lambda x: new[x]) & new.all(lambda x: (x == t.address) | old[x])
    return every([negate(old[t.address]), new[t.address], kept, after(t).size == before(t).size])


@clause("all its pages are free", when=succeeded)
def new_pages_free(t: Transition) -> Truth:
    h, g = after(t), t.ghost_after
    return g.entries.all(lambda e: implies(g.owner[e] == t.address, h.kind[e] == FREE))


@clause("every live block stays live, where it is and as long as it is; none becomes live")
def all_blocks_stay(t: Transition) -> Truth:
    return others_kept(t, NULL)


@clause("no byte of any live block is touched")
def all_bytes_stay(t: Transition) -> Truth:
    return payloads_kept(t)


@clause("nothing is touched but the descriptor and the extents, the new one among them: no byte, no header, no page")
def extends_inside(t: Transition) -> Truth:
    return kept_outside(t.new, t.old, before(t), t.address, t.address + t.size)


EXTEND_COST = 12


@clause(
    f"a load for each extent that the heap has, a store for each 512 bytes of the new one, {PAGE_COST} for each of"
    f" its pages, and {EXTEND_COST} loads and stores more"
)
def extend_cost(t: Transition) -> Truth:
    h = before(t)
    walk = EXTEND_COST + h.ghost.count
    return t.cost <= (walk + h.size // SPAN + PAGE_COST * h.ghost.pages if succeeded(t) else walk)


EXTEND = Operation(
    "extend",
    ("address", "size"),
    as_advanced,
    (
        extend_raises,
        accepts_what_is_apart,
        extend_refusal_changes_nothing,
        extent_added_once,
        new_pages_free,
        all_blocks_stay,
        all_bytes_stay,
        extends_inside,
        extend_cost,
    ),
    requires=(new_memory_is_callers,),
)


# ---------------------------------------------------------------- destroy


@clause("0 exactly if the heap has an extent, else -EINVAL", covers="BKT-7")
def dies_once(t: Transition) -> Truth:
    alive = before(t).first != NULL
    return alive if succeeded(t) else (t.result == -EINVAL) & negate(alive)


@clause("a refusal changes nothing, and flushes nothing", covers="BKT-7")
def destroy_refusal_changes_nothing(t: Transition) -> Truth:
    return True if succeeded(t) else t.new.same_memory(t.old) & (t.new.log_length == t.old.log_length)


@clause(
    "every extent is handed to flush exactly once, in the order of addresses, and nothing else is",
    covers="BKT-7",
    when=succeeded,
)
def flushes_each_once(t: Transition) -> Truth:
    g = t.ghost
    each = g.extents.all(lambda x: t.new.log_value[t.old.log_length + g.rank[x]] == x)
    return each & (t.new.log_length == t.old.log_length + g.count)


@clause("afterwards the heap has no extent, and its buckets are empty", covers="BKT-7", when=succeeded)
def is_dead(t: Transition) -> Truth:
    h, g = after(t), t.ghost_after
    empty = [members.all(lambda a, m=members: negate(m[a])) for members in (g.extents, g.entries, g.idle, g.live)]
    alone = g.nodes.all(lambda place: (h.next[place] == place) & (h.prev[place] == place))
    return every([h.first == NULL, alone, *empty])


DESTROY_COST = 27


@clause(f"a load for each extent, and {DESTROY_COST} loads and stores more")
def destroy_cost(t: Transition) -> Truth:
    return t.cost <= DESTROY_COST + t.ghost.count


DESTROY = Operation(
    "destroy",
    ("flush",),
    as_advanced,
    (dies_once, destroy_refusal_changes_nothing, flushes_each_once, is_dead, nothing_outside, destroy_cost),
    raises=(),
)
