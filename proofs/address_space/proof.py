"""Proof of the address space: impl/address_space.py and page_tables.py keep the contract of model/address_space/.

The frame allocator below it is called by contract (model/frame_allocator/single_frames.py), and rested on by name.

TRUSTED: an operation is called with any state, and what stands in for the frames does what their contract says.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import z3

import impl.address_space
import impl.page_tables
from model.address_space.state import Space
from model.frame_allocator.single_frames import Extent, Uses, about_one
from model.language.laws import Parts
from model.language.logic import Clause, Operation
from proofs.address_space import (
    above,
    beginning,
    demand,
    drain,
    entries,
    entries_on_way,
    lend,
    loops,
    mapping,
    reserved,
)
from proofs.address_space.demand import FIRST_IN
from proofs.address_space.ranges import IS_CANONICAL_RANGE
from proofs.address_space.subject import SUBJECT
from proofs.engine import path as paths
from proofs.engine.annotations import named
from proofs.engine.contract import Contract
from proofs.engine.functions import Stateless
from proofs.engine.ghost import SymMap
from proofs.engine.hints import recorded
from proofs.engine.operation import Proof
from proofs.engine.outside import Outside, made
from proofs.engine.runtime import StandIn
from proofs.engine.values import SymBool, SymInt
from proofs.frame_allocator.proof import PROOF as FRAME_ALLOCATOR
from proofs.frame_allocator.subject import SUBJECT as FRAMES

WORDS = ("root", "free_frames", "origin", "start", "end")
"""The parts of the abstract state that are numbers; all others but ``granting`` are maps."""


def arbitrary_space() -> Space:
    """Any space at all; the invariants say which ones are meant."""
    names = [part.name for part in fields(Space) if part.name != "granting"]
    words = {name: SymInt(paths.current().integer(name)) for name in names if name in WORDS}
    maps = {name: SymMap.arbitrary(f"space.{name}", z3.IntSort()) for name in names if name not in WORDS}
    return Space(**words, **maps, granting=SymBool(z3.Bool(paths.current().name("granting"))))


def some_word() -> SymInt:
    """What a function returns of which nothing is known."""
    return SymInt(paths.current().integer("result"))


def some_flag() -> SymBool:
    """The same, of a flag."""
    return SymBool(z3.Bool(paths.current().name("result")))


def by_contract(operation: str, *shows: Clause) -> Contract:
    """That operation of the frame allocator, seen in the abstract state of the page tables."""
    return Contract(FRAMES.name, FRAMES.operation(operation), views=(USES, EXTENT), apart=APART, shows=shows)


USES = Parts(Uses, ("use", "free_frames"))
EXTENT = Parts(Extent, ("origin", "start", "end"))
APART = ("frame_allocator.init_region.header_reserved",)
"""Where the header lies: in reserved frames, which ``reserved_left_alone`` says of every operation are left alone."""
ALLOCATE, FREE = by_contract("allocate", about_one("allocate")), by_contract("free", about_one("free"))
LEND, TAKE_BACK = by_contract("lend"), by_contract("take_back")
IS_LENT = by_contract("is_lent")
FREE_FRAMES, ORIGIN, START, END = (by_contract(field) for field in ("free_frames", "origin", "start", "end"))


class FramesByContract(StandIn):
    """The frame allocator as the page tables see it: nothing of it that is not an operation by contract."""

    OFFERS = ("origin", "start", "end", "free_frames", "allocate", "free", "is_lent", "lend", "take_back")

    @property
    def origin(self) -> Any:
        """The physical address of the frame from which the frame allocator counts."""
        return ORIGIN.call()

    @property
    def start(self) -> Any:
        """The first frame, as the frame allocator counts them."""
        return START.call()

    @property
    def end(self) -> Any:
        """The first frame after the last, counted alike."""
        return END.call()

    @property
    def free_frames(self) -> Any:
        """The number of free frames."""
        return FREE_FRAMES.call()

    def allocate(self, order: Any) -> Any:
        """By contract."""
        return ALLOCATE.call(order=order)

    def free(self, base: Any, size: Any) -> None:
        """By contract."""
        FREE.call(base=base, size=size)

    def is_lent(self, base: Any) -> Any:
        """By contract."""
        return IS_LENT.call(base=base)

    def lend(self, base: Any) -> Any:
        """By contract."""
        return LEND.call(base=base)

    def take_back(self, base: Any) -> Any:
        """By contract."""
        return TAKE_BACK.call(base=base)


def invoke(edition: Any, memory: Any, address: Any, operation: str, arguments: dict[str, Any]) -> Any:
    """Call the operation on the space whose root table lies at the argument ``root``, or the function of that name.

    Of ``destroy``, which changes that, the result is the root afterwards.
    """
    if "root" not in arguments:
        return getattr(edition, operation)(*arguments.values())
    space = made(edition.AddressSpace, memory=memory, frames=FramesByContract())
    result = getattr(space, operation)(*[value for name, value in arguments.items() if name != "root"])
    return space.root if operation == "destroy" else result


def bind(space: Any, operation: Operation, arguments: tuple[Any, ...]) -> dict[str, Any]:
    """The arguments of a call on ``space``: it is known by its root."""
    return dict(zip(operation.arguments, (space.root, *arguments), strict=True))


PROOF = Proof(
    SUBJECT,
    impl.address_space,
    "AddressSpace",
    ("Entry",),
    arbitrary_space,
    arbitrary_space,
    invoke=invoke,
    parts=(impl.page_tables,),
    functions=(Stateless(IS_CANONICAL_RANGE, some_flag), Stateless(FIRST_IN, some_word)),
    bind=bind,
    outside=Outside({"root": lambda space: space.root}, known_by=("root",)),
    hints=recorded("address_space"),
    annotations=named(
        above.opened,
        entries_on_way.way_found,
        demand.count_missing,
        *(drain.drain_directory, drain.drain_root, drain.drain_table, drain.drain_top),
        *(drain.entry_below, drain.nothing_left, drain.uprooted, beginning.rooted_at),
        entries.made_entry,
        *(lend.lend_frames, lend.take_frames_back),
        *(loops.find_mapped, loops.protect_pages, loops.unmap_pages),
        *(mapping.map_pages, mapping.next_page),
        reserved.map_borrowed,
        FRAME_ALLOCATOR.annotations,
    ),
)

ON_TABLES = named(*(PROOF.annotations[name] for name in (
    "drain_directory", "drain_table", "drain_top", "entry_below", "opened", "way_found",
)))  # fmt: skip
"""What the page tables say (impl/page_tables.py), of which every machine with virtual memory has some."""
