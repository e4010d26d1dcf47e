"""Terms made through Z3's C interface are those that its Python layer makes, down to the order of operands."""

from __future__ import annotations

import operator
import subprocess
import sys

import pytest
import z3

from proofs.engine import terms
from proofs.engine.vocabulary import Vocabulary, quantified

A, B = z3.Ints("a b")
P, Q = z3.Bools("p q")
WORDS = z3.Array("words", z3.IntSort(), z3.IntSort())
FLAGS = z3.Array("flags", z3.IntSort(), z3.BoolSort())
F = z3.Function("f", z3.IntSort(), z3.IntSort())
LESS = z3.Function("less", z3.IntSort(), z3.BoolSort())
X = z3.Int("x")
LAW = z3.ForAll([X], F(X) == z3.Select(WORDS, X), patterns=[F(X), z3.Select(FLAGS, X)])
OPERANDS = [(A, B), (A, z3.IntVal(7)), (z3.IntVal(-3), B), (z3.IntVal(2**64), z3.IntVal(0))]


@pytest.mark.parametrize("name", ["add", "sub", "mul", "lt", "le", "gt", "ge", "eq", "ne"])
@pytest.mark.parametrize("operands", OPERANDS, ids=str)
def test_operators_of_integers(name, operands):
    made, expected = getattr(terms, name)(*operands), getattr(operator, name)(*operands)
    assert made.eq(expected)
    assert type(made) is type(expected)


def test_connectives_constants_and_readings():
    pairs = [
        (terms.both(P, Q), z3.And(P, Q)),
        (terms.either(P, Q), z3.Or(P, Q)),
        (terms.negation(P), z3.Not(P)),
        (terms.number(2**70), z3.IntVal(2**70)),
        (terms.number(-1), z3.IntVal(-1)),
        (terms.truth(True), z3.BoolVal(True)),
        (terms.truth(False), z3.BoolVal(False)),
        (terms.word_at(WORDS, A), z3.Select(WORDS, A)),
        (terms.flag_at(FLAGS, A), z3.Select(FLAGS, A)),
        (terms.applied(F, A), F(A)),
        (terms.implication(P, Q), z3.Implies(P, Q)),
        (terms.quotient(A, z3.IntVal(4)), A / 4),
        (terms.remainder(A, z3.IntVal(4)), A % 4),
        (terms.all_of(P, Q, P), z3.And(P, Q, P)),
        (terms.below(A, 9), z3.And(A >= 0, A < 9)),
        (terms.below(z3.IntVal(5), 9), z3.And(z3.IntVal(5) >= 0, z3.IntVal(5) < 9)),
        (terms.choice(P, A, z3.IntVal(0)), z3.If(P, A, z3.IntVal(0))),
        (terms.choice(P, Q, P), z3.If(P, Q, P)),
        (terms.applied(LESS, A), LESS(A)),
        (terms.variable("a"), A),
    ]
    for made, expected in pairs:
        assert made.eq(expected)
        assert type(made) is type(expected)
    assert terms.holds_flags(FLAGS)
    assert not terms.holds_flags(WORDS)


PATTERNS = [
    [F(X), z3.Select(FLAGS, X)],
    [terms.pattern(F(X), z3.Select(FLAGS, X)), F(X)],
    [],
]


@pytest.mark.parametrize("patterns", PATTERNS, ids=len)
def test_quantifiers_with_terms_and_patterns_to_look_for(patterns):
    body = F(X) == z3.Select(WORDS, X) + A
    made = terms.universal([X], body, patterns)
    assert made.eq(z3.ForAll([X], body, patterns=patterns))
    assert type(made) is z3.QuantifierRef
    assert [made.pattern(n).sexpr() for n in range(made.num_patterns())] == [
        z3.ForAll([X], body, patterns=patterns).pattern(n).sexpr() for n in range(len(patterns))
    ]


def test_readings_of_a_term():
    assert [terms.value_of(term) for term in (z3.IntVal(2**70), z3.IntVal(-7), z3.IntVal(0))] == [2**70, -7, 0]
    assert [terms.value_of(term) for term in (A, F(A), -z3.IntVal(5), z3.IntVal(2) + 3)] == [None] * 4
    assert terms.applies(F(A), F)
    assert not any(terms.applies(term, F) for term in (A, A + 1, z3.IntVal(3), LAW, z3.Select(WORDS, A)))
    assert [terms.is_valid(p) for p in (P, z3.BoolVal(True), z3.Or(P, z3.Not(P)), P)] == [False, True, True, False]


def test_a_solver_knows_what_is_asserted():
    solver = z3.Solver()
    terms.assert_in(solver, P)
    assert list(solver.assertions()) == [P]
    with pytest.raises(z3.Z3Exception):
        terms.assert_in(solver, A)


def test_a_wrong_sort_is_refused():
    with pytest.raises(z3.Z3Exception):
        terms.both(P, A)
    with pytest.raises(z3.Z3Exception):
        terms.word_at(A, A)
    with pytest.raises(z3.Z3Exception):
        terms.implication(P, A)
    with pytest.raises(z3.Z3Exception):
        terms.all_of(P, Q, A)
    with pytest.raises(z3.Z3Exception):
        terms.universal([X], F(X), [F(X)])


def test_the_vocabulary_is_every_symbol_in_bodies_and_patterns():
    declared = {
        "(declare-fun f (Int) Int)",
        "(declare-fun words () (Array Int Int))",
        "(declare-fun flags () (Array Int Bool))",
    }
    assert Vocabulary().of(LAW) == declared
    assert Vocabulary().of(z3.And(P, LAW)) == declared | {"(declare-fun p () Bool)"}
    assert Vocabulary().of(z3.IntVal(4)) == frozenset()


def test_a_quantifier_is_found_at_any_depth():
    assert quantified(z3.Implies(P, z3.Not(LAW)), {})
    assert not quantified(F(A) == B, {})


KEEPING = """
import z3
from proofs.engine import reading, terms
terms.keep_all()
seen = set()
for number in range(2000):
    term = terms.add(terms.variable("a"), z3.IntVal(number))
    seen.add(reading.identity(term.ast))
    del term
print(len(seen))
"""


def test_a_process_that_keeps_all_gives_no_identity_twice():
    """In a process of its own: nothing brings back what lets go of terms."""
    done = subprocess.run([sys.executable, "-c", KEEPING], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "2000"
