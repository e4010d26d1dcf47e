"""The contracts of the operations of which alloc of the bucket heap consists, each proved once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.bucket_heap.shared import after, before, disjoint, nothing_outside, others_kept
from model.bucket_heap.state import FREE, MIN_LOG2, RUN, Ghosts, Heap, seen
from model.language.contracts import costs
from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies, mention, negate
from model.language.words import NULL, as_advanced, returned
from proofs.bucket_heap.costs import BLOCK_COST, CARVE_COST, CUT_COST, SEARCH_COST, VISIT_COST
from proofs.bucket_heap.inside import INSIDE
from proofs.bucket_heap.loops import is_free_page, leads_to
from proofs.bucket_heap.shared import LISTED, bytes_kept

# ---------------------------------------------------------------- free pages become a run

TAKEN = (
    "Page.kind",
    "Page.frontier",
    "Extent.free",
    "FreeLink.next",
    "claimed.FreeLink",
    "LiveBits.word",
    "byte",
    "ghost.idle",
    "ghost.until",
    "ghost.run",
    "ghost.live",
    "ghost.home",
)


@clause("the pages are free pages in a row of the extent, and it is known what leads to them")
def row_of_pages(state: Any, heap: Word, g: Ghosts, arguments: dict[str, Any]) -> Truth:
    h, x, first, last = seen(state, heap, g), arguments["extent"], arguments["first"], arguments["last"]
    return every(
        [
            g.extents[x],
            is_free_page(h, x, first),
            is_free_page(h, x, last),
            first <= last,
            last < g.until[first],
            leads_to(h, x, arguments["before"], first),
        ]
    )


@clause("the result is the entry of a run of exactly those pages")
def run_made(t: Transition) -> Truth:
    h, new, e = before(t), after(t), t.result
    run = every([new.kind[e] == RUN, h.page[e] == t.first, new.frontier[e] == t.last + h.page_size])
    return every([e != NULL, h.ghost.entries[e], h.ghost.owner[e] == t.extent, h.kind[e] == FREE, run])


@clause("the run was not live, is now, and is the only block that becomes live; no other changes")
def run_is_live(t: Transition) -> Truth:
    h, new = before(t), after(t)
    born = every([negate(h.ghost.live[t.first]), new.ghost.live[t.first], new.ghost.home[t.first] == t.result])
    return born & others_kept(t, t.first)


@clause("the run overlaps no live block")
def run_is_apart(t: Transition) -> Truth:
    return disjoint(t, t.first, t.last + before(t).page_size)


@clause("one store for each page, and a few loads and stores more")
def cut_cost(t: Transition) -> Truth:
    g = before(t).ghost
    return t.cost <= CUT_COST + (g.number[g.entry_at[t.last]] - g.number[t.result] + 1)


@clause("a free page, and a block that was given back, has its link")
def links_stay(t: Transition) -> Truth:
    g, claimed = t.ghost_after, t.new.claimed("FreeLink")
    return g.idle.all(lambda d: claimed[d]) & g.freed.all(lambda b: claimed[b])


CUT = Operation(
    "cut",
    ("extent", "before", "first", "last"),
    as_advanced,
    (
        replace(links_stay, lemma=True, inner=True),
        run_made,
        run_is_live,
        run_is_apart,
        bytes_kept,
        nothing_outside,
        cut_cost,
    ),
    requires=(row_of_pages,),
    lemmas=INSIDE,
    raises=(),
    changes=TAKEN,
    returns="word",
)


@clause("the size is one of whole pages")
def whole_pages(state: Any, heap: Word, g: Ghosts, arguments: dict[str, Any]) -> Truth:
    h, size = seen(state, heap, g), arguments["size"]
    return every([size > 0, size < 1 << 32, size % h.page_size == 0])


def too_short(h: Heap, d: Word, size: Word) -> Truth:
    """The free pages in a row from page ``d`` on are at least one page less than ``size``."""
    end = h.ghost.until[d] + h.page_size
    return implies(mention((d + size) % h.page_size), end <= d + size)


@clause("NULL only if nowhere free pages in a row hold the size; and then nothing changes", when=returned)
def pages_or_null(t: Transition) -> Truth:
    h = before(t)
    none = h.ghost.idle.all(lambda d: too_short(h, d, t.size))
    return implies(t.result == NULL, t.new.same_memory(t.old) & none)


@clause("the result is the entry of a run of exactly that size", when=returned)
def run_of_size(t: Transition) -> Truth:
    h, new, e = before(t), after(t), t.result
    run = every([new.kind[e] == RUN, new.frontier[e] == h.page[e] + t.size])
    return implies(e != NULL, every([h.ghost.entries[e], h.kind[e] == FREE, run]))


@clause("the run was not live, is now, and is the only block that becomes live; no other changes", when=returned)
def pages_are_live(t: Transition) -> Truth:
    h, new, e = before(t), after(t), t.result
    page = h.page[e]
    born = every([negate(h.ghost.live[page]), new.ghost.live[page], new.ghost.home[page] == e])
    return implies(e != NULL, born & others_kept(t, page)) & implies(e == NULL, others_kept(t, NULL))


@clause("the run overlaps no live block", when=returned)
def pages_are_apart(t: Transition) -> Truth:
    page = before(t).page[t.result]
    return implies(t.result != NULL, disjoint(t, page, page + t.size))


@clause("nowhere below the run do free pages in a row hold the size", when=returned)
def lowest_pages(t: Transition) -> Truth:
    h = before(t)
    none = h.ghost.idle.all(lambda d: (d >= h.page[t.result]) | too_short(h, d, t.size))
    return implies(t.result != NULL, none)


@clause("a few loads per extent, one per page, one store per page taken")
def take_cost(t: Transition) -> Truth:
    g = before(t).ghost
    return t.cost <= SEARCH_COST + VISIT_COST * g.count + g.total + CUT_COST + g.pages


TAKE_PAGES = Operation(
    "take_pages",
    ("size",),
    as_advanced,
    (pages_or_null, run_of_size, pages_are_live, pages_are_apart, lowest_pages, bytes_kept, nothing_outside, take_cost),
    requires=(whole_pages,),
    raises=(),
    changes=TAKEN,
    returns="word",
)


# ---------------------------------------------------------------- buckets


@clause("the entry is that of a run of one page, the bucket one of blocks up to half a page")
def one_page(state: Any, heap: Word, g: Ghosts, arguments: dict[str, Any]) -> Truth:
    h, e, log = seen(state, heap, g), arguments["entry"], arguments["log"]
    run = every([g.entries[e], h.kind[e] == RUN, h.frontier[e] == h.end(e)])
    return every([run, log >= MIN_LOG2, log < h.shift])


@clause("the page is one of the bucket, its live block the first of the page; no other block changes")
def page_of_bucket(t: Transition) -> Truth:
    h, new = before(t), after(t)
    return (new.kind[t.entry] == t.log) & others_kept(t, h.page[t.entry])


carve_cost = costs("carve_cost", CARVE_COST)


CARVE = Operation(
    "carve",
    ("entry", "log"),
    as_advanced,
    (page_of_bucket, nothing_outside, carve_cost),
    requires=(one_page,),
    lemmas=INSIDE,
    raises=(),
    changes=(
        "Page.kind",
        "Page.live",
        "Page.free",
        "Page.frontier",
        *LISTED,
        "ghost.slot",
        "ghost.occupant",
        "ghost.height",
    ),
)


@clause("the entry is that of a page of the bucket that has a block to give")
def room(state: Any, heap: Word, g: Ghosts, arguments: dict[str, Any]) -> Truth:
    h, e, log = seen(state, heap, g), arguments["entry"], arguments["log"]
    return every([g.entries[e], h.kind[e] == log, h.has_room(e)])


@clause("the result is a block of the page")
def block_of_page(t: Transition) -> Truth:
    h, b = before(t), t.result
    size = 1 << t.log
    return every([b != NULL, b % size == 0, b % 8 == 0, h.page[t.entry] <= b, b + size <= h.end(t.entry)])


@clause("the block was not live, is now, and is the only one that becomes live; no other changes")
def block_is_live(t: Transition) -> Truth:
    h, new, b = before(t), after(t), t.result
    born = every([negate(h.ghost.live[b]), new.ghost.live[b], new.ghost.home[b] == t.entry])
    return born & others_kept(t, b)


@clause("the block overlaps no live block")
def block_is_apart(t: Transition) -> Truth:
    return disjoint(t, t.result, t.result + (1 << t.log))


take_block_cost = costs("take_block_cost", BLOCK_COST)


TAKE_BLOCK = Operation(
    "take_block",
    ("entry", "log"),
    as_advanced,
    (block_of_page, block_is_live, replace(block_is_apart, lemma=True), bytes_kept, nothing_outside, take_block_cost),
    requires=(room,),
    lemmas=INSIDE,
    raises=(),
    changes=(
        "Page.live",
        "Page.free",
        "Page.frontier",
        "FreeLink.next",
        "claimed.FreeLink",
        "LiveBits.word",
        "byte",
        *LISTED,
        "ghost.live",
        "ghost.home",
        "ghost.slot",
        "ghost.occupant",
        "ghost.freed",
        "ghost.height",
    ),
    returns="word",
)
