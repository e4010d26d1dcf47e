"""Proof of the frame allocator: impl/frame_allocator.py keeps the contract of model/frame_allocator.py."""

from __future__ import annotations

import sys
from typing import Any

import z3

import impl.frame_allocator
import impl.regions
from model.frame_allocator import SUBJECT
from model.frame_clip import CLIP
from model.frame_regions import Reserved
from model.frame_state import HEADS, RECORD, RECORDS, Ghosts
from proofs.engine import path as paths
from proofs.engine.functions import Stateless
from proofs.engine.ghost import SymMap
from proofs.engine.operation import Proof, call_method
from proofs.engine.rewrite import edition_name
from proofs.engine.values import SymInt

DESCRIPTOR = "FrameAllocator"


def arbitrary_ghosts() -> Ghosts:
    """Any ghosts at all; the invariants say which ones are meant."""
    owner, stamp, below = (SymMap.arbitrary(f"ghost.{name}", z3.IntSort()) for name in ("owner", "stamp", "below"))
    return Ghosts(owner, stamp, SymInt(paths.current().integer("clock")), below)


def arbitrary_regions() -> Reserved:
    """Any enumerator of any number of regions; the preconditions say what the ghost in it means."""
    base, size, blocker = (SymMap.arbitrary(f"regions.{name}", z3.IntSort()) for name in ("base", "size", "blocker"))
    return Reserved(base, size, SymInt(paths.current().integer("regions.length")), blocker)


def some_area() -> tuple[SymInt, SymInt]:
    """Any base and size."""
    return SymInt(paths.current().integer("first")), SymInt(paths.current().integer("length"))


def invoke(edition: Any, memory: Any, address: Any, operation: str, arguments: dict[str, Any]) -> Any:
    """Call the operation: clip and get_header are functions, all others methods of the descriptor."""
    if operation == "clip":
        base, size, start, end = arguments.values()
        return sys.modules[edition_name("impl.regions")].clip((base, size), start, end)
    if operation == "get_header":
        area = edition.Area(arguments["base"], arguments["size"])
        return edition.get_header(area, arguments["regions"])
    return call_method(DESCRIPTOR, edition, memory, address, operation, arguments)


def first_record(state: Any, heap: Any) -> Any:
    """Where the record of index 0 would lie: records are kept by index."""
    return heap + RECORDS - RECORD * state.fields("FrameAllocator").start[heap]


def first_list(state: Any, heap: Any) -> Any:
    """Where the list of order 0 lies: lists are kept by order."""
    return heap + HEADS


PROOF = Proof(
    SUBJECT,
    impl.frame_allocator,
    DESCRIPTOR,
    ("FrameAllocator", "FreeList", "FrameRecord"),
    arbitrary_ghosts,
    arbitrary_ghosts,
    invoke=invoke,
    numbered={"FrameRecord": first_record, "FreeList": first_list},
    relocatable=True,
    parts=(impl.regions,),
    functions=(Stateless(CLIP, some_area),),
    arguments={"regions": arbitrary_regions},
)
