"""The memory management unit: how a virtual address becomes a physical one, by a TLB and by a walk of the page tables.

The translation lookaside buffer remembers, for each page, by how much its physical address
differs from its virtual one: one table for reads, one for writes, one for fetches.  It is filled by
walking the tables in RAM as the hardware does, not through the code of ``AddressSpace``.  A stale
entry stays until it is told to forget it: like the real one, this TLB does not notice that a table changed.
"""

from __future__ import annotations

from impl.address_space import AddressSpace
from impl.arithmetic import PAGE_SHIFT, PAGE_SIZE, WORD_LIMIT
from impl.errors import BusError, PageFault
from impl.page_tables import (
    BORROWED,
    ENTRIES,
    ENTRY_SIZE,
    FRAME_MASK,
    NO_EXECUTE,
    NO_ROOT,
    PRESENT,
    USER,
    WRITABLE,
    Entry,
    is_canonical,
)
from impl.ram import BaseMemory, PhysicalMemory
from model.language.annotations import by_contract, loop


class Mmu(BaseMemory):
    """Translates the virtual addresses of ``space``; in ``user_mode`` the user bit counts too.

    The TLB has room for ``tlb_entries`` pages; a full one is emptied.  Of how many, and in which mode the unit is,
    the memory that is derived from it says when it begins.
    PageFault for a page that the tables do not grant; BusError for one outside RAM.
    """

    def __init__(self, space: AddressSpace) -> None:
        super().__init__()
        if not isinstance(space.memory, PhysicalMemory):
            raise TypeError("the page tables must lie in physical memory")
        self.space = space
        self.ram = space.memory
        self.user_mode = False
        self.tlb_entries = 0
        self._table_words = self.ram.views["Q"]
        self._readable: dict[int, int] = {}
        self._writable: dict[int, int] = {}
        self._executable: dict[int, int] = {}
        self.tlbs = space.tlbs
        self._member = self.tlbs.join(self)

    # ---- translation -------------------------------------------------------------------

    @by_contract
    def _translate(self, address: int, write: bool) -> int:
        """The physical address behind ``address``; PageFault if the access is not granted."""
        table = self._writable if write else self._readable
        difference = table.get(address >> PAGE_SHIFT)
        if difference is None:
            difference = self._refill(address, write)
        return address + difference

    def _translate_code(self, address: int) -> int:
        """The physical address behind ``address``; PageFault if a fetch is not granted."""
        difference = self._executable.get(address >> PAGE_SHIFT)
        if difference is None:
            difference = self._refill(address, False, True)
        return address + difference

    def _refill(self, address: int, write: bool, execute: bool = False) -> int:
        """Walk the tables after a TLB miss; remember and return physical minus virtual address."""
        frame = self._walk(address, write, execute)
        page = address >> PAGE_SHIFT
        difference = frame - (page << PAGE_SHIFT)
        if len(self._readable) >= self.tlb_entries:
            self.flush()
        self._readable[page] = difference
        if write:
            self._writable[page] = difference
        if execute:
            self._executable[page] = difference
        return difference

    def _walk(self, address: int, write: bool, execute: bool = False) -> int:
        """The physical address of the page of ``address``, as the hardware finds it in at most 4 loads.

        PageFault unless the entry of every level grants a read and what else is asked for.
        """
        access = "execute" if execute else "write" if write else "read"
        if not (0 <= address < WORD_LIMIT and is_canonical(address)):
            raise PageFault(address, access, "not canonical")
        entry = self._look_up(address)
        if entry & PRESENT == 0:
            raise PageFault(address, access, "not present")
        if self.user_mode and entry & USER == 0:
            raise PageFault(address, access, "supervisor")
        if write and entry & WRITABLE == 0:
            raise PageFault(address, access, "read-only")
        if execute and entry & NO_EXECUTE != 0:
            raise PageFault(address, access, "no-execute")
        self._check_frame(entry)
        return entry & FRAME_MASK

    @by_contract
    def _look_up(self, address: int) -> int:
        """The entry of the page of a canonical ``address``, its rights those that all levels grant; 0 for none."""
        entry = self.space.root
        if entry == NO_ROOT:
            return 0
        writable, user, forbidden = True, True, False
        for number in numbers_of(address >> PAGE_SHIFT):
            entry = self._table_word((entry & FRAME_MASK) + number % ENTRIES * ENTRY_SIZE)
            if entry & PRESENT == 0:
                return 0
            writable = writable & (entry & WRITABLE != 0)
            user = user & (entry & USER != 0)
            forbidden = forbidden | (entry & NO_EXECUTE != 0)
        rights = writable * WRITABLE + user * USER + forbidden * NO_EXECUTE
        return (entry & (FRAME_MASK | BORROWED | PRESENT)) + rights

    @by_contract
    def _vacant_since(self, address: int) -> int:
        """The first page of the entry, not present, at which the way to the page of ``address`` in the window ends.

        The next page if it is mapped, and 0 if nothing is: no page from the result to that page is mapped.
        """
        page = address >> PAGE_SHIFT
        root = self.space.root
        if root == NO_ROOT:
            return 0
        table = page // ENTRIES
        directory = table // ENTRIES
        top = directory // ENTRIES
        entry = self._table_word((root & FRAME_MASK) + top % ENTRIES * ENTRY_SIZE)
        if entry & PRESENT == 0:
            return top * (ENTRIES * ENTRIES * ENTRIES)
        entry = self._table_word((entry & FRAME_MASK) + directory % ENTRIES * ENTRY_SIZE)
        if entry & PRESENT == 0:
            return directory * (ENTRIES * ENTRIES)
        entry = self._table_word((entry & FRAME_MASK) + table % ENTRIES * ENTRY_SIZE)
        if entry & PRESENT == 0:
            return table * ENTRIES
        entry = self._table_word((entry & FRAME_MASK) + page % ENTRIES * ENTRY_SIZE)
        return page if entry & PRESENT == 0 else page + 1

    def _table_word(self, slot: int) -> int:
        """One load of the hardware walker."""
        if slot + Entry.SIZE > self.ram.size:
            raise BusError(f"page table entry at {slot:#x} lies outside RAM")
        return self._table_words[slot >> 3]  # type: ignore[no-any-return]

    def _check_frame(self, leaf: int) -> None:
        """BusError unless the frame of the entry ``leaf`` lies in RAM."""
        self.ram.check(leaf & FRAME_MASK, PAGE_SIZE)

    # ---- what the TLB remembers --------------------------------------------------------

    def invalidate(self, address: int, pages: int = 1) -> None:
        """Forget the translation of ``pages`` pages from the one that holds ``address`` on (INVLPG)."""
        first = address >> PAGE_SHIFT
        done = 0
        while done < pages:
            loop("forget_pages", self, first, done, pages)
            self.forget(first + done)
            done = done + 1

    def forget(self, page: int) -> None:
        """Forget the translations of the page with that number."""
        self._readable.pop(page, None)
        self._writable.pop(page, None)
        self._executable.pop(page, None)

    def flush(self) -> None:
        """Forget every translation, as a load of CR3 does."""
        self._readable.clear()
        self._writable.clear()
        self._executable.clear()

    def translations(self) -> list[tuple[int, int, bool]]:
        """What the TLB holds for loads and stores: (virtual page address, physical page address, writable), sorted."""
        entries = []
        for table, write in ((self._readable, False), (self._writable, True)):
            for page, difference in table.items():
                entries.append((page << PAGE_SHIFT, (page << PAGE_SHIFT) + difference, write))
        return sorted(entries)

    def code_translations(self) -> list[tuple[int, int]]:
        """What the TLB holds for fetches: (virtual page address, physical page address), sorted."""
        return sorted((page << PAGE_SHIFT, (page << PAGE_SHIFT) + d) for page, d in self._executable.items())


def numbers_of(page: int) -> tuple[int, int, int, int]:
    """The numbers of the four entries on the way to a page, each among those of its level (``slot_of``)."""
    table = page // ENTRIES
    directory = table // ENTRIES
    return directory // ENTRIES, directory, table, page
