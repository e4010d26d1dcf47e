"""The contracts of the operations of which alloc and free of the bucket heap consist.

Each is proved once, from any heap that meets its requirements, and used by its contract where it is
called.  An extent, an entry and a page are named by their addresses.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.bucket_loops import (
    CUT_COST,
    GIVE_COST,
    OF_EXTENT_COST,
    SEARCH_COST,
    VISIT_COST,
    among_pages,
    is_free_page,
    leads_to,
)
from model.bucket_needs import APART, BASICS, EXTENT_WALK, GIVEN, LINKS, MARKED, MARKING, PICKED, PLACES, REQUIRED
from model.bucket_needs import TAKEN as TAKEN_BY
from model.bucket_state import FREE, MIN_LOG2, NULL, RUN, Ghosts, Heap, seen
from model.logic import Operation, Transition, Truth, Word, clause, every, implies, mention, negate

SEARCHED = (
    *APART,
    "entries_lie",
    "free_pages",
    "visit_extents.none_passed",
    "cut.run_made",
    "cut.run_is_live",
    "cut.run_is_apart",
    "cut.bytes_kept",
    "cut.cut_cost",
    "walk_free_pages.in_a_row",
    "walk_free_pages.short",
    "walk_free_pages.none_before",
)
"""What is known when a search for pages ends."""

NUMBERS = ("multiples.first_multiples", "multiples.rising", "multiples.divided")


def before(t: Transition) -> Heap:
    """The heap on entry."""
    return seen(t.old, t.heap, t.ghost)


def after(t: Transition) -> Heap:
    """The heap at the end."""
    return seen(t.new, t.heap, t.ghost_after)


def as_advanced(t: Transition) -> Ghosts:
    """What the code's ``advance`` statements made of the ghosts."""
    ghosts: Ghosts = t.ghost_after
    return ghosts


def others_kept(t: Transition, own: Word, also: Word = NULL) -> Truth:
    """Every live block but ``own`` stays live, as long as it is; none but ``own`` and ``also`` becomes live."""
    h, new = before(t), after(t)
    old, live = h.ghost.live, new.ghost.live
    kept = old.all(
        lambda b: (b == own) | every([live[b], new.extent(b) == h.extent(b), new.ghost.home[b] == h.ghost.home[b]])
    )
    return kept & live.all(lambda b: (b == own) | (b == also) | old[b])


def payloads_kept(t: Transition, spared: Word = NULL) -> Truth:
    """No byte of any live block is touched but of the one at ``spared``."""
    h = before(t)
    return h.ghost.live.all(lambda b: (b == spared) | t.new.bytes.unchanged(t.old, b, b + h.extent(b)))


def disjoint(t: Transition, low: Word, high: Word) -> Truth:
    """[low, high) overlaps no block that was live."""
    h = before(t)
    return h.ghost.live.all(lambda b: (b + h.extent(b) <= low) | (high <= b))


# ---------------------------------------------------------------- where an address lies


@clause("the extent among whose pages the address lies, or NULL if there is none", needs=EXTENT_WALK)
def right_extent(t: Transition) -> Truth:
    h, x = before(t), t.result
    g = h.ghost
    none = (x == NULL) & g.extents.all(lambda y: negate(among_pages(h, y, t.address)))
    return none | every([x != NULL, g.extents[x], among_pages(h, x, t.address)])


@clause("one load for each extent up to the right one, and a few more", needs=EXTENT_WALK)
def extent_of_cost(t: Transition) -> Truth:
    return t.cost <= OF_EXTENT_COST + before(t).ghost.count


EXTENT_OF = Operation(
    "extent_of",
    ("address",),
    as_advanced,
    (right_extent, extent_of_cost),
    raises=(),
    changes=(),
    returns="word",
    basis=BASICS,
)


@clause(
    "the address lies among the pages of the extent",
    needs=(*REQUIRED, *GIVEN, "free_pages", "entries_lie", "geometry", "powers.positive"),
)
def in_extent(state: Any, heap: Word, g: Ghosts, arguments: dict[str, Any]) -> Truth:
    h, x = seen(state, heap, g), arguments["extent"]
    return g.extents[x] & among_pages(h, x, arguments["address"])


