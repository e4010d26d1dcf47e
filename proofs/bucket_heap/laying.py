"""What holds while the pages of a new extent are laid, and when they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model.bucket_heap.costs import ADD_COST, PAGE_COST
from model.bucket_heap.extents import entries_apart
from model.bucket_heap.state import ENTRY, FREE, PAGE_ENTRY, SPAN, UNIT, WORD_BYTES, Heap
from model.language.logic import Loop, Named, Truth, Word, every, implies, mention, negate, when
from model.language.words import NULL
from proofs.bucket_heap.loops import heap_now, heap_then


def _number(h: Heap, extent: Word, entry: Word) -> Word:
    """The number of the page of ``entry`` in ``extent``."""
    return (entry - h.first_entry(extent)) // ENTRY


def _page(h: Heap, extent: Word, entry: Word) -> Word:
    """Where the page of ``entry`` in ``extent`` begins."""
    return extent + h.header + (_number(h, extent, entry) << h.shift)


def _bits(h: Heap, extent: Word, page: Word) -> Word:
    """Where the live bits of a page of ``extent`` begin."""
    return extent + h.bits + (page - (extent + h.header)) // SPAN * WORD_BYTES


def lay_pages(heap: Any, extent: Word, entry: Word, page: Word) -> Loop:
    """add's loop: the pages before ``page`` have entries, those before ``entry``, and each links to the one behind."""
    h, then = heap_now(heap), heap_then(heap)
    operation = heap.memory.operation
    state, entered = operation.now(), operation.entry
    first, low, high = h.first_entry(extent), extent + h.header, extent + h.size
    pages, links, free = (state.claimed(struct) for struct in ("Page", "Links", "FreeLink"))
    size = h.page_size

    def has_header(e: Word) -> Truth:
        return implies(mention(h.page[e]), pages[e] & links[e + PAGE_ENTRY])

    def described(e: Word) -> Truth:
        d = _page(h, extent, e)
        whole = (d % size == 0) & ((d + size) % size == 0)
        right = every([h.kind[e] == FREE, h.page[e] == d, h.bits_of[e] == _bits(h, extent, d), whole])
        return implies(mention(h.page[e]), right)

    def linked(e: Word) -> Truth:
        d = _page(h, extent, e)
        return implies(mention(h.page[e]), free[d] & (h.link[d] == d + size))

    def of_map(d: Word, offset: int) -> Truth:
        return every([first + offset <= d, d < entry, (d - first - offset) % ENTRY == 0])

    def of_page(d: Word) -> Truth:
        return every([low <= d, d < page, d == low + ((d - low >> h.shift) << h.shift)])

    def page_kept(e: Word) -> Truth:
        fields = ((h.kind, then.kind), (h.live, then.live), (h.page, then.page), (h.bits_of, then.bits_of))
        more = ((h.free, then.free), (h.frontier, then.frontier))
        return every([pages[e], *(mine[e] == old[e] for mine, old in (*fields, *more))])

    def passed(body: Callable[[Word], Truth]) -> Truth:
        return h.page.each(first, entry, body, step=ENTRY)

    number = _number(h, extent, entry)
    standing = every([entry == first + ENTRY * number, number >= 0, number <= h.ghost.pages, page <= high])
    return Loop(
        [
            (
                "standing",
                "entry and page in hand have the same number",
                standing & (page == _page(h, extent, entry)) & (page % size == 0),
            ),
            ("headers", "each page passed has an entry and links", passed(has_header)),
            ("described", "which say that it is free, and where", passed(described)),
            ("linked", "each free page that was laid links to the one behind it", passed(linked)),
            ("only_pages", "no other entry is there", pages.all(lambda d: entered.claimed("Page")[d] | of_map(d, 0))),
            (
                "only_links",
                "no other place is there",
                links.all(lambda d: entered.claimed("Links")[d] | of_map(d, PAGE_ENTRY)),
            ),
            (
                "only_free",
                "no other page or block has a link",
                free.all(lambda d: entered.claimed("FreeLink")[d] | of_page(d)),
            ),
            ("pages_kept", "no other entry went or changed", entered.claimed("Page").all(page_kept)),
            (
                "links_kept",
                "no other place went or changed",
                entered.claimed("Links").all(
                    lambda d: every([links[d], h.next[d] == then.next[d], h.prev[d] == then.prev[d]])
                ),
            ),
            (
                "free_kept",
                "no other link went or changed",
                entered.claimed("FreeLink").all(lambda d: free[d] & (h.link[d] == then.link[d])),
            ),
            (
                "lay_cost",
                "each page costs some stores",
                state.cost <= ADD_COST - 2 + h.size // SPAN + PAGE_COST * number,
            ),
        ],
        high - page,
        changes=(
            "claimed.Page",
            "claimed.Links",
            "claimed.FreeLink",
            *(f"Page.{field}" for field in ("kind", "live", "page", "bits", "free", "frontier")),
            "Links.next",
            "Links.prev",
            "FreeLink.next",
        ),
    )


