"""What the TLB of a live machine holds: noted, and put back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

KINDS = {"readable": "read_by", "writable": "write_by", "executable": "execute_by"}
"""What the clauses call the pages of which the TLB holds translations, and the translations."""
Held = Mapping[str, Mapping[int, int]]
"""The TLB: for each kind page -> by how much the physical address differs from the virtual one."""


def held_by(memory: Any) -> Held:
    """What the TLB holds now."""
    return {kind: dict(getattr(memory, f"_{kind}")) for kind in KINDS}


def put_back(memory: Any, held: Held) -> None:
    """The TLB holds again what it held."""
    for kind, pages in held.items():
        table = getattr(memory, f"_{kind}")
        table.clear()
        table.update(pages)
