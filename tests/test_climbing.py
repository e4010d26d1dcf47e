"""One obligation: which tries come in which order, and what counts as proved, refuted, unknown."""

import pytest

from proofs.engine import climbing
from proofs.engine.cache import Cache
from proofs.engine.climbing import LOOKS, ORDERS, climb, look, reordered
from proofs.engine.discharge import BUDGET, MBQI_BUDGET, NEWER, Answer, solve
from tests.test_discharge import FALSE, HARD, QUANTIFIED, TRUE, UNTRIGGERED


@pytest.fixture
def tries(monkeypatch):
    """Every try of the solver, (text, mbqi, seed, budget, way), while none of them comes to anything."""
    made = []

    def solved(*one):
        made.append(one)
        return Answer("unknown", 1, "for a test")

    monkeypatch.setattr(climbing, "solve", solved)
    return made


def test_the_ladder_stops_at_the_first_proof():
    solved = climb([(FALSE, False, False), (TRUE, False, True), ("(this is no text", False, True)], 0)
    assert solved.answer.answer == "unsat"


def test_a_model_of_a_part_of_the_facts_refutes_nothing():
    assert climb([(FALSE, False, False)], 0).answer.answer == "unknown"
    assert climb([(FALSE, False, False), (FALSE, False, True)], 0).answer.answer == "sat"


def test_short_tries_come_first_and_mbqi_last(tries):
    """Every text, by both arithmetics, and then at length; each order of the facts with a seed of its own."""
    climb([("few", False, False), ("all", False, True), ("all", True, True)], 5)
    short = [
        (text, False, 5 + one.order, one.budget, way)
        for one in LOOKS
        for text, ways in (("few\n", one.first), ("all\n", one.others))
        for way in ways
    ]
    seed = 5 + ORDERS
    long = [("few\n", False, seed, BUDGET, NEWER), ("all\n", False, seed, BUDGET, NEWER)]
    assert [(text.rstrip() + "\n", *more) for text, *more in tries] == [
        *short,
        *long,
        ("all\n", True, seed, MBQI_BUDGET, NEWER),
    ]
    assert max(one.budget for one in LOOKS) < BUDGET


def test_what_was_looked_at_is_not_looked_at_again(tries):
    rungs = [("few", False, False), ("all", False, True)]
    climb(rungs, 0)
    every = list(tries)
    tries.clear()
    look(rungs, 0)
    climb(rungs, 0, looked=1)
    assert tries == every


@pytest.mark.parametrize("said", ["sat", "unknown"])
def test_of_another_way_only_a_proof_counts(said, monkeypatch):
    """Whatever else it says, and of how many facts, the newer one is asked."""

    def solved(text, mbqi, seed, budget, way):
        return solve(text, mbqi, seed, budget) if way == NEWER else Answer(said, 1)

    monkeypatch.setattr(climbing, "solve", solved)
    assert climb([(FALSE, False, False), (TRUE, False, True)], 0).answer.answer == "unsat"
    assert climb([(FALSE, False, True)], 0).answer.answer == "sat"
    assert climb([(UNTRIGGERED, False, True)], 0).answer.answer == "unknown"
    assert climb([(UNTRIGGERED, True, True)], 0).answer.answer == "unsat"


def test_a_look_finds_a_model_of_the_whole_problem_only():
    assert look([(FALSE, False, False)], 0).answer.answer == "unknown"
    assert look([(FALSE, False, True)], 0).answer.answer == "sat"
    assert look([(FALSE, True, True)], 0).answer.answer == "unknown", "a look goes without MBQI"


def test_an_error_of_a_look_is_an_error():
    assert climb([("(this is no text", False, True), (TRUE, False, True)], 0).answer.answer == "error"


def test_an_empty_ladder_proves_nothing():
    assert climb([], 0).answer.answer == "unknown"
    assert look([], 0).answer.answer == "unknown"


def test_resources_of_all_rungs_add_up():
    one, both = climb([(TRUE, False, True)], 0), climb([(FALSE, False, False), (TRUE, False, True)], 0)
    assert both.answer.resources > one.answer.resources


def test_no_text_is_made_before_somebody_comes_to_it():
    def coming():
        yield TRUE, False, True
        raise AssertionError("the second text was not needed")

    assert climb(coming(), 0).answer.answer == "unsat"


def test_an_unknown_for_want_of_budget_is_not_remembered(tmp_path, monkeypatch):
    monkeypatch.setattr(climbing, "BUDGET", 2000)
    monkeypatch.setattr(climbing, "LOOKS", ())
    answer = climb([(HARD, False, True)], 0).answer
    assert answer.answer == "unknown"
    cache = Cache(tmp_path / "cache")
    cache.put(Cache.key(HARD, 0), answer)
    cache.save()
    assert Cache(tmp_path / "cache").get(Cache.key(HARD, 0)) is None


# ---------------------------------------------------------------- the order of facts

FACTS = [f"(assert (> x {number}))" for number in range(9)]
TEXT = "\n".join(["(declare-const x Int)", "(declare-const y Int)", *FACTS]) + "\n"


@pytest.mark.parametrize("number", range(6))
def test_another_order_says_the_same(number):
    """No assertion is lost, none is added, and every symbol is declared before."""
    lines = reordered(TEXT, number).splitlines()
    assert lines[:2] == TEXT.splitlines()[:2]
    assert sorted(lines[2:]) == sorted(FACTS)
    assert (reordered(TEXT, number) == TEXT) == (number == 0)
    assert reordered(TEXT, number) == reordered(TEXT, number)


@pytest.mark.parametrize("text", [TRUE, FALSE, QUANTIFIED, UNTRIGGERED, "(assert false)\n", "(assert true)\n"])
def test_no_order_proves_what_does_not_follow(text):
    """A text without declarations, too, and one whose assertion goes over several lines."""
    layered = text.replace("(> x", "(>\n x")
    for number in range(6):
        for one in (text, layered):
            assert solve(reordered(one, number), False).answer == solve(one, False).answer
