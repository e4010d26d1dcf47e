"""What holds of a bin heap between any two steps of an operation: clauses over (state, heap, blocks).

A block that an operation has in hand counts as allocated, so none of these waits for the end of a call.

Triggers: what is said of links fires on links, what is said of a list on the list of an entry, what is
said of blocks on being one.  No clause about entries makes a new link but those that lead back.
"""

from __future__ import annotations

from functools import partial, reduce
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
from model.language.logic import Truth, Word, clause, clauses_of, each, every, implies, negate, when
from model.language.machine import CANONICAL_END
from model.language.words import NULL, PAGE_SIZE, WORD_BITS, WORD_BYTES, WORD_LIMIT

# ---------------------------------------------------------------- each entry by a field of it


def entry_on_list(state: Any, heap: Word, g: Blocks) -> Any:
    """The list of each entry."""
    return partial(state.fields("ListEntry").list.at, g.entries)


def next_link(state: Any, heap: Word, g: Blocks) -> Any:
    """The next link of each entry."""
    return partial(state.fields("ListEntry").next.at, g.entries)


def prev_link(state: Any, heap: Word, g: Blocks) -> Any:
    """The prev link of each entry."""
    return partial(state.fields("ListEntry").prev.at, g.entries)


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


@each(entry_on_list, "every entry is a head, in its own list at -1, or one of the two of a block")
def kinds(state: Any, heap: Word, g: Blocks, e: Word) -> Truth:
    b, lists = g.owner[e], state.fields("ListEntry").list
    head = every([is_head(heap, e), lists[e] == e, g.position[e] == -1, b == NULL])
    in_bin = (e == b + FREE_ENTRY) & ((lists[e] == NULL) | (lists[e] == bin_for(heap, size_of(state, b))))
    holder = (lists[e] == NULL) | (lists[e] == by_address(heap)) | (lists[e] == mapped_list(heap))
    kept = (e == b + ADDRESS_ENTRY) & holder
    return head | (g.headers[b] & (in_bin | kept))


@clause("every entry and every header is there")
def claims(state: Any, heap: Word, g: Blocks) -> Truth:
    entries, headers = state.claimed("ListEntry"), state.claimed("BlockHeader")
    return g.entries.all(lambda e: entries[e]) & g.headers.all(lambda b: headers[b])


# ---------------------------------------------------------------- blocks


@each("headers", "every block has two entries", covers="BIN-3")
def parts(state: Any, heap: Word, g: Blocks, b: Word) -> Truth:
    free, kept = b + FREE_ENTRY, b + ADDRESS_ENTRY
    return every([g.entries[free], g.entries[kept], g.owner[free] == b, g.owner[kept] == b])


@each(
    "headers",
    "every block lies at a multiple of 64, holds a positive multiple of 64 bytes, and has its magic",
    covers="BIN-1 BIN-15",
)
def shape(state: Any, heap: Word, g: Blocks, b: Word) -> Truth:
    header = state.fields("BlockHeader")
    granules = [b >= ALIGNMENT, b % ALIGNMENT == 0, header.size[b] >= ALIGNMENT, header.size[b] % ALIGNMENT == 0]
    return every([*granules, end_of(state, b) <= CANONICAL_END, header.magic[b] == MAGIC])


@each(
    "headers", "flags are ALLOCATED, MAPPED, ZEROED, and only an allocated block is mapped for itself", covers="BIN-2"
)
def flags(state: Any, heap: Word, g: Blocks, b: Word) -> Truth:
    value = state.fields("BlockHeader").flags
    return every([value[b] >= 0, value[b] < 8, implies(mapped_alone(state, b), live(state, b))])


@each(
    "headers",
    "a block is free exactly if it is in the bin of its size; those mapped for themselves are in the list of such, all"
    " others are kept by address",
    covers="BIN-4 BIN-6",
)
def listed(state: Any, heap: Word, g: Blocks, b: Word) -> Truth:
    lists, size = state.fields("ListEntry").list, size_of(state, b)
    in_bin = lists[b + FREE_ENTRY] == when(live(state, b), NULL, bin_for(heap, size))
    kept = lists[b + ADDRESS_ENTRY] == when(mapped_alone(state, b), mapped_list(heap), by_address(heap))
    return every([in_bin, kept, live(state, b) | (size <= THRESHOLD)])


@each("headers", "a block that is mapped for itself is whole pages", covers="BIN-5")
def whole_pages(state: Any, heap: Word, g: Blocks, b: Word) -> Truth:
    whole = (b % PAGE_SIZE == 0) & ((HEADER + size_of(state, b)) % PAGE_SIZE == 0)
    return implies(mapped_alone(state, b), whole)


@clause("no two blocks overlap")
def disjoint(state: Any, heap: Word, g: Blocks) -> Truth:
    return g.headers.pairs(lambda a, b: end_of(state, a) <= b)


def blocks_in_order(state: Any, heap: Word, g: Blocks) -> Any:
    """A block and a later one."""
    return g.headers.pairs


@each(blocks_in_order, "the list by address follows addresses", covers="BIN-6")
def ordered(state: Any, heap: Word, g: Blocks, a: Word, b: Word) -> Truth:
    both = negate(mapped_alone(state, a)) & negate(mapped_alone(state, b))
    return implies(both, g.position[a + ADDRESS_ENTRY] < g.position[b + ADDRESS_ENTRY])


