"""What holds at places of the bin heap's code where there is no loop: what the code before them found."""

from __future__ import annotations

from typing import Any

from model.bin_heap.contract import idle
from model.bin_heap.invariants import zeroes
from model.bin_heap.state import (
    ADDRESS_ENTRY,
    ALIGNMENT,
    ENTRY,
    FREE_ENTRY,
    HEADER,
    by_address,
    end_of,
    live,
    mapped_alone,
    mapped_list,
    zeroed,
)
from model.language.logic import Named, Truth, Word, every, implies, mention, negate
from model.language.words import NULL, PAGE_SIZE, WORD_BITS, WORD_BYTES
from proofs.bin_heap.free import whole_block
from proofs.bin_heap.ghosts import bin_number
from proofs.bin_heap.trim import none_beyond, on_list

SIZES = {"BinHeap": WORD_BYTES, "BlockHeader": 8 + WORD_BYTES, "ListEntry": ENTRY, "BitmapWord": WORD_BYTES}
"""Bytes of each type of header."""


def header_gone(heap: Any, block: Word) -> list[Named]:
    """A block's header is about to be wiped: no header lies in its 64 bytes any more."""
    state = heap.memory.operation.now()

    def apart(struct: str) -> Truth:
        return state.claimed(struct).all(lambda d: (d + SIZES[struct] <= block) | (d >= block + HEADER))

    return [(struct, f"no {struct} lies there", apart(struct)) for struct in SIZES]


def neighbour(heap: Any, found: Word, left: Word, right: Word) -> list[Named]:
    """``found``, one of two neighbours in the list by address, is a block, and the left one ends before the right."""
    operation = heap.memory.operation
    state, g = operation.now(), operation.ghost
    block = g.headers[found] & negate(mapped_alone(state, found))
    return [
        ("found", "a neighbour that is not the head is a block", block),
        ("in_order", "neighbours do not overlap", end_of(state, left) <= right),
    ]


def whole_spare(heap: Any, block: Word, size: Word, needed: Word, spare: Word) -> list[Named]:
    """What a block has beyond what is needed, in whole pages: it ends at a border with and without them."""
    end = block + HEADER + size
    return [
        ("some", "no more is to spare than there is", (spare >= 0) & (spare <= size - needed)),
        ("enough", "what would be left is less than a page", size - spare < needed + PAGE_SIZE),
        ("whole", "what is to spare is whole pages", spare % PAGE_SIZE == 0),
        ("border", "it begins and ends at a border", (end % PAGE_SIZE == 0) & ((end - spare) % PAGE_SIZE == 0)),
        ("granules", "what is left is granules", (size - spare) % ALIGNMENT == 0),
    ]


def borders(block: Word, end: Word, first: Word, last: Word) -> list[Named]:
    """Where the whole pages of a block begin and end that can be cut out of it."""
    room, near = HEADER + ALIGNMENT, PAGE_SIZE + HEADER + ALIGNMENT
    return [
        ("first_page", "they begin at a border", (first % PAGE_SIZE == 0) & (first % ALIGNMENT == 0)),
        ("last_page", "they end at a border", (last % PAGE_SIZE == 0) & (last % ALIGNMENT == 0)),
        ("before", "what lies before them can stand alone, or is nothing", (first == block) | (first >= block + room)),
        ("behind", "what lies behind them can stand alone, or is nothing", (last == end) | (last + room <= end)),
        ("near", "they begin within a page or so", (first >= block) & (first < block + near)),
        ("close", "they end within a page or so", (last <= end) & (last > end - near)),
        ("whole", "if there are any, they are a page at least", (first >= last) | (first + PAGE_SIZE <= last)),
    ]


def middle(heap: Any, block: Word, first: Word, last: Word) -> list[Named]:
    """release_pages: ``block`` is what will be unmapped, the pages of [first, last)."""
    operation = heap.memory.operation
    state, g = operation.now(), operation.ghost
    return [
        ("begins", "the block begins with the first page", block == first),
        ("stands", "it is an allocated block", g.headers[block] & live(state, block)),
        ("ends", "it ends with the last page", end_of(state, block) == last),
    ]


def _of_list(heap: Any, entry: Word) -> list[Named]:
    """``entry`` is one of the list by address, of a block, or the head."""
    operation = heap.memory.operation
    state, g, block = operation.now(), operation.ghost, entry - ADDRESS_ENTRY
    kept = (entry == by_address(heap.address)) | (g.headers[block] & negate(mapped_alone(state, block)))
    return [
        ("listed", "it is in the list by address", on_list(state, heap.address, g, entry)),
        ("kept", "it is the head, or that of a block kept by address", kept),
    ]


