"""Powers of two with a symbolic exponent: ``1 << k``, ``a % (1 << k)`` and ``a ^ (1 << k)``.

TRUSTED.  Three functions stand for them, about which a path knows the laws below and nothing
else.  Each law is a statement of elementary arithmetic; tests/test_powers.py has every one of them
proved for each concrete exponent, with the functions replaced by what they stand for.

    power(k)     2**k               for k >= 0
    rest(a, k)   a % 2**k           for a, k >= 0
    flip(a, k)   a ^ 2**k           for a, k >= 0
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import z3

from proofs.engine import path as paths
from proofs.engine import terms
from proofs.engine.terms import pattern

Term = Any
_INT = z3.IntSort()
CAPS = (18, 31, 63)
"""Bounds of an exponent from which bounds of its power are derived."""
SHIFT = 18
"""A number keeps its alignment to 2**SHIFT and less when a multiple of 2**SHIFT is added."""


@dataclass(frozen=True)
class Algebra:
    """What the three functions are: uninterpreted in a proof, the real thing where a law is tested."""

    power: Callable[[Term], Term]
    rest: Callable[[Term, Term], Term]
    flip: Callable[[Term, Term], Term]


SYMBOLIC = Algebra(
    z3.Function("power", _INT, _INT), z3.Function("rest", _INT, _INT, _INT), z3.Function("flip", _INT, _INT, _INT)
)


@dataclass(frozen=True)
class Law:
    """One law: numbers a, b, c and exponents x, y, all >= 0; the formula, and the terms that call for it."""

    name: str
    numbers: int
    exponents: int
    formula: Callable[..., Term]
    trigger: Callable[..., list[Term]]


LAWS = (
    Law("positive", 0, 1, lambda g, x: g.power(x) >= 1, lambda g, x: [g.power(x)]),
    Law("unit", 0, 1, lambda g, x: (g.power(x) == 1) == (x == 0), lambda g, x: [g.power(x)]),
    Law(
        "bounded",
        0,
        1,
        lambda g, x: z3.And(*[z3.Implies(x <= cap, g.power(x) <= 2**cap) for cap in CAPS]),
        lambda g, x: [g.power(x)],
    ),
    Law(
        "growing",
        0,
        2,
        lambda g, x, y: z3.And(
            z3.Implies(x < y, 2 * g.power(x) <= g.power(y)), z3.Implies(y == x + 1, g.power(y) == 2 * g.power(x))
        ),
        lambda g, x, y: [g.power(x), g.power(y)],
    ),
    Law(
        "rest_in_range",
        1,
        1,
        lambda g, a, x: z3.And(g.rest(a, x) >= 0, g.rest(a, x) < g.power(x), g.rest(a, x) <= a),
        lambda g, a, x: [g.rest(a, x)],
    ),
    Law(
        "coarser",
        1,
        2,
        lambda g, a, x, y: z3.Implies(z3.And(x <= y, g.rest(a, y) == 0), g.rest(a, x) == 0),
        lambda g, a, x, y: [g.rest(a, x), g.rest(a, y)],
    ),
    Law(
        "spaced",
        2,
        2,
        lambda g, a, b, x, y: z3.Implies(
            z3.And(x <= y, g.rest(a, x) == 0, g.rest(b, y) == 0, a < b + g.power(x), b < a + g.power(x)), a == b
        ),
        lambda g, a, b, x, y: [g.rest(a, x), g.rest(b, y)],
    ),
    Law(
        "flip_moves",
        1,
        1,
        lambda g, a, x: z3.And(
            z3.Or(g.flip(a, x) == a + g.power(x), g.flip(a, x) == a - g.power(x)), g.flip(a, x) >= 0
        ),
        lambda g, a, x: [g.flip(a, x)],
    ),
    Law("flip_undone", 1, 1, lambda g, a, x: g.flip(g.flip(a, x), x) == a, lambda g, a, x: [g.flip(a, x)]),
    Law(
        "flip_of_lower",
        1,
        2,
        lambda g, a, x, y: z3.Implies(z3.And(y == x + 1, g.rest(a, y) == 0), g.flip(a, x) == a + g.power(x)),
        lambda g, a, x, y: [g.flip(a, x), g.rest(a, y)],
    ),
    Law(
        "flip_of_upper",
        2,
        2,
        lambda g, a, b, x, y: z3.Implies(z3.And(y == x + 1, g.rest(a, y) == 0, b == a + g.power(x)), g.flip(b, x) == a),
        lambda g, a, b, x, y: [g.rest(a, y), g.flip(b, x)],
    ),
    Law(
        "joined",
        2,
        2,
        lambda g, a, b, x, y: z3.Implies(
            z3.And(y == x + 1, g.rest(a, x) == 0, z3.Or(b == a, b == g.flip(a, x)), b <= a, b <= g.flip(a, x)),
            g.rest(b, y) == 0,
        ),
        lambda g, a, b, x, y: [g.flip(a, x), g.rest(b, y)],
    ),
    Law(
        "upper_half",
        2,
        2,
        lambda g, a, b, x, y: z3.Implies(z3.And(y == x + 1, g.rest(a, y) == 0, b == a + g.power(x)), g.rest(b, x) == 0),
        lambda g, a, b, x, y: [g.rest(a, y), g.rest(b, x)],
    ),
    Law(
        "shifted",
        2,
        2,
        lambda g, a, b, x, y: z3.Implies(
            z3.And(y <= x, y <= SHIFT, g.rest(a, x) == 0, (b - a) % 2**SHIFT == 0), g.rest(b, y) == 0
        ),
        lambda g, a, b, x, y: [g.rest(a, x), g.rest(b, y)],
    ),
)


@cache
def labelled_laws() -> list[tuple[str, Term]]:
    """Every law, for all numbers and exponents."""
    return [(f"powers.{law.name}", quantified(law)) for law in LAWS]


def power(exponent: Term) -> Term:
    """``1 << exponent``."""
    paths.current().introduce("powers", labelled_laws)
    return terms.applied(SYMBOLIC.power, exponent)


def exponent_of(term: Term) -> Term | None:
    """The exponent if ``term`` is a symbolic power of two."""
    return term.arg(0) if terms.applies(term, SYMBOLIC.power) else None


def rest(value: Term, exponent: Term) -> Term:
    """``value % (1 << exponent)``."""
    return SYMBOLIC.rest(value, exponent)


def flip(value: Term, exponent: Term) -> Term:
    """``value ^ (1 << exponent)``."""
    return SYMBOLIC.flip(value, exponent)


def quantified(law: Law) -> Term:
    """The law for all numbers and exponents."""
    numbers, exponents = variables(law)
    every = [*numbers, *exponents]
    formula = z3.Implies(z3.And(*[v >= 0 for v in every]), law.formula(SYMBOLIC, *every))
    return z3.ForAll(every, formula, patterns=[pattern(*law.trigger(SYMBOLIC, *every))])


def variables(law: Law) -> tuple[list[Term], list[Term]]:
    """Its numbers and its exponents."""
    return [z3.Int(f"{n}?") for n in "abc"[: law.numbers]], [z3.Int(f"{n}?") for n in "xy"[: law.exponents]]
