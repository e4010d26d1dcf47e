"""Proof of the frame allocator: impl/frame_allocator.py keeps the contract of model/frame_allocator/.

TRUSTED: an operation is called with any state, regions, areas and orders, and is the one that bears its name.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import z3

import impl.frame_allocator
import impl.regions
from model.frame_allocator.regions import Reserved
from model.frame_allocator.single import LOADS
from model.frame_allocator.state import RECORD, RECORDS, Ghosts
from proofs.engine import path as paths
from proofs.engine.annotations import named
from proofs.engine.edition import edition_name
from proofs.engine.functions import Stateless
from proofs.engine.ghost import SymMap
from proofs.engine.hints import recorded
from proofs.engine.operation import Proof, call_method
from proofs.engine.values import SymInt
from proofs.frame_allocator import filling, gaps, ghosts, loops, order, runs_found
from proofs.frame_allocator.area import WHOLE_FRAMES
from proofs.frame_allocator.clip import CLIP
from proofs.frame_allocator.ghosts import HEADS
from proofs.frame_allocator.order import LARGEST_ORDER
from proofs.frame_allocator.runs import NEXT_GAP
from proofs.frame_allocator.subject import SUBJECT

DESCRIPTOR = "FrameAllocator"
FIELDS = frozenset(operation.name for operation in LOADS)
"""Operations that are the load of a field of the descriptor."""


def arbitrary_ghosts() -> Ghosts:
    """Any ghosts at all; the invariants say which ones are meant."""
    owner, stamp, below = (SymMap.arbitrary(f"ghost.{name}", z3.IntSort()) for name in ("owner", "stamp", "below"))
    return Ghosts(owner, stamp, SymInt(paths.current().integer("clock")), below)


def arbitrary_regions() -> Reserved:
    """Any enumerator of any number of regions; the preconditions say what the ghost in it means."""
    base, size, blocker = (SymMap.arbitrary(f"regions.{name}", z3.IntSort()) for name in ("base", "size", "blocker"))
    return Reserved(base, size, SymInt(paths.current().integer("regions.length")), blocker)


def arbitrary_held() -> Any:
    """Any regions, behind those of any header."""
    edition = sys.modules[edition_name("impl.regions")]
    return edition.Unavailable(some_area(), arbitrary_regions())


def some_order() -> SymInt:
    """Any order."""
    return SymInt(paths.current().integer("order"))


def some_area() -> tuple[SymInt, SymInt]:
    """Any base and size."""
    return SymInt(paths.current().integer("first")), SymInt(paths.current().integer("length"))


def invoke(edition: Any, memory: Any, address: Any, operation: str, arguments: dict[str, Any]) -> Any:
    """Call the operation: init_region makes the descriptor, some are functions or fields, all others its methods."""
    regions = sys.modules[edition_name("impl.regions")]

    def init_region(base: Any, size: Any, header_base: Any, header_size: Any, reserved: Any) -> Any:
        area, header = edition.Area(base, size), edition.Area(header_base, header_size)
        return edition.FrameAllocator.init_region(memory, area, header, reserved, at=address)

    functions: dict[str, Callable[..., Any]] = {
        "whole_frames": lambda base, size: regions.whole_frames((base, size)),
        "clip": lambda base, size, start, end: regions.clip((base, size), start, end),
        "next_gap": regions.next_gap,
        "largest_order": edition.largest_order,
        "get_header": lambda base, size, reserved: edition.get_header(edition.Area(base, size), reserved),
        "init_region": init_region,
    }
    if operation in functions:
        return functions[operation](*arguments.values())
    if operation in FIELDS:
        return getattr(edition.FrameAllocator(memory, address), operation)
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
    functions=(
        Stateless(WHOLE_FRAMES, some_area),
        Stateless(CLIP, some_area),
        Stateless(NEXT_GAP, some_area),
        Stateless(LARGEST_ORDER, some_order),
    ),
    arguments={"regions": arbitrary_regions, "held": arbitrary_held},
    hints=recorded("frame_allocator"),
    annotations=named(
        *(filling.insert_run, filling.insert_usable, filling.mark_usable),
        *(gaps.pass_clear_regions, gaps.pass_gap_borders, gaps.pass_held_frames),
        gaps.search_place,
        *(loops.buddies, loops.join_buddies, loops.search_upwards, loops.take_apart),
        loops.upper_half,
        order.find_order,
        *(runs_found.area_described, runs_found.records_of_gap, runs_found.run_of_gap),
        *(ghosts.block_joined, ghosts.block_listed, ghosts.frames_given, ghosts.frames_taken),
        ghosts.nothing_listed,
    ),
)
