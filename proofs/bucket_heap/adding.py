"""An extent of free pages joins the heap: the contract of that part of init and extend.

The memory holds anything before.  Inside [extent, extent + size) the header of the extent, the page map, the
live bits and the links of the free pages are all that lies there afterwards.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.bucket_heap.shared import HEADERS, after, before, holds_no_header, is_apart, kept_outside, others_kept
from model.bucket_heap.state import ENTRY, FREE, SPAN, Ghosts, seen
from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies, when
from model.language.machine import CANONICAL_END
from model.language.words import NULL, as_advanced
from proofs.bucket_heap.costs import ADD_COST, PAGE_COST
from proofs.bucket_heap.ghosts import now
from proofs.bucket_heap.inside import INSIDE
from proofs.bucket_heap.shared import pages_looked_at


def extent_added(g: Ghosts, heap: Any, extent: Word, before: Word) -> Ghosts:
    """The pages at ``extent`` are free pages of the heap; the extent before it is ``before``, or NULL."""
    h = now(g, heap)
    first, last = h.first_entry(extent), h.last_entry(extent)
    low, high = extent + h.header, extent + h.size
    rank, passed = g.rank, g.passed
    below = when(before == NULL, 0, rank[before] + 1)
    pages_below = when(before == NULL, 0, passed[before] + g.pages)
    entry_at = g.entry_at.over(low, high, lambda d: first + ENTRY * ((d - low) >> h.shift))
    return replace(
        g,
        extents=g.extents.set(extent, True),
        entries=g.entries.over(first, last, lambda e: (e - first) % ENTRY == 0),
        owner=g.owner.over(first, last, lambda e: extent),
        after=g.after.over(first, last, lambda e: e + ENTRY),
        number=g.number.over(first, last, lambda e: (e - first) // ENTRY),
        entry_at=entry_at,
        idle=g.idle.over(low, high, lambda d: h.page[entry_at[d]] == d),
        until=g.until.over(low, high, lambda d: high),
        rank=rank.redefined(lambda x: when(x < extent, rank[x], when(x == extent, below, rank[x] + 1))),
        passed=passed.redefined(
            lambda x: when(x < extent, passed[x], when(x == extent, pages_below, passed[x] + g.pages))
        ),
        count=g.count + 1,
        total=g.total + g.pages,
    )


@clause("the extent begins and ends with a whole page, is mapped, and does not begin at NULL")
def place_mapped(state: Any, heap: Word, g: Ghosts, arguments: dict[str, Any]) -> Truth:
    h, x = seen(state, heap, g), arguments["extent"]
    end = x + h.size
    aligned = (x % h.page_size == 0) & (end % h.page_size == 0)
    return every([x > NULL, aligned, end <= CANONICAL_END, state.mapped.covers(x, end)])


@clause("the extent overlaps neither the descriptor nor an extent of the heap")
def place_apart(state: Any, heap: Word, g: Ghosts, arguments: dict[str, Any]) -> Truth:
    h, x = seen(state, heap, g), arguments["extent"]
    return is_apart(h, x, x + h.size)


@clause("no header lies in it")
def place_vacant(state: Any, heap: Word, g: Ghosts, arguments: dict[str, Any]) -> Truth:
    h, x = seen(state, heap, g), arguments["extent"]
    return holds_no_header(state, x, x + h.size)


@clause("the extent lies between two that follow each other, or before the first, or behind the last")
def place_between(state: Any, heap: Word, g: Ghosts, arguments: dict[str, Any]) -> Truth:
    h, x = seen(state, heap, g), arguments["extent"]
    p, n = arguments["before"], arguments["following"]
    preceded = when(p == NULL, h.first == n, every([g.extents[p], p < x, h.next_extent[p] == n]))
    return preceded & ((n == NULL) | (g.extents[n] & (x < n)))


# ---------------------------------------------------------------- what is ensured


@clause("the extent belongs to the heap now, and so do those that did")
def joins(t: Transition) -> Truth:
    old, new = t.ghost.extents, t.ghost_after.extents
    return every([new[t.extent], old.all(lambda x: new[x]), new.all(lambda x: (x == t.extent) | old[x])])


@clause("all its pages are free")
def pages_free(t: Transition) -> Truth:
    h, g = after(t), t.ghost_after
    return g.entries.all(lambda e: implies(g.owner[e] == t.extent, h.kind[e] == FREE))


@clause("no block becomes live, none dies, none changes")
def blocks_stay(t: Transition) -> Truth:
    return others_kept(t, NULL)


@clause("nothing is touched but the descriptor and the extents, the new one among them: no byte, no header, no page")
def adds_inside(t: Transition) -> Truth:
    h = before(t)
    return kept_outside(t.new, t.old, h, t.extent, t.extent + h.size)


@clause("no byte outside the extent is touched")
def adds_bytes_inside(t: Transition) -> Truth:
    return t.new.bytes.unchanged_outside(t.old, t.extent, t.extent + before(t).size)


@clause(f"a store for each 512 bytes of the extent, {PAGE_COST} for each page, and {ADD_COST} loads and stores more")
def add_cost(t: Transition) -> Truth:
    h = before(t)
    return t.cost <= ADD_COST + h.size // SPAN + PAGE_COST * h.ghost.pages


ADD = Operation(
    "add",
    ("extent", "before", "following"),
    as_advanced,
    (joins, pages_free, blocks_stay, adds_inside, adds_bytes_inside, add_cost, pages_looked_at),
    requires=(place_mapped, place_apart, place_vacant, place_between),
    lemmas=INSIDE,
    raises=(),
    changes=(
        "BucketHeap.extents",
        *(f"claimed.{struct}" for struct in HEADERS if struct != "BucketHeap"),
        *(f"Page.{field}" for field in ("kind", "live", "page", "bits", "free", "frontier")),
        "Links.next",
        "Links.prev",
        "Extent.next",
        "Extent.free",
        "LiveBits.word",
        "FreeLink.next",
        "byte",
        *(f"ghost.{part}" for part in ("extents", "entries", "owner", "after", "number", "entry_at", "idle", "until")),
        *(f"ghost.{part}" for part in ("rank", "passed", "count", "total")),
    ),
)
