"""What holds at the head of each loop of the bucket heap."""

from __future__ import annotations

from typing import Any

from model.bucket_heap.shared import holds, kept_outside
from model.bucket_heap.state import CONTINUED, ENTRY, FREE, MAX_SHIFT, Heap, seen
from model.language.logic import Loop, Named, Truth, Word, every, implies, mention, negate, when
from model.language.words import NULL
from proofs.bucket_heap.costs import CUT_COST, GIVE_COST, OF_EXTENT_COST, SEARCH_COST, VISIT_COST


def heap_now(heap: Any) -> Heap:
    """The heap at this moment."""
    operation = heap.memory.operation
    return seen(operation.now(), heap.address, operation.ghost)


def heap_then(heap: Any) -> Heap:
    """The fields as they were on entry."""
    operation = heap.memory.operation
    return seen(operation.entry, heap.address, operation.ghost)


def outside(heap: Any, low: Word = NULL, high: Word = NULL) -> Named:
    """Nothing was touched so far but memory of the heap, or [low, high)."""
    operation = heap.memory.operation
    kept = kept_outside(operation.now(), operation.entry, heap_then(heap), low, high)
    return ("outside", "nothing was touched but the heap's own memory", kept)


def _cost(heap: Any) -> Word:
    return heap.memory.operation.now().cost


def search_log2(log: Word, size: Word, least: int) -> Loop:
    """The search for an exponent: all powers passed are too small."""
    return Loop(
        [
            ("in_range", "the exponent is among those tried", (log >= least) & (log <= MAX_SHIFT + 1)),
            ("too_small", "the power before is too small", (log == least) | ((1 << (log - 1)) < size)),
        ],
        MAX_SHIFT + 1 - log,
        costless=True,
    )


# ---------------------------------------------------------------- extents


def walk_extents(heap: Any, current: Word, address: Word) -> Loop:
    """extent_of: no extent passed holds the address among its pages."""
    h = heap_now(heap)
    g = h.ghost
    over = current == NULL
    return Loop(
        [
            ("on_chain", "the walk stands at an extent or at the end", over | g.extents[current]),
            (
                "none_passed",
                "no extent passed holds the address",
                g.extents.all(lambda x: (negate(over) & (x >= current)) | negate(among_pages(h, x, address))),
            ),
            (
                "walk_cost",
                "the walk pays one load per extent",
                _cost(heap) <= OF_EXTENT_COST + when(over, g.count, g.rank[current]),
            ),
        ],
        when(over, 0, g.count - g.rank[current]),
    )


def among_pages(h: Heap, x: Word, address: Word) -> Truth:
    """``address`` lies among the pages of extent ``x``."""
    return (x + h.header <= address) & (address < x + h.size)


def none_below(h: Heap, over: Truth, page: Word, size: Word) -> Truth:
    """No free pages in a row that begin before ``page``, or anywhere if ``over``, hold ``size`` bytes."""
    return h.ghost.idle.all(lambda d: implies(over | (d < page), negate(holds(h, d, size))))


def visit_extents(heap: Any, extent: Word, size: Word) -> Loop:
    """take_pages: no extent passed has free pages in a row that are enough."""
    h = heap_now(heap)
    g = h.ghost
    over = extent == NULL
    paid = when(over, VISIT_COST * g.count + g.total, VISIT_COST * g.rank[extent] + g.passed[extent])
    cost = _cost(heap) <= SEARCH_COST + paid
    return Loop(
        [
            ("on_chain", "the search stands at an extent or at the end", over | g.extents[extent]),
            ("none_passed", "nowhere in the extents passed do free pages suffice", none_below(h, over, extent, size)),
            ("visit_cost", "the search pays some loads per extent and one per page", cost),
        ],
        when(over, 0, g.count - g.rank[extent]),
    )


