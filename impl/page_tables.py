"""The page tables of one address space: entries, tables, and the frames that they lie in and lead to.

Four levels of tables of 512 entries of 8 bytes, in frames that the frame allocator gave:

    63  62 ..... 52  51 ......... 12  11 .. 10     9      ...    2      1        0
    NX  | present  | frame           |        | BORROWED |    | USER | WRITABLE | PRESENT
        | entries of the table below

Bits 9 and, in entries that point to a table, 52..62 are left to software by the architecture.
There the entry of a table counts how many of the table's entries are present, so that an
empty table is recognised, and given back, without being searched.

An entry above the last level grants everything; the entry of the page itself decides.

The root is what the control register CR3 holds, so it is the one word that is not in RAM.
"""

from __future__ import annotations

from impl.arithmetic import PAGE_SIZE, WORD_LIMIT
from impl.frame_allocator import FrameAllocator
from impl.layout import Struct, u64
from impl.memory import Memory
from impl.reach import LOW_END
from model.language.annotations import by_contract, hold, loop

PRESENT = 1 << 0
WRITABLE = 1 << 1
USER = 1 << 2
BORROWED = 1 << 9
NO_EXECUTE = 1 << 63
FRAME_MASK = 0x000F_FFFF_FFFF_F000

COUNT_ONE = 1 << 52
COUNT_LIMIT = 1 << 10
ENTRIES = 512
ENTRY_SIZE = 8

PAGE_SPAN = PAGE_SIZE
TABLE_SPAN = PAGE_SPAN * ENTRIES
"""Bytes below one last-level table: 2 MiB."""
DIRECTORY_SPAN = TABLE_SPAN * ENTRIES
"""1 GiB."""
TOP_SPAN = DIRECTORY_SPAN * ENTRIES
"""512 GiB below one entry of the root."""

HIGH_START = WORD_LIMIT - LOW_END
"""Where the upper half of the canonical addresses begins."""
NO_ROOT = WORD_LIMIT - 1
"""The root of an address space that was destroyed."""
NO_SLOT = WORD_LIMIT - 1
"""Where no entry lies: nothing counts the entries of the root."""


class Entry(Struct, size=8, offsets={"value": 0}):
    """One page-table entry."""

    __slots__ = ()

    value = u64()


