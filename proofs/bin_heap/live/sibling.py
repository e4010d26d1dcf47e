"""The bytes of another bin heap, as it stands in memory: what no heap but that one may free or resize."""

from __future__ import annotations

import struct as binary

from proofs.bin_heap.live.layout import (
    ADDRESS_ENTRY,
    ALLOCATED,
    DESCRIPTOR,
    FREE_ENTRY,
    HEADER,
    LETTER,
    MAGIC,
    MAPPED,
    PAGE,
    heads_of,
)

TABLE_PAGES = -(-DESCRIPTOR // PAGE)
PAGES = TABLE_PAGES + 2
"""Its descriptor with the tables, a block that is kept by address, and one that is mapped for itself."""


def image(heap: int) -> bytes:
    """What lies in its pages, if its descriptor is at the page-aligned address ``heap``."""
    heads = heads_of(heap)
    kept, alone = payloads(heap)
    ends = {heads[0]: kept - HEADER + ADDRESS_ENTRY, heads[-1]: alone - HEADER + ADDRESS_ENTRY}
    tables = b"".join(_entry(ends.get(head, head), head) for head in heads)
    blocks = b"".join(
        _block(payload - HEADER, flags, head).ljust(PAGE, b"\x5a")
        for payload, flags, head in ((kept, ALLOCATED, heads[0]), (alone, ALLOCATED | MAPPED, heads[-1]))
    )
    return (bytes(heads[0] - heap) + tables).ljust(TABLE_PAGES * PAGE, b"\x5a") + blocks


def payloads(heap: int) -> tuple[int, int]:
    """Its two blocks, as their users know them."""
    return heap + TABLE_PAGES * PAGE + HEADER, heap + (TABLE_PAGES + 1) * PAGE + HEADER


def _block(block: int, flags: int, head: int) -> bytes:
    """The header of a block alone in its page and alone in the list at ``head``."""
    header = binary.pack(f"<II{LETTER}", MAGIC, flags, PAGE - HEADER) + _entry(block + FREE_ENTRY, 0)
    return (header.ljust(ADDRESS_ENTRY, b"\x5a") + _entry(head, head)).ljust(HEADER, b"\x5a")


def _entry(neighbour: int, head: int) -> bytes:
    """An entry with the same neighbour on both sides."""
    return binary.pack(f"<3{LETTER}", neighbour, neighbour, head)
