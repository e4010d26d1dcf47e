"""Virtual memory: what a program on the machine loads and stores, through page tables and a TLB.

The translation lookaside buffer remembers, for each page, by how much its physical address
differs from its virtual one: one table for reads, one for writes.  It is filled by walking the
tables in RAM as the hardware does, not through the code of ``AddressSpace``.  A stale entry
stays until ``invalidate``: like the real one, this TLB does not notice that a table changed.
That each operation here forgets what it must is proved (model/virtual_memory/).

An access that faults changes nothing, even where it crosses a page border.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from impl.address_space import (
    BORROWED,
    ENTRIES,
    FRAME_MASK,
    NO_EXECUTE,
    NO_ROOT,
    PRESENT,
    USER,
    WRITABLE,
    AddressSpace,
    Entry,
    is_canonical,
    slot_of,
)
from impl.arithmetic import PAGE_SHIFT, PAGE_SIZE, WORD_LIMIT, check_word
from impl.errors import BusError, MappingError, PageFault, PhysicalMemoryFull
from impl.layout import Field
from impl.memory import Array
from impl.ram import BaseMemory, PhysicalMemory
from impl.widths import check_array, check_fits, limit_of
from model.language.annotations import by_contract, hold, loop

TLB_ENTRIES = 1 << 16
"""How many pages a TLB remembers, where nothing else is said; a full one is emptied, which programs rarely see."""
PLACE_BASE = 0x1000_0000_0000
PLACE_END = 0x7000_0000_0000
"""Where the machine maps pages whose address nobody chose."""
DATA = WRITABLE | NO_EXECUTE
"""The flags of a heap's pages."""


