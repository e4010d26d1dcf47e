"""A specification that has effects, or looks behind its values, is refused; what only computes is allowed."""

from __future__ import annotations

import itertools
import random
import sys
import types
from dataclasses import dataclass
from functools import partial

import pytest

from impl.bucket_heap import Extent
from model.language.logic import Loop, Transition, every, implies, negate, when
from proofs.engine import path as paths
from proofs.engine import speclint
from proofs.engine.path import EngineError
from proofs.engine.values import SymBool, SymInt
from proofs.registry import SUBJECTS, proof_of
from tests.symbols import prepared, symbols
from tests.toys import RETURN_N, Toy, ensures, word

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
    for specification in proof.annotations.values():
        speclint.check(specification)


LOOP = """\
    def run(self, n):
        i = 0
        while i < n:
            loop("spec", self, i, n)
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
    exec(compile(toy.source, "toy.py", "exec"), module.__dict__)
    assert module.Cell.run(None, 5) == 5
    assert isinstance(toy.proof.annotations["spec"](None, 0, 5), Loop)


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
