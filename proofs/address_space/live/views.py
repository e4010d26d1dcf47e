"""Address spaces and their TLBs as the clauses of the model read them."""

from __future__ import annotations

from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

from impl.arithmetic import PAGE_SIZE
from impl.ram import PhysicalMemory
from model.language.ghost import GhostMap, GhostSet
from proofs.address_space.live.tables import leaves


def tlb_of(memory: Any, mapped: Mapping[int, int] | None = None) -> SimpleNamespace:
    """What the TLB holds, and another one of the space, and what the tables say, in the words of the model.

    ``mapped`` is page -> entry, for who has looked at the tables already.
    """
    found = leaves(memory.space) if mapped is None else mapped
    entries = {page // PAGE_SIZE: entry for page, entry in found.items()}
    held = tables_of(memory)
    return SimpleNamespace(root=memory.space.root, entry=GhostMap(entries), user_mode=memory.user_mode, **held)


def tables_of(memory: Any, other: Any = None) -> dict[str, Any]:
    """The tables of the TLB, and its room: their pages, and by how much the physical addresses of those differ.

    The same of the ``other``, by default the first other one of the space, if there is any.
    """
    known: list[Any] = memory.tlbs.members()
    there = [number for number, tlb in enumerate(known) if tlb not in (None, memory) and tlb is (other or tlb)]
    others = held_by(known[there[0]]) if there else {name: type(part)() for name, part in held_by(memory).items()}
    return {
        **held_by(memory),
        "reads_held": len(memory._readable),
        "tlb_entries": memory.tlb_entries,
        "tlbs": len(known),
        "mine": next(number for number, tlb in enumerate(known) if tlb is memory),
        "other": there[0] if there else len(known),
        "other_user_mode": known[there[0]].user_mode if there else False,
        **{f"other_{name}": part for name, part in others.items()},
    }


def held_by(memory: Any) -> dict[str, Any]:
    """The tables of one TLB."""
    return {
        "readable": GhostSet(memory._readable),
        "read_by": GhostMap(memory._readable),
        "writable": GhostSet(memory._writable),
        "write_by": GhostMap(memory._writable),
        "executable": GhostSet(memory._executable),
        "execute_by": GhostMap(memory._executable),
    }


def unchecked(ram: PhysicalMemory) -> PhysicalMemory:
    """The same RAM, its accesses neither counted nor checked: for those who look on."""
    face = PhysicalMemory.__new__(PhysicalMemory)
    face.__dict__ = ram.__dict__  # two faces of one memory
    return face
