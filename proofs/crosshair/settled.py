"""What need not be followed: CrossHair takes thousands of times as long for a statement as CPython does.

A heap whose words are plain numbers can be looked at without it.  So words are *settled* before they are stored:
CrossHair follows a path for each value that such a word may have, and on that path it is a plain number.
"""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from impl.layout import Field, Struct
from model.language.logic import Answers
from proofs.crosshair.word_store import Fault, Record, WordStore


def settled(word: Any) -> Any:
    """``word`` as a plain number, on a path of its own for each that it may be."""
    from crosshair.core import realize  # noqa: PLC0415 - CrossHair is loaded by those who explore, not by those who list

    return realize(word)


def unobserved() -> AbstractContextManager[Any]:
    """Inside the with-block CrossHair follows nothing: whatever is used there must be plain."""
    from crosshair import tracers  # noqa: PLC0415

    quiet: Any = tracers
    context: AbstractContextManager[Any] = quiet.NoTracing() if quiet.is_tracing() else nullcontext()
    return context


def following(*words: Any) -> AbstractContextManager[Any]:
    """As ``unobserved`` if all the ``words`` are plain; otherwise CrossHair goes on following."""
    with unobserved():
        plain = all(type(word) is int for word in words)
    return unobserved() if plain else nullcontext()


class SettledStore(WordStore):
    """A word store of plain numbers.  Memory may be zeroed: of that, too, only the headers' fields are known."""

    def __init__(self, pages: int) -> None:
        super().__init__(pages)
        self.index: dict[tuple[type[Struct], int], Record] = {}

    # ---- fields ------------------------------------------------------------------------

    def read(self, field: Field[Any], address: int) -> Any:
        """The word in a claimed header."""
        address = settled(address)
        with unobserved():
            return super().read(field, address)

    def write(self, field: Field[Any], address: int, value: Any) -> None:
        """Change a word in a claimed header."""
        address, value = settled(address), settled(value)
        with unobserved():
            super().write(field, address, value)

    def peek(self, field: Field[Any], address: int) -> Any:
        """The word, if such a header lies there; 0 if not, as if users had written nothing but zeros."""
        for record in self.records:
            if record.struct is field.struct and record.address == address:
                return getattr(record.words, field.name)
        return 0

    def fill(self, address: int, size: int, byte: int) -> None:
        """Zeros, on mapped memory without headers: nothing to do, for the fields of a new header are 0."""
        address, size = settled(address), settled(size)
        with unobserved():
            end = address + size
            clear = not any(record.meets(address, end) for record in self.records)
            self._demand(byte == 0 and clear and self.is_mapped(address, size), "fill", address)

    def copy(self, target: int, source: int, size: int) -> None:
        """Bytes without headers, from mapped memory to mapped memory: nothing to do."""
        target, source, size = settled(target), settled(source), settled(size)
        with unobserved():
            clear = not any(r.meets(target, target + size) or r.meets(source, source + size) for r in self.records)
            self._demand(clear and self.is_mapped(target, size) and self.is_mapped(source, size), "copy", target)

    def _demand(self, truth: bool, what: str, address: int) -> None:
        if not truth:
            raise Fault(f"{what} at {address:#x}")

    def _at(self, struct: type[Struct], address: int) -> Record:
        record = self.index.get((struct, address))
        return super()._at(struct, address) if record is None else record

    # ---- headers and pages -------------------------------------------------------------

    def place(self, struct: type[Struct], address: int) -> None:
        """A header outside the mapped pages, where the caller keeps it: a descriptor."""
        super().place(struct, address)
        self._enter(struct, address)

    def claim(self, struct: type[Struct], address: int) -> None:
        """A header comes into being: on mapped memory, clear of every other."""
        address = settled(address)
        with unobserved():
            super().claim(struct, address)
            self._enter(struct, address)

    def release(self, struct: type[Struct], address: int) -> None:
        """A header goes; its struct says what must hold then."""
        address = settled(address)
        with unobserved():
            super().release(struct, address)
            del self.index[struct, address]

    def release_range(self, struct: type[Struct], start: int, end: int) -> None:
        """Every header of that type in [start, end) goes."""
        start, end = settled(start), settled(end)
        with unobserved():
            super().release_range(struct, start, end)
            self.index = {(record.struct, record.address): record for record in self.records}

    def find_place(self, pages: int) -> int:
        """Where the mapped pages end."""
        self.answers = self.answers.and_then(Answers(pages))
        return max(high for _, high in self.extents)

    def map(self, address: int, pages: int) -> bool:
        """Map pages, all or nothing, as long as there are any."""
        if not super().map(address, pages):
            return False
        self.pages_left, self.pages_asked, self.pages_mapped = map(
            settled, (self.pages_left, self.pages_asked, self.pages_mapped)
        )
        low, high = self.extents[-1]
        self.extents[-1] = settled(low), settled(high)
        return True

    def unmap(self, address: int, pages: int) -> None:
        """Unmap whole extents."""
        address, pages = settled(address), settled(pages)
        with unobserved():
            super().unmap(address, pages)

    def _enter(self, struct: type[Struct], address: int) -> None:
        self.index[struct, address] = self.records[-1]
