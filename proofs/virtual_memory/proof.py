"""Proof of virtual memory: impl/virtual_memory.py and impl/mmu.py keep the contract of model/virtual_memory/.

The page tables below it are called by contract as they were proved, and rested on.

TRUSTED: an operation is called with any state, and what stands in for tables and RAM does what they do.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from functools import partial
from typing import Any

import z3

import impl.mmu
import impl.virtual_memory
from model.address_space.invariants import INVARIANTS as OF_TABLES
from model.address_space.mapping import MAP as MAPPING
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
from proofs.engine.values import SymBool, SymInt, term_of
from proofs.virtual_memory import loops, placement
from proofs.virtual_memory.machine import OFFERED, AnyWords, Cells, FieldOf, Ram, SymField, Views, Words
from proofs.virtual_memory.subject import SUBJECT

THERE = "a TLB of the space has that number"


NUMBERS = ("tlb_entries", "ram_size", "lowest", "tlbs", "mine", "other")
OTHER = {
    "_readable": ("other_readable", "other_read_by"),
    "_writable": ("other_writable", "other_write_by"),
    "_executable": ("other_executable", "other_execute_by"),
}
"""What the other TLB remembers."""


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
        executable=SymSet.arbitrary("tlb.executable", z3.BoolSort()),
        execute_by=SymMap.arbitrary("tlb.execute_by", z3.IntSort()),
        user_mode=SymBool(z3.Bool(paths.current().name("user_mode"))),
        ends=SymMap.arbitrary("ends", z3.IntSort()),
        other_user_mode=SymBool(z3.Bool(paths.current().name("other_user_mode"))),
        **{name: SymInt(paths.current().integer(name)) for name in NUMBERS},
        **{name: SymSet.arbitrary(name, z3.BoolSort()) for name, _ in OTHER.values()},
        **{name: SymMap.arbitrary(name, z3.IntSort()) for _, name in OTHER.values()},
    )


MAP = Contract("address_space", MAPPING, OF_TABLES)
UNMAP = Contract("address_space", UNMAPPING, OF_TABLES)
PROTECT = Contract("address_space", PROTECTING, OF_TABLES)


class SpaceByContract(StandIn):
    """The address space as a virtual memory sees it."""

    OFFERS = ("root", "map", "unmap", "protect")

    def __init__(self, memory: Any) -> None:
        self.memory = memory

    @property
    def root(self) -> Any:
        """Where the root table lies."""
        return self.memory.operation.ghost.root

    def map(self, address: Any, pages: Any, flags: Any) -> None:
        """By contract."""
        MAP.call(root=self.root, address=address, pages=pages, flags=flags)

    def unmap(self, address: Any, pages: Any) -> None:
        """By contract."""
        UNMAP.call(root=self.root, address=address, pages=pages)

    def protect(self, address: Any, pages: Any, flags: Any) -> None:
        """By contract."""
        PROTECT.call(root=self.root, address=address, pages=pages, flags=flags)


class TlbsOfSpace(StandIn):
    """The TLBs of the space by their numbers: this one, the other, and those that nobody looks at."""

    OFFERS = ("count", "forget", "flush")

    def __init__(self, memory: Any, other: Any) -> None:
        self._memory = memory
        self._other = other
        self.mine: Any = None

    def count(self) -> Any:
        """How many."""
        return self._memory.operation.ghost.tlbs

    def forget(self, number: Any, page: Any) -> None:
        """One of them executes what it does."""
        for tlb in self._numbered(number):
            tlb.forget(page)

    def flush(self, number: Any) -> None:
        """The same."""
        for tlb in self._numbered(number):
            tlb.flush()

    def _numbered(self, number: Any) -> Iterator[Any]:
        known = self._memory.operation.ghost
        paths.current().show("safety", THERE, term_of((number >= 0) & (number < known.tlbs)))
        if number == known.mine:
            yield self.mine
        elif number == known.other:
            yield self._other


OUTSIDE = Outside(
    {
        "tlb_entries": lambda known: known.tlb_entries,
        "user_mode": lambda known: known.user_mode,
        "_lowest": lambda known: known.lowest,
    },
    {
        "_readable": ("readable", "read_by", "reads_held"),
        "_writable": ("writable", "write_by"),
        "_executable": ("executable", "execute_by"),
    },
    (*TlbsOfSpace.OFFERS, *OFFERED),
)
"""The words of the TLB, and what it remembers for reads, for writes and for fetches."""


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
    others = {name: SymDict(*OTHER[name]) for name in OTHER}
    tlbs = TlbsOfSpace(memory, made(edition.VirtualMemory, **parts, **others))
    virtual = tlbs.mine = made(edition.VirtualMemory, **parts, **dictionaries, tlbs=tlbs)
    if "field" in arguments:
        field = arguments["field"]
        width = None if operation == "array" else width_of(field.width)
        arguments = {**arguments, "field": FieldOf(field, width)}
    return getattr(virtual, operation)(*arguments.values())


def bind(virtual: Any, operation: Operation, arguments: tuple[Any, ...]) -> dict[str, Any]:
    """The arguments of a call; there is one virtual memory."""
    return dict(zip(operation.arguments, arguments, strict=True))


def any_truth(name: str) -> SymBool:
    """Either."""
    return SymBool(z3.Bool(paths.current().name(name)))


PROOF = Proof(
    SUBJECT,
    impl.virtual_memory,
    "VirtualMemory",
    ("Entry",),
    arbitrary_translations,
    arbitrary_translations,
    invoke=invoke,
    arguments={
        "write": partial(any_truth, "write"),
        "execute": partial(any_truth, "execute"),
        "field": SymField,
    },
    bind=bind,
    outside=OUTSIDE,
    parts=(impl.mmu,),
    words=False,
    hints=recorded("virtual_memory"),
    annotations=named(
        *(
            loops.forget_pages,
            loops.tell_all,
            loops.tell_one,
            loops.flush_tlbs,
            loops.granted_pages,
            loops.page_granted,
        ),
        *(loops.find_pages, loops.load_pages, loops.store_pages, loops.fill_pages, loops.stands_at),
        *(placement.search_begins, placement.seek_hole),
        ADDRESS_SPACE.annotations,
    ),
)
