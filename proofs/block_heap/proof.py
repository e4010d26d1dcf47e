"""Proof of the block heap: impl/block_heap.py keeps the contract of model/block_heap/.

TRUSTED: an operation is called with any state, and is the one that bears its name.
"""

from __future__ import annotations

from typing import Any

import z3

import impl.block_heap
from model.block_heap.state import BlockTable
from proofs.block_heap import loops
from proofs.block_heap.subject import SUBJECT
from proofs.engine import path as paths
from proofs.engine.annotations import named
from proofs.engine.ghost import SymMap
from proofs.engine.hints import recorded
from proofs.engine.operation import Proof, call_method
from proofs.engine.values import SymInt

HEAP = "KernelHeap"


def arbitrary_blocks() -> BlockTable:
    """Any table at all; the invariants say which ones are meant."""
    words = [SymInt(paths.current().integer(name)) for name in ("table", "entries", "total", "saddr")]
    maps = [SymMap.arbitrary(f"blocks.{name}", z3.IntSort()) for name in ("first", "last", "free_until")]
    return BlockTable(*words, *maps)


def shown(blocks: BlockTable) -> dict[str, Any]:
    """The words that a report shows."""
    return {"table entries": blocks.entries, "number of blocks": blocks.total, "start of the pool": blocks.saddr}


def invoke(edition: Any, memory: Any, address: Any, operation: str, arguments: dict[str, Any]) -> Any:
    """Call the operation: memset is a function, all others are methods of the heap."""
    if operation == "memset":
        return edition.memset(memory, *arguments.values())
    return call_method(HEAP, edition, memory, address, operation, arguments)


PROOF = Proof(
    SUBJECT,
    impl.block_heap,
    HEAP,
    ("TableEntry", "HeapTable", "BlockHeap"),
    arbitrary_blocks,
    arbitrary_blocks,
    shown,
    invoke,
    virtual=True,
    hints=recorded("block_heap"),
    annotations=named(loops.mark_middle, loops.release_blocks, loops.scan_for_run),
)
