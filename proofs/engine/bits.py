"""Bits of a machine word at a symbolic place: ``a >> k``, ``a | (1 << k)``, ``a & (ALL >> k)``, ``a.bit_length()``.

TRUSTED.  Functions stand for them, about which a path knows the laws below and nothing else; they speak of
words (0 <= a < 2**WIDTH) and places (0 <= k < WIDTH).  Bit k of a is ``(a >> k) % 2``.  Each law is
proved in bit-vectors by tests/test_bits.py, with the functions replaced by what they stand for.

    right(a, k)      a >> k
    with_bit(a, k)   a | 1 << k
    lowest(a, k)     a & (ALL_ONES >> k)      the lowest WIDTH - k bits
    length(a)        a.bit_length()
    flip(a, k)       a ^ 1 << k               (powers.py)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import z3

from model.language.words import WORD_BITS, WORD_LIMIT
from proofs.engine import path as paths
from proofs.engine import powers, terms
from proofs.engine.terms import pattern

Term = Any
_INT = z3.IntSort()
WIDTH = WORD_BITS
ALL_ONES = WORD_LIMIT - 1


@dataclass(frozen=True)
class Bits:
    """What the functions are: uninterpreted in a proof, the real thing where a law is tested; ``le`` compares."""

    right: Callable[[Term, Term], Term]
    with_bit: Callable[[Term, Term], Term]
    lowest: Callable[[Term, Term], Term]
    flip: Callable[[Term, Term], Term]
    length: Callable[[Term], Term]
    bit: Callable[[Term, Term], Term]
    le: Callable[[Term, Term], Term]


_right = z3.Function("right", _INT, _INT, _INT)

SYMBOLIC = Bits(
    _right,
    z3.Function("with_bit", _INT, _INT, _INT),
    z3.Function("lowest", _INT, _INT, _INT),
    powers.SYMBOLIC.flip,
    z3.Function("length", _INT, _INT),
    lambda a, k: _right(a, k) % 2 == 1,
    lambda a, b: a <= b,
)


@dataclass(frozen=True)
class Law:
    """One law about a word a and ``places`` places x, y; the formula, and the terms that call for it."""

    name: str
    places: int
    formula: Callable[..., Term]
    trigger: Callable[..., list[Term]]


LAWS = (
    Law("right_is_smaller", 1, lambda g, a, x: g.le(g.right(a, x), a), lambda g, a, x: [g.right(a, x)]),
    Law("no_bit_in_zero", 1, lambda g, a, x: z3.Implies(a == 0, z3.Not(g.bit(a, x))), lambda g, a, x: [g.right(a, x)]),
    Law(
        "one_bit_set",
        2,
        lambda g, a, x, y: g.bit(g.with_bit(a, x), y) == z3.Or(x == y, g.bit(a, y)),
        lambda g, a, x, y: [g.right(g.with_bit(a, x), y)],
    ),
    Law(
        "one_bit_flipped",
        2,
        lambda g, a, x, y: g.bit(g.flip(a, x), y) == z3.Xor(x == y, g.bit(a, y)),
        lambda g, a, x, y: [g.right(g.flip(a, x), y)],
    ),
    Law(
        "lowest_bits",
        2,
        lambda g, a, x, y: g.bit(g.lowest(a, x), y) == z3.And(y < WIDTH - x, g.bit(a, y)),
        lambda g, a, x, y: [g.right(g.lowest(a, x), y)],
    ),
    Law(
        "kept_by_lowest",
        2,
        lambda g, a, x, y: g.bit(g.lowest(a, x), y) == z3.And(y < WIDTH - x, g.bit(a, y)),
        lambda g, a, x, y: [g.lowest(a, x), g.right(a, y)],
    ),
    Law("lowest_is_smaller", 1, lambda g, a, x: g.le(g.lowest(a, x), a), lambda g, a, x: [g.lowest(a, x)]),
    Law(
        "highest_bit",
        0,
        lambda g, a: z3.And(
            g.length(a) >= 0,
            g.length(a) <= WIDTH,
            (g.length(a) == 0) == (a == 0),
            z3.Implies(a != 0, g.bit(a, g.length(a) - 1)),
        ),
        lambda g, a: [g.length(a)],
    ),
    Law(
        "none_higher",
        1,
        lambda g, a, x: z3.Implies(g.bit(a, x), x < g.length(a)),
        lambda g, a, x: [g.length(a), g.right(a, x)],
    ),
)

RANGES = (
    lambda g, a, x: g.right(a, x),
    lambda g, a, x: g.with_bit(a, x),
    lambda g, a, x: g.lowest(a, x),
    lambda g, a, x: g.flip(a, x),
)
"""What is a word again."""


def quantified(law: Law) -> Term:
    """The law for all words and places."""
    every = variables(law.places)
    body = z3.Implies(_proper(every), law.formula(SYMBOLIC, *every))
    return z3.ForAll(every, body, patterns=[pattern(*law.trigger(SYMBOLIC, *every))])


def _in_range(result: Callable[..., Term]) -> Term:
    """The result of an operation on a word is a word."""
    every = variables(1)
    term = result(SYMBOLIC, *every)
    return z3.ForAll(every, z3.Implies(_proper(every), z3.And(term >= 0, term <= ALL_ONES)), patterns=[term])


def _proper(every: list[Term]) -> Term:
    """The first is a word, the others are places."""
    word, *places = every
    return z3.And(word >= 0, word <= ALL_ONES, *[z3.And(place >= 0, place < WIDTH) for place in places])


def variables(places: int) -> list[Term]:
    """A word and so many places."""
    return [z3.Int("a?"), *[z3.Int(f"{n}?") for n in "xy"[:places]]]


def _known() -> Bits:
    """The functions, with their laws known on the path."""
    paths.current().introduce("bits", labelled_laws)
    return SYMBOLIC


@cache
def labelled_laws() -> list[tuple[str, Term]]:
    """Every law, and what is a word again."""
    return [*((f"bits.{law.name}", quantified(law)) for law in LAWS), *(("bits.range", _in_range(r)) for r in RANGES)]


def right(word: Term, place: Term) -> Term:
    """``word >> place``."""
    return _known().right(word, place)


def has(word: Term, place: Term) -> Term:
    """``word & (1 << place) != 0``."""
    return _known().bit(word, place)


def with_bit(word: Term, place: Term) -> Term:
    """``word | (1 << place)``."""
    return _known().with_bit(word, place)


def lowest(word: Term, place: Term) -> Term:
    """``word & (ALL_ONES >> place)``."""
    return _known().lowest(word, place)


def length(word: Term) -> Term:
    """``word.bit_length()``."""
    return _known().length(word)


def mask_of(term: Term) -> Term | None:
    """The place k if ``term`` is ``ALL_ONES >> k``."""
    if terms.applies(term, _right) and terms.value_of(term.arg(0)) == ALL_ONES:
        return term.arg(1)
    return None
