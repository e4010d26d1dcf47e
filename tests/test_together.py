"""What is proved together is what would be proved alone: a solver that holds one text after another holds no other."""

from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proofs.engine import batches, discharging, together
from proofs.engine.batches import Member, batches_of
from proofs.engine.cache import Cache
from proofs.engine.discharge import Answer, solve
from proofs.engine.held import Held
from proofs.engine.text import Piece, Text
from proofs.engine.together import MOST_OPEN, Unsound, look_together
from proofs.engine.verdict import Verdict
from tests.test_runner import ADD, HALF, SMALLER, STORED, WRONG, verdict_of, without_times
from tests.toys import Toy, ensures

DECLARED = {name: f"(declare-fun {name} () Int)" for name in "xyz"}
FUNCTION = "(declare-fun f (Int) Int)"


def piece(formula: str, *more: str) -> Piece:
    """An assertion about x, y, z, and what ``more`` declares."""
    return Piece(f"(assert {formula})", frozenset([*DECLARED.values(), *more]))


def text(*formulas: str) -> Text:
    return Text(tuple(map(piece, formulas)))


def answers(*texts: Text) -> list[str]:
    return [one.answer.answer for one in look_together([(f"theorem {n}", one) for n, one in enumerate(texts)], 0)]


CONTRADICTORY = text("(> x 0)", "(< x 0)")
POSITIVE = text("(> x 0)")
MORE = text("(> x 0)", "(> y x)", "(< y 0)")
EMPTY = Text(())
SMALL = text("(> x 0)", "(> y 1)", "(> z 2)", "(< (+ x y z) 7)", "(not (= x 1))")
NONE = text("(> x 0)", "(> y 1)", "(> z 2)", "(< (+ x y z) 7)", "(not (= x 2))", "(not (= x 1))")
PROVED = {CONTRADICTORY: True, POSITIVE: False, MORE: True, EMPTY: False, SMALL: True, NONE: True}


@pytest.mark.parametrize("order", list(permutations(PROVED))[::7], ids=range(103))
def test_nothing_of_a_text_is_left_when_the_next_one_is_asked(order):
    assert [answer == "unsat" for answer in answers(*order)] == [PROVED[one] for one in order]


VARIABLES = st.sampled_from("xyz")
TERMS = st.builds("(+ {} {})".format, VARIABLES, st.integers(0, 3)) | VARIABLES
FORMULAS = st.builds("({} {} {})".format, st.sampled_from(["<", ">=", "="]), TERMS, TERMS)
TEXTS = st.lists(st.lists(FORMULAS, max_size=8), min_size=2, max_size=12)


@given(TEXTS, st.integers(0, 6))
@settings(deadline=None, max_examples=60)
def test_each_text_is_answered_as_it_is_alone(bodies, shared):
    texts = [text(*bodies[0][:shared], *body) for body in bodies]
    alone = [solve(str(one), False).answer for one in texts]
    assert [one == "unsat" for one in answers(*texts)] == [one == "unsat" for one in alone]


def test_a_fact_of_all_numbers_goes_with_its_text():
    rising = piece("(forall ((n Int)) (! (< (f n) (f (+ n 1))) :pattern ((f n))))", FUNCTION)
    falls = piece("(>= (f x) (f (+ x 1)))", FUNCTION)
    assert answers(Text((rising, falls)), Text((falls,)), Text((rising,)), Text((falls, rising))) == [
        "unsat",
        "unknown",
        "unknown",
        "unsat",
    ]


def test_a_solver_that_takes_nothing_back_is_noticed(monkeypatch):
    """The next text would be proved by what the one before it says."""

    def forgets(self, number):
        del self._keys[number:]
        self._scopes = [start for start in self._scopes if start < number]

    monkeypatch.setattr(Held, "keep", forgets)
    with pytest.raises(Unsound, match="contradicts itself"):
        answers(CONTRADICTORY, POSITIVE)


def test_nothing_is_proved_by_a_solver_that_takes_nothing_back(monkeypatch):
    def forgets(self, number):
        del self._keys[number:]
        self._scopes = [start for start in self._scopes if start < number]

    monkeypatch.setattr(Held, "keep", forgets)
    false = ensures("false", lambda t: t.result > t.n)
    report = Toy(ADD, "", [HALF, STORED, SMALLER, false]).report()
    assert verdict_of(report, "false") is not Verdict.PROVED
    assert verdict_of(report, "half") is Verdict.PROVED


