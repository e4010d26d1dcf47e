"""The address space: the partial map from virtual pages to physical frames, as x86-64 walks it (page_tables.py).

Refusals are decided before the first write: the frames that a ``map`` needs, tables
included, are counted first, so it never fails half-way and there is nothing to undo.

The frames of ``map`` are fresh: no frame is mapped twice.  The one other kind of frame that may
be mapped is one that the frame allocator never hands out, the header region above all
(``map_reserved``); it is marked as lent there, so it too is mapped at most once (M3).
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
from impl.memory import Memory
from impl.page_tables import (
    BORROWED,
    ENTRIES,
    FRAME_MASK,
    HIGH_START,
    NO_EXECUTE,
    NO_ROOT,
    NO_SLOT,
    PRESENT,
    USER,
    WRITABLE,
    Entry,
    PageTables,
    is_canonical,
    slot_of,
)
from impl.reach import LOW_END
from impl.tlbs import Tlbs
from impl.words import check_u64
from model.language.annotations import advance, by_contract, hold, loop

FLAGS = WRITABLE | USER | NO_EXECUTE
"""What a caller may choose for a page."""
HIGH_END = WORD_LIMIT - PAGE_SIZE
"""The upper half is [HIGH_START, 2**64); its last page is never mapped, so every range ends at a word."""


class AddressSpace(PageTables):
    """The map of one address space, over physical ``memory``, with frames from ``frames``.

    PhysicalMemoryFull if there is no frame for the root.  Virtual addresses are words;
    ranges are given as a page-aligned address and a number of pages (> 0).  What is no such range is refused
    by every operation alike: ValueError for what is no word; NoPages; NotAligned; NotCanonical if a page lies
    outside the canonical addresses; LastPage if one is the last of all.  Whoever unmaps
    or protects must tell the ``tlbs`` himself, as on the real machine; ``VirtualMemory`` tells all of them.
    """

    __slots__ = ("tlbs",)

    def __init__(self, memory: Memory, frames: FrameAllocator) -> None:
        super().__init__(memory, frames)
        self.tlbs = Tlbs()
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
