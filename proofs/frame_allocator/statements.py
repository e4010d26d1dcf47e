"""What the documents promise of the frame allocator."""

from __future__ import annotations

from proofs.statements import by_prover, numbered

STATEMENTS = numbered(
    "FRM",
    "get_header finds the lowest place for all metadata clear of reserved regions, or OUT_OF_MEMORY",
    "the area is first shrunk to whole 4 KiB frames",
    "header and reserved frames are never allocated",
    by_prover(
        "no pointer is stored in the header: it works wherever it is mapped later",
        "frame_allocator.allocate.relocatable",
        "frame_allocator.free.relocatable",
        "frame_allocator.is_lent.relocatable",
        "frame_allocator.lend.relocatable",
        "frame_allocator.take_back.relocatable",
    ),
    "allocate(order) gives 2**order frames, aligned to their own size as a physical address",
    "order 0 is always supported, and an order that is not supported is NOT_VALID",
    "PHYSICAL_MEMORY_FULL exactly when no block of that size exists",
    "free of an area that is not exactly one live allocation is NOT_VALID and changes nothing",
)
