"""What modules hold when a subject is executed: whose functions and classes, and which plain constants.

TRUSTED: whatever reached into a module by binding another function, class or constant is noticed.

A module that counts for nothing that a subject's proof consists of (closure.py) may be loaded all the same.  If it put
something of its own in the place of what is in a module that counts, what is found out then is not remembered as that
of the texts.
"""

from __future__ import annotations

import builtins
import functools
import sys
import types
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Any

import z3

from proofs.engine import program

PLAIN = (int, str, bytes, bool, type(None))
AROUND: tuple[tuple[type, str], ...] = (
    *((kind, "__func__") for kind in (staticmethod, classmethod, types.MethodType)),
    *((kind, "func") for kind in (functools.partial, functools.cached_property)),
    (property, "fget"),
    (type(functools.cache(len)), "__wrapped__"),
)
"""What stands around functions, and how each is asked for its own."""


FOREIGN = (builtins, z3, z3.z3)
"""Modules of nobody here that an own one could reach into."""


@dataclass
class State:
    """What the loaded modules hold; read anew when others were loaded since."""

    _loaded: int = 0
    _read: dict[str, tuple[list[str], set[str]]] = field(default_factory=dict)

    def of(self, modules: Collection[str]) -> list[str]:
        """The plain constants of the loaded ones of these modules, and the strangers among what they hold."""
        plain = [line for name in sorted(modules) for line in self._module(name)[0]]
        return plain + self.strangers(modules)

    def strangers(self, modules: Collection[str]) -> list[str]:
        """The own files, but for those of these modules, from which a function or class comes that they hold."""
        foreign = [module.__name__ for module in FOREIGN]
        homes = set[str]().union(*(self._module(name)[1] for name in (*modules, *foreign)))
        known = {str(getattr(sys.modules.get(name), "__file__", "")) for name in modules}
        return sorted(home for home in homes - known if home in self._own)

    @functools.cached_property
    def _own(self) -> frozenset[str]:
        return frozenset(str(file) for _, file in program.own_files())

    def _module(self, name: str) -> tuple[list[str], set[str]]:
        """The plain constants of a module, and the files from which functions and classes come that it holds."""
        if len(sys.modules) != self._loaded:
            self._loaded = len(sys.modules)
            self._read.clear()
        if name not in self._read:
            held = sorted(vars(sys.modules[name]).items()) if name in sys.modules else []
            plain = [f"{name}.{key} = {value!r}" for key, value in held if isinstance(value, PLAIN) and key[:2] != "__"]
            self._read[name] = plain, {file for _, value in held for file in _homes(value)}
        return self._read[name]


def _homes(value: Any, deep: bool = True) -> Iterator[str]:
    """The files that a function or class comes from, and what it holds; of a container what is in it."""
    function = _function_in(value)
    if function is not None:
        yield function.__code__.co_filename
    elif isinstance(value, type):
        yield str(getattr(sys.modules.get(value.__module__), "__file__", ""))
        for member in [*vars(value).values()] if deep else ():
            yield from _homes(member, False)
    elif deep and isinstance(value, dict | list | tuple | set | frozenset):
        for part in [*value.keys(), *value.values()] if isinstance(value, dict) else [*value]:
            yield from _homes(part, False)


def _function_in(value: Any) -> types.FunctionType | None:
    """The function that a value is, or calls."""
    for kind, name in AROUND:
        if isinstance(value, kind):
            return _function_in(getattr(value, name, None))
    return value if isinstance(value, types.FunctionType) else None
