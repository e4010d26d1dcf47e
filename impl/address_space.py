"""Page tables: the partial map from virtual pages to physical frames, as x86-64 walks it.

Four levels of tables of 512 entries of 8 bytes, in frames that the frame allocator gave:

    63  62 ..... 52  51 ......... 12  11 .. 10     9      ...    2      1        0
    NX  | present  | frame           |        | BORROWED |    | USER | WRITABLE | PRESENT
        | entries of the table below

Bits 9 and, in entries that point to a table, 52..62 are left to software by the architecture.
There the entry of a table counts how many of the table's entries are present, so that an
empty table is recognised, and given back, without being searched.

An entry above the last level grants everything; the entry of the page itself decides.
Refusals are decided before the first write: the frames that a ``map`` needs, tables
included, are counted first, so it never fails half-way and there is nothing to undo.

The frames of ``map`` are fresh: no frame is mapped twice.  The one other kind of frame that may
be mapped is one that the frame allocator never hands out, the header region above all
(``map_reserved``); it is marked as lent there, so it too is mapped at most once (M3).

The root is what the control register CR3 holds, so it is the one word that is not in RAM.
"""

from __future__ import annotations

from impl.arithmetic import PAGE_SIZE, WORD_LIMIT, check_word, is_aligned
from impl.errors import (
    AlreadyLent,
    AlreadyMapped,
    Destroyed,
    LastPage,
    NoPages,
    NoSuchFrame,
    NotAligned,
    NotCanonical,
    NotMapped,
    NotReserved,
    PhysicalMemoryFull,
)
from impl.frame_allocator import FrameAllocator
from impl.layout import Struct, u64
from impl.memory import Memory
from impl.reach import LOW_END
from impl.tlbs import Tlbs
from impl.words import check_u64
from model.language.annotations import advance, by_contract, hold, loop

PRESENT = 1 << 0
WRITABLE = 1 << 1
USER = 1 << 2
BORROWED = 1 << 9
NO_EXECUTE = 1 << 63
FRAME_MASK = 0x000F_FFFF_FFFF_F000
FLAGS = WRITABLE | USER | NO_EXECUTE
"""What a caller may choose for a page."""

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
HIGH_END = WORD_LIMIT - PAGE_SIZE
"""The upper half is [HIGH_START, 2**64); its last page is never mapped, so every range ends at a word."""
NO_ROOT = WORD_LIMIT - 1
"""The root of an address space that was destroyed."""
NO_SLOT = WORD_LIMIT - 1
"""Where no entry lies: nothing counts the entries of the root."""


class Entry(Struct, size=8, offsets={"value": 0}):
    """One page-table entry."""

    __slots__ = ()

    value = u64()


