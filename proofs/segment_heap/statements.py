"""What the documents promise of the segment heap."""

from __future__ import annotations

from proofs.statements import numbered

STATEMENTS = numbered(
    "SEG",
    "the header of a segment lies in memory directly before its payload",
    "the header holds magic, size, free flag, next and prev, in this order; payloads are 16-byte aligned",
    "a write beyond a block that hits the next header's magic is detected as corruption",
    "the free flag of a header says whether the segment is reclaimable",
    "next and prev of a header are the neighbouring segments",
    "the heap keeps its start, its end, which grows upwards, and its last segment",
    "init maps page frames at the base of the heap",
    "allocate returns a usable location of at least the requested size",
    "allocate gives NULL and logs an error when it meets a corrupted heap",
    "allocate may walk the whole heap: its cost is linear in the number of segments",
    "free makes the segment usable again",
    "free does nothing for an address that is no valid segment",
    "dump lists every segment and changes nothing",
    "destruct invalidates all segments, unmaps everything and gives every frame back",
)
