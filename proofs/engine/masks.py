"""``a & b``, ``a | b`` and ``a ^ b`` of two symbolic ints.

TRUSTED.  A function stands for ``a & b``, about which a path knows the laws below and nothing else; they speak of
words (0 <= a, b < WORD_LIMIT).  The other two follow from it, for all integers: ``a | b`` is ``a + b - (a & b)``,
``a ^ b`` is ``a + b - 2 * (a & b)``.  tests/test_masks.py proves laws and definitions in bit-vectors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import z3

from model.language.words import WORD_LIMIT
from proofs.engine import path as paths

Term = Any
_INT = z3.IntSort()


@dataclass(frozen=True)
class Masks:
    """What the functions are: uninterpreted in a proof, the real thing where a law is tested; ``le`` compares."""

    both: Callable[[Term, Term], Term]
    odd: Callable[[Term], Term]
    le: Callable[[Term, Term], Term]


SYMBOLIC = Masks(z3.Function("both", _INT, _INT, _INT), lambda a: a % 2 == 1, lambda a, b: a <= b)


@dataclass(frozen=True)
class Law:
    """One law about ``a & b`` of two words."""

    name: str
    formula: Callable[[Masks, Term, Term], Term]


LAWS = (
    Law("no_larger", lambda g, a, b: z3.And(g.le(g.both(a, b), a), g.le(g.both(a, b), b))),
    Law("with_itself", lambda g, a, b: z3.Implies(a == b, g.both(a, b) == a)),
    Law("odd_if_both_are", lambda g, a, b: g.odd(g.both(a, b)) == z3.And(g.odd(a), g.odd(b))),
)

VARIABLES = (z3.Int("a?"), z3.Int("b?"))


@cache
def labelled_laws() -> list[tuple[str, Term]]:
    """Every law for all words, and that the result is no negative number."""
    both = SYMBOLIC.both(*VARIABLES)
    words = z3.And(*[z3.And(v >= 0, v < WORD_LIMIT) for v in VARIABLES])
    formulas = [(f"masks.{law.name}", law.formula(SYMBOLIC, *VARIABLES)) for law in LAWS]
    return [
        (name, z3.ForAll(list(VARIABLES), z3.Implies(words, formula), patterns=[both]))
        for name, formula in [*formulas, ("masks.range", both >= 0)]
    ]


def conjunction(a: Term, b: Term) -> Term:
    """``a & b``."""
    paths.current().introduce("masks", labelled_laws)
    return SYMBOLIC.both(a, b)


def disjunction(a: Term, b: Term) -> Term:
    """``a | b``."""
    return a + b - conjunction(a, b)


def difference(a: Term, b: Term) -> Term:
    """``a ^ b``."""
    return a + b - 2 * conjunction(a, b)


OPERATORS: dict[str, Callable[[Term, Term], Term]] = {"&": conjunction, "|": disjunction, "^": difference}
