"""What the names in a program's annotations stand for: specifications, which the record of its proof defines.

TRUSTED: a name stands for one specification, the one that bears it, wherever the program says it.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any

from proofs.engine.path import EngineError
from proofs.engine.refusal import Refusal

Specification = Callable[..., Any]
Specifications = Mapping[str, Specification]
NEAREST = 4
"""So many names are told where one is not defined, those that look most like it."""


def named(*given: Specification | Specifications) -> Specifications:
    """Each of these specifications by its own name, and those of other records; EngineError if two share a name."""
    found: dict[str, Specification] = {}
    for one in given:
        for specification in one.values() if isinstance(one, Mapping) else (one,):
            name = getattr(specification, "__name__", "")
            if not name.isidentifier():
                raise EngineError(f"{specification!r} has no name by which an annotation could mention it")
            if found.setdefault(name, specification) is not specification:
                raise EngineError(f"two specifications are called {name!r}: rename one")
    return MappingProxyType(found)


@dataclass(frozen=True)
class Unknown(Refusal):
    """An annotation says a name that stands for nothing."""

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.construct}: {self.instead}"


@dataclass(frozen=True)
class Names:
    """The names that annotations of a program may say: those that the record of its ``subject`` defines."""

    subject: str = ""
    defined: frozenset[str] = frozenset()

    def unknown(self, file: str, node: ast.expr, name: str) -> Unknown:
        """The refusal of another name."""
        near = get_close_matches(name, sorted(self.defined), NEAREST, 0)
        more = len(self.defined) - len(near)
        said = ", ".join(near or ["none"]) + (f" and {more} more" if more else "")
        record = f"the proof record of {self.subject or 'the subject'} defines {said}"
        return Unknown(file, node.lineno, f"no specification is called {name!r}", record)