def is_free_page(h: Heap, extent: Word, page: Word) -> Truth:
    """A free page of ``extent`` begins at ``page``."""
    g = h.ghost
    return (page != NULL) & g.idle[page] & (g.owner[g.entry_at[page]] == extent)


def leads_to(h: Heap, extent: Word, before: Word, page: Word) -> Truth:
    """The free page ``before``, or the extent if that is NULL, links to ``page``."""
    return when(before == NULL, h.free_page[extent] == page, is_free_page(h, extent, before) & (h.link[before] == page))


def walk_free_pages(heap: Any, extent: Word, size: Word, before: Word, first: Word, last: Word) -> Loop:
    """The walk over the free pages of an extent: those from ``first`` to ``last`` lie in a row."""
    h = heap_now(heap)
    g = h.ghost
    over = last == NULL
    row = every([is_free_page(h, extent, first), is_free_page(h, extent, last), first <= last, last < g.until[first]])
    short = every([(first + size) % h.page_size == 0, last + h.page_size <= first + size])
    number = when(over, g.pages, g.number[g.entry_at[last]])
    paid = VISIT_COST * g.rank[extent] + g.passed[extent] + 1 + number
    before_these = none_below(h, False, when(over, extent + h.size, first), size)
    return Loop(
        [
            ("in_a_row", "the row in hand is of free pages of this extent", over | row),
            ("short", "the row of free pages is not longer than is wanted", over | short),
            ("preceded", "the free page before the row in hand is known", over | leads_to(h, extent, before, first)),
            ("none_before", "no free pages in a row that begin before those in hand suffice", before_these),
            ("page_cost", "the walk pays one load per free page", _cost(heap) <= SEARCH_COST + paid),
        ],
        when(over, 0, h.last_entry(extent) - g.entry_at[last]),
    )


def row_ends(heap: Any, first: Word, last: Word, size: Word) -> list[Named]:
    """The row in hand ends with the page ``last``, too early."""
    h = heap_now(heap)
    g = h.ghost
    end = last + h.page_size
    ends = g.until.at(g.idle, lambda d: (d < first) | (d > last) | (g.until[d] <= end))
    return [
        ("ends", "no free pages in a row go beyond it", implies(mention(g.after[g.entry_at[last]], h.link[last]), ends))
    ]


# ---------------------------------------------------------------- pages become a run


def _marking(heap: Any, first: Word, end: Word, entry: Word, page: Word) -> list[Any]:
    """A marking that began at the page of entry ``first`` stands at ``page``, that of ``entry``, or at ``end``."""
    h = heap_now(heap)
    g = h.ghost
    low, passed = h.page[first], entry - ENTRY
    last = every([g.entries[passed], g.owner[passed] == g.owner[first], g.after[passed] == entry])
    behind = last & (h.page[passed] == page - h.page_size)
    stands = every(
        [g.entries[entry], h.page[entry] == page, g.owner[entry] == g.owner[first], page + h.page_size <= end]
    )
    within = every([low <= page, page <= end, page % h.page_size == 0])
    return [
        ("within", "the marking stands among the pages, or behind them", within),
        (
            "at_page",
            "the loop stands at a page and its entry",
            implies(mention(g.after[passed]), (page == end) | stands),
        ),
        (
            "behind_page",
            "the page that it passed last lies before it",
            implies(mention(g.after[passed]), ((page == low) & (entry == first)) | behind),
        ),
    ]


def _passed(h: Heap, first: Word, entry: Word, page: Word) -> Word:
    """How many pages a marking has passed."""
    g = h.ghost
    return when(page == h.page[first], 0, g.number[entry - ENTRY] - g.number[first] + 1)


def kinds_changed(heap: Any, first: Word, page: Word, kind: int) -> Truth:
    """The pages from that of ``first`` up to ``page`` are of this kind, and all others of the kind they were."""
    h, then = heap_now(heap), heap_then(heap)
    low = h.page[first]
    return h.kind.at(
        h.ghost.entries, lambda e: h.kind[e] == when((low <= h.page[e]) & (h.page[e] < page), kind, then.kind[e])
    )


