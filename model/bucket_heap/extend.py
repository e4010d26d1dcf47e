"""What extend must do: one more extent, apart from all that the heap has (BKT-6)."""

from __future__ import annotations

from typing import Any

from model.bucket_heap.costs import ADD_COST, PAGE_COST
from model.bucket_heap.shared import (
    after,
    as_advanced,
    before,
    holds_no_header,
    is_apart,
    kept_outside,
    others_kept,
    payloads_kept,
    succeeded,
)
from model.bucket_heap.state import EINVAL, FREE, SPAN, Ghosts, seen
from model.language.contracts import takes_words
from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies, negate
from model.language.words import NULL, returned

EXTEND_COST = 4 + ADD_COST
"""Loads and stores of extend; those for extents passed, for pages and for live bits not counted."""


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


@clause("a refusal changes nothing: no byte, no header, no page", covers="BKT-6")
def extend_refusal_changes_nothing(t: Transition) -> Truth:
    return True if succeeded(t) else t.new.same_memory(t.old)


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
