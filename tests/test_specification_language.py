"""The specification language says the same to the prover as on a live allocator."""

from __future__ import annotations

import types

import pytest
import z3

from model.language.ghost import GhostMap, GhostSet
from model.language.logic import defined, every, implies, unfold, when
from proofs.checking.state import Bytes, FieldMap, Lines, PageSet
from proofs.engine import path as paths
from proofs.engine.arrays import SymArray
from proofs.engine.dictionary import SymDict
from proofs.engine.discharge import solve
from proofs.engine.facts import Obligation
from proofs.engine.ghost import Induction, SymMap
from proofs.engine.path import EngineError
from proofs.engine.smtlib import Printer
from proofs.engine.state import SymBytes, SymFields, SymPages, SymState
from proofs.engine.values import SymBool, SymInt, term_of
from proofs.engine.vocabulary import Vocabulary
from tests.entailment import entailed
from tests.symbols import THEORY, prepared, printed, symbols


def follows(statement):
    """Whether the prover would take the statement about any set and maps for true."""
    return prepared(lambda path: entailed(path, term_of(statement(*symbols()))))


# ---------------------------------------------------------------- bound names

LIVE = (GhostSet([1, 2, 3]), GhostMap({1: 1, 2: 2, 3: 3}), GhostMap({1: 5, 2: 6}))

NESTED = {
    "pairs in pairs": lambda s, m, o: s.pairs(lambda a, b: s.pairs(lambda c, d: (a == c) & (b == d))),
    "pairs in all": lambda s, m, o: s.all(lambda x: s.pairs(lambda c, d: x == c)),
    "all in pairs": lambda s, m, o: s.pairs(lambda a, b: s.all(lambda x: x == a)),
    "each_pair in each_pair": lambda s, m, o: m.each_pair(
        1, 4, lambda x, y: m.each_pair(1, 4, lambda v, w: (x == v) & (y == w))
    ),
    "each_with in each_with": lambda s, m, o: m.each_with(
        1, 4, o, 1, 4, lambda x, y: m.each_with(1, 4, o, 1, 4, lambda v, w: (x == v) & (y == w))
    ),
    "pairwise in pairwise": lambda s, m, o: m.pairwise(
        1,
        4,
        lambda x: (1, 4),
        lambda x, y: m.pairwise(1, 4, lambda v: (1, 4), lambda v, w: (x == v) & (y == w)),
    ),
    "same_outside in each_pair": lambda s, m, o: m.each_pair(1, 4, lambda x, y: m.same_outside(o, x, x + 1)),
    "each in each": lambda s, m, o: m.each(1, 4, lambda x: m.each(1, 4, lambda y: x == y)),
    "everywhere in everywhere": lambda s, m, o: m.everywhere(lambda x: m.everywhere(lambda y: x == y)),
    "redefined in all": lambda s, m, o: s.all(lambda x: m.redefined(lambda y: y + 1)[x] == x),
}


@pytest.mark.parametrize("name", NESTED)
def test_what_is_false_of_a_live_heap_does_not_follow_from_captured_names(name):
    assert not NESTED[name](*LIVE)
    assert not follows(NESTED[name])


def test_a_page_range_inside_a_quantified_formula_keeps_its_own_variable():
    def run(path):
        pages, other = (SymPages.arbitrary(name, z3.BoolSort()) for name in ("pages", "other"))
        x = SymInt(path.integer("x"))
        path.know(pages.all(lambda p: other.covers(p * 4096, p * 4096 + 1)).term)
        path.know(pages[x].term)
        assert entailed(path, other[x].term)
        assert not entailed(path, other[x + 1].term)

    prepared(run)


def test_names_depend_on_nothing_but_depth():
    """So that texts, and what is cached under them, are the same in every run."""

    def said(path):
        members, numbers, _ = symbols()
        members.all(lambda x: numbers[x] == 0)
        return members.pairs(lambda a, b: members.all(lambda c: (a <= c) | (c <= b))).term.sexpr()

    assert prepared(said) == prepared(said)


def test_a_bound_variable_that_leaves_its_formula_is_refused():
    def run(path):
        members, numbers, _ = symbols()
        leaked = []
        path.know(members.all(lambda x: leaked.append(x) or numbers[x] == 0).term)
        goal = (numbers[leaked[0]] == 0).term
        Printer().problem(Obligation("toy.run.it", "", goal, path.facts, 0, "", (), ()))

    with pytest.raises(EngineError, match="has left its formula"):
        prepared(run)


