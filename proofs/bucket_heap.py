"""Proof of the bucket heap: impl/bucket_heap.py keeps the contract of model/bucket_heap.py.

TRUSTED: an operation is called with any state, and is the one that bears its name.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import z3

import impl.bucket_heap
from model import (
    bucket_adding,
    bucket_claims,
    bucket_destroy,
    bucket_emptying,
    bucket_extend,
    bucket_laying,
    bucket_loops,
    bucket_steps,
)
from model.bucket_heap import SUBJECT
from model.bucket_state import SETS, WORDS, Ghosts
from proofs.engine import path as paths
from proofs.engine.annotations import named
from proofs.engine.ghost import SymMap, SymSet
from proofs.engine.hints import recorded
from proofs.engine.memory import SymMemory
from proofs.engine.operation import Proof
from proofs.engine.values import SymInt, term_of

WHOLE = "flush gets the whole extent"


def arbitrary_ghosts() -> Ghosts:
    """Any ghosts at all; the invariants say which ones are meant."""
    parts: dict[str, Any] = {}
    for part in fields(Ghosts):
        if part.name in SETS:
            parts[part.name] = SymSet.arbitrary(f"ghost.{part.name}", z3.BoolSort())
        elif part.name in WORDS:
            parts[part.name] = SymInt(paths.current().integer(part.name))
        else:
            parts[part.name] = SymMap.arbitrary(f"ghost.{part.name}", z3.IntSort())
    return Ghosts(**parts)


class Flush:
    """The caller's function, which gets an extent back: it writes that to the log, and the memory is its own."""

    def __call__(self, address: Any, size: Any) -> None:
        """One call."""
        path = paths.current()
        memory: SymMemory = path.memory
        memory.log("flushed", address)
        if memory.operation is not None:
            whole = memory.state().fields("BucketHeap").extent_size[memory.operation.heap]
            path.show("flushes_whole", WHOLE, term_of(size == whole))
        memory.give_away(address, size)


def shown(g: Ghosts) -> dict[str, Any]:
    """The words that a report shows."""
    return {"pages of an extent": g.pages, "number of extents": g.count}


PROOF = Proof(
    SUBJECT,
    impl.bucket_heap,
    "BucketHeap",
    ("BucketHeap", "Extent", "Page", "Links", "LiveBits", "FreeLink"),
    arbitrary_ghosts,
    arbitrary_ghosts,
    shown,
    arguments={"flush": Flush},
    hints=recorded("bucket_heap"),
    annotations=named(
        bucket_adding.extent_added,
        *(bucket_claims.address_in_page, bucket_claims.block_found, bucket_claims.block_leaves),
        *(bucket_claims.block_picked, bucket_claims.bucket_is_empty, bucket_claims.bucket_known),
        *(bucket_claims.bucket_of_size, bucket_claims.links_within, bucket_claims.list_joined),
        *(bucket_claims.list_left, bucket_claims.page_aligned, bucket_claims.page_emptied),
        *(bucket_claims.place_is_clear, bucket_claims.run_found, bucket_claims.run_given, bucket_claims.run_leaves),
        *(bucket_claims.run_marked, bucket_claims.word_found),
        *(bucket_destroy.extent_razed, bucket_destroy.flush_extents),
        *(bucket_emptying.buckets_empty, bucket_emptying.heap_begun, bucket_emptying.heap_emptied),
        *(bucket_emptying.heap_measured, bucket_emptying.sentinels_there),
        bucket_extend.find_place,
        *(bucket_laying.extent_laid, bucket_laying.lay_pages, bucket_laying.pages_laid),
        *(bucket_loops.give_back, bucket_loops.hand_out, bucket_loops.pass_free_pages, bucket_loops.row_ends),
        *(bucket_loops.search_log2, bucket_loops.visit_extents, bucket_loops.walk_extents),
        bucket_loops.walk_free_pages,
        *(bucket_steps.block_given, bucket_steps.block_taken, bucket_steps.block_unstacked),
        *(bucket_steps.page_carved, bucket_steps.page_dissolved, bucket_steps.page_listed),
        *(bucket_steps.page_unlisted, bucket_steps.pages_given, bucket_steps.pages_taken),
    ),
)
