"""What cannot be asked of a symbolic value, and what its truth is."""

import operator
from itertools import product

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from model.language.logic import implies, negate, when
from proofs.engine import path as paths
from proofs.engine.errors import Unsupported
from proofs.engine.operators import SHIFT
from proofs.engine.path import EngineError
from proofs.engine.values import SymBool, SymInt, term_of, wrap
from tests.entailment import entailed, holds, single_path
from tests.test_values import (
    ARITHMETIC,
    BITWISE,
    BY_COUNT,
    COMPARISONS,
    EVERY,
    agree,
    constant,
    in_specification,
    pinned,
)

# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize("name", ["**"])
def test_operator_without_a_model_is_refused_not_guessed(name):
    def run():
        with pytest.raises(Unsupported):
            EVERY[name](pinned(5), pinned(3))

    in_specification(run)


@pytest.mark.parametrize("name", ["**"])
def test_constant_by_a_symbolic_count_is_refused(name):
    def run():
        with pytest.raises(Unsupported):
            EVERY[name](5, pinned(3))

    in_specification(run)


@pytest.mark.parametrize("exponent", [-1, -3])
def test_negative_exponent_is_refused(exponent):
    def run():
        with pytest.raises(Unsupported):
            constant(2) ** exponent

    in_specification(run)


@pytest.mark.parametrize("name", BY_COUNT)
def test_absurd_count_is_refused_at_once(name):
    def run():
        with pytest.raises(Unsupported):
            EVERY[name](pinned(3), 2**64)

    in_specification(run)


@pytest.mark.parametrize("name", [*ARITHMETIC, *COMPARISONS, *BITWISE, *BY_COUNT])
@pytest.mark.parametrize("other", [1.0, 2j])
def test_floats_are_refused(name, other):
    def run():
        for left, right in ((constant(1), other), (other, constant(1))):
            with pytest.raises((Unsupported, TypeError)):
                EVERY[name](left, right)

    in_specification(run)


@given(st.integers(0, 62), st.integers(-50, 50))
@settings(max_examples=25, deadline=None)
def test_shift_by_a_symbolic_count_never_contradicts_cpython(count, a):
    def run():
        k = pinned(count)
        goals.extend([(1 << k).term == 1 << count, (pinned(a) << k).term == a << count])

    goals = []
    path = in_specification(run)
    solver = z3.Solver()
    solver.add(*[fact.term for fact in path.facts if not z3.is_quantifier(fact.term)], *goals)
    assert solver.check() == z3.sat


@pytest.mark.parametrize(("count", "allowed"), [(-1, False), (0, True), (63, True), (64, False)])
def test_shift_by_a_symbolic_count_in_an_implementation_must_be_by_less_than_a_word(count, allowed):
    path = single_path(lambda _: 1 << pinned(count))
    (shift,) = [o for o in path.obligations if o.sentence == SHIFT]
    assert holds(shift) is allowed


def test_symbolic_int_is_an_int_but_no_concrete_one():
    def run():
        x = pinned(3)
        assert isinstance(x, int)
        assert not isinstance(x, bool)
        for use in (hash, operator.index, int, range, "abc".__getitem__, bytes):
            with pytest.raises((Unsupported, TypeError)):
                use(x)
        with pytest.raises(TypeError):
            x.__class__ = str

    in_specification(run)


def test_constant_serves_as_an_index():
    def run():
        assert "abcd"[constant(2)] == "c"
        assert list(range(constant(3))) == [0, 1, 2]
        with pytest.raises(TypeError):
            hash(constant(3))

    in_specification(run)


def test_symbolic_values_live_only_on_a_path():
    with pytest.raises(EngineError):
        SymInt(z3.Int("x")) + 1


def test_only_integers_and_truth_values_have_terms():
    for value in (None, "1", 1.0, [1]):
        with pytest.raises(Unsupported):
            term_of(value)
    assert isinstance(wrap(z3.BoolVal(True)), SymBool)
    assert isinstance(wrap(z3.IntVal(1)), SymInt)


