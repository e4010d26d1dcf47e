"""The modules of which a subject's class consists: its own, and those of the classes from which it is derived.

TRUSTED: which files hold the functions of a subject, so that an end in one of them is not missed.

A large class is parted into several files: the subject's own module holds what callers use, and derives it from what
another module holds.  A program is still one class, so what looks at its functions looks at all of these files, and
whoever gives another text for the program may give that of any of them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping
from types import ModuleType
from typing import Any

from proofs.alias import at_home
from proofs.engine.modules import ERRORS, MACHINE

CLASS = re.compile(r"^class (\w+)", re.MULTILINE)


def lineage(module: ModuleType) -> tuple[ModuleType, ...]:
    """The module, and those of the classes from which its own classes are derived, each before what is below it."""
    found: dict[str, ModuleType] = {module.__name__: module}
    for kind in _classes(module):
        for base in kind.__mro__:
            if base.__module__ not in found and _is_of_program(base.__module__, module):
                found[base.__module__] = sys.modules[base.__module__]
    return tuple(found.values())


def files_of(module: ModuleType) -> frozenset[str]:
    """The files of these modules."""
    return frozenset(one.__file__ or "" for one in lineage(module))


def class_in(module: ModuleType, name: str) -> Any:
    """What is called so in the first of these modules that knows the name; AttributeError if none does."""
    known = next((one for one in lineage(module) if hasattr(one, name)), module)
    return getattr(known, name)


def edited(module: ModuleType, text: str) -> str:
    """The name of that one of these modules of which a text is another edition: it defines a class of that module."""
    names = set(CLASS.findall(text))
    own = [one for one in lineage(module) if names & {kind.__name__ for kind in _classes(one)}]
    return (own or [module])[0].__name__


def by_module(module: ModuleType, subject: str, sources: Mapping[str, str]) -> dict[str, str]:
    """Texts by the name of what they are editions of; that of a ``subject``'s own module goes by the subject's name."""
    found = {name: text for name, text in sources.items() if name != subject}
    if subject in sources:
        name = edited(module, sources[subject])
        found[subject if name == module.__name__ else name] = sources[subject]
    return found


def _classes(module: ModuleType) -> Iterator[type]:
    """The classes that a module defines."""
    for value in vars(module).values():
        if isinstance(value, type) and value.__module__ == module.__name__:
            yield value


def _is_of_program(name: str, module: ModuleType) -> bool:
    """Whether a module is a program's, and lies where that of a subject does: in impl/, or in a project's package."""
    home = at_home(name.removesuffix(".edition"))
    own = at_home(module.__name__)
    return name in sys.modules and home.split(".")[0] == own.split(".")[0] and home not in (*MACHINE, ERRORS)
