"""Headers in a proof: how structs come into memory and go, and how those in one array are kept by their number.

TRUSTED.  Every claim shows that it lies in mapped pages and overlaps no other.  What is released was claimed; its
bytes become arbitrary.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import z3

from model.language.words import PAGE_SIZE
from proofs.checking.ends import unseen
from proofs.engine import path as paths
from proofs.engine.ghost import SymMap, bound, for_all
from proofs.engine.operators import total
from proofs.engine.state import SymState
from proofs.engine.store import Store, acts, number, sort_of, truth
from proofs.engine.values import SymBool, SymInt, term_of, wrap

Term = Any

CLAIM_MAPPED = "a new header lies wholly in pages that the heap has mapped"
CLAIM_DISJOINT = "a new header overlaps no other header"
CLAIM_SOME = "an array has one element at least when it comes into being"
RETIRED = "a header that goes does not leave its magic behind"
RELEASE_THERE = "an array is released only where all of its elements are known to be, one at least"
RELEASE_WHOLE = "a header that begins in a range that is released ends in it"


def number_of(address: Term, origin: Term, size: int) -> Term:
    """The k for which ``address`` is ``origin + k * size``; an error if that is not evident from the terms."""
    offset = z3.simplify(address - origin, som=True)
    terms = []
    for part in offset.children() if z3.is_add(offset) else [offset]:
        factor, rest = (part, z3.IntVal(1)) if z3.is_int_value(part) else (z3.IntVal(1), part)
        if z3.is_mul(part) and part.num_args() == 2 and z3.is_int_value(part.arg(0)):
            factor, rest = part.children()
        if factor.as_long() % size:
            raise paths.EngineError(f"{address} does not lie at {origin} + k * {size}")
        terms.append(z3.IntVal(factor.as_long() // size) * rest)
    return z3.simplify(z3.Sum(terms))


Span = tuple[Term, Term]
"""Addresses from the first on to before the second."""


def _forgotten(old: SymMap, now: SymMap, where: Span | SymMap) -> Any:
    """The field, anything where a header began in that span, or in that set, and none is ``now``."""
    if isinstance(where, tuple) and z3.simplify(where[1] - where[0]).eq(z3.IntVal(1)):
        anything = z3.Const(paths.current().name(f"gone.{old.stem}"), old.array.range())
        kept = z3.If(z3.Select(now.array, where[0]), z3.Select(old.array, where[0]), anything)
        return old.set(SymInt(where[0]), wrap(kept))
    new, x = type(old).arbitrary(old.stem, old.array.range()), bound("x")
    spared = z3.Or(x < where[0], x >= where[1]) if isinstance(where, tuple) else z3.Not(z3.Select(where.array, x))
    read, before = z3.Select(new.array, x), z3.Select(old.array, x)
    same = z3.Implies(z3.Or(z3.Select(now.array, x), spared), read == before)
    paths.current().define(new.array, for_all([x], same, [read]))
    return new


def _same(now: Mapping[str, SymMap], then: Mapping[str, SymMap]) -> bool:
    """Whether no part of memory has changed."""
    return all(now[key] is then[key] for key in then)


def _by_number(old: SymMap, place: Callable[[Any], Term]) -> Any:
    """The map from a number to what ``old`` has at the address ``place(number)``."""
    return old.redefined(lambda k: wrap(z3.Select(old.array, place(k))))


class Headers(Store):
    """The part of memory that knows where structs lie."""

    @unseen
    def claim(self, struct: Any, address: Any) -> None:
        """A header comes into being; its fields hold anything."""
        acts()
        name = self._own(struct)
        (at,) = self._words(address)
        self.touched = None
        path, end = paths.current(), at + struct.SIZE
        path.show("safety", CLAIM_MAPPED, z3.And(at >= 0, *self._pages_of(struct, at)))
        for other in self.structs.values():
            path.show("safety", CLAIM_DISJOINT, self._outside(other, at, end))
        self.arrays[f"claimed.{name}"] = self.arrays[f"claimed.{name}"].set(address, True)
        for field in struct.FIELDS:
            key = f"{name}.{field.name}"
            anything = z3.Const(path.name("anything"), sort_of(field))
            self.arrays[key] = self.arrays[key].set(address, wrap(anything))

    def _pages_of(self, struct: Any, at: Term) -> list[Term]:
        """All pages of a struct at ``at`` are mapped; a small one lies in two at most, its first and its last."""
        if struct.SIZE > PAGE_SIZE:
            return [self._mapped_throughout(at, at + struct.SIZE)]
        edges = (at, at + struct.SIZE - 1)
        return [z3.Select(self.arrays["mapped"].array, edge / PAGE_SIZE) for edge in edges]

    @unseen
    def release(self, struct: Any, address: Any) -> None:
        """A header goes; its bytes become arbitrary."""
        acts()
        name, at = self._own(struct), number(address)
        self.touched = None
        path = paths.current()
        self._kept_by_address(struct)
        self._goes(name, (at, at + 1))
        self._show_claimed(name, address)
        with path.ghost():
            retired = truth(struct.retired(struct(self, address)), "whether a header is retired")
        path.show("safety", RETIRED, retired)
        self.arrays[f"claimed.{name}"] = self.arrays[f"claimed.{name}"].set(address, False)
        self._scramble(at, at + struct.SIZE)

    # ------------------------------------------------------------ arrays of headers

    @unseen
    def claim_array(self, struct: Any, address: Any, count: Any) -> None:
        """``count`` headers side by side come into being; their fields hold what the bytes there say."""
        acts()
        name = self._own(struct)
        self._kept_by_address(struct)
        at, length = self._words(address, count)
        self.touched = None
        path, end = paths.current(), at + length * struct.SIZE
        path.show("safety", CLAIM_SOME, length > 0)
        path.show("safety", CLAIM_MAPPED, z3.And(at >= 0, self._mapped_throughout(at, end)))
        for other in self.structs.values():
            path.show("safety", CLAIM_DISJOINT, self._outside(other, at, end))
        before = self.arrays[f"claimed.{name}"]
        element = _element(struct, at, end)
        claimed = before.redefined(lambda x: SymBool(z3.Or(before[x].term, element(x))))
        if name in self.numbering:
            self.settled = {**self.settled, name: claimed}
            self._claim_numbers(struct, at, length)
            return
        self.arrays[f"claimed.{name}"] = claimed
        for field in struct.FIELDS:
            self._decode(f"{name}.{field.name}", field, element, term_of)

    def _decode(self, key: str, field: Any, element: Any, place: Callable[[Any], Term]) -> None:
        """A field's values at new elements are the little-endian words that lie there."""
        old, content = self.arrays[key], self.arrays["byte"].array

        def value(x: Any) -> Any:
            base = place(x) + field.offset
            word = total([z3.Select(content, base + i) * 256**i for i in range(field.width)])
            return wrap(z3.If(element(x), word != 0 if field.kind == "flag" else word, old[x].term))

        self.arrays[key] = old.redefined(value)

    @unseen
    def release_array(self, struct: Any, address: Any, count: Any) -> None:
        """``count`` headers side by side go, all of which are there; their bytes become arbitrary."""
        acts()
        name = self._own(struct)
        self._kept_by_address(struct)
        at, length = self._words(address, count)
        claimed, end = self.arrays[f"claimed.{name}"], at + length * struct.SIZE
        with paths.current().ghost():
            there = claimed.each(SymInt(at), SymInt(end), lambda x: claimed[x], step=struct.SIZE)
        paths.current().show("safety", RELEASE_THERE, z3.And(length > 0, there.term), then_known=False)
        self._let_go(struct, at, end)

    @unseen
    def release_range(self, struct: Any, low: Any, high: Any) -> None:
        """Every header of that type in [low, high) goes, each of which ends there; the bytes become arbitrary."""
        acts()
        name = self._own(struct)
        self._kept_by_address(struct)
        start, end = self._words(low, high)
        b = bound("b")
        begins = z3.And(z3.Select(self.arrays[f"claimed.{name}"].array, b), start <= b, b < end)
        whole = for_all([b], z3.Implies(begins, b + struct.SIZE <= end), [begins.arg(0)])
        paths.current().show("safety", RELEASE_WHOLE, z3.BoolVal(True) if struct.SIZE == 1 else whole, then_known=False)
        self._let_go(struct, start, end)

    def _let_go(self, struct: Any, start: Term, end: Term) -> None:
        """No header of that type begins in [start, end) any more."""
        self.touched = None
        self._goes(struct.__name__, (start, end))
        key = f"claimed.{struct.__name__}"
        before = self.arrays[key]
        self.arrays[key] = before.redefined(
            lambda x: SymBool(z3.And(before[x].term, z3.Or(x.term < start, x.term >= end)))
        )
        self._scramble(start, end)

    def _goes(self, name: str, where: Span | SymMap, since: Mapping[str, SymMap] | None = None) -> None:
        """Headers of that type go, which begin in a span of addresses, or some of a set.

        If memory is told as it was when they had gone, nothing was written to their bytes as long as it stays so.
        """
        self.gone = {**self.gone, name: (*self.gone.get(name, ()), (where, since))}

    def loses(
        self, changes: Collection[str], before: Mapping[str, SymMap], since: Mapping[str, SymMap] | None = None
    ) -> None:
        """A call, or some rounds of a loop, changed this: of the headers that were there before any may have gone.

        Fields that became arbitrary are known by what holds afterwards alone, which says nothing of what went.
        """
        for name, struct in self.structs.items():
            if all(f"{name}.{field.name}" in changes for field in struct.FIELDS):
                self.gone = {key: gone for key, gone in self.gone.items() if key != name}
            elif f"claimed.{name}" in changes:
                self._goes(name, before[f"claimed.{name}"], since)

    def forget_gone(self, keys: Collection[str]) -> None:
        """Of these fields nothing is known where a header went: whoever relies on them may not know it either."""
        self.arrays = self.finish(keys).arrays

    def finish(self, keys: Collection[str] | None = None) -> SymState:
        """The state in which an operation ends, or an iteration: nothing is known of a header that went.

        Its bytes may have been written since; so its fields, or those that are among ``keys``, read as anything.
        """
        state = self.state()
        for name, gone in self.gone.items():
            places = [where for where, since in gone if since is None or not _same(self.arrays, since)]
            now = state.arrays[f"claimed.{name}"]
            for field in self.structs[name].FIELDS:
                key = f"{name}.{field.name}"
                if keys is None or key in keys:
                    for where in places:
                        state.arrays[key] = _forgotten(state.arrays[key], now, where)
        return state

    # ------------------------------------------------------------ headers that are kept by number

    def number_from(self, origins: dict[str, Any]) -> None:
        """From now on these structs are kept by their number k, where they lie at origin + k * SIZE.

        A change of variables: a struct of that type at any other place is never accessed.
        """
        self.origins = {name: term_of(origin) for name, origin in origins.items()}

    def number_when_claimed(self, origins: Mapping[str, Callable[[SymState], Any]]) -> None:
        """These structs will be kept by number from the moment when an array of them is claimed."""
        self.numbering = origins

    def _claim_numbers(self, struct: Any, at: Term, count: Term) -> None:
        """Keep ``struct`` by number, the new array among them."""
        element, place = self._number(struct, at, count)
        before = self.arrays[f"claimed.{struct.__name__}"]
        claimed = before.redefined(lambda k: SymBool(z3.Or(before[k].term, element(k))))
        self.arrays[f"claimed.{struct.__name__}"] = claimed
        for field in struct.FIELDS:
            self._decode(f"{struct.__name__}.{field.name}", field, element, place)

    def _number(self, struct: Any, at: Term, count: Term) -> tuple[Callable[[Any], Term], Callable[[Any], Term]]:
        """From now on ``struct`` is kept by number, on entry, too; which numbers the new array has, and where they lie.

        Nothing of that type comes or goes any more, so where such structs lie is ``settled``.
        """
        name = struct.__name__
        with paths.current().ghost():
            origin = term_of(self.numbering[name](self.state()))
        self.origins = {**self.origins, name: origin}
        first = number_of(at, origin, struct.SIZE)

        def place(k: Any) -> Term:
            return origin + term_of(k) * struct.SIZE

        entry = self.operation.entry.arrays if self.operation else {}
        for key in [f"claimed.{name}", *(f"{name}.{field.name}" for field in struct.FIELDS)]:
            unchanged = key in entry and entry[key] is self.arrays[key]
            self.arrays[key] = _by_number(self.arrays[key], place)
            if key in entry:
                entry[key] = self.arrays[key] if unchanged else _by_number(entry[key], place)
        return lambda k: z3.And(first <= k.term, k.term < first + count), place


def _element(struct: Any, at: Term, end: Term) -> Callable[[Any], Term]:
    """Whether an address is that of one of the structs that lie side by side in [at, end)."""
    return lambda x: z3.And(at <= x.term, x.term < end, (x.term - at) % struct.SIZE == 0)
