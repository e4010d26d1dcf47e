"""Values as they are written in C: the text, how tightly it binds, its kind, and what evaluating it does.

TRUSTED: an operator is applied to operands of the width that Python's meaning asks for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypedDict

from impl.words import WORD_BITS
from proofs.export.kinds import BOOL, CONSTANT, INT, WORD, WORD_END, WORD_MACRO, WORD_TYPE, Kind

PRIMARY, UNARY, TIMES, PLUS, SHIFT, ORDER, EQUAL, AND, XOR, OR, BOTH, EITHER, CHOICE = range(15, 2, -1)
LITERAL_END = 1 << 31
"""A smaller number is written as an int of C wherever another operand is a word."""


@dataclass(frozen=True)
class Value:
    """An expression of C.

    ``bits`` is the width of a word or of a field: 8, 16, 32 or 64; 0 for a number that is written as an int.
    ``number`` is its value if that is known.  ``items`` are those of a tuple, ``address`` the address of a view that
    was just made.
    ``looks`` and ``acts`` say whether evaluating it loads, and whether it changes anything.
    """

    text: str
    binds: int
    kind: Kind
    bits: int = WORD_BITS
    number: int | None = None
    looks: bool = False
    acts: bool = False
    items: tuple[Value, ...] = ()
    address: Value | None = None
    whole: bool = False
    """Whether it is a name or a constant: to evaluate it twice, or later, makes no difference."""

    def within(self, binds: int) -> str:
        """The text, in brackets if it binds less tightly than its surroundings ask for."""
        return self.text if self.binds >= binds else f"({self.text})"


def name(text: str, kind: Kind) -> Value:
    """A local, or something else that has a name."""
    return Value(text, PRIMARY, kind, whole=True)


def literal(number: int) -> Value:
    """A word that is known."""
    if number < LITERAL_END:
        return Value(str(number), PRIMARY, CONSTANT, 0, number, whole=True)
    written = hex(number) if number >= 1 << 16 else str(number)
    return Value(f"{WORD_MACRO}({written})", PRIMARY, CONSTANT, WORD_BITS, number, whole=True)


def macro(text: str, number: int) -> Value:
    """A constant that has a name."""
    return Value(text, PRIMARY, CONSTANT, WORD_BITS, number, whole=True)


def truth_of(number: bool) -> Value:
    """True or false."""
    return Value("true" if number else "false", PRIMARY, BOOL, number=int(number), whole=True)


def signed(number: int, text: str = "") -> Value:
    """A number below 0."""
    return Value(text or str(number), UNARY, INT, 32, number, whole=True)


class Doing(TypedDict):
    """What evaluating something does."""

    looks: bool
    acts: bool


def doing(*values: Value) -> Doing:
    """What evaluating all of these does."""
    return {"looks": any(one.looks for one in values), "acts": any(one.acts for one in values)}


def widened(value: Value) -> Value:
    """The same word, as wide as words are whatever stands beside it."""
    if value.bits == WORD_BITS:
        return value
    if value.number is not None:
        return replace(value, text=f"{WORD_MACRO}({value.number})", binds=PRIMARY, bits=WORD_BITS)
    return replace(value, text=f"({WORD_TYPE}){value.within(UNARY)}", binds=UNARY, bits=WORD_BITS, whole=False)


def compared(left: Value, operator: str, right: Value) -> Value:
    """A comparison of two words or two truths; C compares fields that are narrower as what they are worth."""
    binds = EQUAL if operator in ("==", "!=") else ORDER
    text = f"{left.within(SHIFT)} {operator} {right.within(SHIFT)}"
    return Value(text, binds, BOOL, **doing(left, right))


def computed(left: Value, operator: str, right: Value) -> Value:
    """An operator of two words."""
    known = left.number is not None and right.number is not None
    if WORD_BITS not in (left.bits, right.bits) or operator in ("<<", ">>"):
        left = widened(left)
    binds = {"*": TIMES, "/": TIMES, "%": TIMES, "+": PLUS, "-": PLUS, "<<": SHIFT, ">>": SHIFT}.get(operator)
    if binds in (TIMES, PLUS):
        inner, outer = (TIMES, UNARY) if operator == "*" else (binds, binds + 1)
        text = f"{_factor(left, operator, inner)} {operator} {right.within(outer)}"
    else:  # compilers ask for brackets here
        binds = binds or {"&": AND, "^": XOR, "|": OR}[operator]
        again = binds if operator in "&^|" else UNARY
        text = f"{_chained(left, again, operator)} {operator} {right.within(UNARY)}"
    return Value(text, binds, CONSTANT if known else WORD, **doing(left, right))


def _factor(left: Value, operator: str, binds: int) -> str:
    """The left side of a product or a sum; a product of quotients keeps its brackets."""
    mixed = operator in "*/%" and left.binds == TIMES
    return f"({left.text})" if mixed else left.within(binds)


def _chained(left: Value, again: int, operator: str) -> str:
    """The left side of a mask: more of the same needs no brackets."""
    same = left.binds == again and operator in "&^|"
    return left.text if same else left.within(UNARY)


def both(left: Value, right: Value) -> Value:
    """``&&``; what stands on the right is evaluated only if the left is true."""
    first = left.text if left.binds == BOTH else left.within(OR)
    return Value(f"{first} && {right.within(BOTH)}", BOTH, BOOL, **doing(left, right))


def either(left: Value, right: Value) -> Value:
    """``||``; compilers ask for brackets around ``&&`` in it."""
    return Value(f"{_or(left)} || {_or(right)}", EITHER, BOOL, **doing(left, right))


def _or(value: Value) -> str:
    return value.text if value.binds == EITHER else value.within(OR)


def negated(value: Value) -> Value:
    """``!``."""
    if value.number is not None:
        return truth_of(not value.number)
    return replace(value, text=f"!{value.within(UNARY)}", binds=UNARY, whole=False)


def chosen(test: Value, one: Value, other: Value, kind: Kind) -> Value:
    """``test ? one : other``."""
    if kind in (WORD, CONSTANT):
        one, other = widened(one), widened(other)
    text = f"{test.within(EITHER)} ? {one.within(EITHER)} : {other.within(EITHER)}"
    return Value(text, CHOICE, kind, **doing(test, one, other))


def masked(number: int) -> int:
    """The bits of a constant below 0 that a word can have."""
    return number % WORD_END


def narrowed(value: Value, bits: int) -> Value:
    """A word that is known to fit so many bits, as it is stored there."""
    if value.number is not None or bits in (value.bits, WORD_BITS):
        return value
    return replace(value, text=f"(uint{bits}_t){value.within(UNARY)}", binds=UNARY, bits=bits, whole=False)