@clause(
    "an entry lies there",
    needs=("in_extent", "complete", "geometry", "measures", "entries_lie", "extents_lie", *NUMBERS),
)
def entry_there(t: Transition) -> Truth:
    return t.old.claimed("Page")[t.result]


@clause(
    "it is one of the extent",
    needs=("entry_there", "in_extent", "complete", "geometry", "measures", "extents_lie", *NUMBERS),
)
def entry_of_extent(t: Transition) -> Truth:
    g, e = before(t).ghost, t.result
    return implies(t.old.claimed("Page")[e], every([g.entries[e], g.owner[e] == t.extent, e > NULL]))


@clause(
    "the page of that entry holds the address",
    needs=(
        "entry_there",
        "entry_of_extent",
        "in_extent",
        "geometry",
        "entries_lie",
        "numbered",
        "page_places",
        *NUMBERS,
    ),
)
def right_page(t: Transition) -> Truth:
    h, e = before(t), t.result
    return (h.page[e] <= t.address) & (t.address < h.end(e))


@clause("two loads")
def entry_of_cost(t: Transition) -> Truth:
    return t.cost == 2


ENTRY_OF = Operation(
    "entry_of",
    ("extent", "address"),
    as_advanced,
    (replace(entry_there, lemma=True), replace(entry_of_extent, lemma=True), right_page, entry_of_cost),
    requires=(in_extent,),
    raises=(),
    changes=(),
    returns="word",
    basis=BASICS,
)

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


@clause(
    "the pages are free pages in a row of the extent, and it is known what leads to them",
    needs=(*REQUIRED, "walk_free_pages.in_a_row", "walk_free_pages.preceded", "visit_extents.on_chain"),
)
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


@clause("the result is the entry of a run of exactly those pages", needs=(*APART, *MARKED, "hand_out.at_page"))
def run_made(t: Transition) -> Truth:
    h, new, e = before(t), after(t), t.result
    run = every([new.kind[e] == RUN, h.page[e] == t.first, new.frontier[e] == t.last + h.page_size])
    return every([e != NULL, h.ghost.entries[e], h.ghost.owner[e] == t.extent, h.kind[e] == FREE, run])


@clause(
    "the run was not live, is now, and is the only block that becomes live; no other changes",
    needs=(*APART, *MARKED, "live_blocks", "runs"),
)
def run_is_live(t: Transition) -> Truth:
    h, new = before(t), after(t)
    born = every([negate(h.ghost.live[t.first]), new.ghost.live[t.first], new.ghost.home[t.first] == t.result])
    return born & others_kept(t, t.first)


@clause("the run overlaps no live block", needs=MARKED)
def run_is_apart(t: Transition) -> Truth:
    return disjoint(t, t.first, t.last + before(t).page_size)


@clause(
    "no byte of any live block is touched",
    needs=(*PLACES, "block_is_apart", "run_found.no_block", "cut.bytes_kept", "multiples.divisible"),
)
def bytes_kept(t: Transition) -> Truth:
    return payloads_kept(t)


@clause("one store for each page, and a few loads and stores more", needs=(*MARKING, "numbered"))
def cut_cost(t: Transition) -> Truth:
    g = before(t).ghost
    return t.cost <= CUT_COST + (g.number[g.entry_at[t.last]] - g.number[t.result] + 1)


CUT = Operation(
    "cut",
    ("extent", "before", "first", "last"),
    as_advanced,
    (run_made, run_is_live, run_is_apart, bytes_kept, cut_cost),
    requires=(row_of_pages,),
    raises=(),
    changes=TAKEN,
    returns="word",
    basis=BASICS,
)


