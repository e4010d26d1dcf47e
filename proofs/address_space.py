"""Proof of the address space: impl/address_space.py keeps the contract of model/address_space.py.

The frame allocator below it is called by contract (model/frame_contract.py), and rested on by name.

TRUSTED: an operation is called with any state, and what stands in for the frames does what their contract says.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import z3

import impl.address_space
import proofs.frame_allocator
from model import (
    space_above,
    space_demand,
    space_drain,
    space_entries,
    space_lend,
    space_loops,
    space_map,
    space_reserved,
)
from model.address_space import SUBJECT
from model.frame_allocator import SUBJECT as FRAMES
from model.frame_contract import Extent, Uses, about_one
from model.laws import Parts
from model.logic import Clause, Operation
from model.page_tables import Space
from model.space_demand import FIRST_IN
from model.space_ranges import IS_CANONICAL_RANGE
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

WORDS = ("root", "free_frames", "origin", "start", "end")
"""The parts of the abstract state that are numbers; all others are maps."""


def arbitrary_space() -> Space:
    """Any space at all; the invariants say which ones are meant."""
    names = [part.name for part in fields(Space)]
    words = {name: SymInt(paths.current().integer(name)) for name in names if name in WORDS}
    maps = {name: SymMap.arbitrary(f"space.{name}", z3.IntSort()) for name in names if name not in WORDS}
    return Space(**words, **maps)


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
FREE_FRAMES, START, END = (by_contract(field) for field in ("free_frames", "start", "end"))


class FramesByContract(StandIn):
    """The frame allocator as the page tables see it: nothing of it that is not an operation by contract."""

    OFFERS = ("start", "end", "free_frames", "allocate", "free", "lend", "take_back")

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
    functions=(Stateless(IS_CANONICAL_RANGE, some_flag), Stateless(FIRST_IN, some_word)),
    bind=bind,
    outside=Outside({"root": lambda space: space.root}),
    hints=recorded("address_space"),
    annotations=named(
        space_above.opened,
        space_demand.count_missing,
        *(space_drain.drain_directory, space_drain.drain_root, space_drain.drain_table, space_drain.drain_top),
        *(space_drain.entry_below, space_drain.nothing_left, space_drain.uprooted),
        space_entries.made_entry,
        *(space_lend.lend_frames, space_lend.take_frames_back),
        *(space_loops.find_mapped, space_loops.protect_pages, space_loops.unmap_pages),
        *(space_map.map_pages, space_map.next_page),
        space_reserved.map_borrowed,
        proofs.frame_allocator.PROOF.annotations,
    ),
)
