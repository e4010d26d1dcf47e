"""Proof of the bucket heap: impl/bucket_heap.py and bucket_pages.py keep the contract of model/bucket_heap/.

TRUSTED: an operation is called with any state, and is the one that bears its name.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import z3

import impl.bucket_heap
import impl.bucket_pages
from model.bucket_heap.state import Ghosts
from proofs.bucket_heap import adding, claims, destroy, emptying, extend, ghosts, laid, laying, loops
from proofs.bucket_heap.ghosts import SETS, WORDS
from proofs.bucket_heap.subject import SUBJECT
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
    parts=(impl.bucket_pages,),
    arguments={"flush": Flush},
    virtual=True,
    hints=recorded("bucket_heap"),
    annotations=named(
        adding.extent_added,
        *(claims.address_in_page, claims.block_found, claims.block_leaves),
        *(claims.block_picked, claims.bucket_is_empty, claims.bucket_known),
        *(claims.bucket_of_size, claims.links_within, claims.list_joined),
        *(claims.list_left, claims.page_aligned, claims.page_below),
        claims.page_emptied,
        *(claims.place_is_clear, claims.run_found, claims.run_given, claims.run_leaves),
        *(claims.run_marked, claims.word_found),
        *(destroy.extent_razed, destroy.flush_extents),
        *(emptying.buckets_empty, emptying.heap_begun, emptying.heap_emptied),
        *(emptying.heap_measured, emptying.sentinels_there),
        extend.find_place,
        *(laid.extent_laid, laying.lay_pages, laying.pages_laid),
        *(loops.give_back, loops.hand_out, loops.pass_free_pages, loops.row_ends),
        *(loops.search_log2, loops.visit_extents, loops.walk_extents),
        loops.walk_free_pages,
        *(ghosts.block_given, ghosts.block_taken, ghosts.block_unstacked),
        *(ghosts.page_carved, ghosts.page_dissolved, ghosts.page_listed),
        *(ghosts.page_unlisted, ghosts.pages_given, ghosts.pages_taken),
    ),
)
