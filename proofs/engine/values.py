"""Symbolic values: Z3 integers and booleans with *Python's* semantics.

TRUSTED: a wrong operator here makes every proof wrong.  tests/test_values.py compares each
operator with CPython on negative, huge and boundary numbers.

Inside an implementation every arithmetic result must be shown to be a machine word; inside a
specification (``ghost()``) integers are mathematical.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import z3

from proofs.checking.ends import unseen
from proofs.engine import bits, definitions, operators, terms
from proofs.engine import path as paths
from proofs.engine.errors import Unsupported
from proofs.engine.opaque import absent
from proofs.engine.places import specification_line

Term = Any


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


def _readable(term: Term) -> str:
    """The term, for messages; a specification could tell a term's text from a number's."""
    if paths.inside_specification() and not sys._getframe(2).f_globals.get("__name__", "").startswith("proofs."):
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
        return _result(operators.of_word(self.term, bits.length(self.term)))

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


def _install_operators() -> None:
    """Give SymInt every binary operator, in both directions."""
    for name, build in operators.ARITHMETIC.items():

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
    for name, build in operators.COMPARISONS.items():

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