def hand_out(heap: Any, first: Word, end: Word, entry: Word, page: Word) -> Loop:
    """cut's marking: the pages from that of ``first`` up to ``page`` are no longer free."""
    h = heap_now(heap)
    return Loop(
        [
            *_marking(heap, first, end, entry, page),
            ("marked", "the pages passed are marked, no other", kinds_changed(heap, first, page, CONTINUED)),
            outside(heap),
            (
                "mark_cost",
                "the marking pays one store per page",
                _cost(heap) <= CUT_COST - 6 + _passed(h, first, entry, page),
            ),
        ],
        end - page,
        changes=("Page.kind",),
    )


# ---------------------------------------------------------------- a run becomes pages


def pass_free_pages(heap: Any, extent: Word, page: Word, before: Word, following: Word, current: Word) -> Loop:
    """give_run's walks: the free pages passed lie below the page, and ``following`` is the next.

    No page from that of ``current`` up to the page is free, but that the walk down the map may have found ``before``.
    """
    h = heap_now(heap)
    g = h.ghost
    reached = h.page[current]
    found = (before != NULL) & (before == reached)
    passed = when(before == NULL, 0, g.number[g.entry_at[before]] + 1) + g.number[g.entry_at[page]] - g.number[current]

    def between(f: Word) -> Truth:
        mine = (g.owner[g.entry_at[f]] == extent) & (f < page)
        return implies(mine, (f < reached) | ((f == reached) & (f == before)))

    return Loop(
        [
            (
                "below",
                "the free page passed last lies below",
                (before == NULL) | (is_free_page(h, extent, before) & (before < page)),
            ),
            (
                "next",
                "the free page in hand is the next one",
                leads_to(h, extent, before, following) & ((following == NULL) | is_free_page(h, extent, following)),
            ),
            (
                "at_page",
                "the walk down the map stands at a page of the extent",
                every([g.entries[current], g.owner[current] == extent, reached <= page]),
            ),
            ("none_between", "the walk down the map passed no free page", g.idle.all(between)),
            (
                "pass_cost",
                "the walks pay two loads per page, and one for the page that is found",
                _cost(heap) <= 3 + passed + when(found, 1, 0),
            ),
        ],
        when(following == NULL, 0, h.last_entry(extent) - g.entry_at[following]),
    )


def give_back(heap: Any, first: Word, end: Word, entry: Word, page: Word) -> Loop:
    """give_run's marking: the pages from that of ``first`` up to ``page`` are free, each linked to the one behind."""
    h, then = heap_now(heap), heap_then(heap)
    g, operation = h.ghost, heap.memory.operation
    claimed, claimed_then = operation.now().claimed("FreeLink"), operation.entry.claimed("FreeLink")
    low = h.page[first]

    def linked(e: Word) -> Truth:
        d = h.page[e]
        return implies((low <= d) & (d < page), claimed[d] & (h.link[d] == d + h.page_size))

    return Loop(
        [
            *_marking(heap, first, end, entry, page),
            ("given", "the pages passed are free, no other", kinds_changed(heap, first, page, FREE)),
            ("linked", "the pages passed link to the page behind", h.page.at(g.entries, linked)),
            (
                "no_more_links",
                "no other link came",
                claimed.all(lambda d: claimed_then[d] | every([low <= d, d < page, h.is_page(d)])),
            ),
            (
                "links_kept",
                "no link elsewhere went or changed",
                claimed_then.all(lambda d: claimed[d] & (h.link[d] == then.link[d])),
            ),
            outside(heap),
            (
                "give_cost",
                "the marking pays two stores per page",
                _cost(heap) <= GIVE_COST - 2 + g.number[first] + 2 * _passed(h, first, entry, page),
            ),
        ],
        end - page,
        changes=("Page.kind", "FreeLink.next", "claimed.FreeLink"),
    )
