"""What holds while the pages of a new extent are laid, and when they are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model.bucket_heap.extents import entries_apart
from model.bucket_heap.state import ENTRY, FREE, LINKS, PAGE_ENTRY, SPAN, UNIT, Heap
from model.language.logic import Loop, Named, Truth, Word, every, implies, mention, negate, when
from model.language.words import NULL, WORD_BYTES
from proofs.bucket_heap.costs import ADD_COST, PAGE_COST
from proofs.bucket_heap.loops import heap_now, heap_then, outside


def _number(h: Heap, extent: Word, entry: Word) -> Word:
    """The number of the page of ``entry`` in ``extent``."""
    return (entry - h.first_entry(extent)) // ENTRY


def _page(h: Heap, extent: Word, entry: Word) -> Word:
    """Where the page of ``entry`` in ``extent`` begins."""
    return extent + h.header + (_number(h, extent, entry) << h.shift)


def _bits(h: Heap, extent: Word, page: Word) -> Word:
    """Where the live bits of a page of ``extent`` begin."""
    return extent + h.bits + (page - (extent + h.header)) // SPAN * WORD_BYTES


Laying = tuple[Heap, Heap, Any, Any, Word]
"""An extent while add lays its pages: the heap now, its fields on entry, the memory now and on entry, the extent."""


def _laying(heap: Any, extent: Word) -> Laying:
    operation = heap.memory.operation
    return heap_now(heap), heap_then(heap), operation.now(), operation.entry, extent


def _heap(c: Laying) -> Heap:
    """The heap now."""
    return c[0]


def _before(c: Laying) -> Heap:
    """The fields on entry."""
    return c[1]


def _extent(c: Laying) -> Word:
    """Where the extent begins."""
    return c[4]


def _first(c: Laying) -> Word:
    """Where the entries of the extent begin."""
    return _heap(c).first_entry(_extent(c))


def _low(c: Laying) -> Word:
    """Where its pages begin."""
    return _extent(c) + _heap(c).header


def _high(c: Laying) -> Word:
    """Where it ends."""
    return _extent(c) + _heap(c).size


def _there(c: Laying, struct: str) -> Any:
    """The headers of that type that are there now."""
    return c[2].claimed(struct)


def _were(c: Laying, struct: str) -> Any:
    """The headers of that type that were there on entry."""
    return c[3].claimed(struct)


# ---------------------------------------------------------------- the loop


def lay_pages(heap: Any, extent: Word, entry: Word, page: Word) -> Loop:
    """add's loop: the pages before ``page`` have entries, those before ``entry``, and each links to the one behind."""
    c = _laying(heap, extent)
    h, number = _heap(c), _number(_heap(c), extent, entry)
    standing = every([entry == _first(c) + ENTRY * number, number >= 0, number <= h.ghost.pages, page <= _high(c)])
    in_hand = standing & (page == _page(h, extent, entry)) & (page % h.page_size == 0)
    cost = c[2].cost <= ADD_COST - 2 + h.size // SPAN + PAGE_COST * number
    return Loop(
        [
            ("standing", "entry and page in hand have the same number", in_hand),
            *_laid_so_far(c, entry),
            *_nothing_else(c, entry, page),
            *_kept_so_far(c),
            outside(heap, extent, _high(c)),
            ("lay_cost", "each page costs some stores", cost),
        ],
        _high(c) - page,
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


def _laid_so_far(c: Laying, entry: Word) -> list[Named]:
    """What the pages passed are."""
    h, size = _heap(c), _heap(c).page_size
    pages, links, free = _there(c, "Page"), _there(c, "Links"), _there(c, "FreeLink")

    def has_header(e: Word) -> Truth:
        return implies(mention(h.page[e]), pages[e] & links[e + PAGE_ENTRY])

    def described(e: Word) -> Truth:
        d = _page(h, _extent(c), e)
        whole = (d % size == 0) & ((d + size) % size == 0)
        right = every([h.kind[e] == FREE, h.page[e] == d, h.bits_of[e] == _bits(h, _extent(c), d), whole])
        return implies(mention(h.page[e]), right)

    def linked(e: Word) -> Truth:
        d = _page(h, _extent(c), e)
        return implies(mention(h.page[e]), free[d] & (h.link[d] == d + size))

    def passed(body: Callable[[Word], Truth]) -> Truth:
        return h.page.each(_first(c), entry, body, step=ENTRY)

    return [
        ("headers", "each page passed has an entry and links", passed(has_header)),
        ("described", "which say that it is free, and where", passed(described)),
        ("linked", "each free page that was laid links to the one behind it", passed(linked)),
    ]


def _nothing_else(c: Laying, entry: Word, page: Word) -> list[Named]:
    """What is there was there, or was laid."""

    def of_map(d: Word, offset: int) -> Truth:
        return every([_first(c) + offset <= d, d < entry, (d - _first(c) - offset) % ENTRY == 0])

    def of_page(d: Word) -> Truth:
        return every([_low(c) <= d, d < page, d == _low(c) + ((d - _low(c) >> _heap(c).shift) << _heap(c).shift)])

    only_pages = _there(c, "Page").all(lambda d: _were(c, "Page")[d] | of_map(d, 0))
    only_links = _there(c, "Links").all(lambda d: _were(c, "Links")[d] | of_map(d, PAGE_ENTRY))
    only_free = _there(c, "FreeLink").all(lambda d: _were(c, "FreeLink")[d] | of_page(d))
    return [
        ("only_pages", "no other entry is there", only_pages),
        ("only_links", "no other place is there", only_links),
        ("only_free", "no other page or block has a link", only_free),
    ]


def _kept_so_far(c: Laying) -> list[Named]:
    """What was there is there, and says what it said."""
    h, then, links, free = _heap(c), _before(c), _there(c, "Links"), _there(c, "FreeLink")
    links_kept = _were(c, "Links").all(lambda d: _place_kept(c, links, d))
    free_kept = _were(c, "FreeLink").all(lambda d: free[d] & (h.link[d] == then.link[d]))
    return [
        ("pages_kept", "no other entry went or changed", _were(c, "Page").all(lambda e: _entry_kept(c, e))),
        ("links_kept", "no other place went or changed", links_kept),
        ("free_kept", "no other link went or changed", free_kept),
    ]


def _entry_kept(c: Laying, e: Word) -> Truth:
    return every([_there(c, "Page")[e], *(mine[e] == old[e] for mine, old in _fields(c))])


def _fields(c: Laying) -> list[tuple[Any, Any]]:
    """The fields of an entry now, each with what it was."""
    h, then = _heap(c), _before(c)
    told = [(h.kind, then.kind), (h.live, then.live), (h.page, then.page), (h.bits_of, then.bits_of)]
    return [*told, (h.free, then.free), (h.frontier, then.frontier)]


def _place_kept(c: Laying, links: Any, d: Word) -> Truth:
    return every([links[d], _heap(c).next[d] == _before(c).next[d], _heap(c).prev[d] == _before(c).prev[d]])


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


# ---------------------------------------------------------------- when they are laid


def extent_laid(heap: Any, extent: Word) -> list[Named]:
    """add: what is new in the heap, and that all else is as it was."""
    c, old = _laying(heap, extent), heap.memory.operation.ghost_on_entry
    apart = entries_apart.formula(_heap(c))
    return [
        *_new_pages(c, old),
        *_new_order(c),
        ("kept", "the other pages are as they were", old.entries.all(lambda e: _as_it_was(c, old, e))),
        ("apart", "no two pages overlap", apart),
        *_others_kept(c, old),
        *_live_bits(c, old),
        *_clear(c, heap_now(heap).ghost),
    ]


def _clear(c: Laying, g: Any) -> list[Named]:
    """Headers in an extent lie before its pages."""
    h, first, end = _heap(c), _heap(c).bits, _heap(c).bits + _heap(c).size // SPAN * WORD_BYTES

    def between(x: Word, low: Word, high: Word, size: int) -> Callable[[Word], Truth]:
        return lambda d: (d + size <= x) | (d >= x + h.size) | ((x + low <= d) & (d + size <= x + high))

    def lie(struct: str, low: Word, high: Word, size: int) -> Truth:
        return g.extents.all(lambda x: _there(c, struct).all(between(x, low, high, size)))

    return [
        ("clear_pages", "in an extent entries lie before the pages", lie("Page", 0, h.header, PAGE_ENTRY)),
        ("clear_links", "in an extent places in lists lie before the pages", lie("Links", 0, h.header, LINKS)),
        ("clear_bits", "in an extent live bits lie in their place", lie("LiveBits", first, end, WORD_BYTES)),
    ]


def _is_new(c: Laying, e: Word) -> Truth:
    """The entry is one of the extent."""
    return (_first(c) <= e) & (e < _heap(c).last_entry(_extent(c)))


def _among_new(c: Laying, d: Word) -> Truth:
    """The place is in the pages of the extent."""
    return (_low(c) <= d) & (d < _high(c))


def _new_pages(c: Laying, old: Any) -> list[Named]:
    """What each new page is."""
    h, g = _heap(c), _heap(c).ghost

    def placed(e: Word) -> Truth:
        n = g.number[e]
        right = every([e == _first(c) + ENTRY * n, (n >= 0) & (n < g.pages), g.owner[e] == _extent(c)])
        return right & (h.page[e] == _low(c) + (n << h.shift))

    def inside(e: Word) -> Truth:
        behind_it = (g.number[e] < g.pages - 1) | (h.end(e) == _high(c))
        return every([_low(c) <= h.page[e], h.end(e) <= _high(c), behind_it])

    def named(e: Word) -> Truth:
        return g.entry_at[h.page[e]] == e

    def linked(e: Word) -> Truth:
        d = h.page[e]
        link = h.link[d] == when(g.number[e] == g.pages - 1, NULL, h.end(e))
        there = _there(c, "Page")[e] & _there(c, "Links")[e + PAGE_ENTRY] & _there(c, "FreeLink")[d]
        return every([h.kind[e] == FREE, there, link])

    def of_new(*laws: Callable[[Word], Truth]) -> Truth:
        return g.entries.all(lambda e: implies(_is_new(c, e), every([law(e) for law in laws])))

    members = g.entries.all(lambda e: old.entries[e] | (_is_new(c, e) & ((e - _first(c)) % ENTRY == 0)))
    fresh = "new pages are free, in order, and found by their addresses"
    return [
        ("members", "a page is new, or was there", members),
        ("placed", "new pages lie in the order of their entries", of_new(placed)),
        ("inside", "new pages lie in the extent, behind its header", of_new(inside)),
        ("named", "each new page is found by its address", of_new(named)),
        ("linked", "each new page is free, and links to the one behind it", of_new(linked)),
        ("fresh", fresh, of_new(placed, inside, named, linked)),
    ]


def _new_order(c: Laying) -> list[Named]:
    """How the new pages follow one another."""
    h, g = _heap(c), _heap(c).ghost
    free, were_free = _there(c, "FreeLink"), _were(c, "FreeLink")

    def measured(e: Word) -> Truth:
        d = h.page[e]
        whole = every([d % h.page_size == 0, h.end(e) % h.page_size == 0, d % SPAN == 0, (d - _low(c)) % SPAN == 0])
        return implies(_is_new(c, e), whole & (h.bits_of[e] == _bits(h, _extent(c), d)))

    def aligned(e: Word) -> Truth:
        d = h.page[e]
        return implies(_is_new(c, e), (d % h.page_size == 0) & (h.end(e) % h.page_size == 0))

    def has_bits(e: Word) -> Truth:
        return implies(_is_new(c, e), h.bits_of[e] == _bits(h, _extent(c), h.page[e]))

    def among(e: Word) -> Truth:
        first, end = _extent(c) + h.bits, _extent(c) + h.bits + h.size // SPAN * WORD_BYTES
        mine, whole = h.bits_of[e], (h.bits_of[e] - first) % WORD_BYTES == 0
        inside = (first <= mine) & (mine + h.page_size // SPAN * WORD_BYTES <= end)
        return implies(_is_new(c, e), inside & whole)

    def idle(d: Word) -> Truth:
        e = g.entry_at[d]
        page = every([g.entries[e], _is_new(c, e), h.page[e] == d, g.until[d] == _high(c), free[d]])
        return implies(_among_new(c, d), page)

    def behind(e: Word) -> Truth:
        f = g.after[e]
        more = every([g.entries[f], g.owner[f] == _extent(c), h.page[f] == h.end(e), g.number[f] == g.number[e] + 1])
        return implies(_is_new(c, e), (f == e + ENTRY) & ((g.number[e] == g.pages - 1) | more))

    def of_new_page(d: Word) -> Truth:
        return every([g.idle[d], _among_new(c, d), d % UNIT == 0])

    ahead = g.entries[_first(c)] & (g.entry_at[_low(c)] == _first(c)) & (h.page[_first(c)] == _low(c)) & g.idle[_low(c)]
    owned = free.all(lambda d: implies(mention(h.page[g.entry_at[d]]), were_free[d] | of_new_page(d)))
    known = g.entries.all(lambda e: implies(_is_new(c, e), g.idle[h.page[e]]))
    return [
        ("whole", "the pages of the extent begin at a multiple of the smallest page", _low(c) % SPAN == 0),
        ("aligned", "new pages begin and end at multiples of their size", g.entries.all(aligned)),
        ("has_bits", "each new page has its live bits", g.entries.all(has_bits)),
        ("measured", "new pages and their live bits lie where they must", g.entries.all(measured)),
        ("among", "the live bits of new pages are among those of the extent", g.entries.all(among)),
        ("idle", "a free page in the extent is a new page", g.idle.all(idle)),
        ("known", "every new page is a free page", known),
        ("ahead", "the first new page is the lowest one", implies(mention(when(g.entries[_first(c)], 1, 0)), ahead)),
        ("behind", "behind each new page lies the next", g.after.at(g.entries, behind)),
        ("owned", "new links are those of new pages", owned),
    ]


def _as_it_was(c: Laying, old: Any, e: Word) -> Truth:
    """The page of an entry that was there is as it was."""
    h, g = _heap(c), _heap(c).ghost
    d = h.page[e]
    maps = ((g.owner, old.owner), (g.number, old.number))
    return every(
        [
            g.entries[e],
            g.owner[e] != _extent(c),
            (e + ENTRY <= _extent(c)) | (e >= _high(c)),
            (h.end(e) <= _extent(c)) | (d >= _high(c)),
            _there(c, "Page")[e] & _there(c, "Links")[e + PAGE_ENTRY],
            g.entry_at[d] == e,
            *(mine[e] == was[e] for mine, was in (*_fields(c), *maps)),
        ]
    )


def _others_kept(c: Laying, old: Any) -> list[Named]:
    """What is neither a new page nor an old entry is as it was."""
    h, then, g, free, links = _heap(c), _before(c), _heap(c).ghost, _there(c, "FreeLink"), _there(c, "Links")

    def page_kept(d: Word) -> Truth:
        lies = (d < _extent(c)) | (d >= _high(c))
        return every([g.idle[d], free[d], lies, h.link[d] == then.link[d], g.until[d] == old.until[d]])

    def link_kept(d: Word) -> Truth:
        return every([free[d], (d < _extent(c)) | (d >= _high(c)), h.link[d] == then.link[d]])

    idle_before = g.idle.all(lambda d: _among_new(c, d) | old.idle[d])
    no_block = old.live.all(lambda b: (b < _extent(c)) | (b >= _high(c)))
    places = old.nodes.all(lambda d: _place_kept(c, links, d))
    return [
        ("idle_before", "another free page was one", idle_before),
        ("idle_kept", "the other free pages are as they were", old.idle.all(page_kept)),
        ("freed_kept", "the blocks given back are as they were", old.freed.all(link_kept)),
        ("no_block", "no live block lies in the extent", no_block),
        ("places", "the buckets' lists are as they were", places),
    ]


def _live_bits(c: Laying, old: Any) -> list[Named]:
    """No live bit is set for a new page, the others are as they were; every extent is complete."""
    h, then, g, were_pages = _heap(c), _before(c), _heap(c).ghost, _were(c, "Page")

    def word_kept(w: Word) -> Truth:
        return _there(c, "LiveBits")[w] & (h.word[w] == then.word[w])

    def has_words(e: Word) -> Truth:
        there, first = _there(c, "LiveBits"), h.bits_of[e]
        words = there.each(first, first + h.page_size // SPAN * WORD_BYTES, lambda w: there[w], step=WORD_BYTES)
        return implies(_is_new(c, e), words)

    def no_bits(e: Word) -> Truth:
        clear = g.live.each(h.page[e], h.end(e), lambda a: negate(h.bit_set(e, a)), step=UNIT)
        return implies(_is_new(c, e), clear)

    def bits_kept(e: Word) -> Truth:
        return g.live.each(h.page[e], h.end(e), lambda a: h.bit_set(e, a) == then.bit_set(e, a), step=UNIT)

    def completes(x: Word) -> Truth:
        def listed(e: Word) -> Truth:
            return implies(mention(when(were_pages[e], 1, 0)), g.entries[e] & (g.owner[e] == x))

        return g.owner.each(h.first_entry(x), h.last_entry(x), listed, step=ENTRY)

    return [
        ("words", "the other live bits are as they were", h.word.at(_were(c, "LiveBits"), word_kept)),
        ("new_words", "each word of live bits of a new page is there", g.entries.all(has_words)),
        ("no_bits", "no live bit of a new page is set", g.entries.all(no_bits)),
        ("bits_kept", "the live bits of the other pages are as they were", old.entries.all(bits_kept)),
        ("complete", "every extent has all its pages", g.extents.all(completes)),
    ]
