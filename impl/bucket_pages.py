"""The pages of the bucket heap: extents, their maps, runs of free pages, and live bits, as bucket_heap.py draws them.

What is here knows no bucket: a page is free, or part of a run, or somebody else's.  The buckets are derived from it.
"""

from __future__ import annotations

from impl.arithmetic import NULL
from impl.bucket_heap_layout import (
    BITS_PER_WORD,
    BLOCK_UNIT,
    BYTES_PER_WORD,
    CONTINUED,
    ENTRY,
    FREE,
    RUN,
    Extent,
    FreeLink,
    Links,
    LiveBits,
    Page,
)
from impl.errors import HeapCorruption
from impl.layout import Struct, pointer, uword
from model.language.annotations import advance, by_contract, hold, loop


class BucketPages(Struct):
    """The words of a descriptor, and the pages of its extents."""

    extents = pointer()
    shift = uword()
    extent_size = uword()
    bits = uword()
    header = uword()

    # ---- extents -------------------------------------------------------------------

    @by_contract
    def add(self, extent: int, before: int, following: int) -> None:
        """Add an extent of free pages between two others, or NULL where there is none."""
        self._build(extent, following)
        if before == NULL:
            self.extents = extent
        else:
            Extent(self.memory, before).next = extent
        advance("extent_added", self, extent, before)
        hold("extent_laid", self, extent)

    def _build(self, address: int, following: int) -> None:
        """Write the header, the page map and the live bits of an extent of free pages."""
        bits = address + self.bits
        first = address + self.header
        size = self.extent_size
        self.memory.fill(bits, size // BYTES_PER_WORD * LiveBits.SIZE, 0)
        self.memory.claim_array(LiveBits, bits, size // BYTES_PER_WORD)
        extent = Extent.claim(self.memory, address)
        extent.next = following
        extent.free = first
        page_size = 1 << self.shift
        entry = address + Extent.SIZE
        page = first
        while page < address + size:
            loop("lay_pages", self, address, entry, page)
            self._place(entry, page, bits + (page - first) // BYTES_PER_WORD * LiveBits.SIZE, page + page_size)
            entry = entry + ENTRY
            page = page + page_size
        hold("pages_laid", self, address, entry, page)
        FreeLink(self.memory, page - page_size).next = NULL

    def _place(self, entry: int, page: int, bits: int, following: int) -> None:
        """Write the entry of a free page, and its link."""
        view = Page.claim(self.memory, entry)
        view.kind = FREE
        view.page = page
        view.bits = bits
        Links.claim(self.memory, entry + Page.SIZE)
        FreeLink.claim(self.memory, page).next = following

    def _raze(self, address: int, size: int) -> None:
        """No header is left in an extent."""
        for struct in (Extent, Page, Links, LiveBits, FreeLink):
            self.memory.release_range(struct, address, address + size)

    @by_contract
    def extent_of(self, address: int) -> int:
        """The extent among whose pages ``address`` lies, or NULL."""
        size = self.extent_size
        header = self.header
        current = self.extents
        while current != NULL:
            loop("walk_extents", self, current, address)
            if (current + header <= address) & (address < current + size):
                return current
            following = Extent(self.memory, current).next
            check_order(current, following)
            current = following
        return NULL

    @by_contract
    def entry_of(self, extent: int, address: int) -> int:
        """The entry of the page of ``extent`` in which ``address`` lies."""
        number = (address - extent - self.header) >> self.shift
        return extent + Extent.SIZE + number * ENTRY

    # ---- runs of pages -------------------------------------------------------------

    @by_contract
    def take_pages(self, size: int) -> int:
        """Make the lowest free pages in a row that hold ``size`` bytes, whole pages, a run; its entry, or NULL."""
        page_size = 1 << self.shift
        extent = self.extents
        while extent != NULL:
            loop("visit_extents", self, extent, size)
            before, first, last = self._find_row(extent, page_size, size)
            if last != NULL:
                return self.cut(extent, before, first, last)
            following = Extent(self.memory, extent).next
            check_order(extent, following)
            extent = following
        return NULL

    def _find_row(self, extent: int, page_size: int, size: int) -> tuple[int, int, int]:
        """The lowest free pages in a row: the free page before them or NULL, the first, the last or NULL."""
        before = NULL
        first = Extent(self.memory, extent).free
        last = first
        while last != NULL and last + page_size - first < size:
            loop("walk_free_pages", self, extent, size, before, first, last)
            following = FreeLink(self.memory, last).next
            if following != last + page_size:
                check_order(last, following)
                hold("row_ends", self, first, last, size)
                before = last
                first = following
            last = following
        return before, first, last

    @by_contract
    def cut(self, extent: int, before: int, first: int, last: int) -> int:
        """Make the free pages from ``first`` to ``last``, to which ``before`` leads, a run; its entry."""
        taken = self.entry_of(extent, first)
        page_size = 1 << self.shift
        end = last + page_size
        hold("run_found", self, taken, first, last)
        self._set_next(extent, before, FreeLink(self.memory, last).next)
        hold("links_within", self, taken, first, end)
        self.memory.release_range(FreeLink, first, end)
        entry = taken
        page = first
        while page < end:
            loop("hand_out", self, taken, end, entry, page)
            Page(self.memory, entry).kind = CONTINUED
            entry = entry + ENTRY
            page = page + page_size
        run = Page(self.memory, taken)
        run.kind = RUN
        run.frontier = end
        self._flip(run, first)
        advance("pages_taken", self, taken, first, end)
        return taken

    @by_contract
    def give_run(self, extent: int, entry: int) -> None:
        """Make the pages of a run free again."""
        run = Page(self.memory, entry)
        page = run.page
        end = run.frontier
        hold("run_leaves", self, entry)
        before, following = self._neighbours(extent, entry, page)
        self._flip(run, page)
        page_size = 1 << self.shift
        low = page
        current = entry
        while page < end:
            loop("give_back", self, entry, end, current, page)
            hold("place_is_clear", self, current, page)
            Page(self.memory, current).kind = FREE
            FreeLink.claim(self.memory, page).next = page + page_size
            current = current + ENTRY
            page = page + page_size
        hold("run_marked", self, entry, end, current, before)
        FreeLink(self.memory, end - page_size).next = following
        self._set_next(extent, before, low)
        hold("run_given", self, entry, end, before, following)
        advance("pages_given", self, low, end)

    def _neighbours(self, extent: int, entry: int, page: int) -> tuple[int, int]:
        """The free pages of an extent before and behind ``page``, that of ``entry``, which is not free; or NULL.

        Two walks in step, whichever is shorter: up the list of free pages, and down the map until a page is free.
        """
        before = NULL
        following = Extent(self.memory, extent).free
        current = entry
        while following != NULL and following < page:
            loop("pass_free_pages", self, extent, page, before, following, current)
            hold("page_below", self, extent, before, following, current)
            current = current - ENTRY
            if Page(self.memory, current).kind == FREE:
                following = Page(self.memory, current).page
            before = following
            following = FreeLink(self.memory, before).next
            check_order(before, following)
        return before, following

    def _set_next(self, extent: int, before: int, page: int) -> None:
        """Let the free page ``before``, or the extent if that is NULL, lead to the free page ``page``."""
        if before == NULL:
            Extent(self.memory, extent).free = page
        else:
            FreeLink(self.memory, before).next = page

    # ---- live bits -----------------------------------------------------------------

    def _is_live(self, entry: Page, address: int) -> bool:
        """Whether the live bit of an address in that page is set."""
        hold("word_found", self, entry.address, address)
        unit = (address - entry.page) // BLOCK_UNIT
        word = LiveBits(self.memory, entry.bits + unit // BITS_PER_WORD * LiveBits.SIZE).word
        return word & (1 << unit % BITS_PER_WORD) != 0

    def _flip(self, entry: Page, address: int) -> None:
        """Invert the live bit of an address in that page."""
        hold("word_found", self, entry.address, address)
        unit = (address - entry.page) // BLOCK_UNIT
        bits = LiveBits(self.memory, entry.bits + unit // BITS_PER_WORD * LiveBits.SIZE)
        bits.word = bits.word ^ (1 << unit % BITS_PER_WORD)


def check_order(current: int, following: int) -> None:
    """HeapCorruption if a list that is kept by address leads from ``current`` down, or nowhere: so every walk ends."""
    if (following != NULL) & (following <= current):
        raise HeapCorruption(f"the link at {current:#x} leads down to {following:#x}")
