"""What the documents promise of the bin heap."""

from __future__ import annotations

from proofs.statements import numbered

STATEMENTS = numbered(
    "BIN",
    "alignment is 64, the magic 0xDEADBEEF, the threshold four pages; there are 256 bins",
    "the flags are ALLOCATED 1, MAPPED 2 and ZEROED 4",
    "the 64-byte header holds magic, flags, size, the entry in a free list and the entry in the address list",
    "bin i holds free blocks of exactly 64 * (i + 1) bytes",
    "a block above the threshold is mapped directly, and unmapped when it is freed",
    "the address list holds all other blocks, sorted by address",
    "a bit of the bitmap is set exactly when its bin is not empty",
    "bin_index gives the bin of a size, or an error for a size that no bin holds",
    "block_new maps a new block of at least the size that is asked for",
    "block_split gives a block of the wanted size and lists the remainder as a block",
    "adding to and removing from a free list lists a block, and neither frees nor allocates it",
    "alloc gives a block of at least the requested size, or NULL",
    "free coalesces with adjacent free blocks",
    "every internal function runs with the lock held; every public one takes it once and releases it on every path",
    "every payload is 64-byte aligned",
    "malloc, calloc, realloc and free stand on top",
)
