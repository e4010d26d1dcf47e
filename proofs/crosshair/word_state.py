"""A state of the word store as the clauses of the model see it; ghost sets and maps of symbolic words.

The sets and maps keep lists of addresses and compare them, where ``model.language.ghost`` hashes them: an
address may be symbolic here.  Conditions are joined with ``&`` and ``|`` before they are decided,
so that one clause is one question to the solver.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from impl.arithmetic import PAGE_SIZE
from model.language.logic import Truth, Word
from proofs.crosshair.word_store import Extent, Record, WordStore

Body = Callable[..., Truth]


def same(a: Word, b: Word) -> Truth:
    """Whether two words are equal; the same object needs no question to the solver."""
    return a is b or a == b


class WordSet:
    """A finite set of addresses, distinct by construction."""

    def __init__(self, members: Sequence[Word] = ()) -> None:
        self.members = tuple(members)

    def __getitem__(self, address: Word) -> Truth:
        found: Truth = False
        for member in self.members:
            if member is address:
                return True
            found = found | (member == address)
        return found

    def set(self, address: Word, present: bool) -> WordSet:
        """The same set with ``address`` in it, or not."""
        others = tuple(member for member in self.members if not same(member, address))
        return WordSet((*others, address) if present else others)

    def all(self, body: Body) -> Truth:
        """Whether ``body`` holds for every member."""
        return _all(body(member) for member in self.members)

    def pairs(self, body: Body) -> Truth:
        """Whether ``body(a, b)`` holds for all members a < b."""
        return _all(not a < b or body(a, b) for a in self.members for b in self.members if a is not b)

    def same_outside(self, other: WordSet, low: Word, high: Word) -> Truth:
        """Whether the two sets agree on every address outside [low, high)."""
        mine = self.all(lambda a: other[a] | ((low <= a) & (a < high)))
        return mine & other.all(lambda a: self[a] | ((low <= a) & (a < high)))

    def empty(self) -> WordSet:
        """The set without members."""
        return WordSet()


class WordMap:
    """A total map from addresses to words or flags, ``default`` almost everywhere."""

    def __init__(self, entries: Sequence[tuple[Word, Any]] = (), default: Any = 0) -> None:
        self.entries = tuple(entries)
        self.default = default

    def __getitem__(self, address: Word) -> Any:
        for key, value in self.entries:
            if same(key, address):
                return value
        return self.default

    def set(self, address: Word, value: Any) -> WordMap:
        """The same map with ``value`` at ``address``."""
        others = tuple((key, old) for key, old in self.entries if not same(key, address))
        return WordMap(((address, value), *others), self.default)

    def at(self, members: WordSet, body: Body) -> Truth:
        """Whether ``body`` holds for every member."""
        return members.all(body)

    def redefined(self, formula: Callable[[Word], Any]) -> WordMap:
        """The map whose value at each address x is ``formula(x)``."""
        return WordMap([(key, formula(key)) for key, _ in self.entries], self.default)


class Pages:
    """What is mapped: disjoint extents."""

    def __init__(self, extents: Sequence[Extent]) -> None:
        self.extents = tuple(extents)

    @property
    def size(self) -> Word:
        """Bytes mapped."""
        return sum(high - low for low, high in self.extents)

    def covers(self, low: Word, high: Word) -> Truth:
        """Whether every page that [low, high) touches is mapped."""
        first, last = low - low % PAGE_SIZE, high + -high % PAGE_SIZE
        there = sum(max(0, min(end, last) - max(start, first)) for start, end in self.extents)
        return low >= high or there == last - first

    def exactly(self, low: Word, high: Word) -> Truth:
        """Whether [low, high) is mapped, and nothing else."""
        inside = _all((low <= start) & (end <= high) for start, end in self.extents)
        return inside & (self.size == high - low)

    def less(self, other: Pages, low: Word, high: Word) -> Truth:
        """Whether the pages are those of ``other`` without those of the page-aligned range [low, high)."""
        none_comes = _all(_is_among(extent, other.extents) for extent in self.extents)
        none_stays = _all((end <= low) | (high <= start) for start, end in self.extents)
        kept = _all(_is_among(extent, [*self.extents, (low, high)]) for extent in other.extents)
        return none_comes & none_stays & kept

    def more(self, other: Pages, low: Word, high: Word) -> Truth:
        """Whether the pages are those of ``other`` and those of [low, high), which are none of them."""
        apart = _all((end <= low) | (high <= start) for start, end in other.extents)
        kept = _all(_is_among(extent, self.extents) for extent in other.extents)
        return apart & kept & _is_among((low, high), self.extents) & (self.size == other.size + high - low)

    def without(self, other: Pages) -> list[Extent]:
        """The extents that are none of ``other``."""
        return [mine for mine in self.extents if not any(mine is its or _match(mine, its) for its in other.extents)]

    def same(self, other: Pages) -> Truth:
        """Whether the same pages are mapped."""
        every = _all(_any(_match(mine, its) for its in other.extents) for mine in self.extents)
        return every & (self.size == other.size)


def _is_among(part: Extent, extents: Sequence[Extent]) -> Truth:
    """Whether the extent lies in one of those, which do not touch, or is empty."""
    return (part[0] >= part[1]) | _any((start <= part[0]) & (part[1] <= end) for start, end in extents)


def _match(a: Extent, b: Extent) -> Truth:
    return (a[0] == b[0]) & (a[1] == b[1])


class Fields:
    """The headers of one struct: ``fields.size[a]`` is ``size`` of the header at ``a``, 0 if none is."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.records = records

    def __getattr__(self, name: str) -> WordMap:
        return WordMap([(record.address, getattr(record.words, name)) for record in self.records])


