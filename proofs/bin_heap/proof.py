"""Proof of the bin heap: impl/bin_heap.py, bin_blocks.py and bin_lists.py keep the contract of model/bin_heap/.

TRUSTED: an operation is called with any state, and is the one that bears its name.
"""

from __future__ import annotations

import z3

import impl.bin_blocks
import impl.bin_heap
import impl.bin_lists
from model.bin_heap.state import Blocks
from proofs.bin_heap import claims, ghosts, loops, trim_loops
from proofs.bin_heap.subject import SUBJECT
from proofs.engine.annotations import named
from proofs.engine.ghost import SymMap, SymSet
from proofs.engine.hints import recorded
from proofs.engine.operation import Proof


def arbitrary_blocks() -> Blocks:
    """Any blocks at all; the invariants say which ones are meant."""
    sets = {name: SymSet.arbitrary(f"blocks.{name}", z3.BoolSort()) for name in ("headers", "entries", "pages")}
    maps = {
        name: SymMap.arbitrary(f"blocks.{name}", z3.IntSort())
        for name in ("owner", "position", "length", "word", "place", "cover")
    }
    return Blocks(**sets, **maps)


PROOF = Proof(
    SUBJECT,
    impl.bin_heap,
    "BinHeap",
    ("BinHeap", "BlockHeader", "ListEntry", "BitmapWord"),
    arbitrary_blocks,
    arbitrary_blocks,
    parts=(impl.bin_lists, impl.bin_blocks),
    virtual=True,
    hints=recorded("bin_heap"),
    annotations=named(
        *(
            claims.below,
            claims.beyond,
            claims.borders,
            claims.copied,
            claims.header_gone,
            claims.mapped_first,
            claims.middle,
            claims.neighbour,
            claims.own_bin,
            claims.whole_run,
            claims.whole_spare,
        ),
        *(loops.empty_lists, loops.scan_bitmap, loops.walk_down),
        *(trim_loops.gather_left, trim_loops.release_down, trim_loops.free_down, trim_loops.free_first),
        *(ghosts.block_born, ghosts.block_gone, ghosts.entry_listed, ghosts.entry_unlisted),
        *(ghosts.pages_come, ghosts.pages_go, ghosts.cut_at, ghosts.swallowed),
    ),
)