class AddressSpace:
    """The map of one address space, over physical ``memory``, with frames from ``frames``.

    PhysicalMemoryFull if there is no frame for the root.  Virtual addresses are words;
    ranges are given as a page-aligned address and a number of pages (> 0).  What is no such range is refused
    by every operation alike: ValueError for what is no word; NoPages; NotAligned; NotCanonical if a page lies
    outside the canonical addresses; LastPage if one is the last of all.  Whoever unmaps
    or protects must tell the ``tlbs`` himself, as on the real machine; ``VirtualMemory`` tells all of them.
    """

    __slots__ = ("frames", "memory", "root", "tlbs")

    def __init__(self, memory: Memory, frames: FrameAllocator) -> None:
        self.memory = memory
        self.frames = frames
        self.tlbs = Tlbs()
        self.root = NO_ROOT
        self._begin()

    def _begin(self) -> None:
        """Make the root table of a space that has none; PhysicalMemoryFull, nothing changed, if no frame is free."""
        if self.frames.free_frames == 0:
            raise PhysicalMemoryFull("there is no free frame for the root table")
        root = self._new_frame()
        self.memory.claim_array(Entry, root, ENTRIES)
        self.root = root
        advance("rooted_at", root)

    # ---- public operations -------------------------------------------------------------

    def map(self, address: int, pages: int, flags: int = WRITABLE) -> None:
        """Map ``pages`` fresh, zeroed frames at ``address`` with ``flags``, all or nothing.

        Refused, nothing changed, in this order: ValueError for unknown flags; what is no range (above);
        Destroyed; PhysicalMemoryFull if there are fewer free frames than pages; AlreadyMapped;
        PhysicalMemoryFull if the frames do not suffice for pages and tables.
        """
        check_flags(flags)
        check_range(address, pages)
        self._check_alive()
        free = self.frames.free_frames
        if pages > free:
            raise PhysicalMemoryFull(f"{pages} pages, {free} free frames")
        tables = self._missing_tables(address, pages)
        if pages + tables > free:
            raise PhysicalMemoryFull(f"{pages} pages and {tables} tables, {free} free frames")
        done = 0
        while done < pages:
            loop("map_pages", self, address, done, pages, flags)
            hold("next_page", self, address, done)
            self._map_page(address + done * PAGE_SIZE, flags)
            done = done + 1

    def map_reserved(self, address: int, base: int, pages: int, flags: int = WRITABLE) -> None:
        """Map the ``pages`` frames at physical ``base``, which the frame allocator never hands out.

        They are frames of the frame allocator's area: those of its own header, and those that were reserved
        when it was made.  Each is lent to one page at a time.  Refused, nothing changed, like ``map``, but with
        NoSuchFrame, after Destroyed, unless all are frames of the area; at last with NotReserved or AlreadyLent
        for the first that may be handed out, or is mapped already.
        """
        check_flags(flags)
        check_range(address, pages)
        self._check_alive()
        self._check_frames(base, pages)
        tables = self._missing_tables(address, pages)
        free = self.frames.free_frames
        if tables > free:
            raise PhysicalMemoryFull(f"{tables} tables, {free} free frames")
        self._lend(base, pages)
        done = 0
        while done < pages:
            loop("map_borrowed", self, address, done, pages, base, flags)
            hold("next_page", self, address, done)
            self._map_borrowed_page(address + done * PAGE_SIZE, base + done * PAGE_SIZE, flags)
            done = done + 1

    def unmap(self, address: int, pages: int) -> None:
        """Unmap ``pages`` pages; frames and emptied tables go back.

        What is no range is refused, and NotMapped unless all pages are mapped; then nothing changed.
        """
        check_range(address, pages)
        self._check_mapped(address, pages)
        done = 0
        while done < pages:
            loop("unmap_pages", self, address, done, pages)
            self._unmap_page(address + done * PAGE_SIZE)
            done = done + 1

    def protect(self, address: int, pages: int, flags: int) -> None:
        """Give ``pages`` mapped pages the ``flags``; refused as ``unmap`` is; ValueError: unknown flags."""
        check_flags(flags)
        check_range(address, pages)
        self._check_mapped(address, pages)
        done = 0
        while done < pages:
            loop("protect_pages", self, address, done, pages, flags)
            self._protect_page(address + done * PAGE_SIZE, flags)
            done = done + 1

    def translate(self, address: int) -> int:
        """The physical address behind the word ``address``; NotMapped if there is none.  At most 4 loads."""
        entry = self.walk(address)
        if entry & PRESENT == 0:
            raise NotMapped(f"{address:#x} is not mapped")
        return (entry & FRAME_MASK) + address % PAGE_SIZE

    def walk(self, address: int) -> int:
        """The entry that maps the page of ``address``, or 0 if no page is mapped there.  At most 4 loads."""
        check_word(address, "address")
        return self._find(address)

    @by_contract
    def _find(self, address: int) -> int:
        """``walk``, of a word."""
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

    def destroy(self) -> None:
        """Give every frame back, pages, tables and root; afterwards nothing is mapped and nothing can be."""
        if self.root == NO_ROOT:
            return
        number = 0
        while number < ENTRIES:
            loop("drain_root", self, number)
            slot = slot_of(self.root, number)
            hold("entry_below", self, NO_SLOT, slot, number)
            if Entry(self.memory, slot).value & PRESENT != 0:
                self._drain_top(slot)
                self._close(slot, NO_SLOT)
            number = number + 1
        hold("nothing_left", self)
        root, self.root = self.root, NO_ROOT
        advance("uprooted")
        self._free_table(root)

    # ---- refusals: no writes -----------------------------------------------------------

    def _check_alive(self) -> None:
        if self.root == NO_ROOT:
            raise Destroyed("the address space was destroyed")

    def _check_frames(self, base: int, pages: int) -> None:
        """NoSuchFrame unless the ``pages`` frames at physical ``base`` are frames of the allocator's area."""
        check_word(base, "base")
        start, end = self.frames.start, self.frames.end
        if pages > end - start:
            raise NoSuchFrame(f"{pages} pages, but the frame allocator knows {end - start} frames")
        origin = self.frames.origin
        low, high = origin + start * PAGE_SIZE, origin + end * PAGE_SIZE
        if not is_aligned(base, PAGE_SIZE):
            raise NoSuchFrame(f"no frame begins at the physical address {base:#x}")
        if base < low or base > high or pages > (high - base) // PAGE_SIZE:
            raise NoSuchFrame(f"{pages} frames at {base:#x} are not all in the area from {low:#x} to before {high:#x}")

    def _check_mapped(self, address: int, pages: int) -> None:
        if self.root == NO_ROOT:
            raise NotMapped(f"{address:#x} is not mapped: the address space was destroyed")
        done = 0
        while done < pages:
            loop("find_mapped", self, address, done, pages)
            if self._find(address + done * PAGE_SIZE) & PRESENT == 0:
                raise NotMapped(f"{address + done * PAGE_SIZE:#x} is not mapped")
            done = done + 1

    @by_contract
    def _missing_tables(self, address: int, pages: int) -> int:
        """How many tables ``map`` would have to make; AlreadyMapped if any of the pages is mapped."""
        missing = 0
        done = 0
        while done < pages:
            loop("count_missing", self, address, done, pages, missing)
            place = address + done * PAGE_SIZE
            levels = self._missing_levels(place)
            if done > 0:
                levels = min(levels, first_in(place))
            missing = missing + levels
            done = done + 1
        return missing

    @by_contract
    def _missing_levels(self, address: int) -> int:
        """How many of the three tables above an unmapped page are missing; AlreadyMapped if it is mapped."""
        page = address // PAGE_SIZE
        top = self._entry(self.root, page // ENTRIES // ENTRIES // ENTRIES)
        if top & PRESENT == 0:
            return 3
        directory = self._entry(top & FRAME_MASK, page // ENTRIES // ENTRIES)
        if directory & PRESENT == 0:
            return 2
        table = self._entry(directory & FRAME_MASK, page // ENTRIES)
        if table & PRESENT == 0:
            return 1
        if self._entry(table & FRAME_MASK, page) & PRESENT != 0:
            raise AlreadyMapped(f"{address:#x} is mapped already")
        return 0

    @by_contract
    def _lend(self, base: int, pages: int) -> None:
        """Mark the reserved frames, all of the area, as mapped, all or nothing.

        NotReserved or AlreadyLent for the first of them that cannot be.
        """
        done = 0
        while done < pages and self.frames.lend(base + done * PAGE_SIZE):
            loop("lend_frames", self, base, done, pages)
            done = done + 1
        if done == pages:
            return
        refused = base + done * PAGE_SIZE
        while done > 0:
            loop("take_frames_back", self, base, done, pages)
            done = done - 1
            self.frames.take_back(base + done * PAGE_SIZE)
        if self.frames.is_lent(refused):
            raise AlreadyLent(f"the reserved frame at {refused:#x} is mapped already")
        raise NotReserved(f"the frame at {refused:#x} is not reserved: it may be handed out")

    # ---- one page -----------------------------------------------------------------------

    @by_contract
    def _map_page(self, address: int, flags: int) -> None:
        """Map a fresh, zeroed frame at the unmapped page ``address``; there are frames enough."""
        frame = self._new_frame()
        hold("made_entry", self, frame, flags, PRESENT)
        self._set_leaf(address, frame + flags + PRESENT)

    @by_contract
    def _map_borrowed_page(self, address: int, frame: int, flags: int) -> None:
        """Map the lent ``frame`` at the unmapped page ``address``; there are frames enough for tables."""
        hold("made_entry", self, frame, flags, BORROWED + PRESENT)
        self._set_leaf(address, frame + flags + BORROWED + PRESENT)

    @by_contract
    def _unmap_page(self, address: int) -> None:
        """Unmap the mapped page ``address``; its frame and the tables that this empties go back."""
        self._give_back(self._clear_leaf(address))

    @by_contract
    def _protect_page(self, address: int, flags: int) -> None:
        """Give the mapped page ``address`` the ``flags``."""
        slot = self._leaf_slot(address)
        self._change(slot, (Entry(self.memory, slot).value & (FRAME_MASK | BORROWED | PRESENT)) + flags)

    # ---- entries and tables ------------------------------------------------------------

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

    # ---- a whole table -------------------------------------------------------------------

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


def first_in(address: int) -> int:
    """Of how many of the three tables above it the page at ``address`` is the first."""
    table = address // PAGE_SIZE // ENTRIES
    if not is_aligned(address // PAGE_SIZE, ENTRIES):
        return 0
    if not is_aligned(table, ENTRIES):
        return 1
    if not is_aligned(table // ENTRIES, ENTRIES):
        return 2
    return 3


def is_canonical(address: int) -> bool:
    """Whether bits 47..63 of the word ``address`` are all equal."""
    return address < LOW_END or address >= HIGH_START


def is_canonical_range(address: int, pages: int) -> bool:
    """Whether the words describe a page-aligned, non-empty range inside one canonical half."""
    if pages == 0 or not is_aligned(address, PAGE_SIZE) or not is_canonical(address):
        return False
    if address < LOW_END:
        return pages <= (LOW_END - address) // PAGE_SIZE
    return pages <= (HIGH_END - address) // PAGE_SIZE


def check_range(address: int, pages: int) -> None:
    """Refuse what is no range of pages that can be mapped, by its first fault."""
    check_word(address, "address")
    check_word(pages, "pages")
    if is_canonical_range(address, pages):
        return
    if pages == 0:
        raise NoPages(f"a range of no pages at {address:#x}")
    if not is_aligned(address, PAGE_SIZE):
        raise NotAligned(f"no page begins at {address:#x}")
    if address >= HIGH_START and pages == (HIGH_END - address) // PAGE_SIZE + 1:
        raise LastPage(f"{pages} pages at {address:#x} end with the last page of all, which is never mapped")
    raise NotCanonical(f"{pages} pages at {address:#x} are not all canonical")


def check_flags(flags: int) -> None:
    """ValueError unless ``flags`` is made of WRITABLE, USER and NO_EXECUTE."""
    check_u64(flags, "flags")
    if flags & FLAGS != flags:
        raise ValueError(f"{flags:#x} holds more than WRITABLE, USER and NO_EXECUTE")
