"""Proof of the whole stack: what model/stack.py composes of the theorems of all other subjects.

TRUSTED: what is composed is any state of any of the heaps.
"""

from __future__ import annotations

from typing import Any

import z3

import impl.heaps
import proofs.bin_heap
import proofs.block_heap
import proofs.bucket_heap
import proofs.segment_heap
from model.stack import RESTS_ON, SUBJECT, Pair, Shares
from proofs.engine import path as paths
from proofs.engine.annotations import named
from proofs.engine.ghost import SymMap, SymSet
from proofs.engine.hints import recorded
from proofs.engine.operation import Proof
from proofs.engine.values import SymBool

HEAPS = (proofs.segment_heap.PROOF, proofs.block_heap.PROOF, proofs.bin_heap.PROOF, proofs.bucket_heap.PROOF)


def any_set(name: str) -> Any:
    """A set of which nothing is known."""
    return SymSet.arbitrary(name, z3.BoolSort())


def any_truth(name: str) -> SymBool:
    """Either."""
    return SymBool(z3.Bool(paths.current().name(name)))


def arbitrary_stack() -> dict[str, Any]:
    """Every heap, two holders of shares, and two blocks, all of them arbitrary."""
    flags = [any_truth(name) for name in ("same_space", "same_heap", "same_block")]
    sets = [any_set(name) for name in ("first", "second", "mapped_1", "mapped_2", "held_1", "held_2")]
    frames = [SymMap.arbitrary(name, z3.IntSort()) for name in ("frames_1", "frames_2")]
    return {
        **{proof.subject.name: proof.ghost() for proof in HEAPS},
        "shares": Shares(*(any_set(name) for name in ("mine", "others", "taken"))),
        "pair": Pair(*flags, *sets, *frames),
    }


def invoke(edition: Any, memory: Any, address: Any, operation: str, arguments: dict[str, Any]) -> None:
    """Nothing is executed; what is taken for granted is noted."""
    paths.current().rests |= frozenset(RESTS_ON.get(operation, ()))


PROOF = Proof(
    SUBJECT,
    impl.heaps,
    "SegmentHeap",
    tuple(name for proof in HEAPS for name in proof.structs),
    arbitrary_stack,
    arbitrary_stack,
    invoke=invoke,
    hints=recorded("stack"),
    annotations=named(*(proof.annotations for proof in HEAPS)),
)
