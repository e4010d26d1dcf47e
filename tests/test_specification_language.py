"""The specification language says the same to the prover as on a live allocator; its printed text means its term."""

from __future__ import annotations

import itertools
import random
import sys
import types
from dataclasses import dataclass
from functools import partial

import pytest
import z3

from impl.bucket_heap import Extent
from model.ghost import GhostMap, GhostSet
from model.logic import Loop, Transition, defined, every, implies, negate, unfold, when
from proofs.checking.state import Bytes, FieldMap, Lines, PageSet
from proofs.engine import names, speclint
from proofs.engine import path as paths
from proofs.engine.arrays import SymArray
from proofs.engine.dictionary import SymDict
from proofs.engine.discharge import solve
from proofs.engine.facts import Fact, Obligation
from proofs.engine.ghost import Induction, SymMap, SymSet
from proofs.engine.path import EngineError
from proofs.engine.smtlib import Printer
from proofs.engine.state import SymBytes, SymFields, SymPages, SymState
from proofs.engine.values import SymBool, SymInt, term_of
from proofs.engine.vocabulary import Vocabulary
from proofs.registry import SUBJECTS, proof_of
from tests.entailment import entailed
from tests.toys import HEAD, Toy, ensures, word

RETURN_N = "    def run(self, n):\n        return n\n"


def prepared(run):
    """What ``run(path)`` makes on a path of its own, inside a specification."""

    def inside(path):
        with path.ghost():
            return run(path)

    return paths.prepare("toy.run", inside)


def symbols():
    """A set and two maps of which nothing is known."""
    return (
        SymSet.arbitrary("members", z3.BoolSort()),
        SymMap.arbitrary("numbers", z3.IntSort()),
        SymMap.arbitrary("others", z3.IntSort()),
    )


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
        lambda x, y: m.pairwise(1, 4, lambda v: (1, 4), lambda v, w: (x == v) & (y == w), lambda v, w: (m[v], m[w])),
        lambda x, y: (m[x], m[y]),
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
    "a remainder by an unknown": lambda s, m, o: m.pairwise(
        0, 9, lambda x: (0, 8 % m[x]), lambda x, y: m[y] == 0, lambda x, y: (m[x], m[y])
    ),
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

THEORY = ("power", "rest", "flip", "right", "with_bit", "lowest", "length", "both", "times", "mentioned")
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


# ---------------------------------------------------------------- names and texts

ODD = (
    *("a", "a!1", "a!2", "n!0", "n$0", "x?", "x?0", "true", "select", "let", "div", "power", "defined.n", "|", "|n|"),
    *(
        "n n",
        "(",
        ")(assert false",
        "\\",
        "é",
        chr(21517),
        "",
        "9",
        "-1",
        ".",
        "@",
        "%",
        "shown!0",
        "_",
        "forall",
        ";",
        '"',
    ),
)


