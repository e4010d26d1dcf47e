"""Snapshots of symbolic memory: what specifications read, with the interface of the live reading.

TRUSTED: what a snapshot says of headers, bytes and pages is what theorems are about.  A field is the machine's where
its struct is claimed, a byte where no header lies; elsewhere a snapshot may keep what was there before.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import z3

from model.language.words import PAGE_SIZE
from proofs.engine import path as paths
from proofs.engine import reading, terms
from proofs.engine.ghost import SymMap, SymSet, for_all, nested
from proofs.engine.opaque import Opaque
from proofs.engine.path import EngineError
from proofs.engine.values import SymBool, SymInt, term_of

Term = Any


class Untold(Opaque):
    """What a specification may not speak of."""


@dataclass(frozen=True, eq=False)
class SymState(Opaque):
    """A snapshot of symbolic memory, with the interface that specifications read."""

    arrays: dict[str, SymMap]
    sizes: dict[str, int]
    cost: Any
    log_length: Any
    numbered: frozenset[str] = frozenset()

    def untold(self) -> SymState:
        """The same without the cost: each operation counts its own, so nothing that holds between two speaks of it."""
        return replace(self, cost=Untold())

    def fields(self, struct: str) -> SymFields:
        """The field maps of a struct type."""
        self._known(struct)
        return SymFields(self, struct)

    def _known(self, struct: str) -> None:
        if struct not in self.sizes:
            raise EngineError(f"there is no struct {struct} among {', '.join(sorted(self.sizes))}")

    def claimed(self, struct: str) -> Any:
        """The addresses at which a header of that type lies."""
        self._known(struct)
        return self.arrays[f"claimed.{struct}"]

    @property
    def mapped(self) -> Any:
        """The pages that the heap has mapped."""
        return self.arrays["mapped"]

    def readable(self, low: Any, high: Any) -> SymBool:
        """Every page that [low, high) touches is mapped, by whomever: a proof knows no pages but those."""
        covered: SymBool = self.mapped.covers(low, high)
        return covered

    @property
    def bytes(self) -> Any:
        """The bytes outside headers."""
        found = SeenBytes("byte", self.arrays["byte"].array)
        found.state = self
        return found

    @property
    def log_value(self) -> Any:
        """First value of each log line, by its number."""
        return self.arrays["log"]

    def same_places(self, other: SymState) -> SymBool:
        """No claim, byte or mapping differs; fields of headers may."""
        keys = [key for key in self.arrays if key in ("mapped", "byte") or key.startswith("claimed.")]
        changed = [key for key in keys if not self.arrays[key].array.eq(other.arrays[key].array)]
        parts = [self.arrays[key].array == other.arrays[key].array for key in changed]
        return SymBool(z3.And(*parts) if parts else z3.BoolVal(True))

    def same_memory(self, other: SymState) -> SymBool:
        """No field, claim, byte or mapping differs."""
        parts = [
            terms.eq(self.arrays[key].array, other.arrays[key].array)
            for key in self.arrays
            if key != "log" and not reading.same(self.arrays[key].array.ast, other.arrays[key].array.ast)
        ]
        return SymBool(terms.all_of(*parts) if parts else terms.truth(True))

    def agrees(self, other: SymState, where: Callable[[Any, Any], Any]) -> SymBool:
        """Where ``where`` says so, the same headers lie with the same fields, the same bytes, on the same pages.

        It is asked of the first address of each header, byte and page, and of that behind its last.
        """
        if self.numbered | other.numbered:
            raise EngineError("what is kept by number lies at no address: no place tells where it agrees")
        parts = [
            self._agrees(other, key, where)
            for key in self.arrays
            if key != "log" and not reading.same(self.arrays[key].array.ast, other.arrays[key].array.ast)
        ]
        return SymBool(terms.all_of(*parts) if parts else terms.truth(True))

    def _agrees(self, other: SymState, key: str, where: Callable[[Any, Any], Any]) -> Term:
        """The same of one array; of a field only where its header lies."""
        if key == "mapped":
            _limit()
        struct, _, field = key.removeprefix("claimed.").partition(".")
        with nested("a") as a:
            low, high = self._extent(key, struct, a)
            now, then = self.arrays[key]._item(a), other.arrays[key]._item(a)
            inside = term_of(where(SymInt(low), SymInt(high)))
            there = self.arrays[f"claimed.{struct}"]._item(a) if field else terms.truth(True)
            return for_all([a], terms.implication(terms.both(inside, there), terms.eq(now, then)), [now])

    def _extent(self, key: str, struct: str, a: Term) -> tuple[Term, Term]:
        """The addresses from the first of page, header or byte number ``a`` to that behind its last."""
        if key == "mapped":
            page = terms.number(PAGE_SIZE)
            return terms.mul(a, page), terms.mul(terms.add(a, terms.number(1)), page)
        return a, terms.add(a, terms.number(self.sizes.get(struct, 1)))


@dataclass(frozen=True, eq=False)
class SymFields(Opaque):
    """``fields.name`` is the map from an address to that field's value."""

    _state: SymState
    _struct: str

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        try:
            return self._state.arrays[f"{self._struct}.{name}"]
        except KeyError:
            fields = [key.split(".")[1] for key in self._state.arrays if key.startswith(f"{self._struct}.")]
            raise EngineError(f"the struct {self._struct} has no field {name}; it has {', '.join(fields)}") from None


