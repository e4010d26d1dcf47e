"""Virtual memory: what a program on the machine loads and stores, through page tables and a TLB.

The TLB (impl/mmu.py) goes on to show a page that is mapped no more until it forgets it.
So whoever unmaps or protects pages here tells every TLB of the space (impl/tlbs.py).  That each
operation here makes all of them forget what they must is proved (model/virtual_memory/).

An access that faults changes nothing, even where it crosses a page border.
"""

from __future__ import annotations

from typing import Any

from impl.address_space import AddressSpace
from impl.arithmetic import NULL, PAGE_SHIFT, PAGE_SIZE, check_word
from impl.errors import MappingError, PageFault, PhysicalMemoryFull
from impl.layout import Field
from impl.memory import Array
from impl.mmu import Mmu
from impl.page_tables import NO_EXECUTE, USER, WRITABLE
from impl.reach import PLACE_BASE, PLACE_END
from impl.widths import check_array, check_fits, limit_of
from model.language.annotations import advance, by_contract, hold, loop

TLB_ENTRIES = 1 << 16
"""How many pages a TLB remembers, where nothing else is said; a full one is emptied, which programs rarely see."""
FIRST_PLACE = PLACE_BASE >> PAGE_SHIFT
LAST_PLACE = PLACE_END >> PAGE_SHIFT
"""The number of the window's first page, and of the first page after it."""
DATA = WRITABLE | NO_EXECUTE
"""The flags of a heap's pages; those of a view in user mode have USER, too."""


