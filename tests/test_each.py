"""A clause that says the same of each member is what it would be if it were written out."""

import types

import pytest
import z3

from model.language.ghost import GhostMap, GhostSet
from model.language.logic import clause, clauses_of, each, everywhere
from proofs.engine.values import SymInt, term_of
from tests.symbols import prepared, printed, symbols


class Part(types.SimpleNamespace):
    """A set, another one, and a map, through the names by which each and everywhere ask for them."""


@each("members", "each member has itself")
def has_itself(offset, part, x):
    return part.value[x] == x + offset


@each("members", "the same, looked at where the map is read", by="inner.value", covers="SEG-1 SEG-2")
def has_itself_by(offset, part, x):
    return part.value[x] == x + offset


@each("members", "no member is one of the others", by="value", other="others")
def apart(offset, part, x, y):
    return x != y


@everywhere("value", "all has itself")
def has_itself_everywhere(offset, part, x):
    return part.value[x] == x + offset


@each("members", "of a call that ends so", when=lambda part: part.ended)
def at_such_an_end(part, x):
    return x > 1


@clause("the same, written out")
def written_out(offset, part):
    return part.value.at(part.members, lambda x: part.value[x] == x + offset)


OTHERS = GhostSet([7])


def part_of(members, value, others=OTHERS):
    return Part(members=members, value=value, others=others, inner=Part(value=value))


SAID = (has_itself, has_itself_by, has_itself_everywhere)


@pytest.mark.parametrize("law", SAID, ids=lambda law: law.name)
def test_what_is_said_of_each_member_is_said_of_all_and_of_no_other(law):
    value = GhostMap({1: 1, 2: 2})
    assert law.formula(0, part_of(GhostSet([1, 2]), value))
    assert not law.formula(1, part_of(GhostSet([1, 2]), value))
    assert law.formula(0, part_of(GhostSet([1, 2]), value.set(9, 9)))


def test_what_is_said_of_pairs_is_said_of_each_with_each_of_the_others():
    members, value = GhostSet([1, 2]), GhostMap()
    assert apart.formula(0, part_of(members, value))
    assert not apart.formula(0, part_of(members, value, GhostSet([7, 2])))


def test_what_is_said_of_ends_is_said_of_such_ends():
    assert at_such_an_end.formula(Part(ended=False, members=GhostSet([1])))
    assert not at_such_an_end.formula(Part(ended=True, members=GhostSet([1])))


def test_a_clause_that_says_it_of_each_is_named_and_covers_like_any_other():
    assert (has_itself_by.name, has_itself_by.covers) == ("has_itself_by", ("SEG-1", "SEG-2"))
    assert has_itself_by.sentence == "the same, looked at where the map is read"


def test_the_prover_gets_the_formula_that_is_written_out():
    def texts(path):
        members, value, _ = symbols()
        part = part_of(members, value)
        return [printed(term_of(law.formula(SymInt(z3.IntVal(0)), part))) for law in (has_itself_by, written_out)]

    short, long = prepared(texts)
    assert short == long


def test_the_clauses_of_a_module_stand_in_their_order():
    own = [one.name for one in clauses_of(__name__)]
    assert own == ["has_itself", "has_itself_by", "apart", "has_itself_everywhere", "at_such_an_end", "written_out"]
