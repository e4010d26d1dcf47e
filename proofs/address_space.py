"""Proof of the address space: impl/address_space.py keeps the contract of model/address_space.py."""

from __future__ import annotations

from typing import Any

import z3

import impl.address_space
from model.address_space import SUBJECT
from model.page_tables import Map
from proofs.engine import path as paths
from proofs.engine.ghost import SymMap
from proofs.engine.operation import Proof
from proofs.engine.values import SymInt


def arbitrary_map() -> Map:
    """Any map at all."""
    return Map(SymInt(paths.current().integer("root")), SymMap.arbitrary("map.entry", z3.IntSort()))


def call(edition: Any, memory: Any, address: Any, operation: str, arguments: dict[str, Any]) -> Any:
    """Call the operation on the space whose root table lies at the argument ``root``."""
    space = object.__new__(edition.AddressSpace)
    space.memory, space.frames, space.root = memory, None, arguments["root"]
    return getattr(space, operation)(*[value for name, value in arguments.items() if name != "root"])


PROOF = Proof(
    SUBJECT,
    impl.address_space,
    "AddressSpace",
    ("Entry",),
    arbitrary_map,
    arbitrary_map,
    invoke=call,
)
