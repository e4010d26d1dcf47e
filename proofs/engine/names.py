"""The names of symbols in a proof: no two kinds share a name, whatever a program or a model calls its parts.

TRUSTED: two things that go by one name would be one thing to the solver.

    stem$4              a constant of a path: the fifth of that stem
    defined.stem        a function that a specification defines
    stem?2, stem?2.of   a bound variable: the third that is open, in the definition of ``of``
    power, right, ...   a function of the prover's own theories: a word without any mark
    div!, shown!0       what the prover adds to a printed text
    a!1                 a part of a term that Z3's printer names (let); none of ours ends like that

A stem is written with letters, digits, "_" and "."; any other character, and a first one that is no letter,
becomes its number between two "%".
So every name is a simple symbol of SMT-LIB, which no printer needs to quote.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import z3

PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.")
LETTERS = frozenset(c for c in PLAIN if c.isalpha() or c == "_")


@cache
def written(stem: str) -> str:
    """The stem in plain characters; different stems stay different."""
    return "".join(c if c in (PLAIN if at else LETTERS) else f"%{ord(c)}%" for at, c in enumerate(stem)) or "%%"


def constant(stem: str, number: int) -> str:
    """The name of a constant."""
    return f"{written(stem)}${number}"


def defined(stem: str) -> str:
    """The name of a function that a specification defines."""
    return f"defined.{written(stem)}"


def bound(stem: str, depth: int, scopes: Sequence[str]) -> str:
    """The name of a bound variable that is opened where ``depth`` others are, in the innermost definition, if any."""
    return f"{written(stem)}?{depth}" + "".join(f".{written(scope)}" for scope in scopes[-1:])


def is_bound(name: str) -> bool:
    """Whether a symbol of that name is a bound variable."""
    return "?" in name


def mentioned_in(term: Any, variable: Any) -> bool:
    """Whether the integer ``variable`` occurs in ``term``."""
    return not z3.substitute(term, (variable, z3.IntVal(0))).eq(term)
