"""Proof that our heaps keep what every heap owes: what model/heaps/ draws from the contracts of the four.

TRUSTED: of a call nothing is assumed but the contract of an operation that was proved, and it is rested on by name.
"""

from __future__ import annotations

from typing import Any

import z3

import impl.heaps
from model.heap.state import Holdings
from model.heaps.contract import CALLS, SUBJECTS, USER, Call
from model.language.logic import Answers, Transition
from proofs.address_space.proof import ON_TABLES
from proofs.bin_heap.proof import PROOF as BIN_HEAP
from proofs.block_heap.proof import PROOF as BLOCK_HEAP
from proofs.bucket_heap.proof import PROOF as BUCKET_HEAP
from proofs.engine import path as paths
from proofs.engine.annotations import named
from proofs.engine.calls import outcome, refusal
from proofs.engine.ghost import SymMap, SymSet
from proofs.engine.hints import recorded
from proofs.engine.operation import Proof
from proofs.engine.path import PathEnd, program_error
from proofs.engine.values import SymBool, SymInt, term_of
from proofs.frame_allocator.proof import PROOF as FRAME_ALLOCATOR
from proofs.heaps.subject import SUBJECT
from proofs.segment_heap.proof import PROOF as SEGMENT_HEAP

HEAPS = {proof.subject.name: proof for proof in (SEGMENT_HEAP, BLOCK_HEAP, BIN_HEAP, BUCKET_HEAP)}


def any_word(name: str) -> SymInt:
    """Any integer."""
    return SymInt(paths.current().integer(name))


def any_truth(name: str) -> SymBool:
    """Either."""
    return SymBool(z3.Bool(paths.current().name(name)))


def any_user() -> Holdings:
    """Somebody who holds any blocks."""
    live = SymSet.arbitrary("user.live", z3.BoolSort())
    at, size = (SymMap.arbitrary(f"user.{name}", z3.IntSort()) for name in ("at", "size"))
    return Holdings(0, 0, live, at, size, any_word("user.count"), any_word("user.total"))


def arbitrary() -> dict[str, Any]:
    """Every heap, and a user of any of them; what the model requires says which are meant."""
    return {**{name: proof.ghost() for name, proof in HEAPS.items()}, USER: any_user()}


def invoke(edition: Any, memory: Any, address: Any, operation: str, arguments: dict[str, Any]) -> Any:
    """The heap's operation is not executed: all becomes arbitrary, and what its contract says is known."""
    call, path = CALLS[operation], paths.current()
    rest_on(call)
    with path.ghost():
        t = any_execution(call, memory, address, arguments)
        for law in call.operation.ensures:
            path.know(term_of(law.formula(t)), f"{call.operation.name}.{law.name}")
        for law in SUBJECTS[call.heap].invariants:
            path.know(term_of(law.formula(t.new.untold(), address, t.ghost_after)), law.name)
    if path.impossible():
        raise PathEnd
    memory.operation.ghost = {**memory.operation.ghost, call.heap: t.ghost_after}
    if t.raised:
        raise program_error(refusal(t.raised, f"{operation} is refused"))
    return t.result


def any_execution(call: Call, memory: Any, address: Any, arguments: dict[str, Any]) -> Transition:
    """From memory as it is to any other, with any answer, of the machine too; memory is the one after it."""
    path, before = paths.current(), memory.operation.ghost[call.heap]
    old = memory.state()
    memory.havoc(list(memory.arrays))
    raised = outcome(path, call.operation)
    result = None if raised else any_word("result")
    new = memory.state()
    t = Transition(address, old, new, before, arguments, result, raised, new.cost)
    t.pages_mapped, t.pages_asked, t.asked_at = (any_word(name) for name in ("mapped", "asked", "asked_at"))
    t.map_refused, t.pages_unmapped = any_truth("refused"), any_word("unmapped")
    t.answers = Answers(any_word("sought"), *(any_truth(name) for name in ("no_place", "taken", "frames_lack")))
    t.ghost_after = HEAPS[call.heap].ghost()
    t.ghost_after = call.operation.after(t)
    return t


def rest_on(call: Call) -> None:
    """The path rests on the operation, and on each of its theorems that are known here."""
    laws = (*call.operation.ensures, *SUBJECTS[call.heap].invariants)
    name = f"{call.heap}.{call.operation.name}"
    paths.current().rests |= {name, *(f"{name}.{law.name}" for law in laws)}


PROOF = Proof(
    SUBJECT,
    impl.heaps,
    "SegmentHeap",
    tuple(dict.fromkeys(name for proof in HEAPS.values() for name in proof.structs)),
    arbitrary,
    arbitrary,
    invoke=invoke,
    hints=recorded("heaps"),
    annotations=named(*(proof.annotations for proof in (*HEAPS.values(), FRAME_ALLOCATOR)), ON_TABLES),
)