# ---------------------------------------------------------------- decisions in quantified formulas

DECISIONS = {
    "or": lambda s, m, o: s.all(lambda x: (m[x] == 0) or (m[x] == 1)),
    "and": lambda s, m, o: s.all(lambda x: (m[x] >= 0) and (m[x] <= 1)),
    "not": lambda s, m, o: s.all(lambda x: not (m[x] == 0)),  # noqa: SIM201
    "a conditional expression": lambda s, m, o: s.all(lambda x: m[x] if m[x] > 0 else o[x] == 0),
    "a chained comparison": lambda s, m, o: m.each(0, 9, lambda x: 0 <= m[x] <= 9),
    "bool": lambda s, m, o: m.everywhere(lambda x: implies(bool(m[x] == 0), False)),
    "in": lambda s, m, o: s.pairs(lambda a, b: implies(True, a in (3, 4))),
    "min": lambda s, m, o: m.each_pair(0, 9, lambda x, y: min(m[x], m[y]) >= 0),
    "a division by an unknown": lambda s, m, o: m.each_with(0, 9, o, 0, 9, lambda x, y: m[x] // o[y] == 1),
    "a remainder by an unknown": lambda s, m, o: m.pairwise(0, 9, lambda x: (0, 8 % m[x]), lambda x, y: m[y] == 0),
    "the equality of tuples": lambda s, m, o: s.all(lambda x: (m[x], 1) == (o[x], 1)),
    "a filter": lambda s, m, o: s.all(lambda x: every([y == 0 for y in (m[x], o[x]) if y > 0])),
    "a trigger": lambda s, m, o: s.all(lambda x: m[x] == 0, trigger=lambda x: m[x] or o[x]),
    "a redefinition": lambda s, m, o: m.redefined(lambda x: 1 if m[x] else 0)[3] == 0,
    "an induction": lambda s, m, o: m.by_induction(0, 9, lambda x: m[x] == 0 or m[x] == 1),
    "a definition": lambda s, m, o: defined("odd", m[3], lambda v: 0 if v % 2 == 0 else 1) == 0,
}


@pytest.mark.parametrize("name", DECISIONS)
def test_a_decision_in_a_quantified_formula_is_an_error_that_says_where(name):
    line = r"decision in a quantified formula, at test_specification_language\.py:\d+, in .*write &, \|"
    with pytest.raises(EngineError, match=line):
        follows(DECISIONS[name])


def test_a_condition_that_is_settled_by_itself_is_no_decision():
    assert follows(lambda s, m, o: s.all(lambda x: (x == x) and (x - x == 0) and (8 // (x - x + 2) == 4)))


def test_outside_quantified_formulas_a_specification_may_decide():
    def run(path):
        m = symbols()[1]
        path.know(term_of(m[0] == 3))
        assert when(m[0] == 3, 1, 2) == 1

    paths.explore("toy.run", run)


# ---------------------------------------------------------------- facts about bound variables

OPEN_FACTS = {
    "set": lambda s, m, o: s.all(lambda x: m.set(x, 0)[x] == 0),
    "redefined": lambda s, m, o: s.all(lambda x: m.redefined(lambda y: x + y)[x] == 0),
    "over": lambda s, m, o: s.all(lambda x: m.over(0, x, lambda y: 0)[x] == 0),
    "defined": lambda s, m, o: s.all(lambda x: defined("near", m[x], lambda v: v - x) == 0),
    "unfold": lambda s, m, o: s.all(lambda x: unfold("next", x, lambda v: v + 1) & (m[x] == 0)),
    "defined twice over": lambda s, m, o: (
        defined("outer", m[0], lambda v: defined("inner", m[1], lambda w: v + w)) == m[0] + m[1]
    ),
}


@pytest.mark.parametrize("name", OPEN_FACTS)
def test_a_fact_about_a_bound_variable_is_an_error(name):
    with pytest.raises(EngineError, match="a fact about a bound variable, at test_specification_language"):
        follows(OPEN_FACTS[name])


def test_a_definition_may_be_used_of_a_bound_variable():
    assert follows(lambda s, m, o: s.all(lambda x: defined("next", m[x], lambda v: v + 1) == m[x] + 1))


# ---------------------------------------------------------------- definitions

STRANGE = (
    "select",
    "true",
    "and",
    "ite",
    "div",
    "forall",
    "a!1",
    "n@0",
    "n$0",
    "x?0",
    "two words",
    "|",
    "é",
    "",
    "9",
    "n!0",
)


@pytest.mark.parametrize("name", [*THEORY, *STRANGE])
def test_a_definition_never_meets_a_function_of_the_prover(name):
    """Nor a constant, nor a word of SMT-LIB; and it is what it is defined to be."""

    def run(path):
        n, k = SymInt(path.integer("n")), SymInt(path.integer("k"))
        power = 1 << k
        theory = [power, n & k, n >> k, n.bit_length(), n << k, n ^ power, n | power, n % power, n.mentioned()]
        used = {declaration for value in theory for declaration in Vocabulary().of(value.term)}
        value = defined(name, n, lambda v: v + 1)
        assert not (Vocabulary().of(value.term) - Vocabulary().of(n.term)) & used
        printed((value == 7).term, *[fact.term for fact in path.facts])
        path.facts[:] = [fact for fact in path.facts if fact.label == name]
        assert entailed(path, (value == n + 1).term)

    prepared(run)


@pytest.mark.parametrize("name", ["power", "length"])
def test_nothing_false_follows_from_a_definition_with_the_name_of_a_theory(name):
    """Were they one function it would be the successor as well as the other thing, and everything would follow."""

    def run(path):
        n = SymInt(path.integer("n"))
        path.know(z3.And(n.term > 2, n.term < 64))
        theory = 1 << n if name == "power" else n.bit_length()
        path.know((theory + defined(name, n, lambda v: v + 1) > 0).term)
        text = printed(z3.BoolVal(False), *[fact.term for fact in path.facts])
        assert solve(text, mbqi=False).answer != "unsat"

    prepared(run)


def test_one_name_has_one_definition_wherever_its_code_comes_from():
    """Two modules may hold the same code on the same line, and mean different numbers by it."""
    texts = [f"ADD = {add}\nplus = lambda v: v + ADD\n" for add in (1, 2)]
    modules = [types.ModuleType(name) for name in ("first", "second")]
    for module, text in zip(modules, texts, strict=True):
        exec(compile(text, "plus.py", "exec"), module.__dict__)
    first, second = (module.plus for module in modules)
    assert first.__code__ == second.__code__
    assert first(1) != second(1)
    with pytest.raises(EngineError, match="two definitions"):
        prepared(lambda path: [defined("plus", SymInt(path.integer("n")), plus) for plus in (first, second)])


def test_a_definition_that_uses_itself_is_refused():
    def count(v):
        return when(v <= 0, 0, 1 + defined("count", v - 1, count))

    with pytest.raises(EngineError, match="uses itself"):
        prepared(lambda path: defined("count", SymInt(path.integer("n")), count))


def test_a_definition_depends_on_its_value_alone():
    def run(path):
        _, m, o = symbols()
        x = SymInt(path.integer("x"))
        return [defined("at", x, lambda v, array=array: array[v]) for array in (m, o)]

    with pytest.raises(EngineError, match="two definitions"):
        prepared(run)


# ---------------------------------------------------------------- what is no formula


def fields_of(path):
    """A snapshot of a memory with one field."""
    arrays = {"Cell.a": SymMap.arbitrary("Cell.a", z3.IntSort()), "byte": SymBytes.arbitrary("byte", z3.IntSort())}
    return SymState(arrays, {"Cell": 8}, 0, 0)


OBJECTS = {
    "a map": lambda path: symbols()[1],
    "a set": lambda path: symbols()[0],
    "bytes": lambda path: fields_of(path).bytes,
    "pages": lambda path: SymPages.arbitrary("mapped", z3.BoolSort()),
    "a snapshot": fields_of,
    "fields": lambda path: SymFields(fields_of(path), "Cell"),
    "an induction": lambda path: Induction(*[z3.BoolVal(True)] * 3),
    "an array": lambda path: object.__new__(SymArray),
    "a dict": lambda path: SymDict("keys", "values"),
}
USES = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "truth": lambda a, b: bool(a),
    "not": lambda a, b: not a,
    "len": lambda a, b: len(a),
    "iteration": lambda a, b: list(a),
    "unpacking": lambda a, b: [*a],
    "a key": lambda a, b: {a: 1},
    "<": lambda a, b: a < b,
    "&": lambda a, b: a & b,
    "== in a tuple": lambda a, b: (a, 1) == (b, 1),
    "in": lambda a, b: 3 in a,
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("thing", OBJECTS)
def test_of_what_is_no_formula_python_gets_no_answer(thing, use):
    if (thing, use) == ("a dict", "in"):
        return  # that is what a dict is for
    with pytest.raises(EngineError, match=r"write|state|keep|can only be"):
        prepared(lambda path: USES[use](OBJECTS[thing](path), OBJECTS[thing](path)))


@pytest.mark.parametrize("use", [use for use in USES if use not in ("<", "&")])
@pytest.mark.parametrize(
    "thing",
    [GhostMap({1: 2}), PageSet(frozenset()), object.__new__(FieldMap), Lines([1], 1), Bytes(None)],
    ids=lambda thing: type(thing).__name__,
)
def test_nor_does_it_on_a_live_allocator(thing, use):
    other = object.__new__(type(thing))
    with pytest.raises(TypeError):
        USES[use](thing, other)


def test_a_live_set_equals_by_its_members_and_a_symbolic_one_is_asked_by_same():
    assert GhostSet([1]).same(GhostSet([1]))
    assert not GhostSet([1]).same(GhostSet([2]))
    assert not follows(lambda s, m, o: s.same(s.set(3, True)))
    assert follows(lambda s, m, o: s.set(3, True).same(s.set(3, True).set(3, True)))


def test_a_field_that_is_not_there_is_an_error_of_the_specification():
    with pytest.raises(EngineError, match="no field b"):
        prepared(lambda path: fields_of(path).fields("Cell").b)


TEXTS = {
    "an f-string": lambda n: f"{n}" == "5",
    "an f-string with conversion": lambda n: f"{n!r}" == "5",
    "format": lambda n: "{}".format(n) == "5",  # noqa: UP032
    "percent": lambda n: "%s" % n == "5",  # noqa: UP031
    "str": lambda n: str(n) == "5",
    "repr": lambda n: repr(n) == "5",
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_specification_never_sees_the_text_of_a_symbol(name):
    """On a live allocator the text of 5 is "5"; the text of a symbol would be that of its term."""
    assert TEXTS[name](5)
    with pytest.raises(EngineError, match="as text"):
        prepared(lambda path: TEXTS[name](SymInt(path.integer("n"))))
    with pytest.raises(EngineError, match="as text"):
        prepared(lambda path: TEXTS[name](SymBool(z3.Bool(path.name("p")))))


NUMBERS = {
    "+": lambda p: p + 1,
    "1 +": lambda p: 1 + p,
    "-": lambda p: p - True,
    "//": lambda p: p // 1,
    "%": lambda p: p % 2,
    "<<": lambda p: p << 1,
    "1 <<": lambda p: 1 << p,
    "<": lambda p: p < 1,
    ">=": lambda p: p >= False,
    "minus": lambda p: -p,
    "~": lambda p: ~p,
    "index": lambda p: [7, 8][p],
    "int": int,
    "& 1": lambda p: p & 1,
    "== 1": lambda p: p == 1,
    "== None": lambda p: p == None,  # noqa: E711
    "== ''": lambda p: p == "",
}


@pytest.mark.parametrize("name", NUMBERS)
def test_a_truth_that_is_used_as_something_else_is_an_error(name):
    with pytest.raises(EngineError):
        prepared(lambda path: NUMBERS[name](SymBool(z3.Bool(path.name("p")))))


def test_a_number_that_is_compared_with_what_is_none_is_as_in_python():
    def run(path):
        n = SymInt(path.integer("n"))
        assert [n == None, n == "", n != None, n == ()] == [7 == None, 7 == "", 7 != None, 7 == ()]  # noqa: E711
        for other in (None, "", ()):
            with pytest.raises(TypeError):
                n < other  # noqa: B015

    prepared(run)


@pytest.mark.parametrize("step", [0, -1, True, 2.0])
def test_a_step_is_a_positive_number_that_is_written_down(step):
    with pytest.raises(EngineError, match="a step is"):
        follows(lambda s, m, o: m.each(0, 9, lambda x: m[x] == 0, step=step))