class SymBytes(SymMap):
    """The byte array, with the statements that specifications make about it."""

    def unchanged(self, since: SymState, low: Any, high: Any) -> SymBool:
        """The bytes of [low, high) are what they were."""
        with nested("x") as x:
            return self._equal_where(since, x, z3.And(term_of(low) <= x, x < term_of(high)))

    def unchanged_outside(self, since: SymState, low: Any, high: Any) -> SymBool:
        """The bytes outside [low, high) are what they were."""
        with nested("x") as x:
            return self._equal_where(since, x, z3.Or(x < term_of(low), x >= term_of(high)))

    def unchanged_where(self, since: SymState, where: Callable[[Any], Any]) -> SymBool:
        """Each byte at an address of which ``where`` says so is what it was."""
        with nested("x") as x:
            return self._equal_where(since, x, term_of(where(SymInt(x))))

    def filled(self, low: Any, high: Any, byte: Any) -> SymBool:
        """Every byte of [low, high) is ``byte``."""
        return self.holds(low, high, byte)

    def holds(self, low: Any, high: Any, byte: Any) -> SymBool:
        """Every byte of [low, high) that is under no header is ``byte``."""
        return self.each(low, high, lambda x: self[x] == byte)

    def copied(self, since: SymState, low: Any, high: Any, source: Any) -> SymBool:
        """The bytes of [low, high) are what those from ``source`` on were."""
        start, old = term_of(low), since.arrays[self.stem].array
        with nested("x") as x:
            inside = z3.And(start <= x, x < term_of(high))
            now, then = z3.Select(self.array, x), z3.Select(old, x - start + term_of(source))
            return SymBool(for_all([x], z3.Implies(inside, now == then), [now]))

    def _equal_where(self, since: SymState, x: Term, where: Term) -> SymBool:
        old = since.arrays[self.stem].array
        if self.array.eq(old):
            return SymBool(z3.BoolVal(True))
        now, then = z3.Select(self.array, x), z3.Select(old, x)
        return SymBool(for_all([x], z3.Implies(where, now == then), [now]))


