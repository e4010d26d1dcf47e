"""Proof of the address space: impl/address_space.py keeps the contract of model/address_space.py.

The frame allocator below it is called by contract (model/frame_contract.py), and rested on by name.
"""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import z3

import impl.address_space
from model.address_space import SUBJECT
from model.frame_contract import contract
from model.logic import Operation
from model.page_tables import Space
from model.space_demand import FIRST_IN
from model.space_ranges import IS_CANONICAL_RANGE
from proofs.engine import path as paths
from proofs.engine.contract import Contract
from proofs.engine.functions import Stateless
from proofs.engine.ghost import SymMap
from proofs.engine.operation import Proof
from proofs.engine.outside import Outside, made
from proofs.engine.values import SymBool, SymInt

WORDS = ("root", "free_frames", "origin", "start", "end")
"""The parts of the abstract state that are numbers; all others are maps."""


def arbitrary_space() -> Space:
    """Any space at all; the invariants say which ones are meant."""
    names = [part.name for part in fields(Space)]
    words = {name: SymInt(paths.current().integer(name)) for name in names if name in WORDS}
    maps = {name: SymMap.arbitrary(f"space.{name}", z3.IntSort()) for name in names if name not in WORDS}
    return Space(**words, **maps)


class SomeArea:
    """What allocating returns: an area of which nothing is known."""

    def __init__(self) -> None:
        self.base = SymInt(paths.current().integer("base"))
        self.size = SymInt(paths.current().integer("size"))


def some_word() -> SymInt:
    """What a function returns of which nothing is known."""
    return SymInt(paths.current().integer("result"))


def some_flag() -> SymBool:
    """The same, of a flag."""
    return SymBool(z3.Bool(paths.current().name("result")))


ALLOCATE = Contract("frame_allocator", contract("allocate", ("order",), Space.uses), SomeArea)
FREE = Contract("frame_allocator", contract("free", ("base", "size"), Space.uses))
LEND = Contract("frame_allocator", contract("lend", ("base",), Space.uses))
TAKE_BACK = Contract("frame_allocator", contract("take_back", ("base",), Space.uses))


class FramesByContract:
    """The frame allocator as the page tables see it."""

    @property
    def start(self) -> Any:
        """The first frame, as the frame allocator counts them: one load."""
        return self._known("start")

    @property
    def end(self) -> Any:
        """The first frame after the last, counted alike: one load."""
        return self._known("end")

    def _known(self, edge: str) -> Any:
        memory = paths.current().memory
        memory.pay(1)
        return getattr(memory.operation.ghost, edge)

    @property
    def free_frames(self) -> Any:
        """The number of free frames: one load."""
        memory = paths.current().memory
        memory.pay(1)
        return memory.operation.ghost.free_frames

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
)
