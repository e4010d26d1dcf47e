"""The bucket heap: power-of-two blocks in buckets of pages, larger blocks as runs of pages, over extents.

    extent       +16                              +bits           +header                             +size
      | next, free | entry | entry | entry | ...    | live bits     | page | page | page | ...          |
                     kind of page 0, of page 1 ...    a bit per       carved into blocks of 2**k bytes,
                     and its links (56 bytes)         8 bytes         or part of a run, or free

The page map has an entry for every page.  A *free* page links to the next free page of its extent, by
address, through its own first word.  A page of *bucket k* is carved into blocks of 2**k bytes; those given
back link through their own first word, those never handed out begin at ``frontier``.  The pages of
bucket k that have a block to give form a circular list, whose sentinel is part of the descriptor.  A larger
request takes a *run* of pages.  A live bit is set exactly for the first byte of every live block, so free
needs to look at one bit to refuse an address; extents are searched one after the other.

A bucket page whose last block is freed is a free page again at once, and leaves its bucket.

Source: McKusick and Karels, USENIX 1988; xnheap, heap.c (statements BKT-1 to BKT-8).  Decisions where they
are silent:

- A page is a power of two from 512 to 32768 bytes.  An extent is at most 2 GiB, a multiple of the page size,
  aligned to it, not at NULL, mapped, apart from the descriptor, and has room for two pages behind its header.
  Its map and its live bits have room for as many pages as if it had no header.
- A block of one page or of two is the only block of its pages, so its bucket can never hold a free block:
  requests above half a page are page runs, of one page, two, or as many as hold them.  So a block of up to two pages
  has 8, 16, 32 ... bytes, and is aligned to its size, or to the page size if that is less.
- Extents are kept in the order of their addresses; "lowest" is lowest over all of them.
- Nothing guards a link against stray writes, but every walk ends: a link of extents or of free pages that leads down is
  HeapCorruption.  Then nothing changed, but that free may have made the page of its last block a run of nobody, and
  that destroy has flushed the extents before.
- init, extend, free and destroy return 0 or ``-EINVAL``: constants with which nothing here computes.  free(NULL) is
  ``-EINVAL``.  A heap that was destroyed has no extent: alloc gives NULL, the others ``-EINVAL``; init revives it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Self

from impl.arithmetic import NULL, WORD_BYTES, align_up, check_word, is_aligned
from impl.bucket_heap_layout import (
    BLOCK_UNIT,
    BUCKETS,
    BYTES_PER_WORD,
    ENTRY,
    MAX_EXTENT,
    MAX_SHIFT,
    MIN_LOG2,
    MIN_SHIFT,
    RUN,
    Extent,
    FreeLink,
    Links,
    LiveBits,
    Page,
)
from impl.bucket_pages import BucketPages, check_order
from impl.memory import Memory
from model.language.annotations import advance, by_contract, hold, loop

EINVAL = 22
DESCRIPTOR = 5 * WORD_BYTES + BUCKETS * Links.SIZE
"""Bytes of the descriptor and of the sentinels behind it."""


class BucketHeap(
    BucketPages,
    size=5 * WORD_BYTES,
    offsets={
        "extents": 0,
        "shift": WORD_BYTES,
        "extent_size": 2 * WORD_BYTES,
        "bits": 3 * WORD_BYTES,
        "header": 4 * WORD_BYTES,
    },
):
    """The descriptor xnheap_t, wherever the caller keeps it, and the documented operations (BKT-1).

    Directly behind it lie the sentinels of the buckets, for 8 bytes, 16, 32 ...; ``DESCRIPTOR`` bytes in all.
    A page has ``1 << shift`` bytes; in each extent the live bits begin at ``bits``, the pages at ``header``.
    """

    @classmethod
    def claim(cls, memory: Memory, address: int) -> Self:
        """The descriptor and the sentinels come into being."""
        memory.claim(cls, address)
        memory.claim_array(Links, address + cls.SIZE, BUCKETS)
        return cls(memory, address)

    def init(self, address: int, size: int, page_size: int) -> int:
        """Start a heap on the extent [address, address + size) with pages of ``page_size`` bytes (xnheap_init, BKT-3).

        0: every page behind the extent's header is free, whatever the memory held.  -EINVAL, with nothing
        changed, unless ``page_size`` is a power of two from 512 to 32768; ``address`` and ``size``
        are multiples of it; the extent does not begin at NULL, is at most MAX_EXTENT, mapped, and
        apart from the descriptor; and its header leaves room for two pages.

        The heap does not live: it is new, or was destroyed.  A new descriptor may hold anything, so nothing in it
        could tell; no extent of a former life would ever be flushed, and its blocks belong to no heap.
        """
        check_word(address, "address")
        check_word(size, "size")
        check_word(page_size, "page_size")
        shift = _log2(page_size, MIN_SHIFT)
        if shift > MAX_SHIFT or page_size != 1 << shift:
            return -EINVAL
        if size > MAX_EXTENT or not is_aligned(size, 1 << shift) or not self._is_usable(address, size, shift):
            return -EINVAL
        bits = Extent.SIZE + (size >> shift) * ENTRY
        header = align_up(bits + size // BYTES_PER_WORD * LiveBits.SIZE, 1 << shift)
        if header + 2 * page_size > size:
            return -EINVAL
        self.extents = NULL
        self.shift = shift
        self.extent_size = size
        self.bits = bits
        self.header = header
        self._empty_buckets()
        advance("heap_begun", self)
        hold("heap_measured", self)
        hold("buckets_empty", self)
        self.add(address, NULL, NULL)
        return 0

    def extend(self, address: int, size: int) -> int:
        """Add the extent [address, address + size), whose pages are all free (xnheap_extend, BKT-6).

        0, or -EINVAL with nothing changed: unless ``size`` is that of the first extent, ``address`` a multiple of the
        page size, the extent mapped, not at NULL, and apart from the descriptor and all extents that the
        heap has; or if the heap was destroyed.
        """
        check_word(address, "address")
        check_word(size, "size")
        if self.extents == NULL or size != self.extent_size or not self._is_usable(address, size, self.shift):
            return -EINVAL
        before = NULL
        following = self.extents
        while following != NULL and following < address:
            loop("find_place", self, before, following, address)
            if following + size > address:
                return -EINVAL
            before = following
            following = Extent(self.memory, before).next
            check_order(before, following)
        if following != NULL and address + size > following:
            return -EINVAL
        self.add(address, before, following)
        return 0

    def alloc(self, size: int) -> int:
        """Address of ``size`` bytes, 8-byte aligned at least, or NULL (xnheap_alloc, BKT-2, BKT-4, BKT-8).

        Up to half a page: a block of the smallest power of two from 8 that holds them, from its bucket, else from the
        lowest free page, which joins the bucket.  Above: the lowest run of free pages in one extent that
        holds them.  Returns NULL, with nothing changed, iff ``size`` is 0, or the heap was destroyed, or there is
        neither such a block nor such a page, or no such run.
        """
        check_word(size, "size")
        if size == 0 or size > MAX_EXTENT or self.extents == NULL:
            return NULL
        shift = self.shift
        if size <= 1 << (shift - 1):
            return self._alloc_block(size, shift)
        entry = self.take_pages(align_up(size, 1 << shift))
        return NULL if entry == NULL else Page(self.memory, entry).page

    def free(self, address: int) -> int:
        """Give the live block at ``address`` back (xnheap_free, BKT-5).

        0, or -EINVAL with nothing changed if no live block begins at ``address``.
        """
        check_word(address, "address")
        extent = self.extent_of(address)
        if extent == NULL or not is_aligned(address, BLOCK_UNIT):
            return -EINVAL
        entry = Page(self.memory, self.entry_of(extent, address))
        hold("address_in_page", self, entry.address, address)
        if not self._is_live(entry, address):
            return -EINVAL
        hold("block_found", self, entry.address, address)
        if entry.kind == RUN:
            self.give_run(extent, entry.address)
        elif entry.live == 1:
            self.dissolve(entry.address, address)
            self.give_run(extent, entry.address)
        else:
            self.give_block(entry.address, address)
        return 0

    def destroy(self, flush: Callable[[int, int], None]) -> int:
        """Hand each extent to ``flush(address, size)`` once, by address; the heap has none (xnheap_destroy, BKT-7).

        Nothing reads an extent after it was flushed.  0, or -EINVAL, with nothing changed, if it was destroyed before.
        """
        current = self.extents
        if current == NULL:
            return -EINVAL
        size = self.extent_size
        hold("sentinels_there", self)
        self.extents = NULL
        self._empty_buckets()
        while current != NULL:
            loop("flush_extents", self, current)
            following = Extent(self.memory, current).next
            check_order(current, following)
            self._raze(current, size)
            hold("extent_razed", self, current)
            flush(current, size)
            current = following
        advance("heap_emptied", self)
        hold("buckets_empty", self)
        return 0

    def _is_usable(self, address: int, size: int, shift: int) -> bool:
        """Whether an extent may lie there, as far as alignment, mapping and the descriptor are concerned."""
        if address == NULL or size == 0 or not is_aligned(address, 1 << shift):
            return False
        if not self.memory.is_mapped(address, size):
            return False
        return self.address + DESCRIPTOR <= address or address + size <= self.address

    # ---- blocks ------------------------------------------------------------------------

    def _alloc_block(self, size: int, shift: int) -> int:
        """A block of the bucket of ``size``, at most half a page, or NULL."""
        log = _log2(size, MIN_LOG2)
        hold("bucket_of_size", self, log, size)
        hold("bucket_known", self, log)
        sentinel = self._sentinel(log)
        links = Links(self.memory, sentinel).next
        if links != sentinel:
            return self.take_block(links - Page.SIZE, log)
        hold("bucket_is_empty", self, log)
        entry = self.take_pages(1 << shift)
        if entry == NULL:
            return NULL
        self.carve(entry, log)
        return Page(self.memory, entry).page

    @by_contract
    def carve(self, entry: int, log: int) -> None:
        """Make a run of one page a page of bucket ``log``, in which the first block is live."""
        hold("page_aligned", self, entry, log)
        view = Page(self.memory, entry)
        view.kind = log
        view.live = 1
        view.free = NULL
        view.frontier = view.page + (1 << log)
        advance("page_carved", self, entry)
        self._push(entry + Page.SIZE, log)

    @by_contract
    def take_block(self, entry: int, log: int) -> int:
        """A block of a page of bucket ``log`` that has one: the one given back last, or the lowest never used."""
        view = Page(self.memory, entry)
        block = view.free
        if block == NULL:
            block = view.frontier
            hold("block_picked", self, entry, log, block)
            view.frontier = block + (1 << log)
        else:
            hold("block_picked", self, entry, log, block)
            link = FreeLink(self.memory, block)
            view.free = link.next
            link.release()
            advance("block_unstacked", entry, block)
        view.live = view.live + 1
        self._flip(view, block)
        advance("block_taken", self, entry, block)
        if (view.free == NULL) & (view.frontier == view.page + (1 << self.shift)):
            self._unlink(entry + Page.SIZE)
        return block

    @by_contract
    def give_block(self, entry: int, address: int) -> None:
        """A block goes back to its page, others of which are live."""
        hold("block_leaves", self, entry, address)
        hold("place_is_clear", self, entry, address)
        view = Page(self.memory, entry)
        free = view.free
        if (free == NULL) & (view.frontier == view.page + (1 << self.shift)):
            self._push(entry + Page.SIZE, view.kind)
        self._flip(view, address)
        FreeLink.claim(self.memory, address).next = free
        view.free = address
        view.live = view.live - 1
        advance("block_given", self, entry, address)

    @by_contract
    def dissolve(self, entry: int, address: int) -> None:
        """Make a bucket page of which only the block at ``address`` is live a run of one page: all of it is live."""
        hold("block_leaves", self, entry, address)
        view = Page(self.memory, entry)
        page = view.page
        end = page + (1 << self.shift)
        hold("links_within", self, entry, page, end)
        self._unlink(entry + Page.SIZE)
        self.memory.release_range(FreeLink, page, end)
        self._flip(view, address)
        hold("page_emptied", self, entry, address)
        self._flip(view, page)
        view.kind = RUN
        view.frontier = end
        advance("page_dissolved", self, entry, address, end)

    # ---- lists of the buckets ----------------------------------------------------------

    def _sentinel(self, log: int) -> int:
        """The sentinel of the bucket of blocks of 2**log bytes."""
        return self.address + BucketHeap.SIZE + (log - MIN_LOG2) * Links.SIZE

    def _empty_buckets(self) -> None:
        """Every bucket's list is empty."""
        for log in range(MIN_LOG2, MIN_LOG2 + BUCKETS):
            sentinel = Links(self.memory, self._sentinel(log))
            sentinel.next = sentinel.address
            sentinel.prev = sentinel.address

    def _push(self, links: int, log: int) -> None:
        """Make a page the first of its bucket's list."""
        hold("bucket_known", self, log)
        sentinel = Links(self.memory, self._sentinel(log))
        view = Links(self.memory, links)
        hold("list_joined", self, links, log)
        first = sentinel.next
        view.next = first
        view.prev = sentinel.address
        Links(self.memory, first).prev = links
        sentinel.next = links
        advance("page_listed", links, log)

    def _unlink(self, links: int) -> None:
        """Take a page out of its bucket's list."""
        hold("list_left", self, links)
        view = Links(self.memory, links)
        before = view.prev
        following = view.next
        Links(self.memory, before).next = following
        Links(self.memory, following).prev = before
        advance("page_unlisted", links)


def _log2(size: int, least: int) -> int:
    """The smallest exponent from ``least`` on whose power of two is at least ``size``; 16 if that is above 2**15."""
    log = least
    while (log <= MAX_SHIFT) & (1 << log < size):
        loop("search_log2", log, size, least)
        log = log + 1
    return log
