"""Loads and stores on a live machine, as the clauses of the model read them: RAM before and after, and the map.

A byte that neither changed nor belongs to the range is what it was, so clauses about all of RAM are looked at where
bytes changed, and where the range lies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

from impl.arithmetic import PAGE_SIZE
from impl.layout import Field, Struct, flag, pointer, u8, u16, u32, u64
from impl.page_tables import FRAME_MASK, NO_ROOT
from model.address_space.state import PAGE
from model.language.ghost import GhostMap
from model.language.logic import Operation, Truth
from proofs.address_space.live.moment import Content
from proofs.address_space.live.tables import found_in

BESIDE = 16
"""So many bytes on either side of a range are looked at, too."""


class Record(Struct, size=32):
    """A field of each kind."""

    byte = u8()
    flag = flag()
    half = u16()
    word = u32()
    wide = u64()
    link = pointer()


class Bytes(Struct, size=1):
    """An array of these is one of bytes."""

    value = u8()


FIELDS: dict[str, Field[Any]] = {field.name: field for field in Record.FIELDS}


class Sequence:
    """Bytes that an operation gives or takes, as clauses read them."""

    def __init__(self, content: bytes) -> None:
        self.size = len(content)
        self.items = GhostMap(dict(enumerate(content)))


class Slots:
    """The words of RAM, those of tables among them."""

    def __init__(self, image: bytes, tables: frozenset[int]) -> None:
        self._image = image
        self._tables = tables

    def __getitem__(self, slot: int) -> int:
        return int.from_bytes(self._image[slot : slot + 8], "little") if slot >= 0 else 0

    def same(self, other: Slots) -> bool:
        """Whether all tables hold the same entries."""
        return all(
            self._image[f : f + PAGE_SIZE] == other._image[f : f + PAGE_SIZE] for f in self._tables | other._tables
        )


class Image:
    """RAM at one moment, with the interface that clauses read."""

    def __init__(self, image: bytes, tables: frozenset[int], places: Iterable[int]) -> None:
        self.image = image
        self.bytes = Content(image, places)
        self._slots = Slots(image, tables)

    def fields(self, struct: str) -> SimpleNamespace:
        """The entries."""
        return SimpleNamespace(value=self._slots)

    def same_memory(self, other: Image) -> bool:
        """Whether no byte differs."""
        return self.image == other.image


class Entries(GhostMap):
    """The abstract map; clauses about all pages are looked at for those in question."""

    __slots__ = ("pages",)

    def __init__(self, entries: dict[int, int], pages: Iterable[int]) -> None:
        super().__init__(entries)
        self.pages = pages

    def everywhere(self, body: Callable[[int], Truth]) -> bool:
        """Whether ``body`` holds of the pages in question."""
        return all(body(page) for page in self.pages)


def map_of(memory: Any, pages: Iterable[int], free_frames: int) -> SimpleNamespace:
    """The abstract map of a space whose tables grant everything; each frame leads up to the page that shows it."""
    entries = {page // PAGE_SIZE: entry for page, entry in found_in(memory.space).items()} if alive(memory) else {}
    shown = {(entry & FRAME_MASK) // PAGE_SIZE: page for page, entry in entries.items()}
    return SimpleNamespace(
        entry=Entries(entries, pages),
        up=GhostMap(shown, -1),
        page_at=lambda page: page,
        role=GhostMap(dict.fromkeys(shown, PAGE)),
        use=GhostMap(dict.fromkeys(shown, 1)),
        root=memory.space.root,
        user_mode=memory.user_mode,
        free_frames=free_frames,
        granting=True,
    )


def alive(memory: Any) -> bool:
    """Whether the space was not destroyed."""
    return bool(memory.space.root != NO_ROOT)


def pages_about(ranges: Iterable[tuple[int, int]]) -> list[int]:
    """The pages of the ranges, and those beside them."""
    pages: set[int] = set()
    for address, size in ranges:
        pages |= {*range(address // PAGE_SIZE - 1, (address + max(size, 0)) // PAGE_SIZE + 2)}
    return sorted(pages)


def places_about(before: bytes, after: bytes, ghost: SimpleNamespace, ranges: Iterable[tuple[int, int]]) -> list[int]:
    """Where bytes of RAM changed, and where those lie that the ranges, and what is beside them, show."""
    places: set[int] = set()
    for page in range(0, len(before), PAGE_SIZE):
        if before[page : page + PAGE_SIZE] != after[page : page + PAGE_SIZE]:
            places |= {x for x in range(page, page + PAGE_SIZE) if before[x] != after[x]}
    for address, size in ranges:
        for seen in range(address - BESIDE, address + max(size, 0) + BESIDE):
            entry = ghost.entry[seen // PAGE_SIZE]
            if entry:
                places.add((entry & FRAME_MASK) + seen % PAGE_SIZE)
    return sorted(places)


def ranges_of(operation: Operation, arguments: dict[str, Any]) -> list[tuple[int, int, bool]]:
    """The ranges that a call is about: address, size, and whether it writes."""
    given = SimpleNamespace(**arguments)
    stores = operation.name in ("store", "store_bytes", "write", "fill", "copy")
    if operation.name == "copy":
        return [(given.source, given.size, False), (given.target, given.size, True)]
    if operation.name in ("read", "write"):
        return [(given.address + given.field.offset, given.field.width, stores)]
    if operation.name == "store_bytes":
        return [(given.address, given.data.size, stores)]
    parts = {"load": "width", "store": "width", "array": "count", "load_u64": ""}
    part = parts.get(operation.name, "size")
    return [(given.address, arguments[part] if part else 8, stores)]