@clause(
    "the size is one of whole pages",
    needs=(
        *REQUIRED,
        "geometry",
        "powers.positive",
        "powers.bounded",
        "powers.rest_in_range",
        "multiples.of_itself",
        "multiples.floored",
        "range",
    ),
)
def whole_pages(state: Any, heap: Word, g: Ghosts, arguments: dict[str, Any]) -> Truth:
    h, size = seen(state, heap, g), arguments["size"]
    return every([size > 0, size < 1 << 32, size % h.page_size == 0])


SHORT = ("rows", "pages_aligned", "powers.spaced", "multiples.sum", "whole_pages")


def too_short(h: Heap, d: Word, size: Word) -> Truth:
    """The free pages in a row from page ``d`` on are at least one page less than ``size``."""
    end = h.ghost.until[d] + h.page_size
    return implies(mention((d + size) % h.page_size), end <= d + size)


@clause("NULL only if nowhere free pages in a row hold the size; and then nothing changes", needs=(*SEARCHED, *SHORT))
def pages_or_null(t: Transition) -> Truth:
    h = before(t)
    none = h.ghost.idle.all(lambda d: too_short(h, d, t.size))
    return implies(t.result == NULL, t.new.same_memory(t.old) & none)


@clause("the result is the entry of a run of exactly that size", needs=SEARCHED)
def run_of_size(t: Transition) -> Truth:
    h, new, e = before(t), after(t), t.result
    run = every([new.kind[e] == RUN, new.frontier[e] == h.page[e] + t.size])
    return implies(e != NULL, every([h.ghost.entries[e], h.kind[e] == FREE, run]))


@clause("the run was not live, is now, and is the only block that becomes live; no other changes", needs=SEARCHED)
def pages_are_live(t: Transition) -> Truth:
    h, new, e = before(t), after(t), t.result
    page = h.page[e]
    born = every([negate(h.ghost.live[page]), new.ghost.live[page], new.ghost.home[page] == e])
    return implies(e != NULL, born & others_kept(t, page)) & implies(e == NULL, others_kept(t, NULL))


@clause("the run overlaps no live block", needs=SEARCHED)
def pages_are_apart(t: Transition) -> Truth:
    page = before(t).page[t.result]
    return implies(t.result != NULL, disjoint(t, page, page + t.size))


@clause("nowhere below the run do free pages in a row hold the size", needs=(*SEARCHED, *SHORT))
def lowest_pages(t: Transition) -> Truth:
    h = before(t)
    none = h.ghost.idle.all(lambda d: (d >= h.page[t.result]) | too_short(h, d, t.size))
    return implies(t.result != NULL, none)


@clause(
    "a few loads per extent, one per page, one store per page taken",
    needs=(
        *SEARCHED,
        "numbered",
        "extents_counted",
        "walk_free_pages.page_cost",
        "visit_extents.on_chain",
        "visit_extents.visit_cost",
    ),
)
def take_cost(t: Transition) -> Truth:
    g = before(t).ghost
    return t.cost <= SEARCH_COST + VISIT_COST * g.count + g.total + CUT_COST + g.pages


TAKE_PAGES = Operation(
    "take_pages",
    ("size",),
    as_advanced,
    (pages_or_null, run_of_size, pages_are_live, pages_are_apart, lowest_pages, bytes_kept, take_cost),
    requires=(whole_pages,),
    raises=(),
    changes=TAKEN,
    returns="word",
    basis=BASICS,
)

# ---------------------------------------------------------------- buckets

LISTED = ("Links.next", "Links.prev", "ghost.nodes", "ghost.bucket", "ghost.stamp", "ghost.clock")


@clause(
    "the entry is that of a run of one page, the bucket one of blocks up to half a page",
    needs=(*REQUIRED, *TAKEN_BY, "geometry"),
)
def one_page(state: Any, heap: Word, g: Ghosts, arguments: dict[str, Any]) -> Truth:
    h, e, log = seen(state, heap, g), arguments["entry"], arguments["log"]
    run = every([g.entries[e], h.kind[e] == RUN, h.frontier[e] == h.end(e)])
    return every([run, log >= MIN_LOG2, log < h.shift])


