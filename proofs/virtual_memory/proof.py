"""Proof of virtual memory: impl/virtual_memory.py keeps the contract of model/virtual_memory/.

The page tables below it are called by contract as they were proved, and rested on.

TRUSTED: an operation is called with any state, and what stands in for tables and RAM does what they do.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import z3

import impl.virtual_memory
from model.address_space.invariants import INVARIANTS as OF_TABLES
from model.address_space.ranges import PROTECT as PROTECTING
from model.address_space.ranges import UNMAP as UNMAPPING
from model.language.logic import Operation
from model.virtual_memory.state import Translations
from proofs.address_space.proof import PROOF as ADDRESS_SPACE
from proofs.address_space.proof import arbitrary_space
from proofs.engine import path as paths
from proofs.engine.annotations import named
from proofs.engine.contract import Contract
from proofs.engine.dictionary import SymDict
from proofs.engine.ghost import SymMap, SymSet
from proofs.engine.hints import recorded
from proofs.engine.operation import Proof
from proofs.engine.outside import Outside, made
from proofs.engine.raw import width_of
from proofs.engine.runtime import StandIn
from proofs.engine.values import SymBool, SymInt
from proofs.virtual_memory import loops
from proofs.virtual_memory.machine import OFFERED, AnyWords, Cells, FieldOf, Ram, SymField, Views, Words
from proofs.virtual_memory.subject import SUBJECT


def arbitrary_translations() -> Translations:
    """Any address space and any TLB; the invariants say which ones are meant."""
    space = arbitrary_space()
    return Translations(
        **{part.name: getattr(space, part.name) for part in fields(space)},
        readable=SymSet.arbitrary("tlb.readable", z3.BoolSort()),
        read_by=SymMap.arbitrary("tlb.read_by", z3.IntSort()),
        reads_held=SymInt(paths.current().integer("tlb.reads_held")),
        writable=SymSet.arbitrary("tlb.writable", z3.BoolSort()),
        write_by=SymMap.arbitrary("tlb.write_by", z3.IntSort()),
        tlb_entries=SymInt(paths.current().integer("tlb_entries")),
        user_mode=SymBool(z3.Bool(paths.current().name("user_mode"))),
        ram_size=SymInt(paths.current().integer("ram_size")),
    )


UNMAP = Contract("address_space", UNMAPPING, OF_TABLES)
PROTECT = Contract("address_space", PROTECTING, OF_TABLES)


class SpaceByContract(StandIn):
    """The address space as a virtual memory sees it."""

    OFFERS = ("root", "unmap", "protect")

    def __init__(self, memory: Any) -> None:
        self.memory = memory

    @property
    def root(self) -> Any:
        """Where the root table lies."""
        return self.memory.operation.ghost.root

    def unmap(self, address: Any, pages: Any) -> None:
        """By contract."""
        UNMAP.call(root=self.root, address=address, pages=pages)

    def protect(self, address: Any, pages: Any, flags: Any) -> None:
        """By contract."""
        PROTECT.call(root=self.root, address=address, pages=pages, flags=flags)


OUTSIDE = Outside(
    {"tlb_entries": lambda known: known.tlb_entries, "user_mode": lambda known: known.user_mode},
    {"_readable": ("readable", "read_by", "reads_held"), "_writable": ("writable", "write_by")},
    OFFERED,
)
"""The words of the TLB, and what it remembers for reads and for writes."""


def invoke(edition: Any, memory: Any, address: Any, operation: str, arguments: dict[str, Any]) -> Any:
    """Call the operation on the virtual memory."""
    views = Views(memory)
    parts = {
        "space": SpaceByContract(memory),
        "ram": Ram(memory),
        "_table_words": (AnyWords if operation == "_table_word" else Words)(memory),
        "_views": views,
        "_words": views["Q"],
        "_cells": Cells(memory),
    }
    dictionaries = {name: SymDict(*OUTSIDE.dictionaries[name]) for name in OUTSIDE.dictionaries}
    virtual = made(edition.VirtualMemory, **parts, **dictionaries)
    if "field" in arguments:
        field = arguments["field"]
        width = None if operation == "array" else width_of(field.width)
        arguments = {**arguments, "field": FieldOf(field, width)}
    return getattr(virtual, operation)(*arguments.values())


def bind(virtual: Any, operation: Operation, arguments: tuple[Any, ...]) -> dict[str, Any]:
    """The arguments of a call; there is one virtual memory."""
    return dict(zip(operation.arguments, arguments, strict=True))


def any_truth() -> SymBool:
    """Either."""
    return SymBool(z3.Bool(paths.current().name("write")))


LOOPS = (loops.forget_pages, loops.find_pages, loops.load_pages, loops.store_pages, loops.fill_pages, loops.stands_at)


PROOF = Proof(
    SUBJECT,
    impl.virtual_memory,
    "VirtualMemory",
    ("Entry",),
    arbitrary_translations,
    arbitrary_translations,
    invoke=invoke,
    arguments={"write": any_truth, "field": SymField},
    bind=bind,
    outside=OUTSIDE,
    words=False,
    hints=recorded("virtual_memory"),
    annotations=named(*LOOPS, ADDRESS_SPACE.annotations),
)
