"""Among hints the one is chosen that proves a theorem most surely; the one that it has, if that does.

An obligation that needs other facts than the rest of its theorem has a hint of its own.
"""

from __future__ import annotations

from dataclasses import replace

import pytest
import z3

from proofs.engine import slices
from proofs.engine.climbing import WAYS
from proofs.engine.discharge import Answer
from proofs.engine.facts import Fact, Obligation
from proofs.engine.slices import ALL, TRIES, Slices, Worth, known_to
from proofs.engine.smtlib import Printer

X, Y = z3.Int("x"), z3.Int("y")
P = z3.Function("p", z3.IntSort(), z3.BoolSort())
FACTS = [
    Fact(X > 3, "floor"),
    Fact(X < 9, "roof"),
    Fact(Y == X + 1, "next"),
    Fact(z3.ForAll([X], z3.Implies(P(X), P(X + 1)), patterns=[P(X)]), "on_and_on"),
    Fact(P(0), "begun"),
]


def obligation(goal, hint=None, place=":1"):
    return Obligation("toy.run.it", "", goal, FACTS, len(FACTS), "", (), (), hint=hint, place=f"toy.run.it {place}")


def recorded(*obligations, hint=None):
    return Slices(Printer(), obligations, hint or obligations[0].hint).best()


def best(*obligations):
    found, apart = recorded(*obligations)
    assert apart == {}
    return found


def test_what_proves_is_found_and_nothing_else():
    assert best(obligation(Y > 4, ("roof",))) == {"floor", "next"}
    assert best(obligation(Y > 4, ())) == {"floor", "next"}


def test_all_facts_stay_where_they_do():
    assert best(obligation(X > 2)) == ALL


@pytest.mark.parametrize("hint", [("floor",), ("floor", "roof"), ("floor", "next")])
def test_a_hint_that_does_stays(hint):
    assert best(obligation(X > 2, hint)) == set(hint)


def test_names_that_nothing_has_any_more_go():
    assert best(obligation(X > 2, ("floor", "cellar"))) == {"floor"}


def test_a_hint_is_one_for_all_obligations_of_a_theorem():
    assert best(obligation(X > 2, ()), obligation(X < 10, (), ":2")) == {"floor", "roof"}


def test_what_nothing_proves_is_told():
    assert best(obligation(X > 5, ("floor",))) is None


def test_a_dear_hint_gives_way_to_a_cheap_one():
    """The solver goes round in one of the facts until its budget ends, in whatever order they come."""
    seen = obligation(z3.And(X > 2, P(40)), ("floor", "on_and_on", "begun"))
    assert Worth(0, 0) < Slices(Printer(), [seen]).worth(seen, frozenset(("floor", "on_and_on", "begun")))
    assert best(obligation(z3.Or(X > 2, P(-3)), ("floor", "on_and_on", "begun"))) in (
        {"floor"},
        {"floor", "on_and_on", "begun"},
    )


def test_one_failure_is_worse_than_any_cost(monkeypatch):
    """Each try counts: the facts in each order, by both arithmetics."""
    asked = []

    def solved(text, mbqi, seed, budget, way):
        asked.append((text, way))
        lost = "(> x 3)" in text and seed == 2
        return Answer("unknown" if lost else "unsat", 10 if "(< x 9)" in text else 1)

    monkeypatch.setattr(slices, "solve", solved)
    seen = obligation(X > 2, ("floor",))
    found = Slices(Printer(), [seen])
    assert found.worth(seen, frozenset({"floor"})) == Worth(1, TRIES - 1 + len(WAYS))
    assert found.worth(seen, frozenset({"roof"})) == Worth(0, 10 * TRIES)
    assert min((Worth(1, 1), Worth(0, 100))) == Worth(0, 100)
    assert {way for _, way in asked} == set(WAYS)


def test_names_of_facts_that_come_later_are_not_known():
    assert known_to(obligation(X > 2)) == {fact.label for fact in FACTS}
    assert known_to(replace(obligation(X > 2), known=2)) == {"floor", "roof"}


# ---------------------------------------------------------------- one obligation of many


FAR = [z3.Int(f"far{number}") for number in range(3)]


def dear_together(monkeypatch):
    """Facts beside those that an obligation needs are dear: a thousand times what it takes with these alone."""

    def solved(text, mbqi, seed, budget, way):
        names = sum(f"(> far{number} 0)" in text for number in range(3))
        needed = next(f"(> far{number} 0)" for number in range(3) if f"(not (> far{number} (- 1)))" in text)
        return Answer("unsat" if needed in text else "unknown", 1_000 if names == 1 else 60_000)

    monkeypatch.setattr(slices, "solve", solved)


def far(number, hint, place):
    facts = [Fact(one > 0, f"far{n}") for n, one in enumerate(FAR)]
    goal = FAR[number] > -1
    return Obligation("toy.run.it", "", goal, facts, 3, "", (), (), hint=hint, place=f"toy.run.it {place}")


def test_where_a_common_hint_is_dear_obligations_have_their_own(monkeypatch):
    dear_together(monkeypatch)
    wide = ("far0", "far1")
    seen = [far(0, wide, "+:1"), far(0, wide, "+:2"), far(1, wide, "-:1")]
    assert recorded(*seen) == ({"far0"}, {"toy.run.it -:1": {"far1"}})


def test_hints_of_their_own_that_do_stay(monkeypatch):
    dear_together(monkeypatch)
    seen = [far(0, ("far0",), "+:1"), far(1, ("far1",), "-:1")]
    assert recorded(*seen) == ({"far0"}, {"toy.run.it -:1": {"far1"}})


def test_one_that_does_is_kept_where_the_rest_needs_another(monkeypatch):
    dear_together(monkeypatch)
    wide = ("far1", "far2")
    seen = [far(0, ("far0",), "+:1"), *(far(2, wide, f"-{'-' * n}:1") for n in range(3))]
    assert recorded(*seen, hint=wide) == ({"far2"}, {"toy.run.it +:1": {"far0"}})


def test_a_little_that_it_saves_is_not_worth_a_hint(monkeypatch):
    dear_together(monkeypatch)
    monkeypatch.setattr(slices, "APART", 130_000)
    wide = ("far0", "far1")
    assert recorded(far(0, wide, "+:1"), far(1, wide, "-:1")) == (set(wide), {})