class Bytes:
    """The bytes of RAM, as far as the store has any: those of the headers."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.records = records
        self._compared: tuple[Bytes, list[Record]] | None = None

    def unchanged(self, old: WordState, low: Word, high: Word) -> Truth:
        """Whether no header in [low, high) came, went or changed."""
        return _all(
            (record.address + record.struct.SIZE <= low) | (high <= record.address)
            for record in self.touched(old.bytes)
        )

    def unchanged_outside(self, old: WordState, low: Word, high: Word) -> Truth:
        """Whether no header outside [low, high) came, went or changed, the heap's descriptor apart."""
        return _all(
            (low <= record.address) & (record.address + record.struct.SIZE <= high)
            for record in self.touched(old.bytes)
            if record.struct.__name__ != "SegmentHeap"
        )

    def touched(self, old: Bytes) -> list[Record]:
        """The headers, old and new, that came, went or changed since ``old``."""
        if self._compared is None or self._compared[0] is not old:
            gone = [record for record in old.records if not self._has(record)]
            self._compared = old, gone + [record for record in self.records if not old._has(record)]
        return self._compared[1]

    def _has(self, wanted: Record) -> bool:
        """Whether there is such a header with the same words."""
        return any(
            record.struct is wanted.struct
            and same(record.address, wanted.address)
            and all(
                same(getattr(record.words, one.name), getattr(wanted.words, one.name)) for one in wanted.struct.FIELDS
            )
            for record in self.records
        )


class WordState:
    """A copy of a store: what clauses call ``state``, ``t.old`` and ``t.new``."""

    def __init__(self, store: WordStore) -> None:
        self.records = [record.copy() for record in store.records]
        self.bytes = Bytes(self.records)
        self.mapped = Pages(store.extents)
        self.cost = store.cost
        self.log_length = len(store.logged)
        self.log_value = WordMap(list(enumerate(store.logged)))

    def fields(self, struct: str) -> Fields:
        """The headers of the struct of that name."""
        return Fields([record for record in self.records if record.struct.__name__ == struct])

    def claimed(self, struct: str) -> WordSet:
        """Where headers of that name lie."""
        return WordSet([record.address for record in self.records if record.struct.__name__ == struct])

    def agrees(self, other: WordState, where: Callable[[Word, Word], Truth]) -> Truth:
        """Where ``where`` says so, the same headers lie with the same words, and the same extents are mapped."""
        headers = ((one.address, one.address + one.struct.SIZE) for one in self.bytes.touched(other.bytes))
        mapped = (*self.mapped.without(other.mapped), *other.mapped.without(self.mapped))
        return _all(where(low, high) == False for low, high in (*headers, *mapped))  # noqa: E712

    def same_memory(self, old: WordState) -> Truth:
        """Whether no header and no mapping differs."""
        return not self.bytes.touched(old.bytes) and self.mapped.same(old.mapped)


def _all(truths: Any) -> Truth:
    """The conjunction, decided only if it is plain."""
    result: Truth = True
    for truth in truths:
        result = result & truth
    return result


def _any(truths: Any) -> Truth:
    result: Truth = False
    for truth in truths:
        result = result | truth
    return result
