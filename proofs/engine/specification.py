"""A digest of what an operation has to show: its clauses and all else of a proof, down to the code of every function.

TRUSTED: two specifications with the same digest say the same.

The text of a module does not tell what a clause demands that was put together while the program ran.  So the objects
themselves are hashed: the code of functions, what they were defined over, constants, and data.
"""

from __future__ import annotations

import hashlib
import itertools
import os
import time
import types
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

import z3

UNLIKE = itertools.count()

LOCAL = "<locals>"
AUTOMATIC = ("__dict__", "__weakref__", "__doc__", "__module__", "__qualname__")
OWN = ("model.", "impl.", "proofs.")
PLAIN = (int, str, bytes, float, complex, bool, type(None), type(...))
BOUND = (*PLAIN, tuple, list, dict, set, frozenset, types.FunctionType)


class Digest:
    """Hashes objects; what it has met before is referred to by number."""

    def __init__(self) -> None:
        self.hash = hashlib.sha256()
        self.met: dict[int, int] = {}
        self.kept: list[Any] = []

    def add(self, value: Any) -> None:
        """One more object."""
        self.hash.update(f"<{type(value).__qualname__} ".encode())
        if isinstance(value, PLAIN):
            self.hash.update(repr(value).encode())
        elif isinstance(value, tuple):  # equal ones may or may not be the same object
            self._add_parts(value)
        elif id(value) in self.met:
            self.hash.update(f"#{self.met[id(value)]}".encode())
        else:
            self.met[id(value)] = len(self.met)
            self.kept.append(value)  # else another object could get its id
            self._add_parts(value)
        self.hash.update(b">")

    def _add_parts(self, value: Any) -> None:
        if isinstance(value, frozenset | set):
            self.hash.update(" ".join(sorted(digest_of(member) for member in value)).encode())
            return
        for part in parts_of(value):
            self.add(part)


def parts_of(value: Any) -> Iterator[Any]:
    """What an object consists of; of a module or a class its name, because its file is hashed as it is."""
    if isinstance(value, types.FunctionType):
        yield from _parts_of_function(value)
    elif isinstance(value, types.CodeType):
        yield from (value.co_code, value.co_consts, value.co_names, value.co_varnames, value.co_freevars)
        yield value.co_exceptiontable if hasattr(value, "co_exceptiontable") else b""
    elif isinstance(value, types.MethodType):
        yield from (value.__func__, value.__self__)
    elif isinstance(value, types.ModuleType):
        yield value.__name__
    elif isinstance(value, type):
        yield f"{value.__module__}.{value.__qualname__}"
        if LOCAL in value.__qualname__:  # made while the program ran: its text does not tell which one it is
            yield (
                value.__bases__,
                [(name, part) for name, part in sorted(vars(value).items()) if name not in AUTOMATIC],
            )
    elif isinstance(value, Enum):
        yield value.name
    else:
        yield from _parts_of_data(value)


def _parts_of_function(function: types.FunctionType) -> Iterator[Any]:
    """Code, defaults, what it was defined over, and values of globals that it names: of our own code plain ones only.

    Anybody else's may have been bound while the program ran.
    """
    yield from (function.__code__, function.__defaults__, function.__kwdefaults__)
    for cell in function.__closure__ or ():
        yield cell.cell_contents if _filled(cell) else "nothing yet"
    for name in _names_of(function.__code__):
        value = function.__globals__.get(name)
        if isinstance(value, PLAIN if is_own(function.__module__) else BOUND) and value is not None:
            yield (name, value)


def is_own(module: str | None) -> bool:
    """Whether a module is one of the project's."""
    return (module or "").startswith(OWN)


def _names_of(code: types.CodeType) -> Iterator[str]:
    """The names that code and the code within it look up."""
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _names_of(constant)


def _filled(cell: types.CellType) -> bool:
    try:
        return cell.cell_contents is not cell
    except ValueError:
        return False


def _parts_of_data(value: Any) -> Iterator[Any]:
    if is_dataclass(value):
        yield from ((part.name, getattr(value, part.name)) for part in fields(value))
    elif isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, tuple | list):
        yield from value
    elif hasattr(value, "func") and hasattr(value, "keywords"):  # a partial
        yield from (value.func, value.args, value.keywords)
    elif isinstance(value, z3.AstRef):
        yield value.sexpr()
    else:
        yield from _parts_of_object(value)


def _parts_of_object(value: Any) -> Iterator[Any]:
    """The attributes; what has none that could be seen is like nothing else, so nothing is remembered of it."""
    slots = [name for kind in type(value).__mro__ for name in vars(kind).get("__slots__", ())]
    if not hasattr(value, "__dict__") and not slots:
        yield f"{next(UNLIKE)} {time.time_ns()} {os.getpid()}"
        return
    yield from sorted(vars(value).items()) if hasattr(value, "__dict__") else ()
    yield from ((name, getattr(value, name, None)) for name in slots)


def digest_of(*values: Any) -> str:
    """The digest of some objects."""
    digest = Digest()
    for value in values:
        digest.add(value)
    return digest.hash.hexdigest()
