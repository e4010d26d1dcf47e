"""What a specification may name: functions that are specifications, constants, and a few of Python's own functions.

TRUSTED: a value that can change between two evaluations would make a specification say two things.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import itertools
import operator
import sys
import types
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from typing import Any

from impl.layout import Struct
from proofs.engine.path import EngineError
from proofs.engine.stating import Misstated

KNOWN_MODULES = ("model.language.logic", "model.language.laws", "model.language.ghost", "model.language.annotations")
"""The specification language itself."""
HARMLESS = (dataclasses.replace, dataclasses.fields, functools.reduce, functools.partial, itertools.pairwise)
HARMLESS_MODULES = ("builtins", "itertools", "functools", "enum", "typing", "dataclasses", "collections.abc")
HARMLESS_TYPES = (int, str, bool, bytes, float, type(None), range, Enum, types.GenericAlias)
OPERATORS = tuple(
    getattr(operator, name)
    for name in ("and_", "or_", "xor", "add", "sub", "mul", "floordiv", "mod", "eq", "ne", "lt", "le", "gt", "ge")
)
"""Of the operators these, as functions; others tell objects apart, or write."""
TABLES: list[tuple[Any, dict[Any, Any]]] = []
"""Tables that specifications read, with what was in them when they were looked at first."""
GENERATED = tuple(
    f"__{name}__" for name in ("init", "eq", "hash", "repr", "lt", "le", "gt", "ge", "setattr", "delattr")
)
"""Methods that dataclasses write."""
CONSTANT = "give it what it needs as an argument, or make it a tuple or a frozen dataclass"


@dataclass(frozen=True)
class Found:
    """Where something was found: file, line, function."""

    file: str
    line: int
    function: str


def refusal_of(found: Found, what: str, instead: str) -> Misstated:
    """The error that refuses what was found."""
    file = found.file.rsplit("/", 1)[-1]
    complaint = f"{file}:{found.line} in {found.function}: a specification may not have {what}; {instead}"
    return Misstated(f"{found.file}:{found.line}", complaint)


def check_tables() -> None:
    """EngineError if a table that a specification reads has changed since it was looked at."""
    for table, before in TABLES:
        if len(table) != len(before) or any(table.get(key, TABLES) is not value for key, value in before.items()):
            raise EngineError("a table that a specification reads changes while a program is executed")


class Reach:
    """The functions that a specification reaches, each once; what is no function is judged at once."""

    def __init__(self) -> None:
        self._open: list[types.FunctionType] = []
        self._seen: set[int] = set()
        self._kept: list[Any] = []

    def __iter__(self) -> Iterator[types.FunctionType]:
        while self._open:
            yield self._open.pop()

    def closure(self, function: types.FunctionType) -> None:
        """What a function brings with it: the values around it, and its defaults."""
        code = function.__code__
        found = Found(code.co_filename, code.co_firstlineno, code.co_name)
        for name, cell in zip(code.co_freevars, function.__closure__ or (), strict=True):
            if cell != types.CellType():
                self.take(cell.cell_contents, found, name)
        for value in (*(function.__defaults__ or ()), *(function.__kwdefaults__ or {}).values()):
            self.take(value, found, "a default")

    def take(self, value: Any, found: Found, name: str = "") -> None:
        """Judge one value; a function is looked at later."""
        if isinstance(value, HARMLESS_TYPES) or id(value) in self._seen or any(value is one for one in HARMLESS):
            return
        self._seen.add(id(value))
        self._kept.append(value)
        if isinstance(value, functools.partial):
            self._all((value.func, *value.args, *value.keywords.values()), found, name)
        elif isinstance(value, types.MethodType):
            self._all((value.__func__, value.__self__), found, name)
        elif isinstance(value, types.FunctionType):
            if not _known(value.__module__):
                self._open.append(value)
        elif isinstance(value, type):
            self._class(value, found)
        elif isinstance(value, (tuple, frozenset)):
            self._all(value, found, name)
        elif not self._harmless(value, found):
            raise refusal_of(found, f"{name} (a {type(value).__name__})", CONSTANT)

    def _all(self, values: Any, found: Found, name: str) -> None:
        for value in values:
            self.take(value, found, name)

    def _harmless(self, value: Any, found: Found) -> bool:
        """Whether the value is one of Python's pure functions, or an object that does not change."""
        if any(value is one for one in OPERATORS):
            return True
        if isinstance(value, types.MappingProxyType | dict):  # a table: no specification can write to it
            self._all((*value.keys(), *value.values()), found, "a table")
            TABLES.append((value, dict(value)))
            return True
        inner = getattr(value, "__wrapped__", None)
        if inner is not None:
            self.take(inner, found)
            return True
        parameters = getattr(type(value), "__dataclass_params__", None)
        if parameters is not None and parameters.frozen:
            parts = [getattr(value, part.name) for part in dataclasses.fields(value)]
            if _known(type(value).__module__):  # of a clause or an operation only what it computes with is asked for
                parts = [part for part in parts if callable(part) or isinstance(part, tuple)]
            self._all(parts, found, type(value).__name__)
            self._class(type(value), found)
            return True
        return False

    def _class(self, kind: type, found: Found) -> None:
        """The methods of a class of the model or of the subject; of other classes only a few are harmless.

        A struct's methods are part of the program: what they store is found when the specification is evaluated.
        """
        if _known(kind.__module__) or kind.__module__ in HARMLESS_MODULES or issubclass(kind, Struct):
            return
        if not _written_here(kind):
            raise refusal_of(found, f"the class {kind.__module__}.{kind.__name__}", CONSTANT)
        for name, member in vars(kind).items():
            inner = inspect.unwrap(getattr(member, "__func__", getattr(member, "fget", member)) or member)
            if isinstance(inner, types.FunctionType) and not _generated(kind, name, inner):
                self.take(inner, found, name)


def _known(module: str | None) -> bool:
    return module in KNOWN_MODULES


def _generated(kind: type, name: str, method: types.FunctionType) -> bool:
    """Whether dataclasses wrote the method."""
    return dataclasses.is_dataclass(kind) and name in GENERATED and method.__code__.co_filename == "<string>"


def _written_here(kind: type) -> bool:
    """Whether a class is part of a model or of a subject, and so is looked through."""
    module = kind.__module__ or ""
    return module.split(".")[0] not in (*sys.stdlib_module_names, "z3") and not module.startswith(("impl.", "proofs."))
