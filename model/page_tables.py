"""The abstract state of an address space: a map from pages to entries, and what its tables are for.

Every address has an entry, that of its page.  It lies at the end of a path of four slots, one in each
level's table; the entry of one level names the table of the next:

    root --slot(4)--> table --slot(3)--> table --slot(2)--> table --slot(1)--> frame of the page
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from model.logic import Truth, Word, every, implies, when

PAGE_SIZE = 4096
PRESENT = 1
FRAME_MASK = 0x000F_FFFF_FFFF_F000
ENTRIES = 512
ENTRY_SIZE = 8
LEVELS = 4
ADDRESSES = 2**64
HALF = 2**47
"""Addresses in either half of the canonical ones."""
NO_ROOT = 2**64 - 1


@dataclass(frozen=True)
class Map:
    """``entry``: address -> the entry that maps its page, or 0.  ``root`` is NO_ROOT once the space was destroyed."""

    root: Word
    entry: Any


def canonical(address: Word) -> Truth:
    """The address lies in one of the two halves."""
    return (address < HALF) | (address >= ADDRESSES - HALF)


def present(entry: Word) -> Truth:
    """The entry maps something."""
    return entry & PRESENT != 0


def frame_of(entry: Word) -> Word:
    """The frame that the entry names."""
    return entry & FRAME_MASK


def slot(table: Word, address: Word, level: int) -> Word:
    """Where the entry for ``address`` lies in its table of that level (4 is the root)."""
    return table + address // (PAGE_SIZE * ENTRIES ** (level - 1)) % ENTRIES * ENTRY_SIZE


def walk(values: Any, root: Word, address: Word) -> Word:
    """What the tables say: the entry at the end of the path, or 0 where a table is missing."""
    top = values[slot(root, address, 4)]
    directory = values[slot(frame_of(top), address, 3)]
    table = values[slot(frame_of(directory), address, 2)]
    leaf = values[slot(frame_of(table), address, 1)]
    below = when(present(directory), when(present(table), leaf, 0), 0)
    return when(present(top), below, 0)


def path_in_place(claimed: Any, values: Any, root: Word, address: Word) -> Truth:
    """Every slot on the path of ``address`` lies in a table."""
    top = slot(root, address, 4)
    directory = slot(frame_of(values[top]), address, 3)
    table = slot(frame_of(values[directory]), address, 2)
    leaf = slot(frame_of(values[table]), address, 1)
    third = present(values[top])
    second = third & present(values[directory])
    return every(
        [
            claimed[top],
            implies(third, claimed[directory]),
            implies(second, claimed[table]),
            implies(second & present(values[table]), claimed[leaf]),
        ]
    )
