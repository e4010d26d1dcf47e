"""Ghost sets and maps in a proof: Z3 arrays behind the interface of model/language/ghost.py.

TRUSTED: a definition here that is no definition would be an axiom.  Every update makes a new
array with a name of its own, defined by ``store`` or pointwise for all addresses.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import z3

from model.language.logic import implies, mention
from proofs.engine import path as paths
from proofs.engine import terms
from proofs.engine.opaque import Opaque
from proofs.engine.values import SymBool, SymInt, term_of, wrap

Term = Any


def bound(stem: str) -> Any:
    """A variable for a quantifier around terms of the prover's own, in which no variable of a specification is open."""
    return z3.Int(f"{stem}?")


def for_all(variables: list[Any], body: Term, patterns: list[Term]) -> Term:
    """A universally quantified formula with a trigger."""
    if terms.is_valid(body):
        return terms.truth(True)
    return terms.universal(variables, body, patterns)


def pattern_of(trigger: Any) -> Term:
    """The pattern for what a trigger function returned: one value or a tuple of them."""
    parts = trigger if isinstance(trigger, tuple) else (trigger,)
    return terms.pattern(*[term_of(part) for part in parts])


def nested(stem: str) -> AbstractContextManager[Any]:
    """A variable for a quantifier in whose body a specification may open others."""
    return paths.current().binder(stem)


@dataclass(frozen=True, eq=False)
class Induction(Opaque):
    """A statement about all numbers from a first to a last one, and the two that it follows from."""

    start: Term
    step: Term
    whole: Term


