"""What the documents promise of the bucket heap."""

from __future__ import annotations

from proofs.statements import numbered

STATEMENTS = numbered(
    "BKT",
    "a heap is buckets and a queue of extents; an extent is a header, a page map and an array of pages",
    "requests up to two pages come from power-of-two buckets, larger ones as page runs, lowest first fit",
    "init prepares the heap on the given memory, and refuses bad page sizes, heap sizes and memory with EINVAL",
    "alloc is bounded in time by a closed formula in pages, extents and blocks per page",
    "free returns the block, and refuses anything but a live one with EINVAL",
    "extend adds an extent of the same size and refuses overlap; blocks never span extents",
    "destroy hands each extent to the flush function exactly once and leaves a heap that refuses use",
    "bucket sizes are powers of two from 8 bytes to two pages",
)
