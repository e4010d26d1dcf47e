"""What the documents promise of the block heap."""

from __future__ import annotations

from proofs.statements import numbered

STATEMENTS = numbered(
    "BLK",
    "an entry is TAKEN 0x01 or FREE 0x00, with HAS_NEXT 0x80 and IS_FIRST 0x40",
    "the table's descriptor holds the entries' address and their number",
    "the heap's descriptor holds the table and the start address of the pool",
    "create refuses unaligned bounds and a table of the wrong size, changes nothing then, and frees all entries else",
    "malloc rounds up to blocks and takes the first run that fits",
    "free releases exactly the blocks of that allocation",
    "kheap_init makes a heap of 100 MiB at 0x01000000, its 25600 entries at 0x7E00",
    "kmalloc, kzalloc and kfree wrap the kernel's heap; kzalloc's memory is zero",
    "memset fills exactly the range [ptr, ptr + size)",
)
