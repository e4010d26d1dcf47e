"""What is infeasible contradicts the facts that a path knows by then, whenever the solver is told of them."""

import z3

from proofs.engine.feasible import Feasibility

A, B = z3.Ints("a b")
F = z3.Function("f", z3.IntSort(), z3.IntSort())


def test_only_what_contradicts_the_facts_is_infeasible():
    facts = Feasibility()
    assert facts.allows(A > 3)
    facts.know(A < B)
    facts.know(B < 3)
    assert not facts.allows(A > 3)
    assert facts.allows(A < 2)


def test_a_fact_that_comes_between_two_questions_counts_from_the_second_on():
    facts = Feasibility()
    facts.know(A > 0)
    assert facts.allows(A == 1)
    facts.know(A > 1)
    assert not facts.allows(A == 1)


def test_a_question_is_no_fact():
    facts = Feasibility()
    facts.know(A >= 0)
    assert facts.allows(A == 1)
    assert facts.allows(A == 2)
    assert not facts.allows(A < 0)
    assert facts.allows(A >= 0)


def test_what_only_a_quantified_fact_contradicts_is_feasible():
    facts = Feasibility()
    facts.know(z3.ForAll([A], F(A) > 0))
    assert facts.allows(F(z3.IntVal(1)) == 0)


def test_what_is_too_hard_is_feasible():
    facts = Feasibility()
    facts.know(z3.And(A > 1, B > 1, F(A) > 1))
    assert facts.allows(F(A) * F(A) * F(A) == A * A * A + B * B * B)
