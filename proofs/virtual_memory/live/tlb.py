"""What the TLB of a live machine holds: noted, and put back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Held = Mapping[str, Mapping[int, int]]
"""The TLB: for "readable" and for "writable" page -> by how much the physical address differs from the virtual one."""


def held_by(memory: Any) -> Held:
    """What the TLB holds now."""
    return {kind: dict(getattr(memory, f"_{kind}")) for kind in ("readable", "writable")}


def put_back(memory: Any, held: Held) -> None:
    """The TLB holds again what it held."""
    for kind, pages in held.items():
        table = getattr(memory, f"_{kind}")
        table.clear()
        table.update(pages)
