"""Proof of the frame allocator: impl/frame_allocator.py keeps the contract of model/frame_allocator.py.

TRUSTED: an operation is called with any state, regions, areas and orders, and is the one that bears its name.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import z3

import impl.frame_allocator
import impl.regions
from model import frame_filling, frame_gaps, frame_loops, frame_order, frame_runs_found, frame_state
from model.frame_allocator import SUBJECT
from model.frame_area import WHOLE_FRAMES
from model.frame_clip import CLIP
from model.frame_order import LARGEST_ORDER
from model.frame_regions import Reserved
from model.frame_runs import NEXT_GAP
from model.frame_single import LOADS
from model.frame_state import HEADS, RECORD, RECORDS, Ghosts
from proofs.engine import path as paths
from proofs.engine.annotations import named
from proofs.engine.edition import edition_name
from proofs.engine.functions import Stateless
from proofs.engine.ghost import SymMap
from proofs.engine.hints import recorded
from proofs.engine.operation import Proof, call_method
from proofs.engine.values import SymInt

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
        *(frame_filling.insert_run, frame_filling.insert_usable, frame_filling.mark_usable),
        *(frame_gaps.pass_clear_regions, frame_gaps.pass_gap_borders, frame_gaps.pass_held_frames),
        frame_gaps.search_place,
        *(frame_loops.buddies, frame_loops.join_buddies, frame_loops.search_upwards, frame_loops.take_apart),
        frame_loops.upper_half,
        frame_order.find_order,
        *(frame_runs_found.area_described, frame_runs_found.records_of_gap, frame_runs_found.run_of_gap),
        *(frame_state.block_joined, frame_state.block_listed, frame_state.frames_given, frame_state.frames_taken),
        frame_state.nothing_listed,
    ),
)
