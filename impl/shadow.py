"""Shadow memory: which bytes are headers, of which type.  A ghost type map, as ASan keeps one.

Used by checked runs only; ordinary machines do not know it and pay nothing.  Every rule says
"at once, before the access": a ShadowViolation leaves memory untouched.

    claim        not over another claim, not on memory that is not there
    release      of what is claimed, alone or in an array; a single one's struct agrees that it has ``retired``
    field access through a struct that is claimed at exactly that address
    fill, copy   (an allocator's raw access) clear of claims
    load, store, load_bytes, store_bytes   (a user's access) clear of claims
    unmap        of pages without claims; a table or header frame is never reached as data
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from impl.address_space import AddressSpace
from impl.arithmetic import PAGE_SHIFT, PAGE_SIZE
from impl.counter import Counter, words_in
from impl.errors import BusError, PageFault, ShadowViolation
from impl.layout import Field, Struct
from impl.memory import Array
from impl.page_tables import BORROWED, FRAME_MASK
from impl.ram import BaseMemory, PhysicalMemory
from impl.spans import Spans
from impl.virtual_memory import VirtualMemory
from impl.widths import check_array


class Shadow:
    """The set of claims: pairwise disjoint ranges of bytes, each one struct or an array of one struct.

    They are found by the pages in which they lie, so that a claim takes the same time however many there are.
    """

    def __init__(self) -> None:
        self.heads: dict[int, type[Struct]] = {}
        """The struct at the start of each claim, and at records of arrays that were asked for: what most accesses need
        to know, for whoever must be quick."""
        self.changes = 0
        """How often a claim came or went."""
        self._spans = Spans()
        self._ends = self._spans.ends
        self.touches = self._spans.touching
        """The start of the lowest claim that shares a byte with so many bytes at an address, or None."""
        self._asked_for: dict[int, list[int]] = {}
        """Of an array, by its start, the records behind it that stand in ``heads``."""

    def claim(self, struct: type[Struct], address: int, count: int = 1) -> None:
        """``count`` records of ``struct`` (``count`` > 0, ``struct.SIZE`` > 0) now lie at ``address``."""
        size = struct.SIZE * count
        if size <= 0:
            raise ShadowViolation(f"claim of {count} {struct.__name__} of {struct.SIZE} bytes")
        if self.touches(address, size) is not None:
            self.check_clear(address, size, f"claim of {struct.__name__}")
        self.changes += 1
        self.heads[address] = struct
        self._spans.add(address, address + size)

    def release(self, struct: type[Struct], address: int, count: int = 1) -> None:
        """``count`` > 0 records of ``struct``, side by side from ``address`` on and all of them claimed, are gone."""
        end = address + struct.SIZE * count
        if self._ends.get(address) == end and self.heads[address] is struct:
            self._remove(address)
            return
        holding = self._holding(struct, address, end)
        if not holding:
            raise ShadowViolation(f"release of {count} {struct.__name__} at {address:#x}, which is not claimed so")
        for start in holding:
            self._cut(start, address, end)

    def release_range(self, struct: type[Struct], low: int, high: int) -> None:
        """Every record of ``struct`` that begins in [low, high) is gone; each of them must end there."""
        begun = self._reaching(struct, low, high)
        for start in begun:
            last = min(self._ends[start], start + struct.SIZE * -(-(high - start) // struct.SIZE)) - struct.SIZE
            if low <= last < high < last + struct.SIZE:
                raise ShadowViolation(f"release up to {high:#x} cuts the {struct.__name__} at {last:#x}")
        for start in begun:
            self._cut(start, low, high)

    def is_claimed(self, struct: type[Struct], address: int) -> bool:
        """Whether a ``struct`` is claimed at exactly ``address``, alone or in an array."""
        owner = self.heads.get(address)
        if owner is not None:
            return owner is struct
        start = self.touches(address, 1)
        if start is None or self.heads[start] is not struct or (address - start) % struct.SIZE != 0:
            return False
        self.heads[address] = struct
        self._asked_for.setdefault(start, []).append(address)
        return True

    def is_claimed_all_over(self, struct: type[Struct], address: int, count: int) -> bool:
        """Whether ``count`` structs are claimed side by side from ``address`` on."""
        return count == 0 or bool(self._holding(struct, address, address + struct.SIZE * count))

    def all_claims(self) -> list[tuple[int, type[Struct], int]]:
        """Every claim, by address: (address, struct, count)."""
        return [(start, self.heads[start], self._count(start)) for start in sorted(self._ends)]

    def claims(self, struct: type[Struct], low: int, high: int) -> list[int]:
        """The sorted addresses in [low, high) at which a ``struct`` is claimed."""
        size, found = struct.SIZE, list[int]()
        for start in self._reaching(struct, low, high):
            end = self._ends[start]
            if end - start == size:
                found += (start,) if low <= start else ()
            else:
                first = start + max(-(-(low - start) // size), 0) * size
                found += range(first, min(end, high), size)
        return found

    def check_field(self, field: Field[Any], address: int) -> None:
        """ShadowViolation unless the field's struct is claimed at ``address``."""
        if not self.is_claimed(field.struct, address):
            raise ShadowViolation(f"access to {field} at {address:#x}, where no {field.struct.__name__} is claimed")

    def check_clear(self, address: int, size: int, what: str) -> None:
        """ShadowViolation if [address, address + size) shares a byte with a claim."""
        start = self.touches(address, size)
        if start is not None:
            owner = self.heads[start].__name__
            raise ShadowViolation(f"{what}: {size} bytes at {address:#x} meet the {owner} at {start:#x}")

    def _count(self, start: int) -> int:
        return (self._ends[start] - start) // self.heads[start].SIZE

    def _reaching(self, struct: type[Struct], low: int, high: int) -> list[int]:
        """The starts, sorted, of the claims of ``struct`` with bytes in [low, high)."""
        heads = self.heads
        return [start for start in self._spans.within(low, high) if heads[start] is struct]

    def _holding(self, struct: type[Struct], address: int, end: int) -> list[int]:
        """The starts of the claims that hold records of ``struct`` all over [address, end); none if one is missing."""
        holding: list[int] = []
        while address < end:
            start = self.touches(address, 1)
            if start is None or not self.is_claimed(struct, address):
                return []
            holding.append(start)
            address = self._ends[start]
        return holding

    def _cut(self, start: int, low: int, high: int) -> None:
        """The records of the claim at ``start`` that begin in [low, high) are gone, the others stay."""
        struct, count = self.heads[start], self._count(start)
        before, after = (min(max(-(-(edge - start) // struct.SIZE), 0), count) for edge in (low, high))
        self._remove(start)
        self._add(struct, start, before)
        self._add(struct, start + after * struct.SIZE, count - max(after, before))

    def _add(self, struct: type[Struct], address: int, count: int) -> None:
        if count > 0:
            self.changes += 1
            self.heads[address] = struct
            self._spans.add(address, address + struct.SIZE * count)

    def _remove(self, address: int) -> None:
        self.changes += 1
        del self.heads[address]
        self._spans.remove(address)
        for record in self._asked_for.pop(address, ()):
            del self.heads[record]


class CheckedArray:
    """An array of one-byte structs, all of them claimed: each item is a counted load of what it was at the beginning.

    An item that is not claimed any more, and a number that is none, is a ShadowViolation.
    """

    def __init__(self, memory: Checked, field: Field[Any], address: int, items: Array, count: int) -> None:
        self._memory = memory
        self._shadow = memory.shadow
        self._changes = memory.shadow.changes
        self._field = field
        self._address = address
        self._items = items
        self._count = count

    def __getitem__(self, number: int, /) -> int:
        if not 0 <= number < self._count:
            raise ShadowViolation(f"item {number} of an array of {self._count}")
        if self._changes != self._shadow.changes:
            self._shadow.check_field(self._field, self._address + number)
        self._memory.counter.loads += 1
        return self._items[number]


class Checked(BaseMemory):
    """Mixed into a concrete memory, before it: counts every access and checks it against ``shadow``."""

    counter: Counter
    shadow: Shadow
    head_at: Callable[[int], type[Struct] | None]
    """The struct at the start of the claim that begins there: ``shadow.heads.get``."""
    plain_read: Callable[[Field[Any], int], Any]
    plain_write: Callable[[Field[Any], int, Any], None]
    """``read`` and ``write`` of the memory that is checked: ``super()`` takes longer than the access."""

    def read(self, field: Field[Any], address: int, /) -> Any:
        """A counted field load through a claimed struct."""
        if self.head_at(address) is not field.struct:
            self.shadow.check_field(field, address)
        self.counter.loads += 1
        return self.plain_read(field, address)

    def peek(self, field: Field[Any], address: int, /) -> Any:
        """A counted load of what may be a field."""
        self.counter.loads += 1
        return self.plain_read(field, address)

    def write(self, field: Field[Any], address: int, value: Any, /) -> None:
        """A counted field store through a claimed struct."""
        if self.head_at(address) is not field.struct:
            self.shadow.check_field(field, address)
        self.counter.stores += 1
        self.plain_write(field, address, value)

    def array(self, field: Field[Any], address: int, count: int, /) -> Array:
        """An array whose items are counted loads through claimed structs, all of which are there."""
        check_array(field)
        if count < 0:
            raise ShadowViolation(f"an array of {count} {field}")
        if not self.shadow.is_claimed_all_over(field.struct, address, count):
            raise ShadowViolation(f"an array of {count} {field} at {address:#x}, where not all are claimed")
        return CheckedArray(self, field, address, super().array(field, address, count), count)

    def load(self, address: int, width: int, /) -> int:
        """A user's load: one load."""
        self.shadow.check_clear(address, width, "load")
        self.counter.loads += 1
        return super().load(address, width)

    def store(self, address: int, width: int, value: int, /) -> None:
        """A user's store: one store."""
        self.shadow.check_clear(address, width, "store")
        self.counter.stores += 1
        super().store(address, width, value)

    def load_bytes(self, address: int, size: int, /) -> bytes:
        """A user's load of bytes: one load per 8 bytes, rounded up."""
        self.shadow.check_clear(address, size, "load")
        self.counter.loads += words_in(size)
        return super().load_bytes(address, size)

    def store_bytes(self, address: int, data: bytes, /) -> None:
        """A user's store of bytes: one store per 8 bytes, rounded up."""
        self.shadow.check_clear(address, len(data), "store")
        self.counter.stores += words_in(len(data))
        super().store_bytes(address, data)

    def fill(self, address: int, size: int, byte: int, /) -> None:
        """An allocator's fill: one store per 8 bytes, rounded up."""
        self.shadow.check_clear(address, size, "fill")
        self.counter.stores += words_in(size)
        super().fill(address, size, byte)

    def copy(self, target: int, source: int, size: int, /) -> None:
        """An allocator's copy: one load and one store per 8 bytes, rounded up."""
        self.shadow.check_clear(source, size, "copy")
        self.shadow.check_clear(target, size, "copy")
        self.counter.loads += words_in(size)
        self.counter.stores += words_in(size)
        super().copy(target, source, size)

    def claim(self, struct: type[Struct], address: int, /) -> None:
        """A header comes into being, on memory that is there and free of headers."""
        self.claim_array(struct, address, 1)

    def claim_array(self, struct: type[Struct], address: int, count: int, /) -> None:
        """``count`` adjacent records come into being."""
        self._check_present(struct, address, struct.SIZE * count)
        self.shadow.claim(struct, address, count)

    def release(self, struct: type[Struct], address: int, /) -> None:
        """A header goes, which must have been retired."""
        if _may_be_in_use(struct) and self.shadow.is_claimed(struct, address):
            with self.counter.paused():
                if not struct.retired(struct(self, address)):
                    raise ShadowViolation(f"release of the {struct.__name__} at {address:#x}, which is in use")
        self.shadow.release(struct, address)

    def release_array(self, struct: type[Struct], address: int, count: int, /) -> None:
        """An array of records goes."""
        self.shadow.release(struct, address, count)

    def release_range(self, struct: type[Struct], start: int, end: int, /) -> None:
        """Every header of one type in [start, end) goes, retired or not; none that begins there reaches beyond."""
        self.shadow.release_range(struct, start, end)

    def _check_present(self, struct: type[Struct], address: int, size: int) -> None:
        """ShadowViolation unless [address, address + size) is memory that can be written."""
        raise NotImplementedError


@cache
def _may_be_in_use(struct: type[Struct]) -> bool:
    """Whether the struct says itself what a header that goes must show."""
    return any("retired" in vars(one) for one in struct.__mro__ if one is not Struct)


class CheckedRam(Checked, PhysicalMemory):
    """RAM whose accesses are counted and checked against a shadow of physical addresses."""

    plain_read = PhysicalMemory.read
    plain_write = PhysicalMemory.write

    def __init__(self, size_bytes: int, counter: Counter | None = None) -> None:
        super().__init__(size_bytes)
        self.counter = counter or Counter()
        self.shadow = Shadow()
        self.head_at = self.shadow.heads.get

    def _check_present(self, struct: type[Struct], address: int, size: int) -> None:
        try:
            self.check(address, size)
        except BusError as error:
            raise ShadowViolation(f"claim of {struct.__name__} outside RAM: {error}") from error


class CheckedMemory(Checked, VirtualMemory):
    """Virtual memory whose accesses are counted and checked against a shadow of virtual addresses."""

    plain_read = VirtualMemory.read
    plain_write = VirtualMemory.write

    def __init__(self, space: AddressSpace, counter: Counter, user_mode: bool = False) -> None:
        super().__init__(space, user_mode)
        self._physical = self.ram.shadow if isinstance(self.ram, CheckedRam) else None
        self.counter = counter
        self.shadow = Shadow()
        self.head_at = self.shadow.heads.get

    def load_u64(self, address: int) -> int:
        """``load(address, 8)``."""
        return self.load(address, 8)

    def fetch(self, address: int, /) -> int:
        """A program's fetch: one load, and of nothing that is a header."""
        self.shadow.check_clear(address, 1, "fetch")
        self.counter.loads += 1
        return super().fetch(address)

    def unmap(self, address: int, pages: int, /) -> None:
        """Unmap pages, none of which may hold a header."""
        self.shadow.check_clear(address, pages * PAGE_SIZE, "unmap")
        super().unmap(address, pages)

    def _table_word(self, slot: int) -> int:
        self.counter.walk_loads += 1
        return VirtualMemory._table_word(self, slot)

    def _check_frame(self, leaf: int) -> None:
        VirtualMemory._check_frame(self, leaf)
        claims = self._physical
        if claims is not None and not leaf & BORROWED and claims.touches(leaf & FRAME_MASK, PAGE_SIZE) is not None:
            claims.check_clear(leaf & FRAME_MASK, PAGE_SIZE, "page")

    def _check_present(self, struct: type[Struct], address: int, size: int) -> None:
        page = address >> PAGE_SHIFT
        if size > 0 and page in self._writable and page == (address + size - 1) >> PAGE_SHIFT:
            return
        try:
            with self.counter.paused():
                self._starts(address, size, True)
        except (BusError, PageFault) as error:
            raise ShadowViolation(f"claim of {struct.__name__} on memory that is not there: {error}") from error