@clause(
    "the page is one of the bucket, its live block the first of the page; no other block changes",
    needs=(*PLACES, "live_blocks", "runs"),
)
def page_of_bucket(t: Transition) -> Truth:
    h, new = before(t), after(t)
    return (new.kind[t.entry] == t.log) & others_kept(t, h.page[t.entry])


CARVE_COST = 10


@clause(f"at most {CARVE_COST} loads and stores")
def carve_cost(t: Transition) -> Truth:
    return t.cost <= CARVE_COST


CARVE = Operation(
    "carve",
    ("entry", "log"),
    as_advanced,
    (page_of_bucket, carve_cost),
    requires=(one_page,),
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
    basis=BASICS,
)


@clause(
    "the entry is that of a page of the bucket that has a block to give",
    needs=(*REQUIRED, *LINKS, "geometry", "bucket_known.root", "bucket_known.there"),
)
def room(state: Any, heap: Word, g: Ghosts, arguments: dict[str, Any]) -> Truth:
    h, e, log = seen(state, heap, g), arguments["entry"], arguments["log"]
    return every([g.entries[e], h.kind[e] == log, h.has_room(e)])


@clause("the result is a block of the page", needs=(*PLACES, *PICKED))
def block_of_page(t: Transition) -> Truth:
    h, b = before(t), t.result
    size = 1 << t.log
    return every([b != NULL, b % size == 0, b % 8 == 0, h.page[t.entry] <= b, b + size <= h.end(t.entry)])


@clause(
    "the block was not live, is now, and is the only one that becomes live; no other changes",
    needs=(*PLACES, *PICKED, "live_blocks", "kinds"),
)
def block_is_live(t: Transition) -> Truth:
    h, new, b = before(t), after(t), t.result
    born = every([negate(h.ghost.live[b]), new.ghost.live[b], new.ghost.home[b] == t.entry])
    return born & others_kept(t, b)


@clause(
    "the block overlaps no live block",
    needs=(*APART, *PICKED, "entries_lie", "live_blocks", "run_pages", "powers.spaced"),
)
def block_is_apart(t: Transition) -> Truth:
    return disjoint(t, t.result, t.result + (1 << t.log))


BLOCK_COST = 17


@clause(f"at most {BLOCK_COST} loads and stores")
def take_block_cost(t: Transition) -> Truth:
    return t.cost <= BLOCK_COST


TAKE_BLOCK = Operation(
    "take_block",
    ("entry", "log"),
    as_advanced,
    (block_of_page, block_is_live, replace(block_is_apart, lemma=True), bytes_kept, take_block_cost),
    requires=(room,),
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
    basis=BASICS,
)


@clause("the entry is that of a run of the extent", needs=(*REQUIRED, *GIVEN))
def run_of_extent(state: Any, heap: Word, g: Ghosts, arguments: dict[str, Any]) -> Truth:
    h, e = seen(state, heap, g), arguments["entry"]
    return every([g.entries[e], g.owner[e] == arguments["extent"], h.kind[e] == RUN])


@clause(
    "the run is live no more, and its first page is free; no other block changes",
    needs=(*APART, *MARKED, "live_blocks", "runs", "run_pages"),
)
def run_is_gone(t: Transition) -> Truth:
    h, new = before(t), after(t)
    page = h.page[t.entry]
    return every([negate(new.ghost.live[page]), new.kind[t.entry] == FREE, others_kept(t, page)])


@clause(
    "two loads or stores for each page of the extent, and a few more", needs=(*MARKING, "numbered", "run_marked.last")
)
def give_run_cost(t: Transition) -> Truth:
    return t.cost <= GIVE_COST + 2 * before(t).ghost.pages


GIVE_RUN = Operation(
    "give_run",
    ("extent", "entry"),
    as_advanced,
    (run_is_gone, give_run_cost),
    requires=(run_of_extent,),
    raises=(),
    changes=(
        "Page.kind",
        "Extent.free",
        "FreeLink.next",
        "claimed.FreeLink",
        "LiveBits.word",
        "ghost.idle",
        "ghost.until",
        "ghost.live",
    ),
    basis=BASICS,
)


