"""The prover's integers and truth values compute what CPython's do, or refuse; they never give another value."""

import operator
import random
from itertools import product

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs.engine import path as paths
from proofs.engine.values import SymBool, SymInt, term_of
from tests.entailment import entailed, single_path

RANDOM = random.Random(20)
BOUNDARY = [0, 1, -1, 2, -2, 3, -7, 2**63, 2**64 - 1, 2**64, 2**64 + 1, -(2**64), 2**200 + 12345, -(3**90)]
NUMBERS = [*BOUNDARY, *[RANDOM.randrange(-(2**80), 2**80) for _ in range(3)]]
SMALL = [0, 1, 2, 3, 7, 12, 16, 63, 64, 65]
"""Shift counts and exponents."""

ARITHMETIC = {"+": operator.add, "-": operator.sub, "*": operator.mul, "//": operator.floordiv, "%": operator.mod}
COMPARISONS = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}
BITWISE = {"&": operator.and_, "|": operator.or_, "^": operator.xor}
BY_COUNT = {"<<": operator.lshift, ">>": operator.rshift, "**": operator.pow}
UNARY = {"-": operator.neg, "+": operator.pos, "~": operator.invert, "abs": abs, "bool": bool}
EVERY = {**ARITHMETIC, **COMPARISONS, **BITWISE, **BY_COUNT}

integers = st.one_of(st.sampled_from(NUMBERS), st.integers(), st.integers(-(2**130), 2**130))


def constant(number):
    return SymInt(z3.IntVal(number))


def pinned(number):
    """A fresh symbolic integer, about which the path knows only its value."""
    path = paths.current()
    x = path.integer("x")
    path.know(x == number)
    return SymInt(x)


def outcome(function, *arguments):
    """What a call returned, or the type of what it raised."""
    try:
        return function(*arguments)
    except (ZeroDivisionError, ValueError, OverflowError) as error:
        return type(error)


def in_specification(run):
    """Run on a path of its own, where integers are mathematical."""

    def specified(path):
        with path.ghost():
            run()

    return single_path(specified)


def constant_outcome(function, *arguments):
    found = []
    in_specification(lambda: found.append(outcome(function, *arguments)))
    return plain(found[0])


def plain(value):
    """The Python value of a result whose term is constant."""
    if not isinstance(value, (SymInt, SymBool)):
        return value
    term = z3.simplify(value.term)
    if z3.is_bool(term):
        return {"True": True, "False": False}[str(term)]
    return term.as_long()


def agree(claims):
    """Every (what, make, expected) of ``claims`` gives just what CPython gives, on pinned symbolic operands."""
    wrong, goals = [], []

    def run():
        for what, make, expected in claims:
            got = outcome(make)
            if isinstance(expected, type) or isinstance(got, (type, bool)):
                if got is not expected:
                    wrong.append((what, got, expected))
            else:
                goals.append((what, term_of(got) == term_of(expected)))

    path = in_specification(run)
    assert not wrong
    if not entailed(path, z3.And(*[goal for _, goal in goals])):
        assert [what for what, goal in goals if not entailed(path, goal)] == []


# ---------------------------------------------------------------- the boundary grid


@pytest.mark.parametrize("name", [*ARITHMETIC, *COMPARISONS, *BITWISE])
def test_operator_on_constants_gives_the_value_of_cpython(name):
    function = EVERY[name]
    for a, b in product(NUMBERS, repeat=2):
        expected = outcome(function, a, b)
        for left, right in ((constant(a), constant(b)), (constant(a), b), (a, constant(b))):
            got = constant_outcome(function, left, right)
            assert got == expected, (a, name, b)
            assert type(got) is type(expected)


@pytest.mark.parametrize("name", BY_COUNT)
def test_shift_and_power_of_constants_give_the_value_of_cpython(name):
    function = BY_COUNT[name]
    for a, by in product(NUMBERS, SMALL):
        expected = outcome(function, a, by)
        for left, right in ((constant(a), constant(by)), (constant(a), by), (a, constant(by))):
            assert constant_outcome(function, left, right) == expected, (a, name, by)


