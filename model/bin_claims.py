"""What holds at places of the bin heap's code where there is no loop: what the code before them found."""

from __future__ import annotations

from typing import Any

from model.bin_invariants import BLOCKS
from model.bin_state import ENTRY, HEADER, end_of, mapped_alone
from model.logic import Truth, Word, negate

Claims = list[tuple[str, str, Truth, tuple[str, ...]]]

SIZES = {"BinHeap": 8, "BlockHeader": 16, "ListEntry": ENTRY, "BitmapWord": 8}
"""Bytes of each type of header."""


def header_gone(heap: Any, block: Word) -> Claims:
    """A block's header is about to be wiped: no header lies in its 64 bytes any more."""
    state = heap.memory.operation.now()

    def apart(struct: str) -> Truth:
        return state.claimed(struct).all(lambda d: (d + SIZES[struct] <= block) | (d >= block + HEADER))

    return [(struct, f"no {struct} lies there", apart(struct), ("own_parts", *BLOCKS)) for struct in SIZES]


NEIGHBOURS = ("kinds", "listed", "parts", "next_links", "prev_links", "claims", "flags", "range", *BLOCKS)
"""What it takes to see that a neighbour in the list is a block."""
ORDERED = ("ordered", "disjoint", "heads", "numbered_forth", "numbered_back", "positions", *NEIGHBOURS)
"""What it takes to see that no other block lies between."""
IN_ORDER = ("neighbour.found", "neighbour.in_order")
"""What is known of a neighbour by address."""
FOUND = (*IN_ORDER, "flags", "range", *BLOCKS)
"""What it takes to see what was found."""


def neighbour(heap: Any, found: Word, left: Word, right: Word) -> Claims:
    """``found``, one of two neighbours in the list by address, is a block, and the left one ends before the right."""
    operation = heap.memory.operation
    state, g = operation.now(), operation.ghost
    block = g.headers[found] & negate(mapped_alone(state, found))
    return [
        ("found", "a neighbour that is not the head is a block", block, NEIGHBOURS),
        ("in_order", "neighbours do not overlap", end_of(state, left) <= right, (*ORDERED, "neighbour.found")),
    ]
