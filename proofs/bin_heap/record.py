"""The record of the bin heap."""

from __future__ import annotations

from proofs.record import Record

RECORD = Record(
    place=60,
    world="BinHeapWorld",
    scenario=True,
    serves=True,
    defects={
        "B1": "the address list's sentinel is taken for a block",
        "B2": "the first and the last block read a neighbour's fields from unrelated memory",
        "B4": "rounding a huge size overflows: malloc(2**64 - 1) succeeds with one page",
        "B6": "realloc to an equal rounded size moves the block",
        "B11": "a second init leaves bitmap bits set for empty lists",
        "B12": "a split of a block that is too small underflows the remainder",
    },
)
