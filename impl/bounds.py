"""The bounds of RAM: which bytes there are.

TRUSTED: this is what the proof of the virtual memory executes where the machine checks a physical address.
"""

from __future__ import annotations

from typing import Protocol

from impl.errors import BusError


class Bounded(Protocol):
    """Memory of so many bytes, from address 0 on."""

    @property
    def size(self) -> int:
        """Bytes."""


def check(ram: Bounded, address: int, size: int) -> None:
    """BusError unless [address, address + size) lies in RAM."""
    if address < 0 or size < 0 or address + size > ram.size:
        raise BusError(f"{size} bytes at {address:#x} leave RAM of {ram.size:#x} bytes")
