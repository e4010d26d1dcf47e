"""What is infeasible contradicts the facts that a path knows by then, whenever the solver is told of them."""

import z3

from proofs.engine.feasible import Decider, Feasibility

A, B = z3.Ints("a b")
F = z3.Function("f", z3.IntSort(), z3.IntSort())


def test_only_what_contradicts_the_facts_is_infeasible():
    facts = Feasibility(Decider())
    assert facts.allows(A > 3)
    facts.know(A < B)
    facts.know(B < 3)
    assert not facts.allows(A > 3)
    assert facts.allows(A < 2)


def test_a_fact_that_comes_between_two_questions_counts_from_the_second_on():
    facts = Feasibility(Decider())
    facts.know(A > 0)
    assert facts.allows(A == 1)
    facts.know(A > 1)
    assert not facts.allows(A == 1)


def test_a_question_is_no_fact():
    facts = Feasibility(Decider())
    facts.know(A >= 0)
    assert facts.allows(A == 1)
    assert facts.allows(A == 2)
    assert not facts.allows(A < 0)
    assert facts.allows(A >= 0)


def test_what_only_a_quantified_fact_contradicts_is_feasible():
    facts = Feasibility(Decider())
    facts.know(z3.ForAll([A], F(A) > 0))
    assert facts.allows(F(z3.IntVal(1)) == 0)


def test_what_is_too_hard_is_feasible():
    facts = Feasibility(Decider())
    facts.know(z3.And(A > 1, B > 1, F(A) > 1))
    assert facts.allows(F(A) * F(A) * F(A) == A * A * A + B * B * B)


def test_what_one_path_knows_is_no_fact_of_the_next_one():
    decider = Decider()
    one, other = Feasibility(decider), Feasibility(decider)
    for facts in (one, other):
        facts.know(A >= 0)
    one.know(A == 1)
    other.know(A == 2)
    for _ in range(2):
        assert one.allows(A < 2)
        assert not one.allows(A > 1)
        assert other.allows(A > 1)
        assert not other.allows(A < 2)


def test_after_a_question_that_is_too_hard_the_facts_still_count():
    facts = Feasibility(Decider())
    facts.know(z3.And(A > 1, B > 1, F(A) > 1))
    for _ in range(3):
        assert facts.allows(F(A) * F(A) * F(A) == A * A * A + B * B * B)
        assert not facts.allows(A < 2)
        assert facts.allows(A < 3)