@pytest.mark.parametrize("b", NUMBERS)
def test_operators_on_symbolic_values_give_the_value_of_cpython(b):
    claims = []
    for a in NUMBERS:
        for name, function in {**ARITHMETIC, **COMPARISONS}.items():
            expected = outcome(function, a, b)
            for how, make in {
                "x, c": lambda f=function, a=a: f(pinned(a), b),
                "c, x": lambda f=function, a=a: f(a, pinned(b)),
                "x, y": lambda f=function, a=a: f(pinned(a), pinned(b)),
            }.items():
                claims.append(((a, name, b, how), make, expected))
        for name, function in BITWISE.items():
            expected = outcome(function, a, b)
            claims.append(((a, name, b, "x, c"), lambda f=function, a=a: f(pinned(a), b), expected))
            claims.append(((a, name, b, "c, x"), lambda f=function, a=a: f(b, pinned(a)), function(b, a)))
    agree(claims)


@pytest.mark.parametrize("name", BY_COUNT)
def test_shift_and_power_of_symbolic_values_give_the_value_of_cpython(name):
    function = BY_COUNT[name]
    small = SMALL if name != "**" else [0, 1, 2, 3, 7]
    agree(
        [((a, name, by), lambda a=a, by=by: function(pinned(a), by), function(a, by)) for a in NUMBERS for by in small]
    )


@pytest.mark.parametrize("name", UNARY)
def test_unary_operator_gives_the_value_of_cpython(name):
    function = UNARY[name]
    for a in NUMBERS:
        assert constant_outcome(function, constant(a)) == function(a)
    agree([((name, a), lambda a=a: function(pinned(a)), function(a)) for a in NUMBERS])


# ---------------------------------------------------------------- random numbers


@given(integers, integers, st.sampled_from([*ARITHMETIC, *COMPARISONS, *BITWISE]))
@settings(max_examples=150, deadline=None)
def test_any_numbers_give_the_value_of_cpython(a, b, name):
    function = EVERY[name]
    expected = outcome(function, a, b)
    assert constant_outcome(function, constant(a), b) == expected
    assert constant_outcome(function, a, constant(b)) == expected
    claims = [("x, c", lambda: function(pinned(a), b), expected), ("c, x", lambda: function(a, pinned(b)), expected)]
    if name not in BITWISE:
        claims.append(("x, y", lambda: function(pinned(a), pinned(b)), expected))
    agree(claims)


@given(integers, st.integers(0, 130), st.sampled_from(["<<", ">>"]))
@settings(max_examples=60, deadline=None)
def test_any_number_shifts_as_in_cpython(a, by, name):
    function = EVERY[name]
    assert constant_outcome(function, constant(a), by) == function(a, by)
    agree([("x, c", lambda: function(pinned(a), by), function(a, by))])


@given(integers, integers)
@settings(max_examples=40, deadline=None)
def test_quotient_and_remainder_belong_together(a, b):
    def run():
        if b != 0:
            x, y = pinned(a), pinned(b)
            goals.append(((x // y) * y + x % y == x).term)

    goals = []
    path = in_specification(run)
    assert all(entailed(path, goal) for goal in goals)


# ---------------------------------------------------------------- exceptions


@pytest.mark.parametrize("name", ["//", "%"])
def test_division_by_zero_raises_as_in_cpython(name):
    for a in (0, 1, -1, 2**64):
        for zero in (0, constant(0), False):
            assert constant_outcome(EVERY[name], constant(a), zero) is ZeroDivisionError
        agree([("x / 0", lambda a=a: EVERY[name](pinned(a), pinned(0)), ZeroDivisionError)])


@pytest.mark.parametrize("name", ["<<", ">>"])
def test_negative_shift_raises_as_in_cpython(name):
    for count in (-1, -(2**70)):
        assert constant_outcome(EVERY[name], constant(5), count) is ValueError
        assert constant_outcome(EVERY[name], 5, constant(count)) is ValueError
        agree([("x shifted", lambda count=count: EVERY[name](pinned(5), count), ValueError)])


@pytest.mark.parametrize("name", ["//", "%"])
def test_a_divisor_that_may_be_zero_is_followed_both_ways(name):
    seen = []

    def run(path):
        with path.ghost():
            x = SymInt(path.integer("x"))
            seen.append(outcome(EVERY[name], constant(7), x))

    assert len(paths.explore("subject.operation", run)) == 2
    assert seen.count(ZeroDivisionError) == 1
