"""What cuts a proof into pieces: named definitions, induction, inner clauses, lemmas on entry, needs with a star.

Each is shown to prove something true, and not to prove something false.
"""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import z3

from model.language.ghost import GhostMap
from model.language.logic import Clause, defined, unfold, when
from proofs.engine.ghost import Induction, SymMap
from proofs.engine.operation import _of_unknown_end, verify
from proofs.engine.path import EngineError
from proofs.engine.smtlib import Printer
from proofs.engine.values import SymBool, SymInt
from proofs.engine.verdict import Verdict
from tests.entailment import entailed, follows, single_path
from tests.test_calls import BUMP, SOURCE, adds, open_theorems, proof, same, tells
from tests.toys import Toy, ensures


def half(value):
    return defined("half", value, lambda v: v // 2)


def toy(*demands, **more):
    return Toy("    def run(self, n):\n        self.a = n", demands=demands, **more)


# ---------------------------------------------------------------- defined


def test_a_definition_is_the_formula_on_a_plain_value():
    assert half(9) == 4
    assert GhostMap({1: 5})[half(3)] == 5


def test_what_is_defined_is_what_the_formula_says():
    right = ensures("right", lambda t: half(2 * t.n + 1) == t.n)
    wrong = ensures("wrong", lambda t: half(2 * t.n + 1) == t.n + 1)
    assert toy(right, wrong).open() == {"wrong"}


def test_a_definition_is_known_by_its_name():
    """Where a hint does not name it, the solver does not look into the definition."""
    clause = ensures("right", lambda t: half(2 * t.n + 1) == t.n)
    wanted = [o for path in toy(clause).paths() for o in path.obligations if o.theorem == "toy.run.right"]
    assert "(div x?0.half 2)" in str(Printer().problem(wanted[0], frozenset({"half"})))
    assert "(div x?0.half 2)" not in str(Printer().problem(wanted[0], frozenset()))


def test_what_is_unfolded_follows_from_the_definition():
    def body(path):
        with path.ghost():
            value = SymInt(path.integer("x"))
            half(value)
            law = list(path.facts)
            said = unfold("half", 2 * value + 1, lambda v: v // 2)
        assert follows(law, said.term)
        assert path.facts[-1].term.eq(said.term)
        assert path.facts[-1].label == "half"

    single_path(body)
    assert unfold("half", 3, lambda v: v // 2)


def test_what_is_unfolded_is_unfolded_by_the_one_definition():
    other = ensures("other", lambda t: (half(t.n) >= 0) & unfold("half", t.n, lambda v: v // 3))
    with pytest.raises(EngineError, match="two definitions"):
        toy(other).paths()


def test_one_name_stands_for_one_formula():
    other = ensures("other", lambda t: (half(t.n) >= 0) & (defined("half", t.n, lambda v: v // 3) >= 0))
    with pytest.raises(EngineError, match="two definitions"):
        toy(other).paths()


def test_formulas_of_one_text_are_told_apart_by_the_values_in_them():
    def cell(divisor):
        return lambda v: v // divisor

    for formula in (cell, lambda divisor: lambda v, by=divisor: v // by):
        both = ensures("both", lambda t, f=formula: (defined("of", t.n, f(2)) == 0) & (defined("of", t.n, f(3)) == 0))
        with pytest.raises(EngineError, match="two definitions"):
            toy(both).paths()


def test_long_formulas_that_differ_at_their_end_are_told_apart():
    def long(last):
        def formula(v):
            for number in range(300):
                v = when(v == number, v + 1, v - number)
            return v + last

        return formula

    both = ensures("both", lambda t: defined("long", t.n, long(1)) != defined("long", t.n, long(2)))
    with pytest.raises(EngineError, match="two definitions"):
        toy(both).paths()


# ---------------------------------------------------------------- by_induction


def growing(claim, name="growing"):
    """A clause that is shown by induction over a map that starts at 0 and grows by 2."""

    def formula(t):
        numbers = t.new.fields("Cell").a
        return numbers.by_induction(0, t.n, lambda x: claim(numbers, x), lambda x: (numbers[x + 1],))

    return ensures(name, formula)


def test_induction_asks_for_the_start_and_for_the_step():
    assert toy(growing(lambda numbers, x: x >= 0)).open() == set()
    assert toy(growing(lambda numbers, x: x >= 1)).open() == {"growing"}, "false at the start"
    assert toy(growing(lambda numbers, x: x <= 5)).open() == {"growing"}, "false from 5 to 6"
    assert toy(growing(lambda numbers, x: numbers[x] >= 0)).open() == {"growing"}, "nothing is known of the map"


def test_what_induction_gives_holds_inside_its_bounds_only():
    """The statement speaks of [low, high], and is there where the map is read."""

    def run(path):
        numbers = SymMap.arbitrary("numbers", z3.IntSort())
        told = numbers.by_induction(2, 9, lambda x: numbers[x] == 7)
        assert isinstance(told, Induction)
        path.know(told.whole)
        assert entailed(path, (numbers[2] + numbers[9] == 14).term)
        assert not entailed(path, (numbers[1] == 7).term)
        assert not entailed(path, (numbers[10] == 7).term)

    single_path(run)


def test_induction_over_nothing_asks_for_nothing():
    def run(path):
        numbers = SymMap.arbitrary("numbers", z3.IntSort())
        told = numbers.by_induction(3, 2, lambda x: SymBool(z3.BoolVal(False)))
        assert entailed(path, told.start)
        assert not entailed(path, z3.BoolVal(False))
        path.know(told.whole)
        assert not entailed(path, z3.BoolVal(False))

    single_path(run)


def test_induction_on_a_live_map_looks_at_every_number():
    numbers = GhostMap({0: 0, 1: 2, 2: 4})
    assert numbers.by_induction(0, 2, lambda x: numbers[x] == 2 * x)
    assert not numbers.by_induction(0, 3, lambda x: numbers[x] == 2 * x)


# ---------------------------------------------------------------- inner clauses, lemmas, needs


def with_bump(ensured, demands):
    """The subject of test_calls with other promises of ``bump``."""
    subject = proof(demands)
    bump, run = subject.subject.operations
    return replace(subject, subject=replace(subject.subject, operations=(replace(bump, ensures=ensured), run)))


def test_an_inner_clause_is_shown_but_promised_to_nobody():
    inner = replace(adds, lemma=True, inner=True)
    assert open_theorems(with_bump((inner, tells), [tells]), "return self.bump(n)") == set()
    assert open_theorems(with_bump((inner, tells), [adds]), "return self.bump(n)") == {"run.adds"}


def test_an_inner_clause_that_is_false_is_not_proved():
    wrong = replace(same("wrong", lambda t: t.cost <= 1), inner=True)
    assert "bump.wrong" in open_theorems(with_bump((wrong, adds, tells), [tells]), "return self.bump(n)")


def on_entry(lemma, demand):
    subject = proof([demand])
    bump, run = subject.subject.operations
    operations = (bump, replace(run, lemmas=(lemma,)))
    return replace(subject, subject=replace(subject.subject, operations=operations))


def test_a_lemma_on_entry_is_shown_first_and_then_relied_on():
    small_n = Clause("small_n", "n is at most 99", lambda s, h, g, given: given["n"] <= 99)
    demand = same("small", lambda t: t.n < 100)
    subject = on_entry(small_n, demand)
    assert open_theorems(subject, "return self.bump(n)") == set()
    (path,) = verify(subject, subject.subject.operations[1], SOURCE.format(run="return self.bump(n)", bump=BUMP))
    theorems = [o.theorem.removeprefix("calling.run.") for o in path.obligations]
    assert theorems.index("small_n") < theorems.index("small")


def test_a_lemma_on_entry_that_does_not_follow_is_not_proved():
    too_small = Clause("too_small", "n is at most 98", lambda s, h, g, given: given["n"] <= 98)
    assert open_theorems(on_entry(too_small, tells), "return self.bump(n)") == {"run.too_small"}


# ---------------------------------------------------------------- an end that the contract does not know


def looks_up(t):
    return t.new.fields("Cell").a[t.result] == t.new.fields("Cell").a[t.result]


def test_a_clause_about_a_result_that_is_not_there_is_open_and_no_error():
    """The program ends as no contract allows where n is 0; a clause of the result says nothing of such an end."""
    about = ensures("about_the_result", looks_up)
    divides = "    def run(self, n):\n        return n // n"
    verdicts = Toy(divides, demands=(about,)).verdicts()
    assert {verdicts["raises_only"], verdicts["about_the_result"]} <= {Verdict.REFUTED, Verdict.UNKNOWN}
    assert Verdict.ERROR not in verdicts.values()
    above = Clause("above", "n is above 0", lambda s, h, g, given: (given["n"] > 0) & (given["n"] < 9))
    assert Toy(divides, demands=(about,), requires=(above,)).open() == set()


@pytest.mark.parametrize(
    "formula",
    [lambda t: t.result + 1, lambda t: t.result.items, lambda t: SymMap.arbitrary("m", z3.IntSort())[t.result]],
)
def test_whatever_a_clause_asks_of_no_result_is_false(formula):
    def body(path):
        stated = _of_unknown_end(Clause("part", "a part of it", formula), SimpleNamespace(result=None))
        assert z3.is_false(stated.term)

    single_path(body)
