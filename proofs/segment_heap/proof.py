"""Proof of the segment heap: impl/segment_heap.py keeps the contract of model/segment_heap/.

TRUSTED: an operation is called with any state, and is the one that bears its name.
"""

from __future__ import annotations

from typing import Any

import z3

import impl.segment_heap
from model.segment_heap.state import Chain
from proofs.engine import path as paths
from proofs.engine.annotations import named
from proofs.engine.ghost import SymMap, SymSet
from proofs.engine.hints import recorded
from proofs.engine.operation import Proof
from proofs.engine.values import SymInt
from proofs.segment_heap import loops
from proofs.segment_heap.subject import SUBJECT


def arbitrary_chain() -> Chain:
    """Any chain at all; the invariants say which ones are meant."""
    words: dict[str, Any] = {name: SymInt(paths.current().integer(name)) for name in ("start", "end", "last", "count")}
    maps = {name: SymMap.arbitrary(f"chain.{name}", z3.IntSort()) for name in ("size", "after", "before", "rank")}
    headers = SymSet.arbitrary("chain.headers", z3.BoolSort())
    free = SymMap.arbitrary("chain.free", z3.BoolSort())
    return Chain(**words, **maps, headers=headers, free=free)


def unborn_chain() -> Chain:
    """The chain of a heap before init: nothing."""
    return arbitrary_chain().dead()


def shown(chain: Chain) -> dict[str, Any]:
    """The words that a report shows."""
    return {"heap start": chain.start, "heap end": chain.end, "last segment": chain.last, "segments": chain.count}


PROOF = Proof(
    SUBJECT,
    impl.segment_heap,
    "SegmentHeap",
    ("Segment", "SegmentHeap"),
    arbitrary_chain,
    unborn_chain,
    shown,
    virtual=True,
    hints=recorded("segment_heap"),
    annotations=named(loops.walk_for_address, loops.walk_for_fit, loops.walk_to_dump, loops.walk_to_wipe),
)
