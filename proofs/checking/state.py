"""What a live machine shows at one moment, with the interface that specifications read.

``proofs/engine/memory.py`` offers the same interface over Z3 arrays.  A snapshot holds the bytes of
every mapped page (the heap's own, and foreign ones as a guard), the claims of the shadow, and
which pages are the heap's.  Bytes that lie under a header are no bytes here: they are fields.
"""

from __future__ import annotations

import re
import struct as binary
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterator, Sequence
from copy import copy
from typing import Any

from impl.arithmetic import PAGE_SHIFT, PAGE_SIZE
from impl.layout import Field, Struct
from model.language.ghost import GhostSet, Opaque, Readable
from proofs.checking.memory import NO_VALUE

EVERYWHERE = 2**64
OFFSET = PAGE_SIZE - 1
Content = bytes
Pages = dict[int, Content]
NOT_0 = re.compile(rb"[^\0]")


class ClaimSet(GhostSet):
    """The addresses at which a header of one type lies."""

    __slots__ = ()


class PageSet(Opaque, GhostSet):
    """The pages that the heap has mapped, by number."""

    __slots__ = ()

    @property
    def pages(self) -> frozenset[int]:
        """Their numbers."""
        return self.members

    def exactly(self, start: int, end: int) -> bool:
        """Exactly the pages of the page-aligned range [start, end) are mapped."""
        first, last = start >> PAGE_SHIFT, end >> PAGE_SHIFT
        return len(self.pages) == max(last - first, 0) and all(first <= page < last for page in self.pages)

    def covers(self, low: int, high: int) -> bool:
        """Every page that [low, high) touches is mapped."""
        return low >= high or all(page in self.pages for page in range(low >> PAGE_SHIFT, (high - 1 >> PAGE_SHIFT) + 1))

    def less(self, other: PageSet, low: int, high: int) -> bool:
        """The pages are those of ``other`` without those of the page-aligned range [low, high)."""
        return self.pages == other.pages - set(range(low >> PAGE_SHIFT, high >> PAGE_SHIFT))

    def more(self, other: PageSet, low: int, high: int) -> bool:
        """The pages are those of ``other``, and those of the page-aligned range [low, high), which are none of them."""
        return other.less(self, low, high) and self.covers(low, high)

    def same_beside(self, other: PageSet, mine: GhostSet, theirs: GhostSet) -> bool:
        """The pages without those of the set ``mine`` are those of ``other`` without those of ``theirs``."""
        return self.pages - mine.members == other.pages - theirs.members


class FieldMap(Readable, Opaque):
    """One field at every address, worked out when it is first asked for: clauses ask many times.

    0 where nothing is mapped.
    """

    __slots__ = ("_known", "_offset", "_pages", "_unpack", "_width")

    def __init__(self, pages: Pages, field: Field[Any]) -> None:
        self._known: dict[int, Any] = {}
        self._pages = pages
        self._offset = field.offset
        self._width = field.width
        self._unpack = binary.Struct(f"<{field.code}").unpack_from

    def __getitem__(self, address: int) -> Any:
        try:
            return self._known[address]
        except KeyError:
            value = self._known[address] = self._read(address)
            return value

    def _read(self, address: int) -> Any:
        place = address + self._offset
        page = self._pages.get(place >> PAGE_SHIFT)
        start = place & OFFSET
        if page is None:
            return self._unpack(bytes(self._width))[0]
        if start + self._width > PAGE_SIZE:
            behind = self._pages.get((place >> PAGE_SHIFT) + 1, bytes(self._width))
            return self._unpack(page[start:] + behind)[0]
        return self._unpack(page, start)[0]


class Fields(Opaque):
    """``fields.name`` is the map from an address to that field's value."""

    def __init__(self, maps: dict[str, FieldMap]) -> None:
        self.__dict__.update(maps)

    def __getattr__(self, name: str) -> FieldMap:
        raise AttributeError(f"the struct has no field {name}; it has {', '.join(vars(self))}")


class Shown:
    """What was worked out of memory: shared by all states between which no byte, page or header changed."""

    def __init__(self) -> None:
        self.fields: dict[str, Fields] = {}
        self.claimed: dict[str, ClaimSet] = {}
        self.once: dict[Hashable, Any] = {}

    def later(self, pages: Pages, changed: set[int]) -> Shown:
        """What of it still holds when the pages ``changed`` do not hold what they held."""
        found = Shown()
        for struct, fields in self.fields.items():
            found.fields[struct] = Fields({name: _later(kept, pages, changed) for name, kept in vars(fields).items()})
        return found


def _later(kept: FieldMap, pages: Pages, changed: set[int]) -> FieldMap:
    """The same field in ``pages``, of which none but those ``changed`` differ from the pages that it is read in."""
    found: FieldMap = copy(kept)
    found._pages = pages
    first, last = kept._offset, kept._offset + kept._width - 1
    found._known = {
        a: value
        for a, value in kept._known.items()
        if a + first >> PAGE_SHIFT not in changed and a + last >> PAGE_SHIFT not in changed
    }
    return found


