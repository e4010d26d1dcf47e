"""Python's operators on integers, as Z3 terms.

TRUSTED: a wrong operator here makes every proof wrong.  tests/test_values.py compares each
operator with CPython on negative, huge and boundary numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import z3

from model.language.words import WORD_BITS
from proofs.engine import bits, masks, multiples, powers, terms
from proofs.engine import path as paths
from proofs.engine.errors import Unsupported, program_error

Term = Any


def _floor_div(a: Term, b: Term) -> Term:
    """Python's ``a // b`` for b != 0; Z3 rounds so that the remainder is not negative."""
    known = terms.value_of(b)
    if known is not None:
        return terms.quotient(a, b) if known > 0 else (-a) / (-b)
    return z3.If(b > 0, a / b, (-a) / (-b))


def _modulo(a: Term, b: Term) -> Term:
    """Python's ``a % b`` for b != 0: it has the sign of b."""
    if (terms.value_of(b) or 0) > 0:
        return terms.remainder(a, b)
    return a - b * _floor_div(a, b)


def total(parts: Sequence[Term]) -> Term:
    """The sum; never ``(+ x)``, which is not SMT-LIB."""
    if len(parts) < 2:
        return parts[0] if parts else z3.IntVal(0)
    return z3.Sum(parts)


def _masked(a: Term, mask: int) -> Term:
    """``a & mask`` for a constant mask >= 0: one div/mod for each run of ones."""
    parts, low = [], 0
    while mask >> low:
        if not (mask >> low) & 1:
            low += 1
            continue
        width = 1
        while (mask >> (low + width)) & 1:
            width += 1
        shifted = terms.quotient(a, terms.number(2**low))
        parts.append(terms.mul(terms.remainder(shifted, terms.number(2**width)), terms.number(2**low)))
        low += width
    return total(parts)


def _and(a: Term, mask: int) -> Term:
    """``a & mask`` for any constant: a negative mask clears the bits of its complement."""
    return _masked(a, mask) if mask >= 0 else a - _masked(a, ~mask)


def _nonzero(b: Term) -> None:
    """Raise what CPython raises where the divisor is 0."""
    if terms.value_of(b):
        return
    if paths.current().branch(b == 0):
        raise program_error(ZeroDivisionError("integer division or modulo by zero"))


SHIFT = "every shift is by less than the width of a machine word"

WORD = "bits are taken of machine words"

LARGEST_COUNT = 4096
"""A constant shift count or exponent beyond this would only exhaust memory."""


def _multiply(a: Term, b: Term) -> Term:
    """The product; with ``1 << k`` it is the shift, written in another way."""
    for value, power in ((a, b), (b, a)):
        exponent = powers.exponent_of(power)
        if exponent is not None and terms.value_of(value) is None:
            return multiples.times(value, exponent)
    return terms.mul(a, b)


def _divide(a: Term, b: Term) -> Term:
    exponent = powers.exponent_of(b)
    if exponent is not None:  # a quotient by ``1 << k``, which is never 0, is the shift
        return _shift_right_by(a, exponent)
    _nonzero(b)
    return _floor_div(a, b)


def _remainder(a: Term, b: Term) -> Term:
    exponent = powers.exponent_of(b)
    if exponent is not None:
        return powers.rest(a, exponent)
    _nonzero(b)
    return _modulo(a, b)


def _by_constant(name: str, build: Callable[[Term, int], Term]) -> Callable[[Term, Term], Term]:
    """An operator that needs one constant operand; ``commutes`` by trying both sides."""

    def apply(a: Term, b: Term) -> Term:
        right = terms.value_of(b)
        if right is not None:
            return build(a, right)
        left = terms.value_of(a)
        if name in "&|^" and left is not None:
            return build(b, left)
        if name == "<<":
            power = _power_of_two(b)
            if left is None:
                return multiples.times(a, b)
            return power if left == 1 else a * power
        return _at_place(name, a, b)

    return apply


def _at_place(name: str, a: Term, b: Term) -> Term:
    """An operator on two symbolic ints, the second of which may name bits of the first."""
    exponent, mask = powers.exponent_of(b), bits.mask_of(b)
    if name == ">>":
        return _shift_right_by(a, b)
    if name == "^" and exponent is not None:
        return powers.flip(a, exponent)
    if name == "|" and exponent is not None:
        return of_word(a, bits.with_bit(a, exponent))
    if name == "&" and exponent is not None:
        return of_word(a, z3.If(bits.has(a, exponent), b, z3.IntVal(0)))
    if name == "&" and mask is not None:
        return of_word(a, bits.lowest(a, mask))
    if name in masks.OPERATORS:
        return masks.OPERATORS[name](a, b)
    raise Unsupported(f"{name} of two symbolic ints")


def _power_of_two(exponent: Term) -> Term:
    """``1 << exponent``; in an implementation the shift must be by less than a word."""
    path = paths.current()
    if not path.ghost_depth:
        path.show("machine_width", SHIFT, z3.And(exponent >= 0, exponent < WORD_BITS))
    return powers.power(exponent)


def _shift_right_by(a: Term, place: Term) -> Term:
    """``a >> place``; in an implementation the shift must be by less than a word."""
    path = paths.current()
    if not path.ghost_depth:
        path.show("machine_width", SHIFT, z3.And(place >= 0, place < WORD_BITS))
    if (
        WORD_BITS < 64
    ):  # a narrow word has less room for what becomes of the quotient: it must be known how small that is
        path.introduce("multiples", multiples.labelled_laws)
    return of_word(a, bits.right(a, place))


def of_word(a: Term, result: Term) -> Term:
    """The laws of bits speak of words: of ``a`` the result of an operation may be taken only if it is one."""
    path = paths.current()
    if not path.ghost_depth:
        path.show("machine_width", WORD, z3.And(a >= 0, a < paths.WORD_LIMIT))
    return result


def _check_shift(by: int) -> None:
    """Raise what CPython raises for a negative count."""
    if by < 0:
        raise program_error(ValueError("negative shift count"))
    if by >= WORD_BITS and not paths.current().ghost_depth:
        paths.current().show("machine_width", SHIFT, z3.BoolVal(False))
    if by > LARGEST_COUNT:
        raise Unsupported(f"a shift by {by}")


def _shift_left(a: Term, by: int) -> Term:
    _check_shift(by)
    return terms.mul(a, terms.number(2**by))


def _shift_right(a: Term, by: int) -> Term:
    _check_shift(by)
    return terms.quotient(a, terms.number(2**by))


def _power(a: Term, by: int) -> Term:
    if not 0 <= by <= LARGEST_COUNT:
        raise Unsupported(f"** {by}: a negative power is no int, a large one too large")
    result = z3.IntVal(1)
    for _ in range(by):
        result = result * a
    return result


ARITHMETIC: dict[str, Callable[[Term, Term], Term]] = {
    "add": terms.add,
    "sub": terms.sub,
    "mul": _multiply,
    "floordiv": _divide,
    "mod": _remainder,
    "and": _by_constant("&", _and),
    "or": _by_constant("|", lambda a, c: a + c - _and(a, c)),
    "xor": _by_constant("^", lambda a, c: a + c - 2 * _and(a, c)),
    "lshift": _by_constant("<<", _shift_left),
    "rshift": _by_constant(">>", _shift_right),
    "pow": _by_constant("**", _power),
}

COMPARISONS: dict[str, Callable[[Term, Term], Term]] = {
    "lt": terms.lt,
    "le": terms.le,
    "gt": terms.gt,
    "ge": terms.ge,
    "eq": terms.eq,
    "ne": terms.ne,
}
