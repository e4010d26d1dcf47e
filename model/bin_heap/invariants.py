"""What holds of a bin heap between any two steps of an operation: clauses over (state, heap, blocks).

A block that an operation has in hand counts as allocated, so none of these waits for the end of a call.

Triggers: what is said of links fires on links, what is said of a list on the list of an entry, what is
said of blocks on being one.  No clause about entries makes a new link but those that lead back.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

from model.bin_heap.state import (
    ADDRESS_ENTRY,
    ALIGNMENT,
    BITMAP,
    DESCRIPTOR,
    ENTRY,
    FREE_ENTRY,
    HEADER,
    LISTS,
    MAGIC,
    THRESHOLD,
    WORDS,
    Blocks,
    bin_for,
    bit_of,
    by_address,
    end_of,
    is_head,
    live,
    mapped_alone,
    mapped_list,
    size_of,
    tables_end,
    zeroed,
)
from model.language.logic import Truth, Word, clause, every, implies, negate, when
from model.language.machine import CANONICAL_END
from model.language.words import NULL, PAGE_SIZE, WORD_BITS, WORD_BYTES, WORD_LIMIT

# ---------------------------------------------------------------- tables


@clause("the descriptor is there, with its bitmap")
def descriptor(state: Any, heap: Word, g: Blocks) -> Truth:
    words, first = state.claimed("BitmapWord"), heap + BITMAP
    bitmap = words.each(first, first + WORD_BYTES * WORDS, lambda w: words[w], step=WORD_BYTES)
    return every([state.claimed("BinHeap")[heap], heap > 0, tables_end(heap) <= WORD_LIMIT, bitmap])


@clause("the descriptor lies in mapped pages, with its tables")
def on_pages(state: Any, heap: Word, g: Blocks) -> Truth:
    return state.mapped.covers(heap, tables_end(heap))


@clause("the 258 heads are entries, each in its own list", covers="BIN-1")
def heads(state: Any, heap: Word, g: Blocks) -> Truth:
    first, last, lists = heap + LISTS, heap + DESCRIPTOR, state.fields("ListEntry").list
    claimed = state.claimed("ListEntry")
    there = g.entries.each(first, last, lambda e: g.entries[e], step=ENTRY)
    placed = claimed.each(first, last, lambda e: claimed[e], step=ENTRY)
    own = lists.each(first, last, lambda e: lists[e] == e, step=ENTRY)
    nobody = g.owner.each(first, last, lambda e: g.owner[e] == NULL, step=ENTRY)
    return every([there, placed, own, nobody])


@clause("every entry is a head, in its own list at -1, or one of the two of a block")
def kinds(state: Any, heap: Word, g: Blocks) -> Truth:
    lists = state.fields("ListEntry").list

    def kind(e: Word) -> Truth:
        b = g.owner[e]
        head = every([is_head(heap, e), lists[e] == e, g.position[e] == -1, b == NULL])
        in_bin = (e == b + FREE_ENTRY) & ((lists[e] == NULL) | (lists[e] == bin_for(heap, size_of(state, b))))
        holder = (lists[e] == NULL) | (lists[e] == by_address(heap)) | (lists[e] == mapped_list(heap))
        kept = (e == b + ADDRESS_ENTRY) & holder
        return head | (g.headers[b] & (in_bin | kept))

    return lists.at(g.entries, kind)


@clause("every entry and every header is there")
def claims(state: Any, heap: Word, g: Blocks) -> Truth:
    entries, headers = state.claimed("ListEntry"), state.claimed("BlockHeader")
    return g.entries.all(lambda e: entries[e]) & g.headers.all(lambda b: headers[b])


# ---------------------------------------------------------------- blocks


@clause("every block has two entries", covers="BIN-3")
def parts(state: Any, heap: Word, g: Blocks) -> Truth:
    return g.headers.all(
        lambda b: every(
            [
                g.entries[b + FREE_ENTRY],
                g.entries[b + ADDRESS_ENTRY],
                g.owner[b + FREE_ENTRY] == b,
                g.owner[b + ADDRESS_ENTRY] == b,
            ]
        )
    )


@clause(
    "every block lies at a multiple of 64, holds a positive multiple of 64 bytes, and has its magic",
    covers="BIN-1 BIN-15",
)
def shape(state: Any, heap: Word, g: Blocks) -> Truth:
    header = state.fields("BlockHeader")
    return g.headers.all(
        lambda b: every(
            [
                b >= ALIGNMENT,
                b % ALIGNMENT == 0,
                header.size[b] >= ALIGNMENT,
                header.size[b] % ALIGNMENT == 0,
                end_of(state, b) <= CANONICAL_END,
                header.magic[b] == MAGIC,
            ]
        )
    )


@clause("flags are ALLOCATED, MAPPED, ZEROED, and only an allocated block is mapped for itself", covers="BIN-2")
def flags(state: Any, heap: Word, g: Blocks) -> Truth:
    value = state.fields("BlockHeader").flags
    return g.headers.all(
        lambda b: every([value[b] >= 0, value[b] < 8, implies(mapped_alone(state, b), live(state, b))])
    )


@clause(
    "a block is free exactly if it is in the bin of its size; those mapped for themselves are in the list of such, all"
    " others are kept by address",
    covers="BIN-4 BIN-6",
)
def listed(state: Any, heap: Word, g: Blocks) -> Truth:
    lists = state.fields("ListEntry").list
    return g.headers.all(
        lambda b: every(
            [
                lists[b + FREE_ENTRY] == when(live(state, b), NULL, bin_for(heap, size_of(state, b))),
                lists[b + ADDRESS_ENTRY] == when(mapped_alone(state, b), mapped_list(heap), by_address(heap)),
                live(state, b) | (size_of(state, b) <= THRESHOLD),
            ]
        )
    )


@clause("a block that is mapped for itself is whole pages", covers="BIN-5")
def whole_pages(state: Any, heap: Word, g: Blocks) -> Truth:
    return g.headers.all(
        lambda b: implies(
            mapped_alone(state, b), (b % PAGE_SIZE == 0) & ((HEADER + size_of(state, b)) % PAGE_SIZE == 0)
        )
    )


@clause("no two blocks overlap")
def disjoint(state: Any, heap: Word, g: Blocks) -> Truth:
    return g.headers.pairs(lambda a, b: end_of(state, a) <= b)


@clause("the list by address follows addresses", covers="BIN-6")
def ordered(state: Any, heap: Word, g: Blocks) -> Truth:
    def in_order(a: Word, b: Word) -> Truth:
        both = negate(mapped_alone(state, a)) & negate(mapped_alone(state, b))
        return implies(both, g.position[a + ADDRESS_ENTRY] < g.position[b + ADDRESS_ENTRY])

    return g.headers.pairs(in_order)


@clause("two free blocks that touch would together pass the threshold", covers="BIN-13")
def coalesced(state: Any, heap: Word, g: Blocks) -> Truth:
    def apart(a: Word, b: Word) -> Truth:
        free = negate(live(state, a)) & negate(live(state, b))
        return implies(free & (end_of(state, a) == b), size_of(state, a) + HEADER + size_of(state, b) > THRESHOLD)

    return g.headers.pairs(apart)


@clause("a block that is marked ZEROED holds nothing but 0")
def zeroes(state: Any, heap: Word, g: Blocks) -> Truth:
    return g.headers.all(lambda b: implies(zeroed(state, b), state.bytes.filled(b + HEADER, end_of(state, b), 0)))


@clause("every block lies in mapped pages")
def mapped(state: Any, heap: Word, g: Blocks) -> Truth:
    return g.headers.all(lambda b: state.mapped.covers(b, end_of(state, b)))


@clause("every page that a block meets is one of the heap's")
def own_pages(state: Any, heap: Word, g: Blocks) -> Truth:
    def owned(b: Word) -> Truth:
        return g.pages.each(b // PAGE_SIZE, (end_of(state, b) - 1) // PAGE_SIZE + 1, lambda p: g.pages[p])

    return g.headers.all(owned)


@clause("every byte of the heap's pages lies in a block: nothing is lost between them")
def filled(state: Any, heap: Word, g: Blocks) -> Truth:
    def inside(x: Word) -> Truth:
        b = g.cover[x]
        return implies(g.pages[x // PAGE_SIZE], every([g.headers[b], b <= x, x < end_of(state, b)]))

    return g.cover.everywhere(inside)


def _clear_of(state: Any, g: Blocks, struct: str, size: int, own: tuple[int, ...]) -> Truth:
    """Whatever ``struct`` lies anywhere lies outside a block, or is one of its own parts."""

    def clear(c: Word, b: Word) -> Truth:
        return reduce(or_, [c == b + part for part in own], (c + size <= b) | (c >= end_of(state, b)))

    return state.claimed(struct).all(lambda c: g.headers.all(lambda b: clear(c, b)))


@clause("in a block lies no header but its own and its entries")
def own_parts(state: Any, heap: Word, g: Blocks) -> Truth:
    return every(
        [
            _clear_of(state, g, "BlockHeader", 8 + WORD_BYTES, (0,)),
            _clear_of(state, g, "ListEntry", ENTRY, (FREE_ENTRY, ADDRESS_ENTRY)),
            _clear_of(state, g, "BitmapWord", WORD_BYTES, ()),
            _clear_of(state, g, "BinHeap", WORD_BYTES, ()),
        ]
    )


@clause("no block meets the descriptor or its tables")
def separate(state: Any, heap: Word, g: Blocks) -> Truth:
    return g.headers.all(lambda b: (end_of(state, b) <= heap) | (b >= tables_end(heap)))


# ---------------------------------------------------------------- lists


def _linked(g: Blocks, lists: Any, on: Any, back: Any) -> Truth:
    """Links lead ``on`` to entries of the same list, which link ``back``; those in no list to themselves."""

    def linked(e: Word) -> Truth:
        n = on[e]
        alone = implies(lists[e] == NULL, n == e)
        return every([g.entries[n], back[n] == e, lists[n] == lists[e], alone])

    return on.at(g.entries, linked)


@clause("a next link leads to an entry of the same list, which links back; one in no list is linked to itself")
def next_links(state: Any, heap: Word, g: Blocks) -> Truth:
    links = state.fields("ListEntry")
    return _linked(g, links.list, links.next, links.prev)


@clause("a prev link leads to an entry of the same list, which links forward; one in no list is linked to itself")
def prev_links(state: Any, heap: Word, g: Blocks) -> Truth:
    links = state.fields("ListEntry")
    return _linked(g, links.list, links.prev, links.next)


@clause("the list of an entry is an entry, in its own list")
def lists(state: Any, heap: Word, g: Blocks) -> Truth:
    links = state.fields("ListEntry")

    def known(e: Word) -> Truth:
        head = links.list[e]
        return implies(head != NULL, g.entries[head] & (links.list[head] == head))

    return links.list.at(g.entries, known)


@clause("next links number the entries of a list from 0 to its length")
def numbered_forth(state: Any, heap: Word, g: Blocks) -> Truth:
    links = state.fields("ListEntry")

    def numbered(e: Word) -> Truth:
        n, head = links.next[e], links.list[e]
        number = g.position[e] + 1
        return implies(head != NULL, when(n == head, g.length[head] == number, g.position[n] == number))

    return links.next.at(g.entries, numbered)


@clause("prev links number the entries of a list from its length to 0")
def numbered_back(state: Any, heap: Word, g: Blocks) -> Truth:
    links = state.fields("ListEntry")

    def numbered(e: Word) -> Truth:
        p, head = links.prev[e], links.list[e]
        number = when(e == head, g.length[head], g.position[e])
        return implies(head != NULL, g.position[p] == number - 1)

    return links.prev.at(g.entries, numbered)


@clause("a head stands at -1, every other entry of a list between 0 and its length")
def positions(state: Any, heap: Word, g: Blocks) -> Truth:
    links = state.fields("ListEntry")

    def placed(e: Word) -> Truth:
        head = links.list[e]
        member = (g.position[e] >= 0) & (g.position[e] < g.length[head])
        return implies(head != NULL, when(e == head, g.position[e] == -1, member))

    return g.position.at(g.entries, placed)


@clause("no two entries of a list stand at the same place")
def distinct(state: Any, heap: Word, g: Blocks) -> Truth:
    lists = state.fields("ListEntry").list
    return g.position.tells_apart(g.entries, lambda e: lists[e], where=lambda e: lists[e] != NULL)


@clause("every bin has a bit of its own in the bitmap")
def numbered_bins(state: Any, heap: Word, g: Blocks) -> Truth:
    def placed(e: Word) -> Truth:
        there = every([g.word[e] >= 0, g.word[e] < WORDS, g.place[e] >= 0, g.place[e] < WORD_BITS])
        own = state.fields("ListEntry").list[e] == e
        return implies(g.is_bin(heap, e), every([there, own, e == by_address(heap) + ENTRY * (g.number(e) + 1)]))

    return g.word.at(g.entries, placed)


@clause("a list that an entry is in is not empty")
def not_empty(state: Any, heap: Word, g: Blocks) -> Truth:
    links = state.fields("ListEntry")

    def filled(e: Word) -> Truth:
        head = links.list[e]
        inside = (head != NULL) & (head != e)
        return implies(inside, links.next[head] != head)

    return links.list.at(g.entries, filled)


@clause("the bit of a bin is set exactly if the bin is not empty", covers="BIN-7")
def bits(state: Any, heap: Word, g: Blocks) -> Truth:
    links = state.fields("ListEntry").next
    return links.at(g.entries, lambda e: implies(g.is_bin(heap, e), bit_of(state, heap, g, e) == (links[e] != e)))


INVARIANTS = (
    descriptor,
    on_pages,
    heads,
    kinds,
    claims,
    parts,
    shape,
    flags,
    listed,
    whole_pages,
    disjoint,
    ordered,
    coalesced,
    zeroes,
    mapped,
    own_pages,
    filled,
    own_parts,
    separate,
    next_links,
    prev_links,
    lists,
    numbered_forth,
    numbered_back,
    positions,
    distinct,
    not_empty,
    numbered_bins,
    bits,
)
