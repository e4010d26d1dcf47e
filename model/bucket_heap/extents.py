"""What always holds of a bucket heap's extents and of the places of their pages, map entries and live bits.

Clauses are functions of the heap (state.py).  alloc and free change nothing that stands here.
"""

from __future__ import annotations

from collections.abc import Callable

from model.bucket_heap.state import (
    DESCRIPTOR,
    ENTRY,
    EXTENT_HEADER,
    LINKS,
    MAX_EXTENT,
    MAX_SHIFT,
    MIN_SHIFT,
    PAGE_ENTRY,
    SENTINELS,
    SPAN,
    Heap,
)
from model.language.logic import Truth, Word, clause, clauses_of, each, every, implies
from model.language.machine import CANONICAL_END
from model.language.words import NULL, WORD_BYTES


@clause("the descriptor's numbers are in range, and its map and its live bits lie before the pages")
def geometry(h: Heap) -> Truth:
    return every(
        [
            h.memory.claimed("BucketHeap")[h.at],
            h.at + DESCRIPTOR <= CANONICAL_END,
            (h.shift >= MIN_SHIFT) & (h.shift <= MAX_SHIFT),
            (h.size > 0) & (h.size <= MAX_EXTENT),
            h.ghost.pages >= 2,
            h.bits >= EXTENT_HEADER + ENTRY * h.ghost.pages,
            h.bits <= h.header,
            h.header < h.size,
        ]
    )


@clause("header and pages make up an extent, both whole pages; the live bits have room")
def measures(h: Heap) -> Truth:
    return every(
        [
            h.size == h.header + (h.ghost.pages << h.shift),
            h.header % h.page_size == 0,
            h.size % h.page_size == 0,
            (h.header % SPAN == 0) & (h.size % SPAN == 0),
            h.bits + h.size // SPAN * WORD_BYTES <= h.header,
        ]
    )


@clause("the extents form a chain by address, counted, and none overlaps the next", covers="BKT-1")
def chain(h: Heap) -> Truth:
    g = h.ghost

    def linked(x: Word) -> Truth:
        n = h.next_extent[x]
        last = every([n == NULL, g.rank[x] == g.count - 1, g.passed[x] == g.total - g.pages])
        more = every(
            [g.extents[n], x + h.size <= n, n != NULL, g.rank[n] == g.rank[x] + 1, g.passed[n] == g.passed[x] + g.pages]
        )
        return last | more

    first = (h.first == NULL) | every([g.extents[h.first], g.rank[h.first] == 0, g.passed[h.first] == 0])
    return first & h.next_extent.at(g.extents, linked)


@each("ghost.extents", "every extent is apart from NULL and from the descriptor")
def extents_lie(h: Heap, x: Word) -> Truth:
    apart = (h.at + DESCRIPTOR <= x) | (x + h.size <= h.at)
    known = h.memory.claimed("Extent")[x]
    return every([x > NULL, x + h.size <= CANONICAL_END, apart, known, (h.first != NULL) & (h.first <= x)])


@each("ghost.extents", "every extent is mapped memory")
def extents_mapped(h: Heap, x: Word) -> Truth:
    return h.memory.mapped.covers(x, x + h.size)


@each("ghost.extents", "every extent begins and ends with a whole page")
def extents_aligned(h: Heap, x: Word) -> Truth:
    return (x % h.page_size == 0) & ((x + h.size) % h.page_size == 0)


@clause("the extents are counted, and the pages in those below each")
def extents_counted(h: Heap) -> Truth:
    g = h.ghost

    def counted(x: Word) -> Truth:
        extents = (g.rank[x] >= 0) & (g.rank[x] < g.count)
        return extents & (g.passed[x] >= 0) & (g.passed[x] + g.pages <= g.total)

    none = (h.first != NULL) | ((g.count == 0) & (g.total == 0))
    return every([g.extents.all(counted), g.count >= 0, g.total >= 0, none])


@clause("no two extents overlap", covers="BKT-6")
def extents_apart(h: Heap) -> Truth:
    return h.ghost.extents.pairs(lambda x, y: x + h.size <= y)


@each("ghost.extents", "the chain skips no extent", by="next_extent", other="ghost.extents")
def chain_skips_none(h: Heap, x: Word, y: Word) -> Truth:
    return implies(x < y, (h.next_extent[x] != NULL) & (h.next_extent[x] <= y))


@each("ghost.entries", "every page lies in its extent, behind the header, and its entry in the map")
def entries_lie(h: Heap, e: Word) -> Truth:
    x = h.ghost.owner[e]
    return every(
        [
            h.ghost.extents[x],
            h.first_entry(x) <= e,
            e + ENTRY <= h.last_entry(x),
            (h.page[e] > NULL) & (x + h.header <= h.page[e]),
            h.end(e) <= x + h.size,
            h.ghost.entry_at[h.page[e]] == e,
            h.memory.claimed("Page")[e],
            h.memory.claimed("Links")[e + PAGE_ENTRY],
        ]
    )