def test_comparison_with_something_else_is_that_of_cpython():
    def run():
        assert (pinned(0) == None) is False  # noqa: E711
        assert (pinned(0) != None) is True  # noqa: E711
        assert (pinned(0) == "0") is False
        with pytest.raises(TypeError):
            operator.lt(pinned(0), "0")

    in_specification(run)


# ---------------------------------------------------------------- truth values


def truth(value):
    """A fresh symbolic truth value, about which the path knows only its value."""
    path = paths.current()
    p = z3.Bool(path.name("p"))
    path.know(p == value)
    return SymBool(p)


TRUTH_OPERATORS = {**BITWISE, "==": operator.eq, "!=": operator.ne, "implies": implies}


@pytest.mark.parametrize("name", TRUTH_OPERATORS)
def test_operators_on_truth_values_give_the_value_of_cpython(name):
    function = TRUTH_OPERATORS[name]
    claims = []
    for p, q in product([False, True], repeat=2):
        expected = function(p, q)
        assert isinstance(expected, bool)
        claims.append(((p, name, q, "x, y"), lambda p=p, q=q: function(truth(p), truth(q)), expected))
        claims.append(((p, name, q, "x, c"), lambda p=p, q=q: function(truth(p), q), expected))
        claims.append(((p, name, q, "c, x"), lambda p=p, q=q: function(p, truth(q)), expected))
    agree(claims)


@pytest.mark.parametrize("p", [False, True])
def test_negate_when_and_bool_decide_as_cpython(p):
    claims = [
        ("negate", lambda: negate(truth(p)), not p),
        ("bool", lambda: bool(truth(p)), p),
        ("when", lambda: when(truth(p), 2**64, -3), 2**64 if p else -3),
        ("when of symbolic", lambda: when(truth(p), pinned(1), pinned(2)), 1 if p else 2),
        ("when of truths", lambda: when(truth(p), truth(False), True), not p),
    ]
    agree(claims)
    assert when(p, "yes", "no") == ("yes" if p else "no")
    assert negate(p) is (not p)


def test_truth_value_with_a_number_is_refused():
    def run():
        for function in (operator.and_, operator.or_, operator.xor, operator.eq, operator.ne):
            for other in (0, 1, 2, None):
                with pytest.raises(Unsupported):
                    function(truth(True), other)
        for function in (operator.add, operator.lt, operator.sub):
            with pytest.raises(Unsupported):
                function(truth(True), 1)
        with pytest.raises(TypeError):
            hash(truth(True))

    in_specification(run)


@pytest.mark.parametrize("p", [False, True])
def test_truth_value_counts_as_0_or_1_beside_an_integer(p):
    agree(
        [
            ("x + p", lambda: pinned(5) + truth(p), 5 + p),
            ("x + c", lambda: pinned(5) + p, 5 + p),
            ("c - x", lambda: p - pinned(5), p - 5),
            ("x == p", lambda: pinned(1) == truth(p), p),
        ]
    )


@pytest.mark.parametrize("flag", [False, True])
@pytest.mark.parametrize("factor", [0, 1, 4, -3, True])
def test_a_truth_times_a_number_is_what_cpython_makes_of_it(flag, factor):
    def run(path):
        for found in (SymBool(z3.BoolVal(flag)) * factor, factor * SymBool(z3.BoolVal(flag))):
            assert entailed(path, term_of(found) == flag * factor)

    single_path(run)


@pytest.mark.parametrize("words", [False, True])
def test_only_a_program_of_machine_words_is_asked_whether_its_numbers_are_words(words):
    def run(path):
        path.words = words
        SymInt(path.integer("x")) - 1

    assert [obligation.theorem for obligation in single_path(run).obligations] == words * [
        "subject.operation.machine_width"
    ]