@each(blocks_in_order, "two free blocks that touch would together pass the threshold", covers="BIN-13")
def coalesced(state: Any, heap: Word, g: Blocks, a: Word, b: Word) -> Truth:
    free = negate(live(state, a)) & negate(live(state, b))
    return implies(free & (end_of(state, a) == b), size_of(state, a) + HEADER + size_of(state, b) > THRESHOLD)


@each("headers", "a block that is marked ZEROED holds nothing but 0")
def zeroes(state: Any, heap: Word, g: Blocks, b: Word) -> Truth:
    return implies(zeroed(state, b), state.bytes.filled(b + HEADER, end_of(state, b), 0))


@each("headers", "every block lies in mapped pages")
def mapped(state: Any, heap: Word, g: Blocks, b: Word) -> Truth:
    return state.mapped.covers(b, end_of(state, b))


@each("headers", "every page that a block meets is one of the heap's")
def own_pages(state: Any, heap: Word, g: Blocks, b: Word) -> Truth:
    return g.pages.each(b // PAGE_SIZE, (end_of(state, b) - 1) // PAGE_SIZE + 1, lambda p: g.pages[p])


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


@each("headers", "no block meets the descriptor or its tables")
def separate(state: Any, heap: Word, g: Blocks, b: Word) -> Truth:
    return (end_of(state, b) <= heap) | (b >= tables_end(heap))


# ---------------------------------------------------------------- lists


@each(
    next_link,
    "a next link leads to an entry of the same list, which links back; one in no list is linked to itself",
)
def next_links(state: Any, heap: Word, g: Blocks, e: Word) -> Truth:
    links, n = state.fields("ListEntry"), state.fields("ListEntry").next[e]
    alone = implies(links.list[e] == NULL, n == e)
    return every([g.entries[n], links.prev[n] == e, links.list[n] == links.list[e], alone])


@each(
    prev_link,
    "a prev link leads to an entry of the same list, which links forward; one in no list is linked to itself",
)
def prev_links(state: Any, heap: Word, g: Blocks, e: Word) -> Truth:
    links, p = state.fields("ListEntry"), state.fields("ListEntry").prev[e]
    alone = implies(links.list[e] == NULL, p == e)
    return every([g.entries[p], links.next[p] == e, links.list[p] == links.list[e], alone])


@each(entry_on_list, "the list of an entry is an entry, in its own list")
def lists(state: Any, heap: Word, g: Blocks, e: Word) -> Truth:
    holder = state.fields("ListEntry").list
    return implies(holder[e] != NULL, g.entries[holder[e]] & (holder[holder[e]] == holder[e]))


@each(next_link, "next links number the entries of a list from 0 to its length")
def numbered_forth(state: Any, heap: Word, g: Blocks, e: Word) -> Truth:
    links, number = state.fields("ListEntry"), g.position[e] + 1
    n, head = links.next[e], links.list[e]
    return implies(head != NULL, when(n == head, g.length[head] == number, g.position[n] == number))


@each(prev_link, "prev links number the entries of a list from its length to 0")
def numbered_back(state: Any, heap: Word, g: Blocks, e: Word) -> Truth:
    links = state.fields("ListEntry")
    p, head = links.prev[e], links.list[e]
    number = when(e == head, g.length[head], g.position[e])
    return implies(head != NULL, g.position[p] == number - 1)


@each("entries", "a head stands at -1, every other entry of a list between 0 and its length", by="position")
def positions(state: Any, heap: Word, g: Blocks, e: Word) -> Truth:
    head = state.fields("ListEntry").list[e]
    member = (g.position[e] >= 0) & (g.position[e] < g.length[head])
    return implies(head != NULL, when(e == head, g.position[e] == -1, member))


@clause("no two entries of a list stand at the same place")
def distinct(state: Any, heap: Word, g: Blocks) -> Truth:
    lists = state.fields("ListEntry").list
    return g.position.tells_apart(g.entries, lambda e: lists[e], where=lambda e: lists[e] != NULL)


@each(entry_on_list, "a list that an entry is in is not empty")
def not_empty(state: Any, heap: Word, g: Blocks, e: Word) -> Truth:
    head = state.fields("ListEntry").list[e]
    return implies((head != NULL) & (head != e), state.fields("ListEntry").next[head] != head)


@each("entries", "every bin has a bit of its own in the bitmap", by="word")
def numbered_bins(state: Any, heap: Word, g: Blocks, e: Word) -> Truth:
    there = every([g.word[e] >= 0, g.word[e] < WORDS, g.place[e] >= 0, g.place[e] < WORD_BITS])
    own = state.fields("ListEntry").list[e] == e
    return implies(g.is_bin(heap, e), every([there, own, e == by_address(heap) + ENTRY * (g.number(e) + 1)]))


@each(next_link, "the bit of a bin is set exactly if the bin is not empty", covers="BIN-7")
def bits(state: Any, heap: Word, g: Blocks, e: Word) -> Truth:
    filled = state.fields("ListEntry").next[e] != e
    return implies(g.is_bin(heap, e), bit_of(state, heap, g, e) == filled)


INVARIANTS = clauses_of(__name__)
