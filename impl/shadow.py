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

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from impl.address_space import BORROWED, FRAME_MASK, AddressSpace
from impl.arithmetic import PAGE_SIZE
from impl.errors import BusError, PageFault, ShadowViolation
from impl.layout import Field, Struct
from impl.memory import Array
from impl.ram import BaseMemory, PhysicalMemory
from impl.virtual_memory import VirtualMemory
from impl.widths import check_array

WORD = 8


class Counter:
    """Loads and stores of software, in accesses, and the loads of the hardware's page-table walker."""

    __slots__ = ("loads", "stores", "walk_loads")

    def __init__(self) -> None:
        self.loads = 0
        self.stores = 0
        self.walk_loads = 0

    @property
    def total(self) -> int:
        """Loads plus stores of software."""
        return self.loads + self.stores

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Accesses inside do not count: for invariants and other ghost code."""
        before = self.loads, self.stores, self.walk_loads
        try:
            yield
        finally:
            self.loads, self.stores, self.walk_loads = before


class Shadow:
    """The set of claims: pairwise disjoint ranges of bytes, each one struct or an array of one struct."""

    def __init__(self) -> None:
        self._claims: dict[int, tuple[type[Struct], int]] = {}
        self._starts: list[int] = []
        self._by_struct: dict[type[Struct], list[int]] = {}
        self._arrays: list[int] = []

    def claim(self, struct: type[Struct], address: int, count: int = 1) -> None:
        """``count`` records of ``struct`` (``count`` > 0, ``struct.SIZE`` > 0) now lie at ``address``."""
        size = struct.SIZE * count
        if size <= 0:
            raise ShadowViolation(f"claim of {count} {struct.__name__} of {struct.SIZE} bytes")
        self.check_clear(address, size, f"claim of {struct.__name__}")
        self._add(struct, address, count)

    def release(self, struct: type[Struct], address: int, count: int = 1) -> None:
        """``count`` > 0 records of ``struct``, side by side from ``address`` on and all of them claimed, are gone."""
        end = address + struct.SIZE * count
        holding = self._holding(struct, address, end)
        if not holding:
            raise ShadowViolation(f"release of {count} {struct.__name__} at {address:#x}, which is not claimed so")
        for start in holding:
            self._cut(start, address, end)

    def release_range(self, struct: type[Struct], low: int, high: int) -> None:
        """Every record of ``struct`` that begins in [low, high) is gone; each of them must end there."""
        begun = self._reaching(struct, low, high)
        for start in begun:
            last = min(self._end(start), start + struct.SIZE * -(-(high - start) // struct.SIZE)) - struct.SIZE
            if low <= last < high < last + struct.SIZE:
                raise ShadowViolation(f"release up to {high:#x} cuts the {struct.__name__} at {last:#x}")
        for start in begun:
            self._cut(start, low, high)

    def is_claimed(self, struct: type[Struct], address: int) -> bool:
        """Whether a ``struct`` is claimed at exactly ``address``, alone or in an array."""
        claim = self._claims.get(address)
        if claim is not None:
            return claim[0] is struct
        number = bisect_right(self._arrays, address) - 1
        if number < 0:
            return False
        start = self._arrays[number]
        owner, count = self._claims[start]
        return owner is struct and (address - start) % struct.SIZE == 0 and address < start + count * struct.SIZE

    def all_claims(self) -> list[tuple[int, type[Struct], int]]:
        """Every claim, by address: (address, struct, count)."""
        return [(start, *self._claims[start]) for start in self._starts]

    def touches(self, address: int, size: int) -> int | None:
        """The start of the lowest claim that shares a byte with [address, address + size), or None."""
        if size <= 0:
            return None
        number = bisect_right(self._starts, address)
        if number > 0 and self._end(self._starts[number - 1]) > address:
            return self._starts[number - 1]
        if number < len(self._starts) and self._starts[number] < address + size:
            return self._starts[number]
        return None

    def claims(self, struct: type[Struct], low: int, high: int) -> list[int]:
        """The sorted addresses in [low, high) at which a ``struct`` is claimed."""
        found: list[int] = []
        for start in self._reaching(struct, low, high):
            end = self._end(start)
            found.extend(place for place in range(start, end, struct.SIZE) if low <= place < high)
        return found

    def check_field(self, field: Field[Any], address: int) -> None:
        """ShadowViolation unless the field's struct is claimed at ``address``."""
        if not self.is_claimed(field.struct, address):
            raise ShadowViolation(f"access to {field} at {address:#x}, where no {field.struct.__name__} is claimed")

    def check_clear(self, address: int, size: int, what: str) -> None:
        """ShadowViolation if [address, address + size) shares a byte with a claim."""
        start = self.touches(address, size)
        if start is not None:
            owner = self._claims[start][0].__name__
            raise ShadowViolation(f"{what}: {size} bytes at {address:#x} meet the {owner} at {start:#x}")

    def _end(self, start: int) -> int:
        struct, count = self._claims[start]
        return start + struct.SIZE * count

    def _reaching(self, struct: type[Struct], low: int, high: int) -> list[int]:
        """The starts of the claims of ``struct`` that may have records that begin in [low, high)."""
        starts = self._by_struct.get(struct, [])
        return starts[max(bisect_right(starts, low) - 1, 0) : bisect_left(starts, high)]

    def _holding(self, struct: type[Struct], address: int, end: int) -> list[int]:
        """The starts of the claims that hold records of ``struct`` all over [address, end); none if one is missing."""
        holding: list[int] = []
        number = bisect_right(self._starts, address) - 1
        while address < end:
            if not 0 <= number < len(self._starts) or not self.is_claimed(struct, address):
                return []
            holding.append(self._starts[number])
            address = self._end(self._starts[number])
            number += 1
        return holding

    def _cut(self, start: int, low: int, high: int) -> None:
        """The records of the claim at ``start`` that begin in [low, high) are gone, the others stay."""
        struct, count = self._claims[start]
        before, after = (min(max(-(-(edge - start) // struct.SIZE), 0), count) for edge in (low, high))
        self._remove(struct, start, count)
        self._add(struct, start, before)
        self._add(struct, start + after * struct.SIZE, count - max(after, before))

    def _add(self, struct: type[Struct], address: int, count: int) -> None:
        if count <= 0:
            return
        self._claims[address] = (struct, count)
        insort(self._starts, address)
        insort(self._by_struct.setdefault(struct, []), address)
        if count != 1:
            insort(self._arrays, address)

    def _remove(self, struct: type[Struct], address: int, count: int) -> None:
        del self._claims[address]
        _drop(self._starts, address)
        _drop(self._by_struct[struct], address)
        if count != 1:
            _drop(self._arrays, address)


class CheckedArray:
    """An array of one-byte structs, each item a counted and checked load."""

    def __init__(self, memory: Checked, field: Field[Any], address: int, count: int) -> None:
        if count < 0:
            raise ShadowViolation(f"an array of {count} {field}")
        self._memory = memory
        self._field = field
        self._address = address
        self._count = count

    def __getitem__(self, number: int, /) -> int:
        if not 0 <= number < self._count:
            raise ShadowViolation(f"item {number} of an array of {self._count}")
        value: int = self._memory.read(self._field, self._address + number)
        return value


class Checked(BaseMemory):
    """Mixed into a concrete memory, before it: counts every access and checks it against ``shadow``."""

    counter: Counter
    shadow: Shadow

    def read(self, field: Field[Any], address: int, /) -> Any:
        """A counted field load through a claimed struct."""
        self.shadow.check_field(field, address)
        self.counter.loads += 1
        return super().read(field, address)

    def peek(self, field: Field[Any], address: int, /) -> Any:
        """A counted load of what may be a field."""
        self.counter.loads += 1
        return super().read(field, address)

    def write(self, field: Field[Any], address: int, value: Any, /) -> None:
        """A counted field store through a claimed struct."""
        self.shadow.check_field(field, address)
        self.counter.stores += 1
        super().write(field, address, value)

    def array(self, field: Field[Any], address: int, count: int, /) -> Array:
        """An array whose items are counted loads through claimed structs."""
        check_array(field)
        return CheckedArray(self, field, address, count)

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
        if self.shadow.is_claimed(struct, address):
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


class CheckedRam(Checked, PhysicalMemory):
    """RAM whose accesses are counted and checked against a shadow of physical addresses."""

    def __init__(self, size_bytes: int, counter: Counter | None = None) -> None:
        super().__init__(size_bytes)
        self.counter = counter or Counter()
        self.shadow = Shadow()

    def _check_present(self, struct: type[Struct], address: int, size: int) -> None:
        try:
            self.check(address, size)
        except BusError as error:
            raise ShadowViolation(f"claim of {struct.__name__} outside RAM: {error}") from error


class CheckedMemory(Checked, VirtualMemory):
    """Virtual memory whose accesses are counted and checked against a shadow of virtual addresses."""

    def __init__(self, space: AddressSpace, counter: Counter, user_mode: bool = False) -> None:
        super().__init__(space, user_mode)
        self.counter = counter
        self.shadow = Shadow()

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
        return super()._table_word(slot)

    def _check_frame(self, leaf: int) -> None:
        super()._check_frame(leaf)
        if isinstance(self.ram, CheckedRam) and not leaf & BORROWED:
            self.ram.shadow.check_clear(leaf & FRAME_MASK, PAGE_SIZE, "page")

    def _check_present(self, struct: type[Struct], address: int, size: int) -> None:
        try:
            with self.counter.paused():
                self._starts(address, size, True)
        except (BusError, PageFault) as error:
            raise ShadowViolation(f"claim of {struct.__name__} on memory that is not there: {error}") from error


def words_in(size: int) -> int:
    """How many 8-byte accesses move ``size`` bytes."""
    return -(-size // WORD)


def _drop(ordered: list[int], address: int) -> None:
    """Remove ``address``, which is there, from a sorted list."""
    del ordered[bisect_left(ordered, address)]
