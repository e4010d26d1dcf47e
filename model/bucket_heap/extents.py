"""What always holds of a bucket heap's extents and of the places of their pages, map entries and live bits.

Clauses are functions of (state, heap, ghosts): the memory, the address of the descriptor, the ghosts
(state.py).  alloc and free change nothing that stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

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
    Ghosts,
    seen,
)
from model.language.logic import Clause, Truth, Word, clause, every, implies
from model.language.machine import CANONICAL_END
from model.language.words import NULL, WORD_BYTES


@clause("the descriptor's numbers are in range, and its map and its live bits lie before the pages")
def geometry(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)
    return every(
        [
            state.claimed("BucketHeap")[heap],
            heap + DESCRIPTOR <= CANONICAL_END,
            (h.shift >= MIN_SHIFT) & (h.shift <= MAX_SHIFT),
            (h.size > 0) & (h.size <= MAX_EXTENT),
            g.pages >= 2,
            h.bits >= EXTENT_HEADER + ENTRY * g.pages,
            h.bits <= h.header,
            h.header < h.size,
        ]
    )


@clause("header and pages make up an extent, both whole pages; the live bits have room")
def measures(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)
    return every(
        [
            h.size == h.header + (g.pages << h.shift),
            h.header % h.page_size == 0,
            h.size % h.page_size == 0,
            (h.header % SPAN == 0) & (h.size % SPAN == 0),
            h.bits + h.size // SPAN * WORD_BYTES <= h.header,
        ]
    )


@clause("the extents form a chain by address, counted, and none overlaps the next", covers="BKT-1")
def chain(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def linked(x: Word) -> Truth:
        n = h.next_extent[x]
        last = every([n == NULL, g.rank[x] == g.count - 1, g.passed[x] == g.total - g.pages])
        more = every(
            [g.extents[n], x + h.size <= n, n != NULL, g.rank[n] == g.rank[x] + 1, g.passed[n] == g.passed[x] + g.pages]
        )
        return last | more

    first = (h.first == NULL) | every([g.extents[h.first], g.rank[h.first] == 0, g.passed[h.first] == 0])
    return first & h.next_extent.at(g.extents, linked)


@clause("every extent is apart from NULL and from the descriptor")
def extents_lie(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)
    return g.extents.all(
        lambda x: every(
            [
                x > NULL,
                x + h.size <= CANONICAL_END,
                (heap + DESCRIPTOR <= x) | (x + h.size <= heap),
                state.claimed("Extent")[x],
                (h.first != NULL) & (h.first <= x),
            ]
        )
    )


@clause("every extent is mapped memory")
def extents_mapped(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)
    return g.extents.all(lambda x: state.mapped.covers(x, x + h.size))


@clause("every extent begins and ends with a whole page")
def extents_aligned(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)
    return g.extents.all(lambda x: (x % h.page_size == 0) & ((x + h.size) % h.page_size == 0))


@clause("the extents are counted, and the pages in those below each")
def extents_counted(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def counted(x: Word) -> Truth:
        extents = (g.rank[x] >= 0) & (g.rank[x] < g.count)
        return extents & (g.passed[x] >= 0) & (g.passed[x] + g.pages <= g.total)

    none = (h.first != NULL) | ((g.count == 0) & (g.total == 0))
    return every([g.extents.all(counted), g.count >= 0, g.total >= 0, none])


@clause("no two extents overlap", covers="BKT-6")
def extents_apart(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)
    return g.extents.pairs(lambda x, y: x + h.size <= y)


@clause("the chain skips no extent")
def chain_skips_none(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)
    return h.next_extent.at(
        g.extents,
        lambda x: g.extents.all(lambda y: implies(x < y, (h.next_extent[x] != NULL) & (h.next_extent[x] <= y))),
    )


@clause("every page lies in its extent, behind the header, and its entry in the map")
def entries_lie(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def lies(e: Word) -> Truth:
        x = g.owner[e]
        return every(
            [
                g.extents[x],
                h.first_entry(x) <= e,
                e + ENTRY <= h.last_entry(x),
                (h.page[e] > NULL) & (x + h.header <= h.page[e]),
                h.end(e) <= x + h.size,
                g.entry_at[h.page[e]] == e,
                state.claimed("Page")[e],
                state.claimed("Links")[e + PAGE_ENTRY],
            ]
        )

    return g.entries.all(lies)


@clause("every page begins and ends at a multiple of the page size")
def pages_aligned(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)
    return g.entries.all(
        lambda e: every(
            [h.page[e] > NULL, h.page[e] % h.page_size == 0, h.end(e) % h.page_size == 0, h.page[e] % SPAN == 0]
        )
    )


@clause("the live bits of a page lie where its place in the extent says")
def bits_lie(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def lie(e: Word) -> Truth:
        x = g.owner[e]
        offset = h.page[e] - x - h.header
        return (offset % SPAN == 0) & (h.bits_of[e] == x + h.bits + offset // SPAN * WORD_BYTES)

    return g.entries.all(lie)


@clause("the pages of an extent are numbered in the order of their entries in the map")
def numbered(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def number(e: Word) -> Truth:
        n = g.number[e]
        return every([e == h.first_entry(g.owner[e]) + ENTRY * n, n >= 0, n < g.pages])

    return g.entries.all(number)


@clause("a page begins where its number says")
def page_places(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)
    return g.entries.all(lambda e: h.page[e] == g.owner[e] + h.header + (g.number[e] << h.shift))


@clause("the map of an extent has an entry for every page")
def complete(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)
    claimed = state.claimed("Page")
    return g.extents.all(
        lambda x: claimed.each(
            h.first_entry(x), h.last_entry(x), lambda e: g.entries[e] & (g.owner[e] == x), step=ENTRY
        )
    )


@clause("pages lie in the order of their entries, none overlapping another")
def entries_apart(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)
    return g.entries.pairs(lambda e, f: (e + ENTRY <= f) & (h.end(e) <= h.page[f]))


@clause("behind the entry of a page comes that of the page behind it, or the end of the map")
def adjacent(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def behind(e: Word) -> Truth:
        f, x = g.after[e], g.owner[e]
        last = (g.number[e] == g.pages - 1) & (h.end(e) == x + h.size)
        more = every([g.entries[f], g.owner[f] == x, h.page[f] == h.end(e), g.number[f] == g.number[e] + 1])
        return (f == e + ENTRY) & (last | more)

    return g.after.at(g.entries, behind)


@clause("every word of live bits is there")
def bit_words(state: Any, heap: Word, g: Ghosts) -> Truth:
    h, claimed = seen(state, heap, g), state.claimed("LiveBits")
    return g.entries.all(
        lambda e: claimed.each(
            h.bits_of[e], h.bits_of[e] + h.page_size // SPAN * WORD_BYTES, lambda w: claimed[w], step=WORD_BYTES
        )
    )


@clause("the live bits of a page lie in the header of its extent")
def bits_room(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)
    return g.entries.all(
        lambda e: (
            (g.owner[e] <= h.bits_of[e]) & (h.bits_of[e] + h.page_size // SPAN * WORD_BYTES <= g.owner[e] + h.header)
        )
    )


@clause("no two pages share a word of live bits")
def bits_apart(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)
    return g.entries.pairs(lambda e, f: h.bits_of[e] + h.page_size // SPAN * WORD_BYTES <= h.bits_of[f])


@clause(
    "in an extent, headers of other types than links of free pages and blocks lie before the pages, live bits in their"
    " place, and no descriptor at all"
)
def clear(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def apart(x: Word, size: int) -> Callable[[Word], Truth]:
        return lambda d: (d + size <= x) | (d >= x + h.size)

    def between(x: Word, low: Word, high: Word, size: int) -> Callable[[Word], Truth]:
        return lambda d: apart(x, size)(d) | ((x + low <= d) & (d + size <= x + high))

    sizes = {"Extent": EXTENT_HEADER, "Page": PAGE_ENTRY, "Links": LINKS}
    bits, end = h.bits, h.bits + h.size // SPAN * WORD_BYTES
    return every(
        [
            g.extents.all(lambda x: state.claimed("BucketHeap").all(apart(x, SENTINELS))),
            *(
                g.extents.all(lambda x, s=s, n=n: state.claimed(s).all(between(x, 0, h.header, n)))
                for s, n in sizes.items()
            ),
            g.extents.all(lambda x: state.claimed("LiveBits").all(between(x, bits, end, WORD_BYTES))),
        ]
    )


CLAUSES: Sequence[Clause] = (
    geometry,
    measures,
    chain,
    extents_lie,
    extents_mapped,
    extents_aligned,
    extents_counted,
    extents_apart,
    chain_skips_none,
    entries_lie,
    pages_aligned,
    bits_lie,
    numbered,
    page_places,
    complete,
    entries_apart,
    adjacent,
    bit_words,
    bits_room,
    bits_apart,
    clear,
)