class Lines(Readable, Opaque):
    """First value of each log line, by its number."""

    def __init__(self, lines: Sequence[int], length: int) -> None:
        self._lines = lines
        self._length = length

    def __getitem__(self, number: int) -> int:
        return self._lines[number] if 0 <= number < self._length else NO_VALUE


class Bytes(Readable, Opaque):
    """The bytes outside headers, with the statements that specifications make about them."""

    __slots__ = ("_state",)

    def __init__(self, state: ConcreteState) -> None:
        self._state = state

    def __getitem__(self, address: int) -> int:
        page = self._state.pages.get(address >> PAGE_SHIFT)
        return 0 if page is None else page[address & OFFSET]

    def unchanged(self, since: ConcreteState, low: int, high: int) -> bool:
        """The bytes of [low, high) are what they were."""
        return not any(self._state.differs(since, low, high, page) for page in self._state.changed_pages(since))

    def filled(self, low: int, high: int, byte: int) -> bool:
        """Every byte of [low, high) is ``byte``, and mapped."""
        return self._state.content(low, high) == bytes([byte]) * max(high - low, 0)

    def holds(self, low: int, high: int, byte: int) -> bool:
        """Every byte of [low, high) that lies under no header is ``byte``, and mapped."""
        return all(self.filled(start, end, byte) for start, end in self._state.gaps(low, high))

    def copied(self, since: ConcreteState, low: int, high: int, source: int) -> bool:
        """The bytes of [low, high), all of them mapped, are what those from ``source`` on were."""
        content = self._state.content(low, high)
        return content is not None and content == since.content(source, source + high - low)

    def unchanged_outside(self, since: ConcreteState, low: int, high: int) -> bool:
        """The bytes outside [low, high) are what they were."""
        return self.unchanged(since, 0, low) and self.unchanged(since, max(low, high), EVERYWHERE)

    def unchanged_where(self, since: ConcreteState, where: Callable[[int], bool]) -> bool:
        """Each byte at an address of which ``where`` says so is what it was."""
        return not any(where(x) for x in self._state.changed_bytes(since))


