"""Symbolic values: Z3 integers and booleans with *Python's* semantics.

TRUSTED: a wrong operator here makes every proof wrong.  tests/test_values.py compares each
operator with CPython on negative, huge and boundary numbers.

Inside an implementation every arithmetic result must be shown to be a machine word; inside a
specification (``ghost()``) integers are mathematical.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import z3

from proofs.checking.ends import unseen
from proofs.engine import bits, definitions, masks, multiples, powers, terms
from proofs.engine import path as paths
from proofs.engine.opaque import absent
from proofs.engine.places import specification_line

Term = Any


class Unsupported(paths.EngineError):
    """The program did something with a symbolic value that the prover does not model."""


def term_of(value: Any) -> Term:
    """The Z3 term of a symbolic or plain value."""
    if isinstance(value, (SymInt, SymBool)):
        return value.term
    if value is True or value is False:
        return terms.truth(value)
    if type(value) is int:
        return terms.number(value)
    raise Unsupported(f"no term for {value!r}")


def wrap(term: Term) -> SymInt | SymBool:
    """The symbolic value of a Z3 term."""
    return SymBool(term) if z3.is_bool(term) else SymInt(term)


def _integer(value: Any) -> Term | None:
    """The Int term of an operand, None if it is no integer."""
    if isinstance(value, SymInt):
        return value.term
    if isinstance(value, SymBool):
        return z3.If(value.term, z3.IntVal(1), z3.IntVal(0))
    if isinstance(value, int):
        return terms.number(int(value))
    if isinstance(value, (float, complex)):
        raise Unsupported("a symbolic int meets a float")  # CPython would compare them by value
    return None


def _constant(value: Any) -> int | None:
    """The value of a constant operand, else None."""
    if isinstance(value, SymInt):
        return terms.value_of(value.term)
    return int(value) if isinstance(value, int) else None


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


def _readable(term: Term) -> str:
    """The term, for messages; a specification could tell a term's text from a number's."""
    if paths.inside_specification() and sys._getframe(2).f_globals.get("__name__", "").split(".")[0] != "proofs":
        raise Unsupported(f"a symbolic value as text in a specification ({specification_line()})")
    return str(term)


class SymInt:
    """A symbolic Python int."""

    __slots__ = ("term",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, term: Term) -> None:
        self.term = term

    @property
    def __class__(self) -> type:
        """``isinstance(x, int)`` holds, as it does for the value that this one stands for."""
        return int

    @__class__.setter
    def __class__(self, value: type) -> None:
        raise TypeError("a symbolic int has no other class")

    def __getattr__(self, name: str) -> Any:
        return absent(type(self).__name__, name)

    def __repr__(self) -> str:
        return _readable(self.term)

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return _readable(self.term)

    @unseen
    def __bool__(self) -> bool:
        return paths.current().branch(self.term != 0)

    def __index__(self) -> int:
        known = _constant(self)
        if known is None:
            raise Unsupported("a symbolic int is used where CPython needs a concrete one")
        return known

    __int__ = __index__

    def __pos__(self) -> SymInt:
        return self

    def __neg__(self) -> SymInt:
        return _result(-self.term)

    def __invert__(self) -> SymInt:
        return _result(-self.term - 1)

    def bit_length(self) -> SymInt:
        """The number of bits that the value needs."""
        return _result(_of_word(self.term, bits.length(self.term)))

    def mentioned(self) -> SymBool:
        """True; a solver that looks at this truth looks at the value too."""
        paths.current().introduce("mention", definitions.mention_law)
        return SymBool(terms.applied(definitions.MENTIONED, self.term))

    def defined(self, name: str, formula: Callable[[Any], Any]) -> Any:
        """``formula`` of the value, as a function of that name; its definition is known under the name."""
        function = definitions.function(name, formula, lambda x: term_of(formula(SymInt(x))))
        return wrap(terms.applied(function, self.term))

    def unfolded(self, name: str, formula: Callable[[Any], Any]) -> SymBool:
        """What the definition says of this value, which is known from here on under the definition's name."""
        said: SymBool = self.defined(name, formula) == formula(self)
        paths.current().know(said.term, name)
        return said

    def __abs__(self) -> SymInt:
        return _result(z3.If(self.term >= 0, self.term, -self.term))


def _result(term: Term) -> SymInt:
    """The value of an arithmetic operation; in an implementation it must be a machine word."""
    paths.current().arithmetic(term)
    return SymInt(term)


def _nonzero(b: Term) -> None:
    """Raise what CPython raises where the divisor is 0."""
    if terms.value_of(b):
        return
    if paths.current().branch(b == 0):
        raise paths.program_error(ZeroDivisionError("integer division or modulo by zero"))


SHIFT = "every shift is by less than the width of a machine word"

WORD = "bits are taken of machine words"

LARGEST_COUNT = 4096
"""A constant shift count or exponent beyond this would only exhaust memory."""


def _divide(a: Term, b: Term) -> Term:
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
        return _of_word(a, bits.with_bit(a, exponent))
    if name == "&" and exponent is not None:
        return _of_word(a, z3.If(bits.has(a, exponent), b, z3.IntVal(0)))
    if name == "&" and mask is not None:
        return _of_word(a, bits.lowest(a, mask))
    if name in masks.OPERATORS:
        return masks.OPERATORS[name](a, b)
    raise Unsupported(f"{name} of two symbolic ints")