class VirtualMemory(BaseMemory):
    """The ``Memory`` protocol on virtual addresses, plus loads and stores for programs.

    ``space.memory`` must be the machine's RAM.  With ``user_mode`` the user bit counts too.  The TLB has room for
    ``tlb_entries`` pages, at least one.
    PageFault for a page that the tables do not grant; BusError for one outside RAM.
    """

    def __init__(self, space: AddressSpace, user_mode: bool = False, tlb_entries: int = TLB_ENTRIES) -> None:
        super().__init__()
        if not isinstance(space.memory, PhysicalMemory):
            raise TypeError("the page tables must lie in physical memory")
        if tlb_entries < 1:
            raise ValueError(f"a TLB has room for one page at least, not {tlb_entries}")
        self.space = space
        self.ram = space.memory
        self.tlb_entries = tlb_entries
        self.user_mode = user_mode
        self._views = self.ram.views
        self._words = self.ram.views["Q"]
        self._table_words = self.ram.views["Q"]
        self._cells = self.ram.cells
        self._readable: dict[int, int] = {}
        self._writable: dict[int, int] = {}
        self.placement: Callable[[int], int] | None = None
        """Chooses addresses for new pages (number of pages -> address, or NULL) in place of the default."""
        self._next_place = PLACE_BASE

    # ---- typed access and words: the hot paths -----------------------------------------

    def read(self, field: Field[Any], address: int, /) -> Any:
        """Load ``field`` of the struct at ``address``."""
        address += field.offset
        if address & field.mask:
            return self._load(address, field.width)
        try:
            physical = address + self._readable[address >> 12]
        except KeyError:
            physical = self._translate(address, False)
        view = self._views[field.code]
        return view[physical >> field.shift]

    def write(self, field: Field[Any], address: int, value: Any, /) -> None:
        """Store ``value`` into ``field`` of the struct at ``address``; ValueError unless it fits."""
        address += field.offset
        if address & field.mask:
            self._store(address, field.width, value)
            return
        try:
            physical = address + self._writable[address >> 12]
        except KeyError:
            physical = self._translate(address, True)
        view = self._views[field.code]
        view[physical >> field.shift] = value

    def array(self, field: Field[Any], address: int, count: int, /) -> Array:
        """``field`` of ``count`` one-byte structs, side by side from ``address`` on."""
        check_array(field)
        return self._load_raw(address + field.offset, count)

    def load_u64(self, address: int) -> int:
        """The 8-byte word at ``address``: ``load(address, 8)``, as fast as it can be."""
        if address & 7:
            return self._load(address, 8)
        try:
            return self._words[(address + self._readable[address >> 12]) >> 3]  # type: ignore[no-any-return]
        except KeyError:
            return self._load(address, 8)

    def load(self, address: int, width: int, /) -> int:
        """The little-endian word of ``width`` bytes (1, 2, 4 or 8) at ``address``, at any alignment."""
        return self._load(address, width)

    def store(self, address: int, width: int, value: int, /) -> None:
        """Store ``value`` (0 <= value < 256**width) at ``address``, at any alignment; all bytes or none."""
        self._store(address, width, value)

    # ---- bytes -------------------------------------------------------------------------

    def load_bytes(self, address: int, size: int, /) -> bytes:
        """The ``size`` bytes at ``address``."""
        return self._load_raw(address, size)

    def store_bytes(self, address: int, data: bytes, /) -> None:
        """Write ``data`` at ``address``, all of it or none."""
        self._store_raw(address, data, True)

    def fill(self, address: int, size: int, byte: int, /) -> None:
        """Set every byte of [address, address + size) to ``byte`` (0..255), all of them or none."""
        check_fits(byte, 1)
        if 0 < size <= PAGE_SIZE - address % PAGE_SIZE:
            self._cells.fill(self._translate(address, True), size, byte)
            return
        differences = self._differences(address, size, True)
        first = address >> PAGE_SHIFT
        done = 0
        while done < size:
            loop("fill_pages", self, address, size, byte, done)
            place = address + done
            length = min(size - done, PAGE_SIZE - place % PAGE_SIZE)
            start = place + differences[(place >> PAGE_SHIFT) - first]
            self._cells.fill(start, length, byte)
            hold("stands_at", self, place, start, length)
            done = done + length

    def copy(self, target: int, source: int, size: int, /) -> None:
        """Copy ``size`` bytes, all of them or none, as if through a copy of them."""
        self._store_raw(target, self._load_raw(source, size), True)

    def vandalise(self, address: int, data: bytes, /) -> None:
        """Write ``data`` as a wild device would: unchecked, uncounted, read-only pages too.  For tests."""
        self._store_raw(address, data, False)

    # ---- pages -------------------------------------------------------------------------

    def map(self, address: int, pages: int, /) -> bool:
        """Map ``pages`` fresh, zeroed, writable pages at ``address``; False, nothing changed, if refused."""
        try:
            self.space.map(address, pages, DATA)
        except (MappingError, PhysicalMemoryFull):
            return False
        return True

    def find_place(self, pages: int, /) -> int:
        """The next address for ``pages`` pages: what ``placement`` says; by default upwards from PLACE_BASE."""
        if self.placement is not None:
            return self.placement(pages)
        address = self._next_place
        if not 0 < pages <= (PLACE_END - address) >> PAGE_SHIFT:
            return 0
        self._next_place = address + (pages << PAGE_SHIFT)
        return address

    def unmap(self, address: int, pages: int, /) -> None:
        """Unmap ``pages`` pages; refused, nothing changed, as ``AddressSpace.unmap`` documents."""
        self.space.unmap(address, pages)
        self.invalidate(address, pages)

    def protect(self, address: int, pages: int, flags: int) -> None:
        """Give ``pages`` mapped pages the ``flags``; refused as ``AddressSpace.protect`` documents."""
        self.space.protect(address, pages, flags)
        self.invalidate(address, pages)

    def is_mapped(self, address: int, size: int, /) -> bool:
        """Whether the tables grant reading and writing of all of [address, address + size).

        ValueError for what is no word.
        """
        check_word(address, "address")
        check_word(size, "size")
        if size == 0:
            return True
        try:
            for page in range(address >> PAGE_SHIFT, (address + size + PAGE_SIZE - 1) >> PAGE_SHIFT):
                self._walk(page << PAGE_SHIFT, True)
        except PageFault:
            return False
        return True

    def invalidate(self, address: int, pages: int = 1) -> None:
        """Forget the translation of ``pages`` pages from the one that holds ``address`` on (INVLPG)."""
        first = address >> PAGE_SHIFT
        done = 0
        while done < pages:
            loop("forget_pages", self, first, done, pages)
            self._readable.pop(first + done, None)
            self._writable.pop(first + done, None)
            done = done + 1

    def flush(self) -> None:
        """Forget every translation, as a load of CR3 does."""
        self._readable.clear()
        self._writable.clear()

    def translations(self) -> list[tuple[int, int, bool]]:
        """What the TLB holds: (virtual page address, physical page address, writable), sorted."""
        entries = []
        for table, write in ((self._readable, False), (self._writable, True)):
            for page, difference in table.items():
                entries.append((page << PAGE_SHIFT, (page << PAGE_SHIFT) + difference, write))
        return sorted(entries)

    # ---- translation -------------------------------------------------------------------

    @by_contract
    def _translate(self, address: int, write: bool) -> int:
        """The physical address behind ``address``; PageFault if the access is not granted."""
        table = self._writable if write else self._readable
        difference = table.get(address >> PAGE_SHIFT)
        if difference is None:
            difference = self._refill(address, write)
        return address + difference

    def _refill(self, address: int, write: bool) -> int:
        """Walk the tables after a TLB miss; remember and return physical minus virtual address."""
        frame = self._walk(address, write)
        page = address >> PAGE_SHIFT
        difference = frame - (page << PAGE_SHIFT)
        if len(self._readable) >= self.tlb_entries:
            self.flush()
        self._readable[page] = difference
        if write:
            self._writable[page] = difference
        return difference

    def _walk(self, address: int, write: bool) -> int:
        """The physical address of the page of ``address``, as the hardware finds it in at most 4 loads."""
        access = "write" if write else "read"
        if not (0 <= address < WORD_LIMIT and is_canonical(address)):
            raise PageFault(address, access, "not canonical")
        entry = self._look_up(address)
        if entry & PRESENT == 0:
            raise PageFault(address, access, "not present")
        if self.user_mode and entry & USER == 0:
            raise PageFault(address, access, "supervisor")
        if write and entry & WRITABLE == 0:
            raise PageFault(address, access, "read-only")
        self._check_frame(entry)
        return entry & FRAME_MASK

    @by_contract
    def _look_up(self, address: int) -> int:
        """The entry of the page of a canonical ``address``, its rights those that all levels grant; 0 for none."""
        entry = self.space.root
        if entry == NO_ROOT:
            return 0
        writable, user = True, True
        for number in numbers_of(address >> PAGE_SHIFT):
            entry = self._table_word(slot_of(entry & FRAME_MASK, number))
            if entry & PRESENT == 0:
                return 0
            writable = writable & (entry & WRITABLE != 0)
            user = user & (entry & USER != 0)
        return (entry & (FRAME_MASK | BORROWED | PRESENT)) + writable * WRITABLE + user * USER

    def _table_word(self, slot: int) -> int:
        """One load of the hardware walker."""
        if slot + Entry.SIZE > self.ram.size:
            raise BusError(f"page table entry at {slot:#x} lies outside RAM")
        return self._table_words[slot >> 3]  # type: ignore[no-any-return]

    def _check_frame(self, leaf: int) -> None:
        """BusError unless the frame of the entry ``leaf`` lies in RAM."""
        self.ram.check(leaf & FRAME_MASK, PAGE_SIZE)

    @by_contract
    def _differences(self, address: int, size: int, write: bool) -> list[int]:
        """For each page of a range, by how much its bytes lie further on in RAM; faults come before any access."""
        if size < 0:
            raise ValueError(f"size must not be negative: {size}")
        found: list[int] = []
        place = address
        end = address + size
        while place < end:
            loop("find_pages", self, address, size, write, place, found)
            found += (self._translate(place, write) - place,)
            place = place - place % PAGE_SIZE + PAGE_SIZE
        return found

    @by_contract
    def _load_raw(self, address: int, size: int) -> bytes:
        """The ``size`` bytes at ``address``."""
        if 0 < size <= PAGE_SIZE - address % PAGE_SIZE:
            return self._cells.take(self._translate(address, False), size)
        differences = self._differences(address, size, False)
        first = address >> PAGE_SHIFT
        data = bytearray()
        done = 0
        while done < size:
            loop("load_pages", self, address, size, done, data)
            place = address + done
            length = min(size - done, PAGE_SIZE - place % PAGE_SIZE)
            data += self._cells.take(place + differences[(place >> PAGE_SHIFT) - first], length)
            done = done + length
        return bytes(data)

    @by_contract
    def _store_raw(self, address: int, data: bytes, write: bool) -> None:
        """Write ``data`` at ``address``, all of it or none; unless it is a ``write``, to read-only pages, too."""
        size = len(data)
        if 0 < size <= PAGE_SIZE - address % PAGE_SIZE:
            self._cells.put(self._translate(address, write), data, 0, size)
            return
        differences = self._differences(address, size, write)
        first = address >> PAGE_SHIFT
        done = 0
        while done < size:
            loop("store_pages", self, address, data, done)
            place = address + done
            length = min(size - done, PAGE_SIZE - place % PAGE_SIZE)
            start = place + differences[(place >> PAGE_SHIFT) - first]
            self._cells.put(start, data, done, length)
            hold("stands_at", self, place, start, length)
            done = done + length

    @by_contract
    def _load(self, address: int, width: int) -> int:
        """The word of ``width`` bytes at ``address``."""
        limit_of(width)
        if address % PAGE_SIZE <= PAGE_SIZE - width:
            return self._cells.load(self._translate(address, False), width)
        return self._cells.decode(self._load_raw(address, width), width)

    @by_contract
    def _store(self, address: int, width: int, value: int) -> None:
        """Store the word ``value`` of ``width`` bytes at ``address``."""
        check_fits(value, width)
        if address % PAGE_SIZE <= PAGE_SIZE - width:
            self._cells.store(self._translate(address, True), width, value)
        else:
            self._store_raw(address, self._cells.encode(value, width), True)


def numbers_of(page: int) -> tuple[int, int, int, int]:
    """The numbers of the four entries on the way to a page, each among those of its level (``slot_of``)."""
    table = page // ENTRIES
    directory = table // ENTRIES
    return directory // ENTRIES, directory, table, page
