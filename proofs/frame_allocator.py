"""Proof of the frame allocator: impl/frame_allocator.py keeps the contract of model/frame_allocator.py."""

from __future__ import annotations

from typing import Any

import z3

import impl.frame_allocator
from model.frame_allocator import SUBJECT
from model.frame_state import HEADS, RECORD, RECORDS, Ghosts
from proofs.engine import path as paths
from proofs.engine.ghost import SymMap
from proofs.engine.operation import Proof
from proofs.engine.values import SymInt


def arbitrary_ghosts() -> Ghosts:
    """Any ghosts at all; the invariants say which ones are meant."""
    owner, stamp, below = (SymMap.arbitrary(f"ghost.{name}", z3.IntSort()) for name in ("owner", "stamp", "below"))
    return Ghosts(owner, stamp, SymInt(paths.current().integer("clock")), below)


def first_record(state: Any, heap: Any) -> Any:
    """Where the record of index 0 would lie: records are kept by index."""
    return heap + RECORDS - RECORD * state.fields("FrameAllocator").start[heap]


def first_list(state: Any, heap: Any) -> Any:
    """Where the list of order 0 lies: lists are kept by order."""
    return heap + HEADS


PROOF = Proof(
    SUBJECT,
    impl.frame_allocator,
    "FrameAllocator",
    ("FrameAllocator", "FreeList", "FrameRecord"),
    arbitrary_ghosts,
    arbitrary_ghosts,
    numbered={"FrameRecord": first_record, "FreeList": first_list},
    relocatable=True,
)
