"""The laws of ``&``, ``|`` and ``^`` of two symbolic ints: proved in bit-vectors, and in accord with CPython."""

import operator

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

from impl.words import WORD_BITS, WORD_LIMIT
from proofs.engine import path as paths
from proofs.engine.masks import LAWS, OPERATORS, Law, Masks
from proofs.engine.values import SymInt
from tests.entailment import holds, single_path

WIDTH = WORD_BITS
WIDER = WIDTH + 2
REAL = Masks(lambda a, b: a & b, lambda a: z3.Extract(0, 0, a) == 1, z3.ULE)
CPYTHON = {"&": operator.and_, "|": operator.or_, "^": operator.xor}


def law_holds(law):
    a, b = z3.BitVecs("a b", WIDTH)
    return z3.Solver().check(z3.Not(law.formula(REAL, a, b))) == z3.unsat


@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.name)
def test_law_holds_of_all_words(law):
    assert law_holds(law)


def test_wrong_law_is_noticed():
    assert not law_holds(Law("wrong", lambda g, a, b: g.both(a, b) == a))


def test_the_result_is_never_negative():
    """A bit that neither word has, such as the sign of a wider vector, the result does not have."""
    a, b = (z3.ZeroExt(2, v) for v in z3.BitVecs("a b", WIDTH))
    assert z3.Solver().check(z3.Not(a & b >= 0)) == z3.unsat


@pytest.mark.parametrize(
    "definition",
    [
        lambda a, b: (a | b) == a + b - (a & b),
        lambda a, b: (a ^ b) == a + b - 2 * (a & b),
    ],
    ids=["or", "xor"],
)
def test_the_others_follow_for_all_integers(definition):
    """In vectors wide enough that nothing wraps, negative numbers too."""
    a, b = (z3.SignExt(2, v) for v in z3.BitVecs("a b", WIDTH))
    assert z3.Solver().check(z3.Not(definition(a, b))) == z3.unsat


@pytest.mark.parametrize("name", OPERATORS)
@given(a=st.integers(-5, 2**64 + 5), b=st.integers(-5, 2**64 + 5))
@settings(max_examples=40, deadline=None)
def test_nothing_contradicts_cpython(name, a, b):
    def body(path):
        with path.ghost():
            x, y = SymInt(path.integer("x")), SymInt(path.integer("y"))
            path.know(z3.And(x.term == a, y.term == b))
            result = CPYTHON[name](x, y)
            path.know(result.term == CPYTHON[name](a, b))

    (path,) = paths.explore("subject.operation", body)
    solver = z3.SimpleSolver()
    solver.set("auto_config", False)
    solver.set("mbqi", False)
    solver.add(*[fact.term for fact in path.facts])
    assert solver.check() != z3.unsat


def test_what_is_known_of_two_words():
    def body(path):
        with path.ghost():
            x, y = SymInt(path.integer("x")), SymInt(path.integer("y"))
            path.know(z3.And(x.term >= 0, x.term < 8, y.term >= 0, y.term < WORD_LIMIT))
            claims = [(x & y) < 8, (x & y) >= 0, (x | y) >= y, (x | y) < y + 8, (x ^ y) <= (x | y)]
        for claim in claims:
            path.show("claim", "it follows", claim.term)

    assert all(holds(obligation) for obligation in single_path(body).obligations)


def test_what_is_not_known_stays_open():
    def body(path):
        with path.ghost():
            x, y = SymInt(path.integer("x")), SymInt(path.integer("y"))
            claim = (x | y) < 8
        path.show("claim", "it does not follow", claim.term)

    assert not any(holds(obligation, patience=2_000) for obligation in single_path(body).obligations)