class SymMap(Opaque):
    """A total map from addresses to integers or booleans."""

    def __init__(self, stem: str, array: Term) -> None:
        self.stem = stem
        self.array = array
        self._flags = terms.holds_flags(array)

    @classmethod
    def arbitrary(cls, stem: str, sort: Any) -> Any:
        """A map about which nothing is known."""
        return cls(stem, z3.Array(paths.current().name(stem), z3.IntSort(), sort))

    def __getitem__(self, address: Any) -> SymInt | SymBool:
        value = self._item(term_of(address))
        return SymBool(value) if self._flags else SymInt(value)

    def _item(self, index: Term) -> Term:
        """The term of what is there."""
        return terms.flag_at(self.array, index) if self._flags else terms.word_at(self.array, index)

    def _next(self) -> Any:
        return type(self)(self.stem, z3.Array(paths.current().name(self.stem), z3.IntSort(), self.array.range()))

    def set(self, address: Any, value: Any) -> Any:
        """The same map with ``value`` at ``address``."""
        new = self._next()
        paths.current().define(new.array, new.array == z3.Store(self.array, term_of(address), term_of(value)))
        return new

    def redefined(self, formula: Callable[[Any], Any]) -> Any:
        """The map whose value at each address x is ``formula(x)``."""
        new = self._next()
        with nested("x") as x:
            value = new._item(x)
            law = for_all([x], value == term_of(formula(SymInt(x))), [value])
        paths.current().define(new.array, law)
        return new

    def over(self, low: Any, high: Any, formula: Callable[[Any], Any]) -> Any:
        """The same map, but ``formula(x)`` at each address x of [low, high).

        Wherever the new value is read the old one is mentioned too: of an ``if`` the solver looks only at
        the branch that is taken, and would not find what is known of the value that was overwritten.
        """
        start, end = term_of(low), term_of(high)
        new = self.redefined(
            lambda x: wrap(z3.If(z3.And(start <= x.term, x.term < end), term_of(formula(x)), self[x].term))
        )
        mentioned = z3.Array(paths.current().name("mentioned"), self.array.range(), z3.BoolSort())
        with nested("x") as x:
            before = z3.Select(mentioned, self._item(x))
            law = z3.ForAll([x], before, patterns=[new._item(x)])
        paths.current().know(law)
        return new

    def pairwise(
        self,
        low: Any,
        high: Any,
        reach: Callable[[Any], tuple[Any, Any]],
        body: Callable[[Any, Any], Any],
        other: SymMap | None = None,
    ) -> SymBool:
        """``body(x, y)`` holds for each x of [low, high) and y with reach(x)[0] <= y < reach(x)[1].

        Instantiated where the map is read at x and ``other``, by default the map itself, at y.
        """
        with nested("x") as x, nested("y") as y:
            start, end = (term_of(edge) for edge in reach(SymInt(x)))
            guard = z3.And(term_of(low) <= x, x < term_of(high), start <= y, y < end)
            formula = z3.Implies(guard, term_of(body(SymInt(x), SymInt(y))))
            read = terms.pattern(self._item(x), (self if other is None else other)._item(y))
            return SymBool(for_all([x, y], formula, [read]))

    def each(
        self,
        low: Any,
        high: Any,
        body: Callable[[Any], Any],
        trigger: Callable[[Any], Any] | None = None,
        step: int = 1,
    ) -> SymBool:
        """``body`` holds for every x in [low, high) at a multiple of ``step`` from ``low``.

        Instantiated at ``trigger``, by default where the map is read.
        """
        if type(step) is not int or step < 1:
            raise paths.EngineError(f"each in steps of {step!r}: a step is a positive number that is written down")
        with nested("i") as x:
            start = term_of(low)
            inside = terms.both(terms.le(start, x), terms.lt(x, term_of(high)))
            if step != 1:
                inside = z3.And(inside, x == start + step * ((x - start) / step))
            formula = terms.implication(inside, term_of(body(SymInt(x))))
            pattern = self._item(x) if trigger is None else pattern_of(trigger(SymInt(x)))
        return SymBool(for_all([x], formula, [pattern]))

    def at(self, members: SymSet, body: Callable[[Any], Any]) -> SymBool:
        """``body`` holds for every member; instantiated where this map is read."""
        return members.all(body, lambda x: self[x])

    def tells_apart(self, members: SymSet, by: Callable[[Any], Any], where: Callable[[Any], Any]) -> SymBool:
        """No two members that are ``where`` have both this map's value and the value ``by`` in common."""

        def apart(e: Any, f: Any) -> Any:
            return implies((by(e) == by(f)) & where(e) & (self[e] == self[f]), e == f)

        return self.at(members, lambda e: self.at(members, lambda f: apart(e, f)))

    def everywhere(self, body: Callable[[Any], Any]) -> SymBool:
        """``body`` holds for every integer; instantiated where the map is read."""
        with nested("e") as x:
            return SymBool(for_all([x], term_of(body(SymInt(x))), [self._item(x)]))

    def by_induction(
        self, low: Any, high: Any, body: Callable[[Any], Any], look: Callable[[Any], tuple[Any, ...]] = lambda x: ()
    ) -> Induction:
        """``body`` holds for every x of [low, high], where this map is read: at ``low``, and at x + 1 if at x.

        ``look(x)`` are values that the step depends on, for the solver to look at.
        """
        start, end = term_of(low), term_of(high)
        with nested("n") as x:
            inside = z3.And(start <= x, x < end, term_of(body(SymInt(x))), term_of(mention(*look(SymInt(x)))))
            step = z3.ForAll([x], z3.Implies(inside, term_of(body(SymInt(x + 1)))))
            claim = z3.Implies(z3.And(start <= x, x <= end), term_of(body(SymInt(x))))
            whole = for_all([x], claim, [self._item(x)])
        return Induction(z3.Implies(start <= end, term_of(body(low))), step, whole)

    def each_pair(self, low: Any, high: Any, body: Callable[[Any, Any], Any]) -> SymBool:
        """``body`` holds for all x != y in [low, high), in either order; instantiated where the map is read."""
        return self.each_with(low, high, self, low, high, lambda x, y: SymBool(x.term == y.term) | body(x, y))

    def each_with(
        self, low: Any, high: Any, other: SymMap, first: Any, last: Any, body: Callable[[Any, Any], Any]
    ) -> SymBool:
        """``body(x, y)`` holds for x in [low, high), y in [first, last); instantiated where both maps are read."""
        with nested("x") as x, nested("y") as y:
            first_inside = terms.le(term_of(low), x), terms.lt(x, term_of(high))
            other_inside = terms.le(term_of(first), y), terms.lt(y, term_of(last))
            formula = terms.implication(terms.all_of(*first_inside, *other_inside), term_of(body(SymInt(x), SymInt(y))))
            pattern = terms.pattern(self._item(x), other._item(y))
            return SymBool(for_all([x, y], formula, [pattern]))

    def same_outside(self, other: SymMap, low: Any, high: Any) -> SymBool:
        """Both maps, or sets, are equal outside [low, high)."""
        if self.array.eq(other.array):
            return SymBool(z3.BoolVal(True))
        with nested("x") as x:
            mine, theirs = self._item(x), other._item(x)
            outside = terms.either(terms.lt(x, term_of(low)), terms.ge(x, term_of(high)))
            return SymBool(for_all([x], terms.implication(outside, mine == theirs), [mine]))

    def same(self, other: SymMap) -> Any:
        """Both maps are equal everywhere."""
        return SymBool(z3.BoolVal(True) if self.array.eq(other.array) else self.array == other.array)


class SymSet(SymMap):
    """A set of addresses."""

    def empty(self) -> SymSet:
        """The set without members."""
        return SymSet(self.stem, z3.K(z3.IntSort(), z3.BoolVal(False))).named()

    def named(self) -> SymSet:
        """The same set under a name of its own."""
        new = self._next()
        with nested("x") as x:
            member = new._item(x)
            value = z3.simplify(self._item(x))
            law = for_all([x], member == value, [member])
        paths.current().know(law)
        new_set: SymSet = new
        return new_set

    def all(self, body: Callable[[Any], Any], trigger: Callable[[Any], Any] | None = None) -> SymBool:
        """``body`` holds for every member; instantiated at ``trigger``, by default at membership."""
        with nested("a") as x:
            member = self._item(x)
            formula = terms.implication(member, term_of(body(SymInt(x))))
            pattern = member if trigger is None else pattern_of(trigger(SymInt(x)))
        return SymBool(for_all([x], formula, [pattern]))

    def pairs(self, body: Callable[[Any, Any], Any]) -> SymBool:
        """``body(a, b)`` holds for all members a < b."""
        with nested("a") as a, nested("b") as b:
            first, second = self._item(a), self._item(b)
            inside = terms.all_of(first, second, terms.lt(a, b))
            formula = terms.implication(inside, term_of(body(SymInt(a), SymInt(b))))
            return SymBool(for_all([a, b], formula, [terms.pattern(first, second)]))