class PageTables:
    """The tables below one ``root``, in physical ``memory``, with frames from ``frames``."""

    __slots__ = ("frames", "memory", "root")

    def __init__(self, memory: Memory, frames: FrameAllocator) -> None:
        self.memory = memory
        self.frames = frames
        self.root = NO_ROOT

    # ---- entries -----------------------------------------------------------------------

    @by_contract
    def _find(self, address: int) -> int:
        """The entry that maps the page of the word ``address``, or 0 if no page is mapped there.  At most 4 loads."""
        if self.root == NO_ROOT or not is_canonical(address):
            return 0
        page = address // PAGE_SIZE
        top = self._entry(self.root, page // ENTRIES // ENTRIES // ENTRIES)
        if top & PRESENT == 0:
            return 0
        directory = self._entry(top & FRAME_MASK, page // ENTRIES // ENTRIES)
        if directory & PRESENT == 0:
            return 0
        table = self._entry(directory & FRAME_MASK, page // ENTRIES)
        if table & PRESENT == 0:
            return 0
        return self._entry(table & FRAME_MASK, page)

    def _entry(self, table: int, number: int) -> int:
        """The entry ``number`` of its level, which lies in ``table``.  One load."""
        return Entry(self.memory, slot_of(table, number)).value

    def _below(self, slot: int) -> int:
        """The table that the present entry at ``slot`` points to.  One load."""
        return Entry(self.memory, slot).value & FRAME_MASK

    def _leaf_slot(self, address: int) -> int:
        """Where the entry of the mapped page of ``address`` lies.  Three loads."""
        page = address // PAGE_SIZE
        top = slot_of(self.root, page // ENTRIES // ENTRIES // ENTRIES)
        directory = slot_of(self._below(top), page // ENTRIES // ENTRIES)
        table = slot_of(self._below(directory), page // ENTRIES)
        return slot_of(self._below(table), page)

    @by_contract
    def _set_leaf(self, address: int, value: int) -> None:
        """Write the entry of an unmapped page, making the tables above it that are missing."""
        page = address // PAGE_SIZE
        top = slot_of(self.root, page // ENTRIES // ENTRIES // ENTRIES)
        directory = self._open(top, NO_SLOT, page // ENTRIES // ENTRIES)
        hold("opened", self, address, directory, 1)
        table = self._open(directory, top, page // ENTRIES)
        hold("opened", self, address, table, 2)
        leaf = self._open(table, directory, page)
        hold("opened", self, address, leaf, 3)
        self._enter(leaf, table, value)

    @by_contract
    def _clear_leaf(self, address: int) -> int:
        """Clear the entry of a mapped page and give back the tables that this empties; the former entry."""
        page = address // PAGE_SIZE
        top = slot_of(self.root, page // ENTRIES // ENTRIES // ENTRIES)
        directory = slot_of(self._below(top), page // ENTRIES // ENTRIES)
        table = slot_of(self._below(directory), page // ENTRIES)
        leaf = slot_of(self._below(table), page)
        value = Entry(self.memory, leaf).value
        hold("way_found", self, top, directory, table, leaf)
        if self._leave(leaf, table) and self._close(table, directory) and self._close(directory, top):
            self._close(top, NO_SLOT)
        return value

    @by_contract
    def _open(self, slot: int, above: int, number: int) -> int:
        """The slot of the entry ``number`` of its level, in the table below the entry at ``slot``.

        The table is made if it is missing; ``above`` as for ``_enter``.
        """
        if Entry(self.memory, slot).value & PRESENT == 0:
            self._enter(slot, above, self._new_table() + (PRESENT | WRITABLE | USER))
        return slot_of(self._below(slot), number)

    @by_contract
    def _close(self, slot: int, above: int) -> bool:
        """Give back the empty table below the entry at ``slot``; whether that empties the table of the entry itself."""
        table = self._below(slot)
        emptied = self._leave(slot, above)
        self._free_table(table)
        return emptied

    @by_contract
    def _enter(self, slot: int, above: int, value: int) -> None:
        """Write the vacant entry at ``slot``, and count it in the one ``above``, NO_SLOT for an entry of the root."""
        Entry(self.memory, slot).value = value
        if above != NO_SLOT:
            entry = Entry(self.memory, above)
            entry.value = entry.value + COUNT_ONE

    @by_contract
    def _change(self, slot: int, value: int) -> None:
        """Write ``value`` over the entry of a mapped page, which goes on to name the same frame."""
        Entry(self.memory, slot).value = value

    @by_contract
    def _leave(self, slot: int, above: int) -> bool:
        """Clear the entry at ``slot`` and count it no more; whether none is left in its table.

        The root may be empty, so of its entries the answer is False.
        """
        Entry(self.memory, slot).value = 0
        if above == NO_SLOT:
            return False
        entry = Entry(self.memory, above)
        value = entry.value - COUNT_ONE
        entry.value = value
        return value // COUNT_ONE % COUNT_LIMIT == 0

    # ---- frames and tables --------------------------------------------------------------

    @by_contract
    def _new_frame(self) -> int:
        """A zeroed frame (M4)."""
        frame = self.frames.allocate(0).base
        self.memory.fill(frame, PAGE_SIZE, 0)
        return frame

    @by_contract
    def _new_table(self) -> int:
        """A table without a present entry."""
        table = self._new_frame()
        self.memory.claim_array(Entry, table, ENTRIES)
        return table

    @by_contract
    def _free_table(self, table: int) -> None:
        self.memory.release_array(Entry, table, ENTRIES)
        self.frames.free(table, PAGE_SIZE)

    @by_contract
    def _give_back(self, leaf: int) -> None:
        """The frame of the former entry ``leaf`` is mapped no more."""
        if leaf & BORROWED != 0:
            self.frames.take_back(leaf & FRAME_MASK)
        else:
            self.frames.free(leaf & FRAME_MASK, PAGE_SIZE)

    # ---- a whole table -----------------------------------------------------------------

    @by_contract
    def _drain_top(self, slot: int) -> None:
        """Give back all that the table below the entry at ``slot`` of the root leads to, and its own entries."""
        table = self._below(slot)
        number = 0
        while number < ENTRIES:
            loop("drain_top", self, slot, table, number)
            below = slot_of(table, number)
            hold("entry_below", self, slot, below, number)
            if Entry(self.memory, below).value & PRESENT != 0:
                self._drain_directory(below)
                self._close(below, slot)
            number = number + 1

    @by_contract
    def _drain_directory(self, slot: int) -> None:
        """The same one level further down."""
        table = self._below(slot)
        number = 0
        while number < ENTRIES:
            loop("drain_directory", self, slot, table, number)
            below = slot_of(table, number)
            hold("entry_below", self, slot, below, number)
            if Entry(self.memory, below).value & PRESENT != 0:
                self._drain_table(below)
                self._close(below, slot)
            number = number + 1

    @by_contract
    def _drain_table(self, slot: int) -> None:
        """The same for the entries of pages."""
        table = self._below(slot)
        number = 0
        while number < ENTRIES:
            loop("drain_table", self, slot, table, number)
            leaf = slot_of(table, number)
            hold("entry_below", self, slot, leaf, number)
            if Entry(self.memory, leaf).value & PRESENT != 0:
                self._drop(leaf, slot)
            number = number + 1

    @by_contract
    def _drop(self, slot: int, above: int) -> None:
        """Clear the entry of a mapped page at ``slot``, counted in the one ``above``; its frame goes back."""
        value = Entry(self.memory, slot).value
        self._leave(slot, above)
        self._give_back(value)


def slot_of(table: int, number: int) -> int:
    """The physical address of an entry in its ``table``; entries are numbered throughout their level.

    The entry of a page has the page's number, and the entry of a table a 512th of the numbers in it.
    """
    return table + number % ENTRIES * ENTRY_SIZE


def is_canonical(address: int) -> bool:
    """Whether bits 47..63 of the word ``address`` are all equal."""
    return address < LOW_END or address >= HIGH_START
