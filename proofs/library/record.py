"""The record of the library of ready parts."""

from __future__ import annotations

from proofs.record import Record

RECORD = Record(
    place=5,
    code="impl.bucket_heap_layout",
    scenario=True,
    wide="what its bitmaps promise is proved of words of 64 bits",
)