def pages_laid(heap: Any, extent: Word, entry: Word, page: Word) -> list[Named]:
    """add: all pages are laid."""
    h = heap_now(heap)
    high = extent + h.size
    state = heap.memory.operation.now()
    words = state.claimed("LiveBits")
    low, end = extent + h.bits, extent + h.bits + h.size // SPAN * WORD_BYTES
    clear = h.word.each(low, end, lambda w: words[w] & (h.word[w] == 0), step=WORD_BYTES)
    pages, free = state.claimed("Page"), state.claimed("FreeLink")
    last = entry - ENTRY
    place = page - h.page_size
    linked = every([pages[last], place == _page(h, extent, last), free[place], extent + h.header <= place])
    return [
        ("done", "the map is full", (entry == h.last_entry(extent)) & (page == high)),
        ("last", "the last page has a link", implies(mention(h.page[last]), linked)),
        ("clear", "no live bit is set", clear),
    ]


def extent_laid(heap: Any, extent: Word) -> list[Named]:
    """add: what is new in the heap, and that all else is as it was."""
    h, then = heap_now(heap), heap_then(heap)
    operation = heap.memory.operation
    g, old, state, entered = h.ghost, operation.ghost_on_entry, operation.now(), operation.entry
    first, last = h.first_entry(extent), h.last_entry(extent)
    low, high = extent + h.header, extent + h.size
    pages, links, free = (state.claimed(struct) for struct in ("Page", "Links", "FreeLink"))
    were_pages, were_free = entered.claimed("Page"), entered.claimed("FreeLink")

    def is_new(e: Word) -> Truth:
        return (first <= e) & (e < last)

    def among_new(d: Word) -> Truth:
        return (low <= d) & (d < high)

    def placed(e: Word) -> Truth:
        n = g.number[e]
        right = every([e == first + ENTRY * n, (n >= 0) & (n < g.pages), g.owner[e] == extent])
        return right & (h.page[e] == low + (n << h.shift))

    def inside(e: Word) -> Truth:
        behind_it = (g.number[e] < g.pages - 1) | (h.end(e) == high)
        return every([low <= h.page[e], h.end(e) <= high, behind_it])

    def named(e: Word) -> Truth:
        return g.entry_at[h.page[e]] == e

    def linked(e: Word) -> Truth:
        d = h.page[e]
        link = h.link[d] == when(g.number[e] == g.pages - 1, NULL, h.end(e))
        return every([h.kind[e] == FREE, pages[e] & links[e + PAGE_ENTRY] & free[d], link])

    def of_new(*laws: Callable[[Word], Truth]) -> Truth:
        return g.entries.all(lambda e: implies(is_new(e), every([law(e) for law in laws])))

    def measured(e: Word) -> Truth:
        d = h.page[e]
        whole = every([d % h.page_size == 0, h.end(e) % h.page_size == 0, d % SPAN == 0, (d - low) % SPAN == 0])
        return implies(is_new(e), whole & (h.bits_of[e] == _bits(h, extent, d)))

    def as_it_was(e: Word) -> Truth:
        d = h.page[e]
        fields = ((h.kind, then.kind), (h.live, then.live), (h.page, then.page), (h.bits_of, then.bits_of))
        more = ((h.free, then.free), (h.frontier, then.frontier))
        maps = ((g.owner, old.owner), (g.number, old.number))
        return every(
            [
                g.entries[e],
                g.owner[e] != extent,
                (e + ENTRY <= extent) | (e >= high),
                (h.end(e) <= extent) | (d >= high),
                pages[e] & links[e + PAGE_ENTRY],
                g.entry_at[d] == e,
                *(mine[e] == was[e] for mine, was in (*fields, *more, *maps)),
            ]
        )

    def behind(e: Word) -> Truth:
        f = g.after[e]
        more = every([g.entries[f], g.owner[f] == extent, h.page[f] == h.end(e), g.number[f] == g.number[e] + 1])
        return implies(is_new(e), (f == e + ENTRY) & ((g.number[e] == g.pages - 1) | more))

    def completes(x: Word) -> Truth:
        def listed(e: Word) -> Truth:
            return implies(mention(when(were_pages[e], 1, 0)), g.entries[e] & (g.owner[e] == x))

        return g.owner.each(h.first_entry(x), h.last_entry(x), listed, step=ENTRY)

    def place_kept(d: Word) -> Truth:
        return every([links[d], h.next[d] == then.next[d], h.prev[d] == then.prev[d]])

    def page_kept(d: Word) -> Truth:
        lies = (d < extent) | (d >= high)
        return every([g.idle[d], free[d], lies, h.link[d] == then.link[d], g.until[d] == old.until[d]])

    def link_kept(d: Word) -> Truth:
        return every([free[d], (d < extent) | (d >= high), h.link[d] == then.link[d]])

    def idle(d: Word) -> Truth:
        e = g.entry_at[d]
        page = every([g.entries[e], is_new(e), h.page[e] == d, g.until[d] == high, free[d]])
        return implies(among_new(d), page)

    def word_kept(w: Word) -> Truth:
        return state.claimed("LiveBits")[w] & (h.word[w] == then.word[w])

    def of_new_page(d: Word) -> Truth:
        return every([g.idle[d], among_new(d), d % UNIT == 0])

    def no_bits(e: Word) -> Truth:
        clear = g.live.each(h.page[e], h.end(e), lambda a: negate(h.bit_set(e, a)), step=UNIT)
        return implies(is_new(e), clear)

    def bits_kept(e: Word) -> Truth:
        return g.live.each(h.page[e], h.end(e), lambda a: h.bit_set(e, a) == then.bit_set(e, a), step=UNIT)

    members = g.entries.all(lambda e: old.entries[e] | (is_new(e) & ((e - first) % ENTRY == 0)))
    ahead = g.entries[first] & (g.entry_at[low] == first) & (h.page[first] == low) & g.idle[low]
    owned = free.all(lambda d: implies(mention(h.page[g.entry_at[d]]), were_free[d] | of_new_page(d)))
    known = g.entries.all(lambda e: implies(is_new(e), g.idle[h.page[e]]))
    claims = [
        ("members", "a page is new, or was there", members),
        ("placed", "new pages lie in the order of their entries", of_new(placed)),
        ("inside", "new pages lie in the extent, behind its header", of_new(inside)),
        ("named", "each new page is found by its address", of_new(named)),
        ("linked", "each new page is free, and links to the one behind it", of_new(linked)),
        ("fresh", "new pages are free, in order, and found by their addresses", of_new(placed, inside, named, linked)),
        ("measured", "new pages and their live bits lie where they must", g.entries.all(measured)),
        ("idle", "a free page in the extent is a new page", g.idle.all(idle)),
        ("known", "every new page is a free page", known),
        ("ahead", "the first new page is the lowest one", implies(mention(when(g.entries[first], 1, 0)), ahead)),
        ("behind", "behind each new page lies the next", g.after.at(g.entries, behind)),
        ("owned", "new links are those of new pages", owned),
        ("kept", "the other pages are as they were", old.entries.all(as_it_was)),
        ("apart", "no two pages overlap", entries_apart.formula(state, heap.address, g)),
        ("idle_before", "another free page was one", g.idle.all(lambda d: among_new(d) | old.idle[d])),
        ("idle_kept", "the other free pages are as they were", old.idle.all(page_kept)),
        ("freed_kept", "the blocks given back are as they were", old.freed.all(link_kept)),
        ("no_block", "no live block lies in the extent", old.live.all(lambda b: (b < extent) | (b >= high))),
        ("places", "the buckets' lists are as they were", old.nodes.all(place_kept)),
        ("words", "the other live bits are as they were", h.word.at(entered.claimed("LiveBits"), word_kept)),
        ("no_bits", "no live bit of a new page is set", g.entries.all(no_bits)),
        ("bits_kept", "the live bits of the other pages are as they were", old.entries.all(bits_kept)),
        ("complete", "every extent has all its pages", g.extents.all(completes)),
    ]
    return claims
