"""A Python dict from integers to integers in a proof: which keys it has, and what each is mapped to.

TRUSTED: what a dict does.  tests/test_dictionary.py compares every method with CPython's.

The contents are parts of the abstract state of the operation in progress, a set and a map, so that loops and
contracts may say how they change; and a number, how many keys there are.  Without it a length is any number.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NoReturn

import z3

from model.language.logic import when
from proofs.engine import path as paths
from proofs.engine.ghost import SymMap, SymSet
from proofs.engine.opaque import Opaque
from proofs.engine.sequences import SymSequence
from proofs.engine.store import number
from proofs.engine.values import SymInt

ABSENT = object()
KEY = "a key of a dict"


class SymDict(Opaque):
    """The dict whose keys and values are the parts of these names, and ``held``, if it is told, their number.

    It does what a dict does, or it is an error of the proof: there is no third.
    """

    __slots__ = ("_held", "_names")

    def __init__(self, keys: str, values: str, held: str = "") -> None:
        self._names = keys, values
        self._held = held

    @property
    def _keys(self) -> SymSet:
        found: SymSet = getattr(paths.current().memory.operation.ghost, self._names[0])
        return found

    @property
    def _values(self) -> SymMap:
        found: SymMap = getattr(paths.current().memory.operation.ghost, self._names[1])
        return found

    def _become(self, keys: Any, values: Any, held: Any) -> None:
        if paths.current().ghost_depth:
            raise paths.EngineError("a specification changes a dict")
        operating = paths.current().memory.operation
        parts = dict(zip(self._names, (keys, values), strict=True))
        if self._held:
            parts[self._held] = held
        operating.ghost = replace(operating.ghost, **parts)

    def _count(self) -> Any:
        """How many keys there are, as far as that is told."""
        return getattr(paths.current().memory.operation.ghost, self._held) if self._held else 0

    def _counted(self, more: Any) -> Any:
        """How many keys there are when there are ``more``; the program does not compute that."""
        with paths.current().ghost():
            return self._count() + more

    def __contains__(self, key: Any) -> bool:
        number(key, KEY)
        return bool(self._keys[key])

    def __getitem__(self, key: Any) -> Any:
        if key not in self:
            raise paths.program_error(KeyError(key))
        return self._values[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        number(key, KEY)
        number(value, "a value of a dict")
        held = self._counted(when(self._keys[key], 0, 1))
        self._become(self._keys.set(key, True), self._values.set(key, value), held)

    def __delitem__(self, key: Any) -> None:
        self.pop(key)

    def get(self, key: Any, default: Any = None) -> Any:
        """What the key is mapped to, or the default."""
        return self._values[key] if key in self else default

    def pop(self, key: Any, default: Any = ABSENT) -> Any:
        """What the key was mapped to, which it is no more; the default, or KeyError, if it was not."""
        if key not in self:
            if default is ABSENT:
                raise paths.program_error(KeyError(key))
            return default
        value = self._values[key]
        self._become(self._keys.set(key, False), self._values, self._counted(-1))
        return value

    def clear(self) -> None:
        """No key is left."""
        self._become(self._keys.empty(), self._values, 0)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        raise paths.EngineError(f"nothing is known of a dict's {name}")

    def _refuse(self, *arguments: Any) -> NoReturn:
        """The order of the keys, and whether there are any, is nowhere told; what Python does by default is wrong."""
        raise paths.EngineError("a dict can only be asked for its keys one by one, and for its length")

    __iter__ = __len__ = __bool__ = __eq__ = __ne__ = __or__ = __ror__ = __ior__ = __reversed__ = _refuse
    __lt__ = __le__ = __gt__ = __ge__ = __hash__ = __repr__ = __str__ = __format__ = _refuse

    def length(self) -> Any:
        """How many keys there are; any number that is not negative, where that is not told."""
        if self._held:
            return self._count()
        number = paths.current().integer("length")
        paths.current().know(number >= z3.IntVal(0))
        return SymInt(number)


def length(of: Any) -> Any:
    """``len``, which of a symbolic dict or sequence is a symbolic number."""
    return of.length() if isinstance(of, SymDict | SymSequence) else len(of)
