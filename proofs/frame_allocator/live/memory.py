"""The memory that a checked frame allocator sees: one header region that it may write, and a limit to its patience.

The area whose frames it manages is never touched: those frames are other people's.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from impl.layout import Field
from impl.shadow import CheckedRam, Shadow
from model.frame_allocator.state import ORDERS, RECORDS
from proofs.checking.meter import Meter
from proofs.checking.violation import Violation
from proofs.frame_allocator.ghosts import HEADS
from proofs.frame_allocator.live.blank import Blank
from proofs.frame_allocator.live.header import Claims, Header

STRUCTS = ("FrameAllocator", "FreeList", "FrameRecord")
OUTSIDE = "nothing outside the header region is written"
GARBAGE = b"\xa5"


class HeaderMemory(CheckedRam):
    """RAM, ``size_bytes`` of it, in which [low, high) is a header region."""

    def __init__(self, size_bytes: int) -> None:
        self.meter = Meter()
        super().__init__(size_bytes, self.meter)
        self.low = self.high = 0
        self.theorem = ""
        self.operation: Any = None

    def place(self, low: int, size: int) -> None:
        """The header region, full of garbage, lies at ``low``."""
        self.low, self.high = low, low + size
        self.buffer[low : low + size] = GARBAGE * size

    def move(self, low: int, module: types.ModuleType, frames: int) -> None:
        """The header of ``frames`` frames, written by the code of ``module``, is mapped at ``low`` from now on."""
        image = self.buffer[self.low : self.high]
        self.buffer[self.low : self.high] = GARBAGE * len(image)
        self.low, self.high = low, low + len(image)
        self.buffer[self.low : self.high] = image
        self.shadow = Shadow()
        self.claim(module.FrameAllocator, low)
        self.claim_array(module.FreeList, low + HEADS, ORDERS)
        self.claim_array(module.FrameRecord, low + RECORDS, frames)

    def blank(self, module: types.ModuleType, cost: int = 0) -> Blank:
        """The header region, if no header lies there."""
        return Blank(self, module, self.low, self.high, cost)

    def header(self, module: types.ModuleType, cost: int = 0) -> Header:
        """What the header says now."""
        claims: Claims = {name: self.shadow.claims(getattr(module, name), self.low, self.high) for name in STRUCTS}
        return Header(self.buffer[self.low : self.high], self.low, claims, cost)

    def write(self, field: Field[Any], address: int, value: Any, /) -> None:
        """A store, inside the header region."""
        self._inside(address + field.offset, field.width)
        super().write(field, address, value)

    def fill(self, address: int, size: int, byte: int, /) -> None:
        """A fill, inside the header region."""
        self._inside(address, size)
        super().fill(address, size, byte)

    def _inside(self, address: int, size: int) -> None:
        if size > 0 and not self.low <= address <= address + size <= self.high:
            detail = f"{size} bytes at {address:#x}; the header region is [{self.low:#x}, {self.high:#x})"
            raise Violation(f"{self.theorem}.safety", OUTSIDE, detail)


@dataclass
class Running:
    """What loop specifications see of the operation in progress; ``ghost`` follows the code's ``advance``.

    Not the cost: a loop is looked at when its condition, which loads too, was evaluated already.
    """

    memory: HeaderMemory
    module: types.ModuleType
    entry: Header
    ghost: Any
    ghost_on_entry: Any
    specifications: Mapping[str, Callable[..., Any]]

    def now(self) -> Header:
        """The state at this moment."""
        return self.memory.header(self.module)

    def advance(self, step: str, state: tuple[Any, ...]) -> None:
        """The ghosts move."""
        self.ghost = self.specifications[step](self.ghost, *state)
