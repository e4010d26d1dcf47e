"""Proof of the bin heap: impl/bin_heap.py keeps the contract of model/bin_heap.py.

TRUSTED: an operation is called with any state, and is the one that bears its name.
"""

from __future__ import annotations

import z3

import impl.bin_heap
from model import bin_claims, bin_loops, bin_state
from model.bin_heap import SUBJECT
from model.bin_state import Blocks
from proofs.engine.annotations import named
from proofs.engine.ghost import SymMap, SymSet
from proofs.engine.hints import recorded
from proofs.engine.operation import Proof


def arbitrary_blocks() -> Blocks:
    """Any blocks at all; the invariants say which ones are meant."""
    sets = {name: SymSet.arbitrary(f"blocks.{name}", z3.BoolSort()) for name in ("headers", "entries")}
    maps = {
        name: SymMap.arbitrary(f"blocks.{name}", z3.IntSort())
        for name in ("owner", "position", "length", "word", "place")
    }
    return Blocks(**sets, **maps)


PROOF = Proof(
    SUBJECT,
    impl.bin_heap,
    "BinHeap",
    ("BinHeap", "BlockHeader", "ListEntry", "BitmapWord"),
    arbitrary_blocks,
    arbitrary_blocks,
    hints=recorded("bin_heap"),
    annotations=named(
        *(bin_claims.header_gone, bin_claims.neighbour),
        *(bin_loops.empty_lists, bin_loops.scan_bitmap, bin_loops.walk_down),
        *(bin_state.block_born, bin_state.block_gone, bin_state.entry_listed, bin_state.entry_unlisted),
    ),
)
