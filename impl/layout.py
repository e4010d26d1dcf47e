"""Structs in emulated memory: declared once, read and written through typed views.

    class Segment(Struct, size=6 * WORD_BYTES, offsets={"magic": 0, "size": WORD_BYTES}):
        magic = u32()
        size = uword()

    segment = Segment(memory, address)     # a view: no access yet
    segment.size = segment.size + 16       # one load, one store

Fields lie at their natural alignment in the order of their declaration.  ``offsets`` and ``size``
repeat the documented layout; a disagreement is an error at import.  A ``uword`` and a ``pointer``
have the width of a machine word (impl/words.py), and what lies behind them moves with it.

A struct without a size is a *part*: nothing in memory is one.  It holds functions, and the fields that they need, of
the struct that is derived from it, so that the functions of a large struct can be in several files.  The fields are
those of the struct that says the size, in the order of the declarations, those of the part first.

``Segment.claim(memory, address)`` says that a header comes into being there and
``view.release()`` that it goes.  Both are ghost operations: checked runs and proofs use
them to reject any access through a struct that is not there; ordinary runs ignore them.

TRUSTED: the prover takes the offset, the width and the kind of every field from what is declared here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Generic, Self, TypeVar, overload

from impl.words import WORD_BYTES

if TYPE_CHECKING:
    from impl.memory import Memory

T = TypeVar("T", int, bool)


class Field(Generic[T]):
    """One field of a struct: ``width`` bytes at ``offset``; ``kind`` is "word" or "flag".

    ``mask`` (width - 1), ``shift`` (log2 of the width) and ``code`` (its letter in the struct
    module) are there so that a machine need not compute them at every access.
    """

    __slots__ = ("code", "kind", "mask", "name", "offset", "shift", "struct", "width")

    def __init__(self, width: int, kind: str = "word") -> None:
        self.width = width
        self.kind = kind
        self.mask = width - 1
        self.shift = self.mask.bit_count()
        self.code = "?" if kind == "flag" else "BHIQ"[self.shift]
        self.offset = 0
        self.name = ""
        self.struct: type[Struct] = Struct

    @overload
    def __get__(self, view: None, owner: type[Struct]) -> Field[T]: ...
    @overload
    def __get__(self, view: Struct, owner: type[Struct]) -> T: ...
    def __get__(self, view: Struct | None, owner: type[Struct]) -> Field[T] | T:
        if view is None:
            return self
        return view.memory.read(self, view.address)  # type: ignore[no-any-return]

    def __set__(self, view: Struct, value: T) -> None:
        view.memory.write(self, view.address, value)

    def __repr__(self) -> str:
        return f"{self.struct.__name__}.{self.name}"


def u8() -> Field[int]:
    """An unsigned byte."""
    return Field(1)


def u16() -> Field[int]:
    """An unsigned 16-bit word."""
    return Field(2)


def u32() -> Field[int]:
    """An unsigned 32-bit word."""
    return Field(4)


def u64() -> Field[int]:
    """An unsigned 64-bit word."""
    return Field(8)


def uword() -> Field[int]:
    """An unsigned machine word."""
    return Field(WORD_BYTES)


def pointer() -> Field[int]:
    """An address, or NULL (0)."""
    return Field(WORD_BYTES)


def flag() -> Field[bool]:
    """A C ``bool``: one byte, stored as 0 or 1, read as "not 0"."""
    return Field(1, "flag")


class StructType(type):
    """The class of all structs: a view has no attribute but its fields, and a declared struct takes no other one."""

    def __new__(
        mcs, name: str, bases: tuple[type, ...], members: dict[str, Any], size: int | None = None, **more: Any
    ) -> StructType:
        """The struct; TypeError for a member that every view has already."""
        taken = sorted(set(OF_EVERY_VIEW) & members.keys()) if bases else []
        if taken:
            raise TypeError(f"{name} declares {taken}, which every view has: choose another name")
        members.setdefault("__slots__", ())
        return (
            super().__new__(mcs, name, bases, members, size=size, **more)
            if bases
            else super().__new__(mcs, name, bases, members)
        )

    def __setattr__(cls, name: str, value: Any) -> None:
        raise TypeError(f"{cls.__name__}.{name}: a struct takes no attribute but the fields that it declares")


OF_EVERY_VIEW = ("memory", "address", "release", "SIZE", "FIELDS")


class Struct(metaclass=StructType):
    """A typed view of ``SIZE`` bytes at ``address`` of ``memory``."""

    __slots__ = ("address", "memory")

    SIZE = 0
    FIELDS: tuple[Field[Any], ...] = ()

    def __init__(self, memory: Memory, address: int) -> None:
        self.memory = memory
        self.address = address

    def __init_subclass__(cls, size: int | None = None, offsets: dict[str, int] | None = None) -> None:
        super().__init_subclass__()
        if size is None:
            return
        if cls.SIZE:
            raise TypeError(f"{cls.__name__} is derived from a struct that has a size: leave out its own")
        type.__setattr__(cls, "FIELDS", _lay_out(cls))
        type.__setattr__(cls, "SIZE", size)
        _check_layout(cls, offsets or {})

    @classmethod
    def claim(cls, memory: Memory, address: int) -> Self:
        """A header of this type comes into being at ``address``; its fields hold what the bytes there say."""
        memory.claim(cls, address)
        return cls(memory, address)

    def release(self) -> None:
        """The header at this address is no more; its bytes are ordinary memory again."""
        self.memory.release(type(self), self.address)

    @classmethod
    def retired(cls, view: Self) -> bool:
        """What must hold of a header when it is released (a magic that is wiped, say); by default nothing."""
        return True

    def __eq__(self, other: object) -> bool:
        raise TypeError("views are not compared: compare their addresses")

    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.address:#x})"


def _lay_out(cls: type[Struct]) -> tuple[Field[Any], ...]:
    """Give every field its natural offset, in the order of declaration; what parts declare becomes the struct's own."""
    offset = 0
    fields = []
    for name, field in _declared(cls).items():
        offset = -(-offset // field.width) * field.width
        field.name, field.struct, field.offset = name, cls, offset
        offset += field.width
        fields.append(field)
    return tuple(fields)


def _declared(cls: type[Struct]) -> dict[str, Field[Any]]:
    """The fields of a struct by name, those of its parts as copies of its own; TypeError for a name of two fields."""
    found: dict[str, Field[Any]] = {}
    for part in reversed(cls.__mro__[1:]):
        for name, field in vars(part).items():
            if isinstance(field, Field):
                if any(name in vars(other) for other in cls.__mro__ if other is not part):
                    raise TypeError(f"{cls.__name__}.{name} is declared twice: choose another name")
                found[name] = Field(field.width, field.kind)
    for name, field in found.items():
        type.__setattr__(cls, name, field)
    return {**found, **{name: field for name, field in vars(cls).items() if isinstance(field, Field)}}


def _check_layout(cls: type[Struct], offsets: dict[str, int]) -> None:
    """Compare the computed layout with the documented one."""
    actual = {field.name: field.offset for field in cls.FIELDS}
    for name, offset in offsets.items():
        if actual.get(name) != offset:
            raise TypeError(f"{cls.__name__}.{name} lies at {actual.get(name)}, documented at {offset}")
    end = max((field.offset + field.width for field in cls.FIELDS), default=0)
    if end > cls.SIZE:
        raise TypeError(f"{cls.__name__} needs {end} bytes, documented size {cls.SIZE}")
