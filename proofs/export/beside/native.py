"""The exported C as Python calls it: kinds of values as ctypes has them."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

from impl.words import WORD_BITS
from proofs.export.calls import ABSENT, fails, gives
from proofs.export.declared import declared
from proofs.export.kinds import Kind, settled
from proofs.export.program import Function
from proofs.export.unit import Unit

Word: Any = ctypes.c_uint64 if WORD_BITS == 64 else ctypes.c_uint32
PLAIN: dict[str, Any] = {
    "word": Word,
    "int": ctypes.c_int,
    "bool": ctypes.c_bool,
    "view": ctypes.c_void_p,
    "array": ctypes.c_void_p,
}
Ask = ctypes.CFUNCTYPE(None, Word, ctypes.c_char_p, ctypes.c_size_t, ctypes.POINTER(Word), ctypes.c_void_p)
"""What the glue calls: which question, a message, how many words, the words, and where the answer goes."""


class Native:
    """A library that was built of a unit; ``ask`` answers what it asks of the machine."""

    def __init__(self, unit: Unit, library: str, ask: Callable[..., None]) -> None:
        self.unit = unit
        self.library = ctypes.CDLL(library)
        self.types: dict[Kind, Any] = {}
        self.prepared: dict[Function, tuple[Any, list[Kind], tuple[Kind, ...], bool]] = {}
        self.kept = Ask(ask)
        self.library.glue_set(self.kept)
        self.statuses = self._statuses()

    def _statuses(self) -> dict[int, str]:
        """What each status stands for: the name of an error, "" for none."""
        errors = ["", *sorted(error for error in self.unit.names.errors if error)]
        return dict(enumerate(errors))

    def type(self, kind: Kind) -> Any:
        """The type of a kind's values."""
        kind = settled(kind)
        if kind.is_ in PLAIN:
            return PLAIN[kind.is_]
        if kind not in self.types:
            self.types[kind] = type("Made", (ctypes.Structure,), {"_fields_": list(self._members(kind))})
        return self.types[kind]

    def _members(self, kind: Kind) -> list[tuple[str, Any]]:
        if kind.is_ == "record":
            return [(name, self.type(self._part(kind.name, name))) for name, _ in self.unit.program.parts(kind.name)]
        if kind.is_ == "optional":
            return [("present", ctypes.c_bool), ("value", self.type(kind.parts[0]))]
        return [("call", ctypes.c_void_p), ("context", ctypes.c_void_p)]

    def _part(self, record: str, name: str) -> Kind:
        found = declared(self.unit.program, record, dict(self.unit.program.parts(record))[name])
        assert found is not None
        return found

    # ------------------------------------------------------------ values

    def given(self, value: Any, kind: Kind) -> Any:
        """A value of Python as an argument for C."""
        kind = settled(kind)
        if kind.is_ == "callable":
            name = next(name for name, one in self.unit.names.callables.items() if one == kind)
            return self.type(kind)(ctypes.cast(getattr(self.library, f"glue_{name}"), ctypes.c_void_p), None)
        if kind.is_ == "record":
            parts = [self._part(kind.name, name) for name, _ in self.unit.program.parts(kind.name)]
            return self.type(kind)(*(self.given(one, part) for one, part in zip(value, parts, strict=True)))
        if kind.is_ == "optional":
            made = self.type(kind)()
            made.present = value is not None
            if value is not None:
                made.value = self.given(value, kind.parts[0])
            return made
        return self.type(kind)(value)

    def taken(self, value: Any, kind: Kind) -> Any:
        """A value of C as plain numbers and tuples."""
        kind = settled(kind)
        if kind.is_ == "record":
            names = [name for name, _ in self.unit.program.parts(kind.name)]
            return tuple(self.taken(getattr(value, name), self._part(kind.name, name)) for name in names)
        if kind.is_ == "optional":
            return self.taken(value.value, kind.parts[0]) if value.present else None
        if isinstance(value, ctypes._SimpleCData):
            value = value.value
        return value or 0 if kind.is_ == "view" else value

    def answer(self, number: int, value: Any, place: int) -> None:
        """Write what a function that was handed on gives."""
        kind = list(self.unit.names.callables.values())[number].parts[-1]
        if kind.is_ != "none":
            made = self.given(value, kind)
            ctypes.memmove(place, ctypes.addressof(made), ctypes.sizeof(made))

    # ------------------------------------------------------------ calls

    def call(self, function: Function, given: list[Any]) -> tuple[Any, str]:
        """Call a public function: its result, and the name of its error, "" for none."""
        if function not in self.prepared:
            self.prepared[function] = self._prepare(function)
        called, kinds, gives_, failing = self.prepared[function]
        arguments = [self.given(value, kind) for value, kind in zip(given, kinds, strict=True)]
        outs = [self.type(kind)() for kind in gives_]
        found = called(*arguments, *(ctypes.byref(out) for out in outs))
        raised = self.statuses[found] if failing else ""
        if raised or function.result.is_ == "none":
            return None, raised
        if not failing and not outs:
            return self.taken(found, function.result), ""
        if function.result.is_ == "tuple":
            return tuple(self.taken(out, kind) for out, kind in zip(outs, gives_, strict=True)), ""
        return self.taken(outs[0], function.result), ""

    def _prepare(self, function: Function) -> tuple[Any, list[Kind], tuple[Kind, ...], bool]:
        """A function, its types set; the kinds of what it takes, of what it gives by address; whether it fails."""
        called, failing, outs = getattr(self.library, function.c_name), fails(function), gives(function)
        kinds = [one.kind for one in function.parameters if one.kind.is_ not in ABSENT]
        called.argtypes = [*map(self.type, kinds), *(ctypes.POINTER(self.type(kind)) for kind in outs)]
        nothing = function.result.is_ == "none" or outs
        called.restype = ctypes.c_int if failing else None if nothing else self.type(function.result)
        return called, kinds, outs, failing
