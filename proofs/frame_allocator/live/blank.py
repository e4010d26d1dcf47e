"""RAM in which no frame allocator lies, as the clauses about init_region read it."""

from __future__ import annotations

import types
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from impl.shadow import CheckedRam
from model.frame_allocator.state import Ghosts
from model.language.ghost import GhostMap
from proofs.frame_allocator.ghosts import no_ghosts

FIELDS = {
    "FrameAllocator": ("origin", "start", "end", "free_frames"),
    "FreeList": ("head",),
    "FrameRecord": ("next", "prev", "order", "state"),
}


class Untouched:
    """A part of memory that the allocator cannot change without being stopped at once."""

    def same(self, other: Untouched) -> bool:
        """Nothing differs."""
        return True

    def unchanged_outside(self, other: Any, low: int, high: int) -> bool:
        """Nothing differs outside [low, high)."""
        return True


class Mapped(Untouched):
    """The pages of RAM, ``size`` bytes of it."""

    def __init__(self, size: int) -> None:
        self.size = size

    def covers(self, low: int, high: int) -> bool:
        """Every byte of [low, high) is mapped."""
        return low >= 0 and high <= self.size


class Claimed(GhostMap):
    """Where structs of one type lie."""

    def all(self, body: Callable[[int], bool]) -> bool:
        """``body`` holds of each place."""
        return all(body(address) for address in self.values)


class Blank:
    """RAM before init_region, or after it refused; the header is to lie in [low, high)."""

    records = ()

    def __init__(self, ram: CheckedRam, module: types.ModuleType, low: int, high: int, cost: int = 0) -> None:
        self.address = low
        self.cost = cost
        self.image = bytes(ram.buffer[low:high])
        self.claims = {name: list(ram.shadow.claims(getattr(module, name), low, high)) for name in FIELDS}
        self.bytes = Untouched()
        self.mapped = Mapped(ram.size)

    @property
    def ghosts(self) -> Ghosts:
        """The abstract state before init."""
        return no_ghosts()

    def fields(self, struct: str) -> SimpleNamespace:
        """The field maps of a struct type, of which none lies here."""
        return SimpleNamespace(**{name: GhostMap() for name in FIELDS[struct]})

    def claimed(self, struct: str) -> Claimed:
        """Where structs of that type lie."""
        return Claimed(dict.fromkeys(self.claims[struct], True), default=False)

    def same_memory(self, other: Any) -> bool:
        """No byte and no claim differs."""
        return bool(self.image == other.image) and self.claims == other.claims

    def picture(self) -> str:
        """As a report shows it."""
        return "  no allocator"
