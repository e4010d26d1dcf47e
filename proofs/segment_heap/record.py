"""The record of the segment heap."""

from __future__ import annotations

from proofs.record import Record

RECORD = Record(
    place=40,
    world="SegmentHeapWorld",
    serves=True,
    defects={
        "S1": "a magic alone makes an address valid: interior, forged and stale pointers pass",
        "S2": "last_segment is stale after the last segment was split or merged",
        "S3": "free merges on one side only",
        "S4": "a split leaves a remainder that is smaller than a header",
        "S5": "growth that fails half-way leaves pages mapped",
        "S6": "a header is written before it was checked",
        "S7": "destruct reads next from a page that it has unmapped",
    },
)
