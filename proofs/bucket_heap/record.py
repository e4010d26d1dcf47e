"""The record of the bucket heap."""

from __future__ import annotations

from proofs.record import Record

RECORD = Record(
    place=70,
    world="BucketHeapWorld",
    serves=True,
    defects={
        "X1": "alloc(2**64 - 1) rounds to 0 and yields the smallest block",
        "X4": "a bucket block that is freed twice is handed out twice",
        "X5": "pages given to a bucket never come back",
        "X7": "init of a tiny heap with a tiny page size succeeds",
        "X9": "after destroy the buckets still point into flushed extents",
        "X10": "the same extent can be added twice",
    },
)
