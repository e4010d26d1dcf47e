"""Defects of the systems that the documents describe: ours must not have them, and our checks must be able to tell.

Each is put back as a small variant of our code (tests/defects), which a theorem refutes and the
stateful checker finds (gallery.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from proofs.registry import Mistake


@dataclass(frozen=True)
class Original:
    """One defect: its id, the subject whose variant stands for it, and what goes wrong."""

    id: str
    subject: str
    sentence: str


_FOUND: Mapping[str, Mapping[str, str]] = {
    "segment_heap": {
        "S1": "a magic alone makes an address valid: interior, forged and stale pointers pass",
        "S2": "last_segment is stale after the last segment was split or merged",
        "S3": "free merges on one side only",
        "S4": "a split leaves a remainder that is smaller than a header",
        "S5": "growth that fails half-way leaves pages mapped",
        "S6": "a header is written before it was checked",
        "S7": "destruct reads next from a page that it has unmapped",
    },
    "bin_heap": {
        "B1": "the address list's sentinel is taken for a block",
        "B2": "the first and the last block read a neighbour's fields from unrelated memory",
        "B4": "rounding a huge size overflows: malloc(2**64 - 1) succeeds with one page",
        "B6": "realloc to an equal rounded size moves the block",
        "B11": "a second init leaves bitmap bits set for empty lists",
        "B12": "a split of a block that is too small underflows the remainder",
    },
    "block_heap": {
        "P1": "a free run at the end of the table that is too short is returned all the same",
        "P2": "free of an interior block is accepted",
        "P3": "malloc(0) returns the address that the next malloc returns",
        "P4": "sizes that wrap are taken for small ones",
        "P5": "an address below the heap gives a block number below 0",
        "P7": "create leaves the descriptor half filled when the table is refused",
    },
    "frame_allocator": {
        "G2": "reserved regions are not clipped to the area",
        "G3": "the header may not fit in the area",
        "G4": "alignment is relative to the area's base only",
        "G6": "sizes below one frame and unaligned areas are freed",
        "G7": "a huge order shifts out of the word",
        "G9": "an unaligned area shifts every frame",
        "G13": "free releases only the first frame of an area",
    },
    "bucket_heap": {
        "X1": "alloc(2**64 - 1) rounds to 0 and yields the smallest block",
        "X4": "a bucket block that is freed twice is handed out twice",
        "X5": "pages given to a bucket never come back",
        "X7": "init of a tiny heap with a tiny page size succeeds",
        "X9": "after destroy the buckets still point into flushed extents",
        "X10": "the same extent can be added twice",
    },
    "address_space": {
        "M1": "unmap does not invalidate the TLB",
        "M2": "a page table is freed while it is still referenced",
        "M3": "a frame is mapped twice",
        "M4": "a fresh frame still holds its last owner's bytes",
    },
}

ORIGINALS = tuple(
    Original(name, subject, sentence) for subject, found in _FOUND.items() for name, sentence in found.items()
)
"""All of them."""


class UnknownOriginal(Mistake):
    """An id that no known defect has."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no known defect is called {name!r}; there are: {', '.join(o.id for o in ORIGINALS)}")