@each("ghost.entries", "every page begins and ends at a multiple of the page size")
def pages_aligned(h: Heap, e: Word) -> Truth:
    aligned = [h.page[e] % h.page_size == 0, h.end(e) % h.page_size == 0]
    return every([h.page[e] > NULL, *aligned, h.page[e] % SPAN == 0])


@each("ghost.entries", "the live bits of a page lie where its place in the extent says")
def bits_lie(h: Heap, e: Word) -> Truth:
    x = h.ghost.owner[e]
    offset = h.page[e] - x - h.header
    return (offset % SPAN == 0) & (h.bits_of[e] == x + h.bits + offset // SPAN * WORD_BYTES)


@each("ghost.entries", "the pages of an extent are numbered in the order of their entries in the map")
def numbered(h: Heap, e: Word) -> Truth:
    n = h.ghost.number[e]
    return every([e == h.first_entry(h.ghost.owner[e]) + ENTRY * n, n >= 0, n < h.ghost.pages])


@each("ghost.entries", "a page begins where its number says")
def page_places(h: Heap, e: Word) -> Truth:
    return h.page[e] == h.ghost.owner[e] + h.header + (h.ghost.number[e] << h.shift)


@each("ghost.extents", "the map of an extent has an entry for every page")
def complete(h: Heap, x: Word) -> Truth:
    g, claimed = h.ghost, h.memory.claimed("Page")
    return claimed.each(h.first_entry(x), h.last_entry(x), lambda e: g.entries[e] & (g.owner[e] == x), step=ENTRY)


@clause("pages lie in the order of their entries, none overlapping another")
def entries_apart(h: Heap) -> Truth:
    return h.ghost.entries.pairs(lambda e, f: (e + ENTRY <= f) & (h.end(e) <= h.page[f]))


@each(
    "ghost.entries",
    "behind the entry of a page comes that of the page behind it, or the end of the map",
    by="ghost.after",
)
def adjacent(h: Heap, e: Word) -> Truth:
    g = h.ghost
    f, x = g.after[e], g.owner[e]
    last = (g.number[e] == g.pages - 1) & (h.end(e) == x + h.size)
    more = every([g.entries[f], g.owner[f] == x, h.page[f] == h.end(e), g.number[f] == g.number[e] + 1])
    return (f == e + ENTRY) & (last | more)


@each("ghost.entries", "every word of live bits is there")
def bit_words(h: Heap, e: Word) -> Truth:
    claimed, first = h.memory.claimed("LiveBits"), h.bits_of[e]
    return claimed.each(first, first + h.page_size // SPAN * WORD_BYTES, lambda w: claimed[w], step=WORD_BYTES)


@each("ghost.entries", "the live bits of a page lie in the header of its extent")
def bits_room(h: Heap, e: Word) -> Truth:
    x, last = h.ghost.owner[e], h.bits_of[e] + h.page_size // SPAN * WORD_BYTES
    return (x <= h.bits_of[e]) & (last <= x + h.header)


@clause("no two pages share a word of live bits")
def bits_apart(h: Heap) -> Truth:
    return h.ghost.entries.pairs(lambda e, f: h.bits_of[e] + h.page_size // SPAN * WORD_BYTES <= h.bits_of[f])


@clause(
    "in an extent, headers of other types than links of free pages and blocks lie before the pages, live bits in their"
    " place, and no descriptor at all"
)
def clear(h: Heap) -> Truth:
    def apart(x: Word, size: int) -> Callable[[Word], Truth]:
        return lambda d: (d + size <= x) | (d >= x + h.size)

    def between(x: Word, low: Word, high: Word, size: int) -> Callable[[Word], Truth]:
        return lambda d: apart(x, size)(d) | ((x + low <= d) & (d + size <= x + high))

    claimed, extents = h.memory.claimed, h.ghost.extents
    sizes = {"Extent": EXTENT_HEADER, "Page": PAGE_ENTRY, "Links": LINKS}
    bits, end = h.bits, h.bits + h.size // SPAN * WORD_BYTES
    return every(
        [
            extents.all(lambda x: claimed("BucketHeap").all(apart(x, SENTINELS))),
            *(extents.all(lambda x, s=s, n=n: claimed(s).all(between(x, 0, h.header, n))) for s, n in sizes.items()),
            extents.all(lambda x: claimed("LiveBits").all(between(x, bits, end, WORD_BYTES))),
        ]
    )


EXTENTS = clauses_of(__name__)