class SeenBytes(SymBytes):
    """The bytes of a snapshot: what is under a header is no byte, so nothing is said of a range with a header in it."""

    state: SymState

    def filled(self, low: Any, high: Any, byte: Any) -> SymBool:
        """No header lies in [low, high), and every byte there is ``byte``."""
        return super().filled(low, high, byte) & self._clear(low, high)

    def copied(self, since: SymState, low: Any, high: Any, source: Any) -> SymBool:
        """No header lies in [low, high), and the bytes there are what those from ``source`` on were."""
        return super().copied(since, low, high, source) & self._clear(low, high)

    def _clear(self, low: Any, high: Any) -> SymBool:
        parts = []
        for name, size in self.state.sizes.items():
            with nested("b") as b:
                claimed = z3.Select(self.state.arrays[f"claimed.{name}"].array, b)
                apart = z3.Or(b + size <= term_of(low), b >= term_of(high))
                parts.append(for_all([b], z3.Implies(claimed, apart), [claimed]))
        return SymBool(z3.And(*parts))


def _limit() -> None:
    """From now on the mapped pages are the heap's own: others may have mapped any page besides."""
    paths.current().theories |= {LIMITED}


LIMITED = "the specification says which pages there are at most"


class SymPages(SymSet):
    """The set of mapped page numbers: of all of them, or, if a specification limits them, of the heap's own."""

    def __getitem__(self, page: Any) -> Any:
        """Whether a page is mapped, which a specification may deny."""
        _limit()
        return super().__getitem__(page)

    def all(self, body: Callable[[Any], Any], trigger: Callable[[Any], Any] | None = None) -> SymBool:
        """``body`` holds for every mapped page, which limits them."""
        _limit()
        return super().all(body, trigger)

    def everywhere(self, body: Callable[[Any], Any]) -> SymBool:
        """``body`` holds for every page number, which may limit the mapped ones."""
        _limit()
        return super().everywhere(body)

    def exactly(self, start: Any, end: Any) -> SymBool:
        """Exactly the pages of the page-aligned range [start, end) are mapped."""
        _limit()
        with nested("p") as p:
            inside = z3.And(term_of(start) <= p * PAGE_SIZE, p * PAGE_SIZE < term_of(end))
            member = z3.Select(self.array, p)
            return SymBool(for_all([p], member == inside, [member]))

    def less(self, other: Any, low: Any, high: Any) -> SymBool:
        """The pages are those of ``other`` without those of the page-aligned range [low, high)."""
        return self._changed(other, low, high, False)

    def more(self, other: Any, low: Any, high: Any) -> SymBool:
        """The pages are those of ``other``, and those of the page-aligned range [low, high), which are none of them."""
        added: SymBool = self._changed(other, low, high, True) & other.less(self, low, high)
        return added

    def same_beside(self, other: Any, mine: Any, theirs: Any) -> SymBool:
        """The pages without those of the set ``mine`` are those of ``other`` without those of ``theirs``."""
        if self.array.eq(other.array) and mine.array.eq(theirs.array):
            return SymBool(z3.BoolVal(True))
        with nested("p") as p:
            now, then = z3.Select(self.array, p), z3.Select(other.array, p)
            left = z3.And(now, z3.Not(z3.Select(mine.array, p)))
            law = left == z3.And(then, z3.Not(z3.Select(theirs.array, p)))
            return SymBool(for_all([p], law, [now]))

    def _changed(self, other: Any, low: Any, high: Any, there: bool) -> SymBool:
        """The pages of [low, high) are ``there`` or not, all others are as in ``other``."""
        with nested("p") as p:
            inside = z3.And(term_of(low) <= p * PAGE_SIZE, p * PAGE_SIZE < term_of(high))
            mine, theirs = z3.Select(self.array, p), z3.Select(other.array, p)
            return SymBool(for_all([p], mine == z3.If(inside, z3.BoolVal(there), theirs), [mine]))

    def covers(self, low: Any, high: Any) -> SymBool:
        """Every page that [low, high) touches is mapped."""
        with nested("p") as p:
            start, end, page = term_of(low), term_of(high), terms.number(PAGE_SIZE)
            beyond = terms.mul(terms.add(p, terms.number(1)), page)
            touched = terms.both(terms.lt(start, beyond), terms.lt(terms.mul(p, page), end))
            member = self._item(p)
            return SymBool(for_all([p], terms.implication(terms.both(terms.lt(start, end), touched), member), [member]))
