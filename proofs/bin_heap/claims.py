"""What holds at places of the bin heap's code where there is no loop: what the code before them found."""

from __future__ import annotations

from typing import Any

from model.bin_heap.state import ALIGNMENT, ENTRY, HEADER, end_of, mapped_alone
from model.language.logic import Named, Truth, Word, negate
from model.language.words import PAGE_SIZE

SIZES = {"BinHeap": 8, "BlockHeader": 16, "ListEntry": ENTRY, "BitmapWord": 8}
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
