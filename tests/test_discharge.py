"""One obligation in a solver of its own: what counts as proved, refuted, unknown; and which way is tried first."""

import pytest

from proofs.engine import workers
from proofs.engine.cache import Cache
from proofs.engine.discharge import QUICK_BUDGET, Answer, solve
from proofs.engine.workers import climb

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


def test_the_ladder_stops_at_the_first_proof():
    solved = climb([(FALSE, False, False), (TRUE, False, True), ("(this is no text", False, True)], 0)
    assert solved.answer.answer == "unsat"


def test_a_model_of_a_part_of_the_facts_refutes_nothing():
    assert climb([(FALSE, False, False)], 0).answer.answer == "unknown"
    assert climb([(FALSE, False, False), (FALSE, False, True)], 0).answer.answer == "sat"


@pytest.mark.parametrize("said", ["sat", "unknown"])
def test_of_a_quick_look_only_a_proof_counts(said, monkeypatch):
    """Whatever else the quick solver says, and of how many facts, the text is solved as it always was."""
    looked = []

    def solved(text, mbqi, seed, budget, quick):
        looked.append((text, quick, budget))
        return Answer(said, 1) if quick else solve(text, mbqi, seed, budget)

    monkeypatch.setattr(workers, "solve", solved)
    assert climb([(FALSE, False, False), (TRUE, False, True)], 0).answer.answer == "unsat"
    assert [(text, quick) for text, quick, _ in looked] == [(FALSE, True), (TRUE, True), (FALSE, False), (TRUE, False)]
    assert climb([(FALSE, False, True)], 0).answer.answer == "sat"
    assert climb([(UNTRIGGERED, False, True)], 0).answer.answer == "unknown"
    assert {budget for _, quick, budget in looked if quick} == {QUICK_BUDGET}


def test_the_quick_solver_proves_nothing_that_does_not_follow():
    for text, follows in ((TRUE, True), (QUANTIFIED, True), (FALSE, False), (UNTRIGGERED, False), (HARD, False)):
        assert (solve(text, False, 0, 20_000, quick=True).answer == "unsat") == follows


def test_an_error_of_the_quick_look_is_an_error():
    assert climb([("(this is no text", False, True), (TRUE, False, True)], 0).answer.answer == "error"


def test_an_empty_ladder_proves_nothing():
    assert climb([], 0).answer.answer == "unknown"


def test_resources_of_all_rungs_add_up():
    one, both = climb([(TRUE, False, True)], 0), climb([(FALSE, False, False), (TRUE, False, True)], 0)
    assert both.answer.resources > one.answer.resources


def test_an_unknown_for_want_of_budget_is_not_remembered(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "BUDGET", 2000)
    answer = climb([(HARD, False, True)], 0).answer
    assert answer.answer == "unknown"
    cache = Cache(tmp_path / "cache")
    cache.put(Cache.key(HARD, 0), answer)
    cache.save()
    assert Cache(tmp_path / "cache").get(Cache.key(HARD, 0)) is None
