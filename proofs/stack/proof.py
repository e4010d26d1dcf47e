"""Proof of the whole stack: what model/stack/ composes of the theorems of all other subjects.

TRUSTED: what is composed is any state of any of the heaps.
"""

from __future__ import annotations

from typing import Any

import z3

import impl.heaps
from model.stack.contract import Memories, Pair, Shares
from model.stack.floor import Account
from proofs.address_space.proof import ON_TABLES
from proofs.address_space.proof import PROOF as ADDRESS_SPACE
from proofs.bin_heap.proof import PROOF as BIN_HEAP
from proofs.block_heap.proof import PROOF as BLOCK_HEAP
from proofs.bucket_heap.proof import PROOF as BUCKET_HEAP
from proofs.engine import path as paths
from proofs.engine.annotations import named
from proofs.engine.ghost import SymMap, SymSet
from proofs.engine.hints import recorded
from proofs.engine.operation import Proof
from proofs.engine.values import SymBool, SymInt
from proofs.frame_allocator.proof import PROOF as FRAME_ALLOCATOR
from proofs.segment_heap.proof import PROOF as SEGMENT_HEAP
from proofs.stack.rests import RESTS_ON
from proofs.stack.subject import SUBJECT
from proofs.virtual_memory.proof import PROOF as VIRTUAL_MEMORY

HEAPS = (SEGMENT_HEAP, BLOCK_HEAP, BIN_HEAP, BUCKET_HEAP)
FLOOR = (FRAME_ALLOCATOR, ADDRESS_SPACE, VIRTUAL_MEMORY)
"""What lies below: an address space has no other headers than a virtual memory."""


def any_set(name: str) -> Any:
    """A set of which nothing is known."""
    return SymSet.arbitrary(name, z3.BoolSort())


def any_truth(name: str) -> SymBool:
    """Either."""
    return SymBool(z3.Bool(paths.current().name(name)))


def arbitrary_stack() -> dict[str, Any]:
    """Every heap, two holders of shares, and two blocks, all of them arbitrary."""
    flags = [any_truth(name) for name in ("same_space", "same_heap", "same_block")]
    account = Account(SymMap.arbitrary("account.use", z3.IntSort()), SymInt(paths.current().integer("account.free")))
    sets = [any_set(name) for name in ("first", "second", "mapped_1", "mapped_2", "held_1", "held_2")]
    frames = [SymMap.arbitrary(name, z3.IntSort()) for name in ("frames_1", "frames_2")]
    return {
        **{proof.subject.name: proof.ghost() for proof in (*HEAPS, *FLOOR)},
        "account": account,
        "memories": Memories(any_set("own"), any_set("touched")),
        "shares": Shares(*(any_set(name) for name in ("mine", "others", "taken"))),
        "pair": Pair(*flags, *sets, *frames),
    }


def invoke(edition: Any, memory: Any, address: Any, operation: str, arguments: dict[str, Any]) -> None:
    """Nothing is executed; what is taken for granted is noted.  Where others act, all memory becomes arbitrary."""
    if operation.endswith("_framed") or operation in ("apart", "words"):
        memory.havoc(memory.arrays)
    paths.current().rests |= frozenset(RESTS_ON.get(operation, ()))


PROOF = Proof(
    SUBJECT,
    impl.heaps,
    "SegmentHeap",
    tuple(dict.fromkeys(name for proof in (*HEAPS, *FLOOR) for name in proof.structs)),
    arbitrary_stack,
    arbitrary_stack,
    invoke=invoke,
    hints=recorded("stack"),
    annotations=named(*(proof.annotations for proof in (*HEAPS, FRAME_ALLOCATOR)), ON_TABLES),
)