def _power_of_two(exponent: Term) -> Term:
    """``1 << exponent``; in an implementation the shift must be by less than a word."""
    path = paths.current()
    if not path.ghost_depth:
        path.show("machine_width", SHIFT, z3.And(exponent >= 0, exponent < 64))
    return powers.power(exponent)


def _shift_right_by(a: Term, place: Term) -> Term:
    """``a >> place``; in an implementation the shift must be by less than a word."""
    path = paths.current()
    if not path.ghost_depth:
        path.show("machine_width", SHIFT, z3.And(place >= 0, place < 64))
    return _of_word(a, bits.right(a, place))


def _of_word(a: Term, result: Term) -> Term:
    """The laws of bits speak of words: of ``a`` the result of an operation may be taken only if it is one."""
    path = paths.current()
    if not path.ghost_depth:
        path.show("machine_width", WORD, z3.And(a >= 0, a < paths.WORD_LIMIT))
    return result


def _check_shift(by: int) -> None:
    """Raise what CPython raises for a negative count."""
    if by < 0:
        raise paths.program_error(ValueError("negative shift count"))
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


_ARITHMETIC: dict[str, Callable[[Term, Term], Term]] = {
    "add": terms.add,
    "sub": terms.sub,
    "mul": terms.mul,
    "floordiv": _divide,
    "mod": _remainder,
    "and": _by_constant("&", _and),
    "or": _by_constant("|", lambda a, c: a + c - _and(a, c)),
    "xor": _by_constant("^", lambda a, c: a + c - 2 * _and(a, c)),
    "lshift": _by_constant("<<", _shift_left),
    "rshift": _by_constant(">>", _shift_right),
    "pow": _by_constant("**", _power),
}

_COMPARISONS: dict[str, Callable[[Term, Term], Term]] = {
    "lt": terms.lt,
    "le": terms.le,
    "gt": terms.gt,
    "ge": terms.ge,
    "eq": terms.eq,
    "ne": terms.ne,
}


def _install_operators() -> None:
    """Give SymInt every binary operator, in both directions."""
    for name, build in _ARITHMETIC.items():

        @unseen
        def forward(self: SymInt, other: Any, build: Any = build) -> Any:
            right = _integer(other)
            return NotImplemented if right is None else _result(build(self.term, right))

        @unseen
        def backward(self: SymInt, other: Any, build: Any = build) -> Any:
            left = _integer(other)
            return NotImplemented if left is None else _result(build(left, self.term))

        setattr(SymInt, f"__{name}__", forward)
        setattr(SymInt, f"__r{name}__", backward)
    for name, build in _COMPARISONS.items():

        @unseen
        def compare(self: SymInt, other: Any, build: Any = build) -> Any:
            right = _integer(other)
            return NotImplemented if right is None else SymBool(build(self.term, right))

        setattr(SymInt, f"__{name}__", compare)
    SymInt.__hash__ = None  # type: ignore[assignment]


class SymBool:
    """A symbolic Python bool; ``&``, ``|``, ``^`` and ``==`` build terms, ``bool()`` decides."""

    __slots__ = ("term",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, term: Term) -> None:
        self.term = term

    def __getattr__(self, name: str) -> Any:
        return absent(type(self).__name__, name)

    def __repr__(self) -> str:
        return _readable(self.term)

    __str__ = __repr__

    def __format__(self, spec: str) -> str:
        return _readable(self.term)

    @unseen
    def __bool__(self) -> bool:
        return paths.current().branch(self.term)

    def __and__(self, other: Any) -> SymBool:
        return SymBool(terms.both(self.term, _truth(other)))

    def __or__(self, other: Any) -> SymBool:
        return SymBool(terms.either(self.term, _truth(other)))

    def __xor__(self, other: Any) -> SymBool:
        return SymBool(z3.Xor(self.term, _truth(other)))

    __rand__, __ror__, __rxor__ = __and__, __or__, __xor__

    def _no_number(self, *others: Any) -> Any:
        if others and type(others[0]) is SymInt:
            return NotImplemented  # the number's own operator takes a truth for 0 or 1, as CPython does
        raise Unsupported("a symbolic truth is used as a number: write when(p, 1, 0)")

    __add__ = __radd__ = __sub__ = __rsub__ = __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = _no_number
    __lshift__ = __rlshift__ = __rshift__ = __rrshift__ = __pow__ = __rpow__ = __truediv__ = __rtruediv__ = _no_number
    __lt__ = __le__ = __gt__ = __ge__ = __neg__ = __pos__ = __invert__ = __abs__ = __index__ = __int__ = _no_number

    def __mul__(self, other: Any) -> Any:
        factor = _integer(other)
        return NotImplemented if factor is None else _result(z3.If(self.term, factor, z3.IntVal(0)))

    __rmul__ = __mul__

    def __eq__(self, other: object) -> Any:
        return SymBool(self.term == _truth(other))

    def __ne__(self, other: object) -> Any:
        return SymBool(self.term != _truth(other))

    def negated(self) -> SymBool:
        """Logical not, without deciding."""
        return SymBool(terms.negation(self.term))

    def choose(self, yes: Any, no: Any) -> Any:
        """``yes`` where this holds, ``no`` elsewhere."""
        return wrap(terms.choice(self.term, term_of(yes), term_of(no)))


def _truth(value: Any) -> Term:
    """The Bool term of an operand."""
    if isinstance(value, SymBool):
        return value.term
    if isinstance(value, bool):
        return terms.truth(value)
    raise Unsupported(f"a truth value was combined with {value!r}")


_install_operators()
