"""Multiples of powers of two: ``a << k`` with a symbolic k, and what ``a >> k`` has to do with it.

TRUSTED.  As powers.py: functions about which a path knows the laws below and nothing else;
tests/test_powers.py has every law proved for each concrete exponent.

    times(a, k)      a * 2**k           for a, k >= 0
    right(a, k)      a // 2**k          for a, k >= 0   (bits.py)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import z3

from proofs.engine import bits
from proofs.engine import path as paths
from proofs.engine.powers import SYMBOLIC as POWERS
from proofs.engine.powers import Algebra, Law, variables
from proofs.engine.terms import pattern

Term = Any
_INT = z3.IntSort()
FLOORS = (3, 9)
"""Bounds of an exponent from which divisors of its power are derived."""


@dataclass(frozen=True)
class Multiples(Algebra):
    """The functions of powers.py and these two: uninterpreted in a proof, the real thing where a law is tested."""

    times: Callable[[Term, Term], Term]
    right: Callable[[Term, Term], Term]


SYMBOLIC = Multiples(
    POWERS.power, POWERS.rest, POWERS.flip, z3.Function("times", _INT, _INT, _INT), bits.SYMBOLIC.right
)

LAWS = (
    Law(
        "divisible",
        0,
        1,
        lambda g, x: z3.And(
            *[z3.Implies(x >= low, z3.And(g.power(x) >= 2**low, g.power(x) % 2**low == 0)) for low in FLOORS]
        ),
        lambda g, x: [g.power(x)],
    ),
    Law(
        "first_multiples",
        1,
        1,
        lambda g, a, x: z3.And(
            g.times(a, x) >= a,
            *[z3.Implies(x >= low, g.times(a, x) >= 2**low * a) for low in FLOORS],
            z3.Implies(a == 0, g.times(a, x) == 0),
            z3.Implies(a == 1, g.times(a, x) == g.power(x)),
        ),
        lambda g, a, x: [g.times(a, x)],
    ),
    Law(
        "rising",
        2,
        1,
        lambda g, a, b, x: z3.And(
            z3.Implies(a < b, g.times(a, x) + g.power(x) <= g.times(b, x)),
            z3.Implies(b == a + 1, g.times(b, x) == g.times(a, x) + g.power(x)),
        ),
        lambda g, a, b, x: [g.times(a, x), g.times(b, x)],
    ),
    Law(
        "divided",
        1,
        1,
        lambda g, a, x: z3.And(
            g.right(a, x) >= 0,
            g.right(a, x) <= a,
            g.times(g.right(a, x), x) <= a,
            a < g.times(g.right(a, x), x) + g.power(x),
        ),
        lambda g, a, x: [g.right(a, x)],
    ),
    Law(
        "exact",
        1,
        1,
        lambda g, a, x: a == g.times(g.right(a, x), x) + g.rest(a, x),
        lambda g, a, x: [g.right(a, x), g.rest(a, x)],
    ),
    Law(
        "next_multiple",
        2,
        1,
        lambda g, a, b, x: z3.Implies(z3.And(g.rest(a, x) == 0, b == a + g.power(x)), g.rest(b, x) == 0),
        lambda g, a, b, x: [g.rest(a, x), g.rest(b, x)],
    ),
    Law(
        "sum",
        3,
        1,
        lambda g, a, b, c, x: z3.Implies(z3.And(g.rest(a, x) == 0, g.rest(b, x) == 0, c == a + b), g.rest(c, x) == 0),
        lambda g, a, b, c, x: [g.rest(a, x), g.rest(b, x), g.rest(c, x)],
    ),
    Law(
        "difference",
        3,
        1,
        lambda g, a, b, c, x: z3.Implies(z3.And(g.rest(a, x) == 0, g.rest(c, x) == 0, c == a + b), g.rest(b, x) == 0),
        lambda g, a, b, c, x: [g.rest(a, x), g.rest(b, x), g.rest(c, x)],
    ),
    Law(
        "least",
        1,
        1,
        lambda g, a, x: z3.Implies(z3.And(a > 0, g.rest(a, x) == 0), a >= g.power(x)),
        lambda g, a, x: [g.rest(a, x)],
    ),
    Law("of_itself", 0, 1, lambda g, x: g.rest(g.power(x), x) == 0, lambda g, x: [g.rest(g.power(x), x)]),
    Law(
        "floored",
        2,
        1,
        lambda g, a, b, x: z3.Implies(b == a - g.rest(a, x), g.rest(b, x) == 0),
        lambda g, a, b, x: [g.rest(a, x), g.rest(b, x)],
    ),
    Law(
        "finer",
        1,
        1,
        lambda g, a, x: z3.And(*[z3.Implies(z3.And(x >= low, g.rest(a, x) == 0), a % 2**low == 0) for low in FLOORS]),
        lambda g, a, x: [g.rest(a, x)],
    ),
)


@cache
def labelled_laws() -> list[tuple[str, Term]]:
    """Every law, for all numbers and exponents."""
    return [(f"multiples.{law.name}", quantified(law)) for law in LAWS]


def times(value: Term, exponent: Term) -> Term:
    """``value << exponent``."""
    paths.current().introduce("multiples", labelled_laws)
    return SYMBOLIC.times(value, exponent)


def quantified(law: Law) -> Term:
    """The law for all numbers and exponents."""
    numbers, exponents = variables(law)
    every = [*numbers, *exponents]
    formula = z3.Implies(z3.And(*[v >= 0 for v in every]), law.formula(SYMBOLIC, *every))
    return z3.ForAll(every, formula, patterns=[pattern(*law.trigger(SYMBOLIC, *every))])
