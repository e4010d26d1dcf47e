"""What holds of a new extent when its pages are laid, and of all others."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model.bucket_heap.extents import entries_apart
from model.bucket_heap.state import ENTRY, FREE, LINKS, PAGE_ENTRY, SPAN, UNIT
from model.language.logic import Named, Truth, Word, every, implies, mention, negate, when
from model.language.words import NULL, WORD_BYTES
from proofs.bucket_heap.laying import (
    Laying,
    bits_at,
    claimed_before,
    claimed_now,
    end_of,
    entries_of,
    extent_of,
    fields_before,
    fields_of,
    heap_of,
    laying_of,
    pages_of,
    place_kept,
)
from proofs.bucket_heap.loops import heap_now


def extent_laid(heap: Any, extent: Word) -> list[Named]:
    """add: what is new in the heap, and that all else is as it was."""
    c, old = laying_of(heap, extent), heap.memory.operation.ghost_on_entry
    apart = entries_apart.formula(heap_of(c))
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
    h, first, end = heap_of(c), heap_of(c).bits, heap_of(c).bits + heap_of(c).size // SPAN * WORD_BYTES

    def between(x: Word, low: Word, high: Word, size: int) -> Callable[[Word], Truth]:
        return lambda d: (d + size <= x) | (d >= x + h.size) | ((x + low <= d) & (d + size <= x + high))

    def lie(struct: str, low: Word, high: Word, size: int) -> Truth:
        return g.extents.all(lambda x: claimed_now(c, struct).all(between(x, low, high, size)))

    return [
        ("clear_pages", "in an extent entries lie before the pages", lie("Page", 0, h.header, PAGE_ENTRY)),
        ("clear_links", "in an extent places in lists lie before the pages", lie("Links", 0, h.header, LINKS)),
        ("clear_bits", "in an extent live bits lie in their place", lie("LiveBits", first, end, WORD_BYTES)),
    ]


def _is_new(c: Laying, e: Word) -> Truth:
    """The entry is one of the extent."""
    return (entries_of(c) <= e) & (e < heap_of(c).last_entry(extent_of(c)))


def _among_new(c: Laying, d: Word) -> Truth:
    """The place is in the pages of the extent."""
    return (pages_of(c) <= d) & (d < end_of(c))


def _new_pages(c: Laying, old: Any) -> list[Named]:
    """What each new page is."""
    h, g = heap_of(c), heap_of(c).ghost

    def placed(e: Word) -> Truth:
        n = g.number[e]
        right = every([e == entries_of(c) + ENTRY * n, (n >= 0) & (n < g.pages), g.owner[e] == extent_of(c)])
        return right & (h.page[e] == pages_of(c) + (n << h.shift))

    def inside(e: Word) -> Truth:
        behind_it = (g.number[e] < g.pages - 1) | (h.end(e) == end_of(c))
        return every([pages_of(c) <= h.page[e], h.end(e) <= end_of(c), behind_it])

    def named(e: Word) -> Truth:
        return g.entry_at[h.page[e]] == e

    def linked(e: Word) -> Truth:
        d = h.page[e]
        link = h.link[d] == when(g.number[e] == g.pages - 1, NULL, h.end(e))
        there = claimed_now(c, "Page")[e] & claimed_now(c, "Links")[e + PAGE_ENTRY] & claimed_now(c, "FreeLink")[d]
        return every([h.kind[e] == FREE, there, link])

    def of_new(*laws: Callable[[Word], Truth]) -> Truth:
        return g.entries.all(lambda e: implies(_is_new(c, e), every([law(e) for law in laws])))

    members = g.entries.all(lambda e: old.entries[e] | (_is_new(c, e) & ((e - entries_of(c)) % ENTRY == 0)))
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
    h, g = heap_of(c), heap_of(c).ghost
    free, were_free = claimed_now(c, "FreeLink"), claimed_before(c, "FreeLink")

    def measured(e: Word) -> Truth:
        d = h.page[e]
        whole = every([d % h.page_size == 0, h.end(e) % h.page_size == 0, d % SPAN == 0, (d - pages_of(c)) % SPAN == 0])
        return implies(_is_new(c, e), whole & (h.bits_of[e] == bits_at(h, extent_of(c), d)))

    def aligned(e: Word) -> Truth:
        d = h.page[e]
        return implies(_is_new(c, e), (d % h.page_size == 0) & (h.end(e) % h.page_size == 0))

    def has_bits(e: Word) -> Truth:
        return implies(_is_new(c, e), h.bits_of[e] == bits_at(h, extent_of(c), h.page[e]))

    def among(e: Word) -> Truth:
        first, end = extent_of(c) + h.bits, extent_of(c) + h.bits + h.size // SPAN * WORD_BYTES
        mine, whole = h.bits_of[e], (h.bits_of[e] - first) % WORD_BYTES == 0
        inside = (first <= mine) & (mine + h.page_size // SPAN * WORD_BYTES <= end)
        return implies(_is_new(c, e), inside & whole)

    def idle(d: Word) -> Truth:
        e = g.entry_at[d]
        page = every([g.entries[e], _is_new(c, e), h.page[e] == d, g.until[d] == end_of(c), free[d]])
        return implies(_among_new(c, d), page)

    def behind(e: Word) -> Truth:
        f = g.after[e]
        more = every([g.entries[f], g.owner[f] == extent_of(c), h.page[f] == h.end(e), g.number[f] == g.number[e] + 1])
        return implies(_is_new(c, e), (f == e + ENTRY) & ((g.number[e] == g.pages - 1) | more))

    def of_new_page(d: Word) -> Truth:
        return every([g.idle[d], _among_new(c, d), d % UNIT == 0])

    ahead = (
        g.entries[entries_of(c)]
        & (g.entry_at[pages_of(c)] == entries_of(c))
        & (h.page[entries_of(c)] == pages_of(c))
        & g.idle[pages_of(c)]
    )
    owned = free.all(lambda d: implies(mention(h.page[g.entry_at[d]]), were_free[d] | of_new_page(d)))
    known = g.entries.all(lambda e: implies(_is_new(c, e), g.idle[h.page[e]]))
    return [
        ("whole", "the pages of the extent begin at a multiple of the smallest page", pages_of(c) % SPAN == 0),
        ("aligned", "new pages begin and end at multiples of their size", g.entries.all(aligned)),
        ("has_bits", "each new page has its live bits", g.entries.all(has_bits)),
        ("measured", "new pages and their live bits lie where they must", g.entries.all(measured)),
        ("among", "the live bits of new pages are among those of the extent", g.entries.all(among)),
        ("idle", "a free page in the extent is a new page", g.idle.all(idle)),
        ("known", "every new page is a free page", known),
        (
            "ahead",
            "the first new page is the lowest one",
            implies(mention(when(g.entries[entries_of(c)], 1, 0)), ahead),
        ),
        ("behind", "behind each new page lies the next", g.after.at(g.entries, behind)),
        ("owned", "new links are those of new pages", owned),
    ]


def _as_it_was(c: Laying, old: Any, e: Word) -> Truth:
    """The page of an entry that was there is as it was."""
    h, g = heap_of(c), heap_of(c).ghost
    d = h.page[e]
    maps = ((g.owner, old.owner), (g.number, old.number))
    return every(
        [
            g.entries[e],
            g.owner[e] != extent_of(c),
            (e + ENTRY <= extent_of(c)) | (e >= end_of(c)),
            (h.end(e) <= extent_of(c)) | (d >= end_of(c)),
            claimed_now(c, "Page")[e] & claimed_now(c, "Links")[e + PAGE_ENTRY],
            g.entry_at[d] == e,
            *(mine[e] == was[e] for mine, was in (*fields_of(c), *maps)),
        ]
    )


def _others_kept(c: Laying, old: Any) -> list[Named]:
    """What is neither a new page nor an old entry is as it was."""
    h, then, g, free, links = (
        heap_of(c),
        fields_before(c),
        heap_of(c).ghost,
        claimed_now(c, "FreeLink"),
        claimed_now(c, "Links"),
    )

    def page_kept(d: Word) -> Truth:
        lies = (d < extent_of(c)) | (d >= end_of(c))
        return every([g.idle[d], free[d], lies, h.link[d] == then.link[d], g.until[d] == old.until[d]])

    def link_kept(d: Word) -> Truth:
        return every([free[d], (d < extent_of(c)) | (d >= end_of(c)), h.link[d] == then.link[d]])

    idle_before = g.idle.all(lambda d: _among_new(c, d) | old.idle[d])
    no_block = old.live.all(lambda b: (b < extent_of(c)) | (b >= end_of(c)))
    places = old.nodes.all(lambda d: place_kept(c, links, d))
    return [
        ("idle_before", "another free page was one", idle_before),
        ("idle_kept", "the other free pages are as they were", old.idle.all(page_kept)),
        ("freed_kept", "the blocks given back are as they were", old.freed.all(link_kept)),
        ("no_block", "no live block lies in the extent", no_block),
        ("places", "the buckets' lists are as they were", places),
    ]


def _live_bits(c: Laying, old: Any) -> list[Named]:
    """No live bit is set for a new page, the others are as they were; every extent is complete."""
    h, then, g, were_pages = heap_of(c), fields_before(c), heap_of(c).ghost, claimed_before(c, "Page")

    def word_kept(w: Word) -> Truth:
        return claimed_now(c, "LiveBits")[w] & (h.word[w] == then.word[w])

    def has_words(e: Word) -> Truth:
        there, first = claimed_now(c, "LiveBits"), h.bits_of[e]
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
        ("words", "the other live bits are as they were", h.word.at(claimed_before(c, "LiveBits"), word_kept)),
        ("new_words", "each word of live bits of a new page is there", g.entries.all(has_words)),
        ("no_bits", "no live bit of a new page is set", g.entries.all(no_bits)),
        ("bits_kept", "the live bits of the other pages are as they were", old.entries.all(bits_kept)),
        ("complete", "every extent has all its pages", g.extents.all(completes)),
    ]
