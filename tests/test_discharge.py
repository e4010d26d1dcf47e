"""One text in a solver of its own: what counts as proved, refuted, unknown."""

import pytest

from proofs.engine.discharge import ALL_TERMS, OLDER, solve

TRUE = "(declare-const x Int)\n(assert (> x 3))\n(assert (not (> x 2)))\n"
FALSE = "(declare-const x Int)\n(assert (> x 3))\n(assert (not (> x 4)))\n"
HARD = """(declare-const x Int)(declare-const y Int)(declare-const z Int)
(assert (> x 1))(assert (> y 1))(assert (> z 1))
(assert (= (+ (* x x x) (* y y y)) (* z z z)))
"""
CHAIN = """(declare-fun f (Int) Int)
(assert (forall ((x Int)) (! (= (f (+ x 1)) (+ (f x) 1)) :pattern ((f x)))))
(assert (= (f 0) 0))
(assert (not (= (f 3) 3)))
"""
QUANTIFIED = """(declare-fun p (Int) Bool)
(assert (forall ((x Int)) (! (p x) :pattern ((p x)))))
(assert (not (p 5)))
"""
UNTRIGGERED = """(declare-fun p (Int) Bool)(declare-fun q (Int) Bool)
(assert (forall ((x Int)) (! (p x) :pattern ((q x)))))
(assert (not (p 5)))
"""


def test_what_follows_is_unsat():
    assert solve(TRUE, mbqi=False).answer == "unsat"
    assert solve(QUANTIFIED, mbqi=False).answer == "unsat"


def test_what_does_not_follow_is_sat():
    assert solve(FALSE, mbqi=False).answer == "sat"


def test_an_exhausted_budget_is_unknown_with_a_reason():
    answer = solve(HARD, mbqi=False, budget=2000)
    assert answer.answer == "unknown"
    assert answer.reason


def test_the_budget_is_counted_in_resources_not_seconds():
    first, second = solve(CHAIN, mbqi=False, budget=20_000), solve(CHAIN, mbqi=False, budget=20_000)
    assert first == second
    assert first.resources > 0


def test_solving_other_problems_in_between_changes_nothing():
    alone = solve(QUANTIFIED, mbqi=False)
    for text in (TRUE, FALSE, CHAIN):
        solve(text, mbqi=False, budget=20_000)
    assert solve(QUANTIFIED, mbqi=False) == alone


@pytest.mark.parametrize("seed", range(4))
def test_a_seed_does_not_change_what_follows(seed):
    assert solve(TRUE, False, seed).answer == "unsat"
    assert solve(FALSE, False, seed).answer == "sat"


def test_without_mbqi_a_missing_trigger_is_unknown_never_sat():
    assert solve(UNTRIGGERED, mbqi=False).answer == "unknown"
    assert solve(UNTRIGGERED, mbqi=True).answer == "unsat"


@pytest.mark.parametrize("way", [OLDER, ALL_TERMS], ids=repr)
def test_no_way_proves_what_does_not_follow(way):
    for text, follows in ((TRUE, True), (QUANTIFIED, True), (FALSE, False), (UNTRIGGERED, False), (HARD, False)):
        assert (solve(text, False, 0, 20_000, way).answer == "unsat") == follows