class VirtualMemory(Mmu):
    """The ``Memory`` protocol on virtual addresses, plus loads and stores for programs.

    ``space.memory`` must be the machine's RAM.  With ``user_mode`` the user bit counts too.  The TLB has room for
    ``tlb_entries`` pages, at least one.
    PageFault for a page that the tables do not grant; BusError for one outside RAM.
    """

    def __init__(self, space: AddressSpace, user_mode: bool = False, tlb_entries: int = TLB_ENTRIES) -> None:
        if tlb_entries < 1:
            raise ValueError(f"a TLB has room for one page at least, not {tlb_entries}")
        super().__init__(space)
        self._views = self.ram.views
        self._words = self.ram.views["Q"]
        self._cells = self.ram.cells
        self._reset(user_mode, tlb_entries)

    def _reset(self, user_mode: bool, tlb_entries: int) -> None:
        """The TLB holds nothing, and has room for at least one page.

        ``_lowest`` is the page at which the search for a place begins.  Below it no page of the window is vacant, if
        all that map and unmap use this view; if not, the search takes longer, and finds no less.
        """
        self.flush()
        self.tlb_entries = tlb_entries
        self.user_mode = user_mode
        self._lowest = FIRST_PLACE

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

    def fetch(self, address: int, /) -> int:
        """The byte at ``address``, fetched as code: PageFault, too, if the entry of any level says no-execute."""
        return self.ram.buffer[self._translate_code(address)]

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
        done = PAGE_SIZE - address % PAGE_SIZE
        if 0 < size <= done:
            self._cells.fill(self._translate(address, True), size, byte)
            return
        starts = self._starts(address, size, True)
        if size > 0:
            self._cells.fill(starts[0], done, byte)
            hold("stands_at", self, address, starts[0], done)
            number = 1
            last = len(starts) - 1
            while number < last:
                loop("fill_pages", self, address, size, byte, done, number, last)
                self._cells.fill(starts[number], PAGE_SIZE, byte)
                hold("stands_at", self, address + done, starts[number], PAGE_SIZE)
                done = done + PAGE_SIZE
                number = number + 1
            self._cells.fill(starts[number], size - done, byte)
            hold("stands_at", self, address + done, starts[number], size - done)

    def copy(self, target: int, source: int, size: int, /) -> None:
        """Copy ``size`` bytes, all of them or none, as if through a copy of them."""
        self._store_raw(target, self._load_raw(source, size), True)

    def vandalise(self, address: int, data: bytes, /) -> None:
        """Write ``data`` as a wild device would: unchecked, uncounted, read-only pages too.  For tests."""
        self._store_raw(address, data, False)

    # ---- pages -------------------------------------------------------------------------

    def map(self, address: int, pages: int, /) -> bool:
        """Map ``pages`` fresh, zeroed pages at ``address``, which this view may read and write, all or nothing.

        True iff the space was not destroyed, the range is page-aligned, not empty and canonical, none of its pages is
        mapped, and the free frames suffice for pages and missing tables.  Otherwise nothing changes.  ValueError for
        what is no word.
        """
        flags = DATA | USER if self.user_mode else DATA
        try:
            self.space.map(address, pages, flags)
        except (MappingError, PhysicalMemoryFull):
            return False
        if address == self._lowest << PAGE_SHIFT:
            self._begin_at(self._lowest + pages)
        return True

    def find_place(self, pages: int, /) -> int:
        """The start of ``pages`` pages of the window [PLACE_BASE, PLACE_END) that are not mapped; it changes nothing.

        NULL iff the window has no such hole, or ``pages`` is not positive.  It is the lowest one, unless pages were
        unmapped by others than this view.  At most four loads a page of the window; absent tables are passed at once.
        """
        if not 0 < pages <= LAST_PLACE - FIRST_PLACE:
            return NULL
        place = self._find_hole(max(self._lowest, FIRST_PLACE), pages)
        if place == LAST_PLACE:
            place = self._find_hole(FIRST_PLACE, pages)
        return place << PAGE_SHIFT if place < LAST_PLACE else NULL

    def unmap(self, address: int, pages: int, /) -> None:
        """Unmap ``pages`` pages; refused, nothing changed, as ``AddressSpace.unmap`` documents."""
        self.space.unmap(address, pages)
        self._shoot_down(address, pages)
        page = address >> PAGE_SHIFT
        if FIRST_PLACE <= page < self._lowest:
            self._begin_at(page)

    def protect(self, address: int, pages: int, flags: int) -> None:
        """Give ``pages`` mapped pages the ``flags``; refused as ``AddressSpace.protect`` documents."""
        self.space.protect(address, pages, flags)
        self._shoot_down(address, pages)

    def destroy_space(self) -> None:
        """Destroy the address space: every frame goes back, and every TLB of it forgets everything."""
        self.space.destroy()
        self.flush_all()

    def flush_all(self) -> None:
        """Every TLB of the space forgets every translation."""
        number = 0
        while number < self.tlbs.count():
            loop("flush_tlbs", self, number)
            self.tlbs.flush(number)
            number = number + 1

    def is_mapped(self, address: int, size: int, /) -> bool:
        """Whether this view may read and write all of [address, address + size); an empty range it may.

        ValueError for what is no word.  At most four loads of the hardware walker a page.
        """
        check_word(address, "address")
        check_word(size, "size")
        page = address >> PAGE_SHIFT
        end = (address + size + PAGE_SIZE - 1) >> PAGE_SHIFT if size > 0 else page
        try:
            while page < end:
                loop("granted_pages", self, address, page, end)
                self._walk(page << PAGE_SHIFT, True)
                hold("page_granted", self, page)
                page = page + 1
        except PageFault:
            return False
        return True

    def _shoot_down(self, address: int, pages: int) -> None:
        """Every TLB of the space, this one among them, forgets the pages."""
        first = address >> PAGE_SHIFT
        number = 0
        while number < self.tlbs.count():
            loop("tell_all", self, first, pages, number)
            done = 0
            while done < pages:
                loop("tell_one", self, first, pages, number, done)
                self.tlbs.forget(number, first + done)
                done = done + 1
            number = number + 1

    # ---- holes -------------------------------------------------------------------------

    def _begin_at(self, page: int) -> None:
        """The next search for a place begins there."""
        self._lowest = page
        advance("search_begins", page)

    @by_contract
    def _find_hole(self, first: int, pages: int) -> int:
        """The first page from ``first`` (of the window or after it) on of the lowest hole of ``pages`` > 0 pages.

        LAST_PLACE if there is none.  Of ``pages`` pages the last is looked at first: if it is mapped, no hole
        begins at any of them.
        """
        start = first
        known = first
        vacant = first + pages
        while start + pages <= LAST_PLACE and known < vacant:
            loop("seek_hole", self, first, pages, start, known, vacant)
            since = self._vacant_since((vacant - 1) << PAGE_SHIFT)
            if since < vacant:
                vacant = max(since, known)
            else:
                known = start + pages
                start = vacant
                vacant = start + pages
        return start if start + pages <= LAST_PLACE else LAST_PLACE

    # ---- ranges of bytes ---------------------------------------------------------------

    @by_contract
    def _starts(self, address: int, size: int, write: bool) -> list[int]:
        """For each page of a range, where in RAM what it shows of the range begins; faults come before any access."""
        if size < 0:
            raise ValueError(f"size must not be negative: {size}")
        found: list[int] = []
        if size > 0:
            found += (self._translate(address, write),)
            page = (address >> PAGE_SHIFT) + 1
            last = (address + size - 1) >> PAGE_SHIFT
            while page <= last:
                loop("find_pages", self, address, write, page, last, found)
                found += (self._translate(page << PAGE_SHIFT, write),)
                page = page + 1
        return found

    @by_contract
    def _load_raw(self, address: int, size: int) -> bytes:
        """The ``size`` bytes at ``address``: of the first page, of whole pages, and of the last one."""
        near = PAGE_SIZE - address % PAGE_SIZE
        if 0 < size <= near:
            return self._cells.take(self._translate(address, False), size)
        if size < 0:
            raise ValueError(f"size must not be negative: {size}")
        data = bytearray()
        if size > 0:
            data += self._cells.take(self._translate(address, False), near)
            page = (address >> PAGE_SHIFT) + 1
            last = (address + size - 1) >> PAGE_SHIFT
            while page < last:
                loop("load_pages", self, address, page, last, data)
                data += self._cells.take(self._translate(page << PAGE_SHIFT, False), PAGE_SIZE)
                page = page + 1
            place = page << PAGE_SHIFT
            data += self._cells.take(self._translate(place, False), address + size - place)
        return bytes(data)

    @by_contract
    def _store_raw(self, address: int, data: bytes, write: bool) -> None:
        """Write ``data`` at ``address``, all of it or none; unless it is a ``write``, to read-only pages, too."""
        size = len(data)
        done = PAGE_SIZE - address % PAGE_SIZE
        if size <= done:
            if size > 0:
                self._cells.put(self._translate(address, write), data, 0, size)
            return
        starts = self._starts(address, size, write)
        self._cells.put(starts[0], data, 0, done)
        hold("stands_at", self, address, starts[0], done)
        number = 1
        last = len(starts) - 1
        while number < last:
            loop("store_pages", self, address, data, done, number, last)
            self._cells.put(starts[number], data, done, PAGE_SIZE)
            hold("stands_at", self, address + done, starts[number], PAGE_SIZE)
            done = done + PAGE_SIZE
            number = number + 1
        self._cells.put(starts[number], data, done, size - done)
        hold("stands_at", self, address + done, starts[number], size - done)

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
