"""Ghost sets and maps on a live allocator: immutable values, the same interface as the prover's arrays.

A ``GhostMap`` is total (``default`` wherever nothing was set), so a clause may mention any address.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any

from model.language.logic import Truth


class Opaque:
    """No formula and no number: neither compared, nor true, nor run through, as little as it is in a proof."""

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        raise TypeError(f"{type(self).__name__} is compared: write a.same(b)")

    def __bool__(self) -> bool:
        raise TypeError(f"{type(self).__name__} is no truth: state something of its members")

    def __len__(self) -> int:
        raise TypeError(f"{type(self).__name__} has no length: keep a ghost number beside it")

    def __iter__(self) -> Iterator[Any]:
        raise TypeError(f"{type(self).__name__} is not run through: write all, each or everywhere")

    def __contains__(self, member: object) -> bool:
        raise TypeError(f"{type(self).__name__} is asked with in: write s[x]")


class Readable:
    """A set or map that laws are about: stated of it, they are looked at wherever it is read.

    What a view of RAM cannot do, of which it is never known where it matters, it refuses with what to write instead.
    """

    __slots__ = ()

    def __getitem__(self, address: int) -> Any:
        raise NotImplementedError

    def at(self, members: GhostSet, body: Callable[[int], Truth]) -> bool:
        """Whether ``body`` holds for every member."""
        return members.all(body)

    def each(
        self,
        low: int,
        high: int,
        body: Callable[[int], Truth],
        trigger: Callable[[int], Any] | None = None,
        step: int = 1,
    ) -> bool:
        """Whether ``body`` holds for every x in [low, high) at a multiple of ``step`` from ``low``."""
        return all(map(body, range(low, high, step)))

    def tells_apart(self, members: GhostSet, by: Callable[[int], Any], where: Callable[[int], Truth]) -> bool:
        """Whether no two members that are ``where`` have both this map's value and the value ``by`` in common."""
        marks = [(by(member), self[member]) for member in members if where(member)]
        return len(marks) == len(set(marks))

    def pairwise(
        self,
        low: int,
        high: int,
        reach: Callable[[int], tuple[int, int]],
        body: Callable[[int, int], Truth],
        other: Any = None,
    ) -> bool:
        """Whether ``body(x, y)`` holds for each x of [low, high) and each y from reach(x)[0] up to reach(x)[1]."""
        return all(body(x, y) for x in range(low, high) for y in range(*reach(x)))

    def by_induction(
        self, low: int, high: int, body: Callable[[int], Truth], look: Callable[[int], tuple[Any, ...]] = lambda x: ()
    ) -> bool:
        """Whether ``body`` holds for every x in [low, high]."""
        return all(map(body, range(low, high + 1)))

    def each_pair(self, low: int, high: int, body: Callable[[int, int], Truth]) -> bool:
        """Whether ``body(x, y)`` holds for all x != y in [low, high), in either order."""
        return all(body(x, y) for x in range(low, high) for y in range(low, high) if x != y)

    def each_with(
        self, low: int, high: int, other: Any, first: int, last: int, body: Callable[[int, int], Truth]
    ) -> bool:
        """Whether ``body(x, y)`` holds for x in [low, high), y in [first, last)."""
        return all(body(x, y) for x in range(low, high) for y in range(first, last))

    def everywhere(self, body: Callable[[int], Truth]) -> bool:
        """Whether ``body`` holds at every address."""
        raise TypeError(f"{self._kind} is asked everywhere: state it of the members of a set, with at, or with each")

    def set(self, address: int, value: Any) -> Any:
        """The same with another ``value`` at ``address``."""
        raise TypeError(f"{self._kind} is set: only the program changes it; keep a ghost map beside it")

    def over(self, low: int, high: int, formula: Callable[[int], Any]) -> Any:
        """The same, but ``formula(x)`` at each address x of [low, high)."""
        raise TypeError(f"{self._kind} is set: only the program changes it; keep a ghost map beside it")

    def redefined(self, formula: Callable[[int], Any]) -> Any:
        """That whose value at each address x is ``formula(x)``."""
        raise TypeError(f"{self._kind} is redefined at every address: write over(low, high, formula), or set")

    def same(self, other: Any) -> bool:
        """Both agree at every address."""
        raise TypeError(f"{self._kind} is compared with same: state that it is unchanged, or same_memory of the states")

    def same_outside(self, other: Any, low: int, high: int) -> bool:
        """Both agree at every address outside [low, high)."""
        raise TypeError(f"{self._kind} is compared with same_outside: state that it is unchanged_outside")

    @property
    def _kind(self) -> str:
        return type(self).__name__


