"""The page tables of a live address space, as RAM holds them: no counter is touched, and no code that walks them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from impl.errors import DrystoneError

if TYPE_CHECKING:
    from impl.address_space import AddressSpace

PRESENT = 1
FRAME_MASK = 0x000F_FFFF_FFFF_F000


class Table(NamedTuple):
    """A table in RAM: its frame, level (4 is the root), the entry that points to it, its present entries."""

    frame: int
    level: int
    parent: int
    entries: list[tuple[int, int]]


def tables(space: AddressSpace) -> list[Table]:
    """All tables, the root first."""
    return list(_tables_below(space, space.root, 4, 0, 0))


def leaves(space: AddressSpace) -> dict[int, int]:
    """Virtual page address -> entry, of every mapped page."""
    return {page: entry for table in tables(space) if table.level == 1 for page, entry in table.entries}


def slots_above(space: AddressSpace, address: int) -> list[int]:
    """Where the entries of the three tables above a mapped page lie, that of the root first."""
    memory: Any = space.memory
    slots, table = [], space.root
    for shift in (39, 30, 21):
        slots.append(table + (address >> shift) % 512 * 8)
        table = memory.views["Q"][slots[-1] >> 3] & FRAME_MASK
    return slots


WITH_PRESENT = re.compile(b"[" + b"".join(b"\\x%02x" % low for low in range(256) if low & PRESENT) + b"]")
"""The lowest byte of an entry that is present."""


def present(words: memoryview) -> list[int]:
    """The numbers of those of the words that are present entries, in order: most tables are nearly empty."""
    return [found.start() for found in WITH_PRESENT.finditer(words.tobytes()[:: words.itemsize])]


def _tables_below(space: AddressSpace, frame: int, level: int, parent: int, page: int) -> Iterator[Table]:
    memory: Any = space.memory
    words = memory.views["Q"][frame >> 3 : (frame >> 3) + 512]
    shift = 12 + 9 * (level - 1)
    entries = [(_canonical(page | n << shift), words[n]) for n in present(words)]
    yield Table(frame, level, parent, entries)
    if level > 1:
        for below, entry in entries:
            yield from _tables_below(space, entry & FRAME_MASK, level - 1, entry, below)


def _canonical(page: int) -> int:
    return page | 0xFFFF << 48 if page >> 47 & 1 else page


def found_in(space: Any) -> dict[int, int]:
    """Page -> entry of a space, as far as its tables can be read."""
    try:
        return leaves(space)
    except (DrystoneError, IndexError):
        return {}