@pytest.mark.parametrize("name", ODD)
def test_an_argument_may_have_any_name(name):
    """What is false of it is not proved, and what is true of it is."""

    def sentences(t):
        n = t.arguments[name]
        long = every([(n * k) // 7 + (n * k) // 7 * n != 3 for k in range(1, 40)])
        return n, implies(long, n < n + 1), implies(long, n < n)

    toy = Toy(
        RETURN_N,
        "",
        [ensures("right", lambda t: sentences(t)[1]), ensures("wrong", lambda t: sentences(t)[2])],
        [],
        (name,),
    )
    assert toy.open() == {"wrong"}


def test_no_two_kinds_of_names_meet():
    made = [
        *(names.constant(stem, number) for stem in ODD for number in (0, 1, 10)),
        *(names.defined(stem) for stem in ODD),
        *(names.bound(stem, depth, scope) for stem in ODD for depth in (0, 1) for scope in ((), *((s,) for s in ODD))),
        *THEORY,
        *(f"a!{number}" for number in range(20)),
        *("div!", "mod!", "shown!0", "shown!1"),
    ]
    assert len(made) == len(set(made))
    for name in made:
        assert z3.Int(name).sexpr() == name, "a simple symbol of SMT-LIB needs no quotes"


def printed(term, *facts):
    """The text of the problem whether ``term`` follows from the facts."""
    known = [Fact(fact) for fact in facts]
    return str(Printer().problem(Obligation("toy.run.it", "", term, known, len(known), "", (), ())))


def shared(x):
    """A term in which the printer names what occurs more than once."""
    inner = z3.Int("f") * x + x
    for _ in range(6):
        inner = inner * inner + inner
    return inner * x == 5 + x


def test_a_text_that_captures_a_name_is_refused():
    """z3's printer calls such a part a!1, whether or not there is a constant of that name."""
    assert "a!1" in printed(shared(z3.Int("b")))
    for number in (1, 2, 3):
        with pytest.raises(EngineError, match=r"says something else|two symbols"):
            printed(shared(z3.Int(f"a!{number}")))


def test_a_text_declares_no_name_twice():
    p, n = z3.Bool("p"), z3.Int("p")
    with pytest.raises(EngineError, match="two symbols are called p"):
        printed(p, n == 3)


@pytest.mark.parametrize("name", ["select", "x y", "a|b", ") (assert false", "true"])
def test_a_symbol_that_got_a_strange_name_anyhow_is_refused_or_means_itself(name):
    term = z3.Int(name) == 3
    try:
        text = printed(term, z3.Int("y") == 3)
    except EngineError:
        return
    (_, read) = z3.parse_smt2_string(text)
    assert read.eq(z3.Not(term))


def test_every_kind_of_term_is_read_back_as_it_was():
    x, y, f = z3.Int("x"), z3.Int("y"), z3.Function("f", z3.IntSort(), z3.IntSort())
    m, p = z3.Array("m", z3.IntSort(), z3.IntSort()), z3.Bool("p")
    terms = [
        x - 5 == -7,
        z3.IntVal(-(2**70)) <= x,
        z3.And(p, z3.And(p, z3.Or(p, z3.Or(x == 1, y == 2)))),
        x + (y + (x + 1)) == (x * y) * x,
        z3.Store(m, x, -1) == z3.K(z3.IntSort(), z3.IntVal(0)),
        z3.ForAll([x], z3.Exists([y], f(x) > y, weight=3), patterns=[z3.MultiPattern(f(x), m[x])]),
        z3.If(p, x / 3, x % -3) == -x,
        z3.Distinct(x, y, f(x)),
        z3.Xor(p, z3.Implies(p, x > y)),
    ]
    for term in terms:
        assert "(assert" in printed(term, term)


def test_a_printer_that_says_something_else_is_caught(monkeypatch):
    x = z3.Int("x")
    for lie in ("(> x 4)", "(< x 3)", "(not (> x 3))", "(> 3 x)", "(> x 3)) (assert false", "(> y 3)"):
        monkeypatch.setattr(Printer, "text", lambda self, term, lie=lie: lie)
        with pytest.raises(EngineError):
            printed(x > 3)


# ---------------------------------------------------------------- the lint

COUNT = [0]
TABLE = {"a": 1}
FOREVER = itertools.count()
TICK = FOREVER.__next__


@dataclass
class Box:
    """An object that may change."""

    value: int = 0

    def bump(self):
        self.value += 1
        return self.value


@dataclass(frozen=True)
class Still:
    """An object that cannot."""

    value: int = 0

    def plus(self, x):
        return self.value + x


BOX = Box()
STILL = Still(3)


def stores_globally(t):
    global COUNT  # noqa: PLW0603
    COUNT = [1]
    return True


def stores_an_item(t):
    COUNT[0] += 1
    return COUNT[0] == 1


def stores_an_attribute(t):
    t.seen = True
    return True


def catches(t):
    try:
        return t.n == 0
    except EngineError:
        return True


def imports(t):
    import math  # noqa: PLC0415

    return math.pi < 1


def matches_a_class(t):
    match t.n:
        case int():
            return True
    return False


def matches_true(t):
    match t.n > 0:
        case True:
            return True
    return False


def yields(t):
    yield t.n


def remembers(t, seen=[]):  # noqa: B006
    return len(seen) == 0


def alias(t):
    mine = COUNT
    mine.append(1)
    return True


def augments(t, log):
    log += [1]
    return True


def augments_a_part(t):
    given = t.arguments
    given |= {"n": 0}
    return t.n == 0


def counter():
    """A specification that says True the first time."""
    calls = 0

    def formula(t):
        nonlocal calls
        calls += 1
        return calls == 1

    return formula


REFUSED = {
    "a global name": (stores_globally, "a global name set"),
    "an item of a global": (stores_an_item, "COUNT|an item set"),
    "an attribute": (stores_an_attribute, "an attribute set"),
    "nonlocal": (counter(), "nonlocal|of what it was given"),
    "try": (catches, "try, except or with"),
    "an import": (imports, "an import"),
    "match with a class": (matches_a_class, "match asks for a class"),
    "match with True": (matches_true, "is, or match"),
    "yield": (yields, "yield"),
    "a mutable default": (remembers, "a default"),
    "an alias of a list": (alias, "COUNT|append"),
    "append": (lambda t: t.log.append(1) or True, r"\.append\(\)"),
    "pop of a table": (lambda t: TABLE.pop("a", 2) == 1, r"\.pop\(\)"),
    "a list that may change": (lambda t: len(COUNT) == 1, "COUNT"),
    "an object that may change": (lambda t: BOX.value == 0, "BOX"),
    "its method": (lambda t: BOX.bump() == 1, "BOX"),
    "a bound method of it": (partial(Box.bump, BOX), "an attribute set|Box"),
    "an iterator": (lambda t: any(FOREVER), "FOREVER"),
    "a bound built-in": (lambda t: TICK() == 0, "TICK"),
    "next": (lambda t: next(t.values) == 0, r"next\(\)"),
    "is": (lambda t: (t.n > 3) is True, "is, or match"),
    "is not": (lambda t: t.n is not t.result, "is, or match"),
    "isinstance": (lambda t: isinstance(t.n, int), r"isinstance\(\)"),
    "type": (lambda t: type(t.n) == int, r"type\(\)"),  # noqa: E721
    "hasattr": (lambda t: hasattr(t.n, "term"), r"hasattr\(\)"),
    "getattr": (lambda t: getattr(t.n, "term", None) == None, "getattr"),  # noqa: E711
    "the inside of a symbol": (lambda t: t.n.term == 0, r"\.term"),
    "a dunder": (lambda t: t.n.__class__ == int, "__class__"),  # noqa: E721
    "id": (lambda t: id(t.n) == 3, r"id\(\)"),
    "hash": (lambda t: hash(t.n) == 3, r"hash\(\)"),
    "str": (lambda t: str(t.n) == "3", r"str\(\)"),
    "vars": (lambda t: vars(t) == {}, r"vars\(\)"),
    "eval": (lambda t: eval("t.n") == 3, r"eval\(\)"),
    "print": (lambda t: print(t.n), r"print\(\)"),
    "globals": (lambda t: globals(), r"globals\(\)"),
    "a module of Python": (lambda t: sys.getrefcount(t) == 2, "sys.getrefcount"),
    "a class of Python": (lambda t: random.Random(1).random() < 1, "the class random.Random"),
    "a symbol of its own": (lambda t: SymInt(t.n) == t.n, "the class proofs.engine.values.SymInt"),
    "a fact of its own": (lambda t: paths.current().know(t.n == 3) or True, "_paths"),
    "what an inner function does": (lambda t: t.s.all(lambda x: x is t.n), "is, or match"),
    "what it calls does": (lambda t: stores_an_attribute(t) == 1, "an attribute set"),
    "an augmented argument": (augments, "of what it was given"),
    "an augmented part of one": (augments_a_part, "of what it was given"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_specification_that_leaves_a_trace_or_looks_behind_values_is_refused(name):
    specification, message = REFUSED[name]
    with pytest.raises(EngineError, match=rf".+:\d+ in .*a specification may not have .*({message})"):
        speclint.check(specification)


def builds_a_list(t):
    parts = [t.n >= 0]
    parts += [t.n < 9]
    for k in range(3):
        parts.append(t.n != k)
    return every(parts)


def asks_for_none(t):
    return negate(t.n == 0) if t.result is None else t.result == STILL.plus(t.n)


ALLOWED = {
    "a list of its own": builds_a_list,
    "None": asks_for_none,
    "comprehensions": lambda t: every([t.n != k for k in sorted({1, 2, TABLE["a"]})]),
    "a generator expression": lambda t: all(k != 5 for k in (1, 2)),
    "a partial": partial(lambda low, t: t.n >= low, 3),
    "the size of a struct": lambda t: t.n < Extent.SIZE,
    "formulas": lambda t: t.s.all(lambda x: implies(t.m[x] == 0, when(t.n > 0, t.m[x] >= 0, False))),
}


@pytest.mark.parametrize("name", ALLOWED)
def test_what_computes_from_what_it_is_given_is_allowed(name):
    speclint.check(ALLOWED[name])


def counts():
    TABLE["b"] = 1


def calls_what_counts(t):
    return counts() is None


def test_what_reaches_something_refused_is_refused_however_often_it_is_asked():
    for specification in (calls_what_counts, calls_what_counts, lambda t: calls_what_counts(t.n)):
        with pytest.raises(EngineError):
            speclint.check(specification)


@pytest.mark.parametrize("name", SUBJECTS)
def test_every_clause_of_every_subject_passes(name):
    proof = proof_of(name)
    speclint.check_subject(proof.subject, *(function.operation for function in proof.functions))
    for module in (proof.module, *proof.parts):
        for value in vars(module).values():
            if isinstance(value, types.FunctionType) and value.__module__.startswith("model."):
                speclint.check(value)


LOOP = """\
    def run(self, n):
        i = 0
        while i < n:
            loop(spec, self, i, n)
            i = i + 1
        return i

    def touch(self):
        self.b = self.b + 1
        return True
"""
SPEC = """
calls = []

def spec(self, i, n):
    {body}
    return Loop([("in_range", "i is in range", {truth})], n - i)
"""
LYING = {
    "it counts its calls": ("calls.append(i)", "len(calls) % 2 == 1"),
    "it counts in a global": ("global calls; calls = [*calls, 1]", "len(calls) % 2 == 1"),
    "it stores in the header": ("self.a = 7", "(0 <= i) & (i <= n)"),
    "its helper does": ("self.touch()", "(0 <= i) & (i <= n)"),
    "it looks at the kind of a value": ("pass", "type(i) == int"),
    "it raises": ("raise ValueError", "True"),
}


@pytest.mark.parametrize("name", LYING)
def test_a_loop_whose_specification_has_effects_proves_nothing(name):
    """Each would make every iteration look alike, so that the result is anything."""
    body, truth = LYING[name]
    toy = Toy(LOOP, SPEC.format(body=body, truth=truth), [ensures("lie", lambda t: t.result == 0)])
    assert "lie" not in toy.verdicts() or "lie" in toy.open()
    assert toy.open()


HONEST = SPEC.format(body="pass", truth="(0 <= i) & (i <= n)").replace("calls = []", "LIMIT = 1")


def test_an_honest_loop_is_proved():
    toy = Toy(LOOP, HONEST, [ensures("all", lambda t: t.result == t.n)], [word])
    assert toy.open() == set()
    module = types.ModuleType("toy")
    exec(compile(HEAD.format(specification=toy.specification, method=LOOP), "toy.py", "exec"), module.__dict__)
    assert module.Cell.run(None, 5) == 5
    assert isinstance(module.spec(None, 0, 5), Loop)


HIDDEN = iter(range(1000))


class Odd:
    """Python asks it for an item, and it counts."""

    def __getitem__(self, key):
        return next(HIDDEN)


def test_a_specification_that_says_another_thing_the_second_time_is_found_even_if_the_lint_is_blind():
    odd = Odd()
    with pytest.raises(EngineError, match="evaluated again"):
        prepared(lambda path: path.remembered(lambda: [SymInt(path.integer("n")) == odd[0]]))


def test_the_same_specification_says_the_same_twice():
    def run(path):
        members, numbers, _ = symbols()
        said = path.remembered(lambda: [members.all(lambda x: numbers.redefined(lambda y: y)[x] == x), "a name", 3])
        return said, path.counter

    said, counter = prepared(run)
    assert isinstance(said[0], SymBool)
    assert counter["numbers"] == 2, "names are counted once"


def test_a_clause_that_has_effects_is_refused_before_anything_runs():
    toy = Toy(RETURN_N, "", [ensures("lie", counter())])
    assert Transition(0, None, None, None, {"n": 1}).n == 1
    assert toy.open() == {"executes"}