def test_a_name_means_one_thing_in_a_batch():
    other = Piece("(assert x)", frozenset(["(declare-fun x () Bool)"]))
    with pytest.raises(Unsound, match="two symbols are called x"):
        answers(CONTRADICTORY, Text((other,)))


@pytest.mark.parametrize("formula", ["true)(assert false", "true) (declare-fun w () Int"])
def test_a_piece_is_one_assertion(formula):
    if "declare" in formula:
        assert answers(text(formula)) == ["unknown"]
    else:
        with pytest.raises(Unsound, match="one assertion"):
            answers(text(formula))


def test_after_a_few_open_texts_of_a_theorem_the_rest_is_left():
    texts = [("open", text(f"(> x {n})")) for n in range(6)] + [("other", CONTRADICTORY)]
    asked = [one.answer.resources > 0 for one in look_together(texts, 0)]
    assert asked == [True] * MOST_OPEN + [False] * (6 - MOST_OPEN) + [True]


def test_what_a_text_takes_is_counted_for_itself():
    one, two, three = (one.answer.resources for one in look_together([("a", SMALL), ("b", NONE), ("c", MORE)], 0))
    assert 0 < two < one + two + three < 70_000


# ---------------------------------------------------------------- batches


def members(*texts: Text) -> list[Member]:
    return [Member("toy.run", f"toy.run.{n}", one.digest, one) for n, one in enumerate(texts)]


def test_neighbours_begin_alike_and_no_text_is_twice_in_a_batch(monkeypatch):
    monkeypatch.setattr(batches, "SIZE", 4)
    found = batches_of(members(POSITIVE, SMALL, CONTRADICTORY, NONE, SMALL, MORE, EMPTY), lambda key: None)
    texts = [[one.text for one in batch] for batch in found]
    assert [len(batch) for batch in texts] == [4, 2]
    assert [one for some in texts for one in some] == [EMPTY, POSITIVE, SMALL, NONE, CONTRADICTORY, MORE]


def test_a_batch_is_left_out_only_if_all_of_it_is_known(monkeypatch):
    monkeypatch.setattr(batches, "SIZE", 3)
    every = members(POSITIVE, SMALL, CONTRADICTORY, NONE, MORE, EMPTY)
    all_ = batches_of(every, lambda key: None)
    known = {one.key for one in all_[0]} | {all_[1][0].key}
    assert batches_of(every, lambda key: Answer("unsat", 1) if key in known else None) == all_[1:]


def test_what_is_found_does_not_depend_on_what_the_cache_knows(tmp_path):
    demands = [HALF, STORED, SMALLER, WRONG]
    fresh = Toy(ADD, "", demands).report()
    for known in demands[:3]:
        cache = Cache(tmp_path / f"{known.name}.sqlite")
        Toy(ADD, "", [known]).report(cache=cache)
        told = Toy(ADD, "", demands).report(cache=Cache(tmp_path / f"{known.name}.sqlite"))
        wanted = {one.id: one.verdict for one in without_times(fresh)}
        assert {one.id: one.verdict for one in told.theorems} == wanted


def test_what_fails_among_others_is_asked_alone(monkeypatch):
    def failing(texts, seed):
        raise RuntimeError("a fault")

    monkeypatch.setattr(discharging, "look_together", failing)
    report = Toy(ADD, "", [HALF, WRONG]).report()
    assert verdict_of(report, "half") is Verdict.PROVED
    assert verdict_of(report, "wrong") is Verdict.REFUTED


def test_the_answers_of_a_batch_count_for_the_keys_beside_them(monkeypatch):
    """One that answers for all others proves only its own."""
    asked = []

    def noted(texts, seed):
        asked.extend(one for _, one in texts)
        return together.look_together(texts, seed)

    monkeypatch.setattr(discharging, "look_together", noted)
    report = Toy(ADD, "", [HALF, SMALLER, WRONG]).report(jobs=1)
    assert len({str(one) for one in asked}) == len(asked) > 3
    assert verdict_of(report, "wrong") is Verdict.REFUTED