@clause("the block is the only live one of a bucket page", needs=(*REQUIRED, "conserved"))
def last_block(state: Any, heap: Word, g: Ghosts, arguments: dict[str, Any]) -> Truth:
    h, e, a = seen(state, heap, g), arguments["entry"], arguments["address"]
    return every([g.entries[e], h.carved(e), h.live[e] == 1, g.live[a], g.home[a] == e])


@clause(
    "the page is a live run of one page; the block is live no more, unless it begins there; no other changes",
    needs=(*PLACES, *PICKED, "live_blocks", "runs"),
)
def page_is_run(t: Transition) -> Truth:
    h, new = before(t), after(t)
    page = h.page[t.entry]
    none_there = h.ghost.live.all(lambda b: (b == t.address) | (b != page))
    gone = (t.address == page) | negate(new.ghost.live[t.address])
    return every([new.kind[t.entry] == RUN, none_there, gone, others_kept(t, t.address, page)])


@clause(
    "no byte of any other live block is touched",
    needs=(*APART, *PICKED, "page_is_run", "live_blocks", "runs", "run_pages"),
)
def other_bytes_kept(t: Transition) -> Truth:
    return payloads_kept(t, t.address)


DISSOLVE_COST = 16


@clause(f"at most {DISSOLVE_COST} loads and stores")
def dissolve_cost(t: Transition) -> Truth:
    return t.cost <= DISSOLVE_COST


DISSOLVE = Operation(
    "dissolve",
    ("entry", "address"),
    as_advanced,
    (replace(page_is_run, lemma=True), other_bytes_kept, dissolve_cost),
    requires=(last_block,),
    raises=(),
    changes=(
        "Page.kind",
        "Page.frontier",
        "FreeLink.next",
        "claimed.FreeLink",
        "LiveBits.word",
        "byte",
        *LISTED,
        "ghost.live",
        "ghost.home",
        "ghost.freed",
    ),
    basis=BASICS,
)


@clause("the block is a live one of a bucket page, but not its only one", needs=(*REQUIRED, "conserved", "range"))
def one_of_many(state: Any, heap: Word, g: Ghosts, arguments: dict[str, Any]) -> Truth:
    h, e, a = seen(state, heap, g), arguments["entry"], arguments["address"]
    return every([g.entries[e], h.carved(e), h.live[e] > 1, g.live[a], g.home[a] == e])


@clause("the block is live no more; no other changes", needs=(*PLACES, *PICKED, "live_blocks"))
def block_is_gone(t: Transition) -> Truth:
    return negate(t.ghost_after.live[t.address]) & others_kept(t, t.address)


@clause("the page has another live block", needs=(*REQUIRED, *PICKED, "slots", "occupants", "live_blocks", "roomy"))
def page_stays(t: Transition) -> Truth:
    h, new = before(t), after(t)
    g = new.ghost
    other = g.occupant[h.page[t.entry]]
    return every([new.carved(t.entry), g.live[other], g.home[other] == t.entry])


GIVE_BLOCK_COST = 18


@clause(f"at most {GIVE_BLOCK_COST} loads and stores")
def give_block_cost(t: Transition) -> Truth:
    return t.cost <= GIVE_BLOCK_COST


GIVE_BLOCK = Operation(
    "give_block",
    ("entry", "address"),
    as_advanced,
    (block_is_gone, page_stays, give_block_cost),
    requires=(one_of_many,),
    raises=(),
    changes=(
        "Page.live",
        "Page.free",
        "FreeLink.next",
        "claimed.FreeLink",
        "LiveBits.word",
        *LISTED,
        "ghost.live",
        "ghost.slot",
        "ghost.occupant",
        "ghost.freed",
        "ghost.place",
        "ghost.stacked",
        "ghost.height",
    ),
    basis=BASICS,
)

PARTS = (EXTENT_OF, ENTRY_OF, CUT, TAKE_PAGES, CARVE, TAKE_BLOCK, GIVE_RUN, DISSOLVE, GIVE_BLOCK)
"""Each calls only such as stand before it."""