def mapped_first(heap: Any, entry: Word) -> list[Named]:
    """free_mapped: ``entry`` is the first of the blocks mapped for themselves."""
    operation, head = heap.memory.operation, mapped_list(heap.address)
    state, g, block = operation.now(), operation.ghost, entry - ADDRESS_ENTRY
    lists = state.fields("ListEntry").list
    alone = every([g.headers[block], live(state, block), mapped_alone(state, block), whole_block(state, block)])
    return [
        ("head", "the head of their list is that of no block", g.entries[head] & (g.owner[head] == NULL)),
        ("own", "the head is in its own list", lists[head] == head),
        ("listed", "the entry is another one in that list", g.entries[entry] & (lists[entry] == head)),
        ("owner", "it is that of a block", g.headers[g.owner[entry]]),
        ("place", "it is the one by which that block is listed there", g.owner[entry] == block),
        ("block", "the block was mapped for itself, and is whole pages", alone),
    ]


def own_bin(heap: Any, block: Word, index: Word) -> list[Named]:
    """A free block is in the bin with the number ``index``."""
    operation, head = heap.memory.operation, bin_number(heap.address, index)
    state, g = operation.now(), operation.ghost
    links, entry = state.fields("ListEntry"), block + FREE_ENTRY
    own = g.entries[entry] & (g.owner[entry] == block) & (block != NULL)
    is_bin = g.is_bin(heap.address, head) & (head != NULL)
    bit = (g.word[head] == index // WORD_BITS) & (g.place[head] == WORD_BITS - 1 - index % WORD_BITS)
    return [
        ("entry", "the block has an entry", own),
        ("member", "that is in the list of the bin", links.list[entry] == head),
        ("bin", "the bin is one, in its own list", every([is_bin, g.entries[head], links.list[head] == head])),
        ("bit", "its bit is that of its number", implies(mention(g.word[head]), bit)),
        ("filled", "it is not empty", links.next[head] != head),
    ]


def copied(heap: Any, target: Word) -> list[Named]:
    """resize: what was copied lies in ``target``, and in no other block."""
    operation = heap.memory.operation
    state, g = operation.now(), operation.ghost
    end = end_of(state, target)
    apart = g.headers.all(lambda b: (b == target) | (end_of(state, b) <= target) | (b >= end))
    return [
        ("target", "the block is not marked as holding nothing but 0", negate(zeroed(state, target))),
        ("apart", "no other block meets it", apart),
        ("zeroes", zeroes.sentence, zeroes.formula(state, heap.address, g)),
    ]


def beyond(heap: Any, last: Word) -> list[Named]:
    """``last`` is the last entry by address, or the head."""
    operation = heap.memory.operation
    none = none_beyond(operation.now(), heap.address, operation.ghost, last)
    return [*_of_list(heap, last), ("none", "no block kept by address lies beyond", none)]


def below(heap: Any, block: Word, before: Word) -> list[Named]:
    """``before`` is the last entry by address below ``block``, or the head."""
    operation = heap.memory.operation
    state, g, head = operation.now(), operation.ghost, by_address(heap.address)

    def passed(a: Word) -> Truth:
        return mapped_alone(state, a) | (a >= block) | ((before != head) & (a + ADDRESS_ENTRY <= before))

    return [
        *_of_list(heap, before),
        ("lower", "it is the head, or lies below", (before == head) | (before < block + ADDRESS_ENTRY)),
        ("last", "no block kept by address lies between", g.headers.all(passed)),
    ]


def whole_run(heap: Any, block: Word, first: Word) -> list[Named]:
    """With nothing allocated the free blocks up to ``block``, beyond which none lies, are whole pages."""
    operation = heap.memory.operation
    state, g, then, old = operation.now(), operation.ghost, operation.entry, operation.ghost_on_entry
    empty = idle(then, old) & none_beyond(then, heap.address, old, block + ADDRESS_ENTRY)
    end = end_of(state, first)
    left = implies(empty & mention(g.cover[first - 1]), first % PAGE_SIZE == 0)
    right = implies(empty & mention(g.cover[end]), end % PAGE_SIZE == 0)
    return [("left", "they begin at a border", left), ("right", "they end at a border", right)]