class GhostSet(Readable):
    """A finite set of addresses."""

    __slots__ = ("members",)

    def __init__(self, members: Iterable[int] = ()) -> None:
        self.members = frozenset(members)

    def __getitem__(self, address: int) -> bool:
        return address in self.members

    def __iter__(self) -> Iterator[int]:
        return iter(sorted(self.members))

    def __len__(self) -> int:
        return len(self.members)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, GhostSet) and self.members == other.members

    __hash__ = None  # type: ignore[assignment]

    def set(self, address: int, value: bool) -> GhostSet:
        """The same set with ``address`` in it, or not."""
        return GhostSet(self.members | {address} if value else self.members - {address})

    def over(self, low: int, high: int, formula: Callable[[int], Truth]) -> GhostSet:
        """The same set, but of [low, high) those in it of which ``formula(x)`` says so."""
        outside = {x for x in self.members if not low <= x < high}
        return GhostSet(outside | {x for x in range(low, high) if formula(x)})

    def everywhere(self, body: Callable[[int], Truth]) -> bool:
        """Whether ``body`` holds at every address: at the members, which must be all where it matters."""
        return all(map(body, self.members))

    def all(self, body: Callable[[int], Truth], trigger: Callable[[int], Any] | None = None) -> bool:
        """Whether ``body`` holds for every member."""
        return all(map(body, self.members))

    def pairs(self, body: Callable[[int, int], Truth]) -> bool:
        """Whether the transitive relation ``body(a, b)`` holds for all members a < b: neighbours suffice."""
        ordered = sorted(self.members)
        return all(body(a, b) for a, b in pairwise(ordered))

    def same(self, other: GhostSet) -> bool:
        """Both sets have the same members."""
        return self.members == other.members

    def same_outside(self, other: GhostSet, low: int, high: int) -> bool:
        """Both sets have the same members outside [low, high)."""
        return all(low <= address < high for address in self.members ^ other.members)

    def empty(self) -> GhostSet:
        """The set without members."""
        return GhostSet()


class GhostMap(Readable, Opaque):
    """A total map from addresses to words or flags, ``default`` almost everywhere."""

    __slots__ = ("default", "values")

    def __init__(self, values: dict[int, Any] | None = None, default: Any = 0) -> None:
        self.values = values or {}
        self.default = default

    def __getitem__(self, address: int) -> Any:
        return self.values.get(address, self.default)

    def set(self, address: int, value: Any) -> GhostMap:
        """The same map with ``value`` at ``address``."""
        return GhostMap({**self.values, address: value}, self.default)

    def over(self, low: int, high: int, formula: Callable[[int], Any]) -> GhostMap:
        """The same map, but ``formula(x)`` at each address x of [low, high)."""
        return GhostMap({**self.values, **{x: formula(x) for x in range(low, high)}}, self.default)

    def same(self, other: GhostMap) -> bool:
        """Both maps agree at every address."""
        return self.same_outside(other, 0, 0)

    def same_outside(self, other: GhostMap, low: int, high: int) -> bool:
        """Both maps agree at every address outside [low, high)."""
        spared = range(low, high)
        addresses = self.values.keys() | other.values.keys()
        return self.default == other.default and all(self[a] == other[a] for a in addresses if a not in spared)

    def redefined(self, formula: Callable[[int], Any]) -> GhostMap:
        """The map whose value at each address x is ``formula(x)``."""
        return GhostMap({address: formula(address) for address in self.values}, self.default)

    def everywhere(self, body: Callable[[int], Truth]) -> bool:
        """Whether ``body`` holds at every address: wherever a value was set, which must be all where it matters."""
        return all(map(body, self.values))


FlagMap = GhostMap
"""A map to flags; in the fields of an abstract state it is told from one to words by this name."""
