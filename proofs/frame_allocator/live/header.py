"""A frame allocator's header region at one moment, decoded byte by byte: no code of the allocator is asked.

``Header`` offers what the reference model reads off a live allocator (origin, record(index), ...), and what
clauses read off a state (fields, claimed, bytes, ...).
"""

from __future__ import annotations

import struct as binary
from collections.abc import Iterable
from functools import cached_property
from types import SimpleNamespace
from typing import Any, NamedTuple

from model.frame_allocator.state import FREE, LENT, LIVE, MAX_ORDER, NONE, ORDERS, RECORD, RECORDS, RESERVED, Ghosts
from model.language.ghost import GhostMap
from model.language.words import WORD_BITS
from proofs.frame_allocator.ghosts import HEADS, LIST
from proofs.frame_allocator.live.blank import Untouched
from proofs.frame_allocator.live.scenario import ghosts_of

DESCRIPTOR = binary.Struct("<4Q" if WORD_BITS == 64 else "<4I")
FIELDS = ("origin", "start", "end", "free_frames")
LISTS = binary.Struct(f"<{ORDERS}I")
RECORDED = binary.Struct("<IIBB2x")
STATES = {FREE: "free", LIVE: "live", LENT: "lent", RESERVED: "reserved"}
MOST_LINES = 40
"""A picture shows so many blocks."""

Image = bytes
Claims = dict[str, list[int]]
"""Struct name -> the addresses at which one is claimed."""


class Record(NamedTuple):
    """One frame."""

    next: int
    prev: int
    order: int
    state: int


class Header:
    """What the bytes ``image`` of a header region at ``address`` say."""

    mapped = Untouched()

    def __init__(self, image: Image, address: int, claims: Claims, cost: int = 0) -> None:
        self.image = image
        self.bytes = Untouched()
        self.address = address
        self.claims = claims
        self.cost = cost
        descriptor: tuple[int, int, int, int] = DESCRIPTOR.unpack_from(image)
        self.origin, self.start, self.end, self.free_frames = descriptor
        self.heads: tuple[int, ...] = LISTS.unpack_from(image, HEADS)
        room = (len(image) - RECORDS) // RECORD
        last = RECORDS + RECORD * max(min(self.end - self.start, room), 0)
        self.records = [Record(*values) for values in RECORDED.iter_unpack(image[RECORDS:last])]

    # ------------------------------------------------------------ as the reference model reads it

    def record(self, index: int) -> Record:
        """The record of the frame ``index``."""
        return self.records[index - self.start]

    def first_free(self, order: int) -> int:
        """The index of the first free block of ``order``, or NONE."""
        return self.heads[order]

    def states(self, *wanted: int) -> set[int]:
        """The frame numbers of all frames whose records are in a ``wanted`` state."""
        first = self.origin // 4096 + self.start
        return {first + number for number, record in enumerate(self.records) if record.state in wanted}

    @cached_property
    def ghosts(self) -> Ghosts:
        """Ghosts that fit; a block of an order that there is not counts as one of the largest order."""
        reader: Any = Header(self.image, self.address, self.claims)
        reader.records = [record._replace(order=min(record.order, MAX_ORDER)) for record in self.records]
        return ghosts_of(reader)

    # ------------------------------------------------------------ as clauses read it

    def fields(self, struct: str) -> SimpleNamespace:
        """The field maps of a struct type: records by index, lists by order."""
        return self._fields[struct]

    def claimed(self, struct: str) -> GhostMap:
        """Where structs of that type lie: records by index, lists by order."""
        found = self.claims.get(struct, [])
        if struct == "FrameRecord":
            return _numbered(found, self.address + RECORDS, RECORD, self.start)
        if struct == "FreeList":
            return _numbered(found, self.address + HEADS, LIST, 0)
        return GhostMap(dict.fromkeys(found, True), default=False)

    def same_memory(self, other: Any) -> bool:
        """No byte and no claim differs."""
        return bool(self.image == other.image) and self.claims == other.claims

    def same_places(self, other: Any) -> bool:
        """No claim differs; bytes elsewhere the allocator cannot change without being stopped at once."""
        return bool(self.claims == other.claims)

    @cached_property
    def _fields(self) -> dict[str, SimpleNamespace]:
        numbered = list(enumerate(self.records, self.start))
        records = {name: GhostMap({i: getattr(record, name) for i, record in numbered}) for name in Record._fields}
        descriptor = {name: GhostMap({self.address: getattr(self, name)}) for name in FIELDS}
        return {
            "FrameRecord": SimpleNamespace(**records),
            "FreeList": SimpleNamespace(head=GhostMap(dict(enumerate(self.heads)))),
            "FrameAllocator": SimpleNamespace(**descriptor),
        }

    # ------------------------------------------------------------ as a report shows it

    def picture(self) -> str:
        """One line per block or run of frames in one state, and the lists that are not empty."""
        lines = [f"frames [{self.start}, {self.end}) from {self.origin:#x}, {self.free_frames} counted as free"]
        runs: list[tuple[int, int, str]] = []
        for number, record in enumerate(self.records, self.start):
            text = _told(record)
            if runs and not _starts(record) and runs[-1][2] == text:
                runs[-1] = (runs[-1][0], number, text)
            else:
                runs.append((number, number, text))
        lines += [f"{first}..{last}  {text}" for first, last, text in runs[:MOST_LINES]]
        if len(runs) > MOST_LINES:
            lines.append("...")
        lists = [f"order {order}: {head}" for order, head in enumerate(self.heads) if head != NONE]
        lines.append(f"list heads: {', '.join(lists) or 'none'}")
        return "\n".join(f"  {line}" for line in lines)


def _starts(record: Record) -> bool:
    return record.state in (FREE, LIVE)


def _told(record: Record) -> str:
    """``live, order 3``."""
    state = STATES.get(record.state, "interior" if record.state == 0 else f"in state {record.state:#x}")
    if not _starts(record):
        return state
    links = f", prev {record.prev}, next {record.next}" if record.state == FREE else ""
    return f"{state}, order {record.order}{links}".replace(str(NONE), "none")


def _numbered(addresses: Iterable[int], base: int, size: int, first: int) -> GhostMap:
    """The numbers of the structs of ``size`` bytes that lie at ``addresses``; number ``first`` lies at ``base``."""
    return GhostMap({first + (a - base) // size: (a - base) % size == 0 for a in addresses}, default=False)