class ConcreteState(Opaque):
    """The machine at one moment: mapped ``pages`` by number, ``cost`` since the operation began."""

    __hash__ = object.__hash__  # type: ignore[assignment]  # what was worked out of a state is kept under the state itself

    def __init__(
        self,
        pages: Pages,
        mapped: PageSet,
        *,
        claims: Callable[[str], list[int]],
        structs: dict[str, type[Struct]],
        cost: int,
        lines: Sequence[int],
        shown: Shown | None = None,
    ) -> None:
        self.pages = pages
        self.mapped = mapped
        self.cost = cost
        self.log_length = len(lines)
        self.log_value = Lines(lines, len(lines))
        self._structs = structs
        self._claims = claims
        self._shown = shown or Shown()
        self._changed: tuple[ConcreteState, list[int]] | None = None

    @property
    def bytes(self) -> Bytes:
        """The bytes outside headers; not kept here, so that a state that nobody needs any more is gone at once."""
        return Bytes(self)

    def fields(self, struct: str) -> Fields:
        """The field maps of a struct type."""
        known = self._shown.fields
        if struct not in known:
            known[struct] = Fields({field.name: FieldMap(self.pages, field) for field in self._struct(struct).FIELDS})
        return known[struct]

    def _struct(self, name: str) -> type[Struct]:
        """The struct of that name."""
        if name not in self._structs:
            raise KeyError(f"there is no struct {name} among {', '.join(self._structs)}")
        return self._structs[name]

    def claimed(self, struct: str) -> ClaimSet:
        """The addresses at which a header of that type lies."""
        known = self._shown.claimed
        if struct not in known:
            self._struct(struct)
            known[struct] = ClaimSet(self._claims(struct))
        return known[struct]

    def once(self, key: Hashable, work: Callable[[], Any]) -> Any:
        """``work()``, which depends on memory and ``key`` alone: done once for all states that show the same."""
        known = self._shown.once
        if key not in known:
            known[key] = work()
        return known[key]

    def readable(self, low: int, high: int) -> bool:
        """Every page that [low, high) touches is mapped, by whomever."""
        return all(page in self.pages for page in range(low >> PAGE_SHIFT, (high - 1 >> PAGE_SHIFT) + 1))

    def freeze(self) -> ConcreteState:
        """The same state, with every claim looked up now rather than on demand."""
        for struct in self._structs:
            self.claimed(struct)
        return self

    def content(self, low: int, high: int) -> Content | None:
        """The bytes of [low, high), or None if one of them is not mapped."""
        parts = []
        while low < high:
            start, length = low & OFFSET, min(high - low, PAGE_SIZE - (low & OFFSET))
            page = self.pages.get(low >> PAGE_SHIFT)
            if page is None:
                return None
            parts.append(page[start : start + length])
            low += length
        return b"".join(parts)

    def same_memory(self, other: ConcreteState) -> bool:
        """No byte, header or page differs."""
        return (
            self.mapped.same(other.mapped)
            and all(self.claimed(struct) == other.claimed(struct) for struct in self._structs)
            and not self.changed_pages(other)
        )

    def same_places(self, other: ConcreteState) -> bool:
        """No claim, byte or mapping differs; fields of headers may."""
        claims = all(self.claimed(struct) == other.claimed(struct) for struct in self._structs)
        return claims and self.mapped.same(other.mapped) and not any(True for _ in self.changed_bytes(other))

    def agrees(self, other: ConcreteState, where: Callable[[int, int], bool]) -> bool:
        """Where ``where`` says so, the same headers lie with the same fields, the same bytes, on the same pages.

        It is asked of the first address of each header, byte and page, and of that behind its last.
        """
        pages = self.pages.keys() ^ other.pages.keys()
        if any(where(page << PAGE_SHIFT, page + 1 << PAGE_SHIFT) for page in pages):
            return False
        same_headers = all(self._same_headers(other, name, where) for name in self._structs)
        return same_headers and not any(where(x, x + 1) for x in self.changed_bytes(other))

    def _same_headers(self, other: ConcreteState, name: str, where: Callable[[int, int], bool]) -> bool:
        """The same headers of that type, with the same fields."""
        mine, theirs, struct = self.claimed(name).members, other.claimed(name).members, self._structs[name]
        changed = [a for a in mine & theirs if not self._same_fields(other, struct, a)] if self is not other else []
        return not any(where(a, a + struct.SIZE) for a in (*(mine ^ theirs), *changed))

    def _same_fields(self, other: ConcreteState, struct: type[Struct], address: int) -> bool:
        now, then = self.fields(struct.__name__), other.fields(struct.__name__)
        return all(getattr(now, field.name)[address] == getattr(then, field.name)[address] for field in struct.FIELDS)

    def changed_bytes(self, other: ConcreteState) -> Iterator[int]:
        """The addresses of bytes that lie under no header, and were others then; their pages are there and were."""
        for page in self.changed_pages(other):
            if page in self.pages and page in other.pages:
                start, now, then = page << PAGE_SHIFT, self.pages[page], other.pages[page]
                changed = differences(now, then)
                for low, high in self.gaps(start + changed[0], start + changed[-1] + 1):
                    inside = changed[bisect_left(changed, low - start) : bisect_left(changed, high - start)]
                    yield from (start + place for place in inside)

    def changed_pages(self, since: ConcreteState) -> list[int]:
        """The pages that hold other bytes than then, or were not mapped then, or are not now."""
        if self._changed is None or self._changed[0] is not since:
            mine, theirs = self.pages, since.pages
            changed = [page for page, data in mine.items() if theirs.get(page) != data]
            changed.extend(page for page in theirs if page not in mine)
            self._changed = since, changed
        return self._changed[1]

    def differs(self, since: ConcreteState, low: int, high: int, page: int) -> bool:
        """Whether a byte of [low, high) in ``page``, under no header of now, differs from then."""
        start = page << PAGE_SHIFT
        low, high = max(low, start), min(high, start + PAGE_SIZE)
        if low >= high:
            return False
        now, then = self.pages.get(page), since.pages.get(page)
        if now is None or then is None:
            return True
        if now[low - start : high - start] == then[low - start : high - start]:
            return False
        gaps = self.gaps(low, high)
        return any(now[a - start : b - start] != then[a - start : b - start] for a, b in gaps)

    def gaps(self, low: int, high: int) -> Iterator[tuple[int, int]]:
        """The parts of [low, high) that lie under no header."""
        starts, ends = self.once("headers", self._headers)
        number = max(bisect_right(starts, low) - 1, 0)
        while low < high and number < len(starts) and starts[number] < high:
            if starts[number] > low:
                yield low, starts[number]
            low = max(low, ends[number])
            number += 1
        if low < high:
            yield low, high

    def _headers(self) -> tuple[list[int], list[int]]:
        """Where headers begin and where they end, in order of address; headers do not overlap."""
        headers = sorted((a, a + kind.SIZE) for name, kind in self._structs.items() for a in self.claimed(name))
        return [start for start, _ in headers], [end for _, end in headers]


def differences(now: bytes, then: bytes) -> list[int]:
    """The places, in order, at which two strings of the same length differ."""
    both = int.from_bytes(now, "little") ^ int.from_bytes(then, "little")
    return [found.start() for found in NOT_0.finditer(both.to_bytes(len(now), "little"))]
