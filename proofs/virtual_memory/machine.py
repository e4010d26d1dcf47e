"""What stands for RAM and for the fields of structs in the proof of the virtual memory.

TRUSTED: RAM does what proofs/engine/raw.py says, and a typed view of it (a memoryview) loads and stores words of one
width; tests/test_raw_bytes.py compares both with impl/ram.py.  A field is any that a struct can declare.
"""

from __future__ import annotations

from typing import Any

import z3

from impl import bounds
from impl.errors import BusError
from proofs.engine import path as paths
from proofs.engine import raw, terms
from proofs.engine.path import EngineError, program_error
from proofs.engine.runtime import StandIn
from proofs.engine.store import number
from proofs.engine.values import SymBool, SymInt, term_of

WORD_SIZE = 8
WIDTH_OF = {"B": 1, "H": 2, "I": 4, "Q": 8, "?": 1}
CODE_OF = {1: "B", 2: "H", 4: "I", 8: "Q"}
ALIGNED = "a typed view of RAM is indexed with the number of a word"
IN_RAM = "a word of the page tables is loaded from RAM"


def address_of(index: Any, width: int) -> Any:
    """The address of the word of that number, which the program found by dividing it."""
    term = number(index, "what RAM is indexed with")
    if width > 1 and z3.is_idiv(term) and terms.value_of(term.arg(1)) == width:
        paths.current().show("safety", ALIGNED, term.arg(0) % width == 0)
        return term.arg(0)
    return term * width


class Words(StandIn):
    """RAM as an array of words, of which those are read that are entries of page tables."""

    OFFERS = ()

    def __init__(self, memory: Any) -> None:
        self._memory = memory

    def __getitem__(self, index: Any) -> Any:
        return self._at(SymInt(address_of(index, WORD_SIZE)))

    def _at(self, address: Any) -> Any:
        """The word there."""
        return self._memory.read(self._memory.structs["Entry"].value, address)


class AnyWords(Words):
    """RAM as an array of words, of which any are read: of one that is no entry nothing is known but that it is one."""

    def _at(self, address: Any) -> Any:
        """The entry there, or any word, if RAM reaches so far."""
        end = term_of(self._memory.operation.ghost.ram_size)
        paths.current().show("safety", IN_RAM, z3.And(address.term >= 0, address.term + WORD_SIZE <= end))
        self._memory.pay(1)
        claimed, entry = (self._memory.arrays[part][address].term for part in ("claimed.Entry", "Entry.value"))
        return SymInt(z3.If(claimed, entry, paths.current().integer("word")))


class View(StandIn):
    """RAM as an array of words of one width, or of flags."""

    OFFERS = ()

    def __init__(self, memory: Any, code: str) -> None:
        self._memory = memory
        self._width = WIDTH_OF[code]
        self._flags = code == "?"

    def __getitem__(self, index: Any) -> Any:
        word = raw.load(self._memory, SymInt(address_of(index, self._width)), self._width)
        return SymBool(word.term != 0) if self._flags else word

    def __setitem__(self, index: Any, value: Any) -> None:
        address = SymInt(address_of(index, self._width))
        if self._flags:
            raw.store(self._memory, address, 1, SymInt(z3.If(_truth(value), z3.IntVal(1), z3.IntVal(0))))
            return
        term = number(value, "what is stored")
        if not paths.current().branch(z3.And(term >= 0, term < 256**self._width)):
            raise program_error(ValueError("the value does not fit"))
        raw.store(self._memory, address, self._width, value)


def _truth(value: Any) -> Any:
    """Whether the value counts as true."""
    term = term_of(value)
    return term if z3.is_bool(term) else term != 0


class Views(StandIn):
    """The typed views of RAM by their letters."""

    OFFERS = ()

    def __init__(self, memory: Any) -> None:
        self._memory = memory

    def __getitem__(self, code: Any) -> View:
        if code not in WIDTH_OF:
            raise EngineError(f"there is no view of RAM for {code!r}")
        return View(self._memory, code)


class Cells(StandIn):
    """The bytes of RAM (impl.ram.Cells)."""

    OFFERS = ("load", "store", "take", "put", "fill", "encode", "decode")

    def __init__(self, memory: Any) -> None:
        self._memory = memory

    def load(self, address: Any, width: Any) -> Any:
        """A word."""
        return raw.load(self._memory, address, width)

    def store(self, address: Any, width: Any, value: Any) -> None:
        """A word that fits."""
        raw.store(self._memory, address, width, value)

    def take(self, address: Any, size: Any) -> Any:
        """Bytes."""
        return raw.take(self._memory, address, size)

    def put(self, address: Any, data: Any, start: Any, size: Any) -> None:
        """A part of the data."""
        raw.put(self._memory, address, data, start, size)

    def fill(self, address: Any, size: Any, byte: Any) -> None:
        """One byte for all."""
        raw.fill(self._memory, address, size, byte)

    def encode(self, value: Any, width: Any) -> Any:
        """The bytes of a word."""
        return raw.encode(value, width)

    def decode(self, data: Any, width: Any) -> Any:
        """The word of bytes."""
        return raw.decode(data, width)


class Ram(StandIn):
    """The RAM: how much of it there is."""

    OFFERS = ("size", "check")

    def __init__(self, memory: Any) -> None:
        self._memory = memory

    @property
    def size(self) -> Any:
        """Bytes."""
        return self._memory.operation.ghost.ram_size

    def check(self, address: Any, size: Any) -> None:
        """As RAM does."""
        try:
            bounds.check(self, address, size)
        except BusError as error:
            raise program_error(error) from None


# ---------------------------------------------------------------- fields


class SymKind:
    """Whether a field is a flag, or a word."""

    __slots__ = ("_flag",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, flag: SymBool) -> None:
        self._flag = flag

    def __eq__(self, other: object) -> Any:
        if other not in ("flag", "word"):
            raise EngineError(f"no field is of the kind {other!r}")
        return self._flag if other == "flag" else self._flag.negated()

    def __ne__(self, other: object) -> Any:
        return (self == other).negated()


class SymStruct(StandIn):
    """The struct that a field belongs to."""

    OFFERS = ("SIZE",)

    def __init__(self, size: SymInt) -> None:
        self.SIZE = size


class SymField(StandIn):
    """Any field, as specifications see it."""

    OFFERS = ()

    def __init__(self) -> None:
        path = paths.current()
        self.offset, self.width = SymInt(path.integer("field.offset")), SymInt(path.integer("field.width"))
        self.kind = SymKind(SymBool(z3.Bool(path.name("field.flag"))))
        self.struct = SymStruct(SymInt(path.integer("field.struct.size")))


class FieldOf(StandIn):
    """That field as a program sees it, of a kind that is decided, and of a width that is decided if it matters."""

    OFFERS = ("code", "kind", "mask", "offset", "shift", "struct", "width")

    def __init__(self, field: SymField, width: int | None) -> None:
        flag = paths.current().branch(term_of(field.kind == "flag"))
        self.offset, self.struct = field.offset, field.struct
        self.kind = "flag" if flag else "word"
        if width is not None:
            self.width, self.mask, self.shift = width, width - 1, (width - 1).bit_count()
            self.code = "?" if flag else CODE_OF[width]


OFFERED = (*Cells.OFFERS, *FieldOf.OFFERS)
"""What a program may look up in these."""
