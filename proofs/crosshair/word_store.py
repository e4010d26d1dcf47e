"""The small word store: the machine that CrossHair explores the allocators on.

It holds one word per field of each claimed header, in a plain list that is searched by address
(hashing a symbolic address would fix its value), and a fixed number of pages that may be mapped.
It is stricter than the real machine: an access through a header that is not there, and a claim
that overlaps another or lies outside the mapped pages, are faults, and so is a value too wide
for its field.  It is weaker in one respect: it keeps no raw bytes, so fill and copy are faults.
"""

from __future__ import annotations

from typing import Any

from impl.address_space import is_canonical_range
from impl.arithmetic import PAGE_SIZE
from impl.layout import Field, Struct
from impl.memory import Array
from model.language.logic import NO_ANSWERS, Answers


class Fault(AssertionError):
    """An allocator did what it never may: touched a header that is not there, or claimed one badly."""


class Words:
    """The fields of one header, as attributes; 0 or False until written."""

    def __init__(self, struct: type[Struct]) -> None:
        for one in struct.FIELDS:
            setattr(self, one.name, False if one.kind == "flag" else 0)


class Record:
    """A claimed header."""

    __slots__ = ("address", "struct", "words")

    def __init__(self, struct: type[Struct], address: int) -> None:
        self.struct = struct
        self.address = address
        self.words = Words(struct)

    def copy(self) -> Record:
        """The same header, with words of its own."""
        copied = Record(self.struct, self.address)
        for one in self.struct.FIELDS:
            setattr(copied.words, one.name, getattr(self.words, one.name))
        return copied

    def meets(self, start: int, end: int) -> bool:
        """Whether a byte of this header lies in [start, end)."""
        return self.address < end and start < self.address + self.struct.SIZE


Extent = tuple[int, int]
"""Mapped memory [start, end), whole pages."""


class WordStore:
    """``pages`` pages can be mapped at the same time, wherever the allocator wants them."""

    def __init__(self, pages: int) -> None:
        self.pages_left = pages
        self.records: list[Record] = []
        self.extents: list[Extent] = []
        self.logged: list[int] = []
        self.cost = 0
        self.pages_asked = 0
        self.asked_at = 0
        self.pages_unmapped = 0
        self.pages_mapped = 0
        self.refused = False
        self.answers = NO_ANSWERS

    # ---- fields ------------------------------------------------------------------------

    def read(self, field: Field[Any], address: int) -> Any:
        """The word in a claimed header."""
        self.cost += 1
        return getattr(self._at(field.struct, address).words, field.name)

    def write(self, field: Field[Any], address: int, value: Any) -> None:
        """Change a word in a claimed header."""
        self.cost += 1
        if field.kind == "word" and not 0 <= value < 256**field.width:
            raise Fault(f"{value} is too wide for {field}")
        setattr(self._at(field.struct, address).words, field.name, value)

    def array(self, field: Field[Any], address: int, count: int) -> Array:
        """Nothing that runs here scans an array."""
        raise Fault("the word store has no arrays")

    def fill(self, address: int, size: int, byte: int) -> None:
        """There are no bytes here."""
        raise Fault("the word store has no bytes")

    def copy(self, target: int, source: int, size: int) -> None:
        """There are no bytes here."""
        raise Fault("the word store has no bytes")

    def peek(self, field: Field[Any], address: int) -> Any:
        """A fault: there are no bytes that could be anything."""
        raise Fault("the word store has no bytes")

    def _at(self, struct: type[Struct], address: int) -> Record:
        for record in self.records:
            if record.struct is struct and record.address == address:
                return record
        raise Fault(f"no {struct.__name__} lies at {address:#x}")

    # ---- headers -----------------------------------------------------------------------

    def place(self, struct: type[Struct], address: int) -> None:
        """A header outside the mapped pages, where the caller keeps it: a descriptor."""
        self.records.append(Record(struct, address))

    def claim(self, struct: type[Struct], address: int) -> None:
        """A header comes into being: on mapped memory, clear of every other."""
        end = address + struct.SIZE
        if not any(low <= address and end <= high for low, high in self.extents):
            raise Fault(f"{struct.__name__} at {address:#x} lies outside the mapped pages")
        if any(record.meets(address, end) for record in self.records):
            raise Fault(f"{struct.__name__} at {address:#x} overlaps another header")
        self.records.append(Record(struct, address))

    def release(self, struct: type[Struct], address: int) -> None:
        """A header goes; its struct says what must hold then."""
        gone = self._at(struct, address)
        if not struct.retired(_view(self, gone)):
            raise Fault(f"{struct.__name__} at {address:#x} was not retired")
        self.records = [record for record in self.records if record is not gone]

    def claim_array(self, struct: type[Struct], address: int, count: int) -> None:
        """``count`` headers, side by side."""
        for number in range(count):
            self.claim(struct, address + number * struct.SIZE)

    def release_array(self, struct: type[Struct], address: int, count: int) -> None:
        """The headers of ``claim_array`` go."""
        for number in range(count):
            self.release(struct, address + number * struct.SIZE)

    def release_range(self, struct: type[Struct], start: int, end: int) -> None:
        """Every header of that type in [start, end) goes."""
        self.records = [
            record for record in self.records if record.struct is not struct or not start <= record.address < end
        ]

    # ---- pages -------------------------------------------------------------------------

    def map(self, address: int, pages: int) -> bool:
        """Map pages, all or nothing, as long as there are any."""
        self.pages_asked += pages
        self.asked_at = address
        end = address + pages * PAGE_SIZE
        overlap = any(low < end and address < high for low, high in self.extents)
        self.answers = self.answers.and_then(Answers(taken=overlap, frames_lack=pages > self.pages_left))
        if not is_canonical_range(address, pages) or overlap or pages > self.pages_left:
            self.refused = True
            return False
        self.pages_left -= pages
        self.pages_mapped += pages
        self.extents.append((address, end))
        return True

    def find_place(self, pages: int) -> int:
        """Nobody chooses addresses here: none."""
        self.answers = self.answers.and_then(Answers(pages, True))
        return 0

    def unmap(self, address: int, pages: int) -> None:
        """Unmap whole extents; any other range, and one with a header in it, is a fault."""
        end = address + pages * PAGE_SIZE
        kept = [(low, high) for low, high in self.extents if high <= address or end <= low]
        gone = [(low, high) for low, high in self.extents if address <= low and high <= end]
        if len(kept) + len(gone) != len(self.extents) or sum(high - low for low, high in gone) != end - address:
            raise Fault(f"{pages} pages at {address:#x} are not exactly what was mapped")
        if any(record.meets(address, end) for record in self.records):
            raise Fault("a header lies in the pages that are unmapped")
        self.extents = kept
        self.pages_left += pages
        self.pages_unmapped += pages

    def is_mapped(self, address: int, size: int) -> bool:
        """Whether one extent holds all of [address, address + size)."""
        return size <= 0 or any(low <= address and address + size <= high for low, high in self.extents)

    def log(self, message: str, *values: int) -> None:
        """Keep the first value of the line: the address that it speaks of."""
        self.logged.append(values[0] if values else 0)


def _view(store: WordStore, record: Record) -> Any:
    """A typed view that reads without being counted."""
    uncounted = WordStore(0)
    uncounted.records = store.records
    return record.struct(uncounted, record.address)
