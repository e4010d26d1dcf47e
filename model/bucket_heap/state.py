"""The abstract state of the bucket heap: what its memory says, and what ghosts add to it.

An *entry* is the address of a page's entry in the page map; it names the page.  The entries of an extent
follow each other at distance ENTRY from ``first_entry`` to ``last_entry`` (exclusive).

The live blocks of a bucket page are numbered, and so are those given back, in the order in which they came:
number n of a page has the address ``page + n`` (there are fewer blocks than bytes).  So ``slot`` and
``occupant``, ``place`` and ``stacked`` are bijections that say how many there are without counting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from model.language.logic import Truth, Word, when
from model.language.words import NULL, WORD_BITS, WORD_BYTES

MIN_LOG2 = 3
MIN_SHIFT = 9
MAX_SHIFT = 15
BUCKETS = MAX_SHIFT - MIN_LOG2
MAX_EXTENT = 1 << 31
FREE, CONTINUED, RUN = 0, 1, 2
UNIT = 8
SPAN = UNIT * WORD_BITS
"""Bytes whose live bits fill one word."""
EXTENT_HEADER = 2 * WORD_BYTES
PAGE_ENTRY = 5 * WORD_BYTES
LINKS = 2 * WORD_BYTES
ENTRY = PAGE_ENTRY + LINKS
SENTINELS = 5 * WORD_BYTES
DESCRIPTOR = SENTINELS + BUCKETS * LINKS
EINVAL = 22


@dataclass(frozen=True)
class Ghosts:
    """What no field says.

    ``extents`` and ``entries``: the extents and pages of the heap; ``owner``: entry -> its extent;
    ``after``: entry -> the address behind it; ``number``: entry -> its number in its extent;
    ``entry_at``: page -> its entry; ``pages``: pages of an extent.
    ``rank``: extent -> number of extents below it, ``count`` of them in all; ``passed``: extent -> number of
    pages in the extents below it, ``total`` of them in all.
    ``idle``: the free pages; ``until``: free page -> the end of the free pages in a row that it is one of.
    ``run``: entry of a continued page -> the first of its run.
    ``live``: the live blocks; ``home``: block -> the entry of its page; ``slot``: live block -> page + its
    number; ``occupant``: the inverse.  ``freed``: the blocks given back; ``place`` and ``stacked`` likewise;
    ``height``: entry -> how many.
    ``nodes``: places in the buckets' lists, sentinels included; ``bucket``: place -> its bucket; ``root``:
    bucket -> its sentinel; ``stamp``: place -> when it was listed, later is larger, 0 for sentinels, less
    than ``clock``.
    """

    extents: Any
    entries: Any
    owner: Any
    after: Any
    number: Any
    entry_at: Any
    pages: Word
    rank: Any
    count: Word
    passed: Any
    total: Word
    idle: Any
    until: Any
    run: Any
    live: Any
    home: Any
    slot: Any
    occupant: Any
    freed: Any
    place: Any
    stacked: Any
    height: Any
    nodes: Any
    bucket: Any
    root: Any
    stamp: Any
    clock: Word


@dataclass(frozen=True)
class Heap:
    """One bucket heap: the fields of its structs as maps from addresses, and ``ghost``."""

    at: Word
    first: Word
    shift: Word
    size: Word
    bits: Word
    header: Word
    kind: Any
    live: Any
    page: Any
    bits_of: Any
    free: Any
    frontier: Any
    next: Any
    prev: Any
    next_extent: Any
    free_page: Any
    word: Any
    link: Any
    ghost: Ghosts
    memory: Any

    @property
    def page_size(self) -> Word:
        """Bytes of a page."""
        return 1 << self.shift

    def first_entry(self, x: Word) -> Word:
        """The entry of the first page of extent ``x``."""
        return x + EXTENT_HEADER

    def last_entry(self, x: Word) -> Word:
        """The address behind the last entry of extent ``x``."""
        return x + EXTENT_HEADER + ENTRY * self.ghost.pages

    def end(self, e: Word) -> Word:
        """The address behind the page of ``e``."""
        return self.page[e] + self.page_size

    def carved(self, e: Word) -> Truth:
        """``e`` is a page of a bucket."""
        return self.kind[e] > RUN

    def has_room(self, e: Word) -> Truth:
        """A bucket page that has a block to give."""
        return self.carved(e) & ((self.free[e] != NULL) | (self.frontier[e] != self.end(e)))

    def extent(self, a: Word) -> Word:
        """Bytes of the live block at ``a``."""
        e = self.ghost.home[a]
        return when(self.kind[e] == RUN, self.frontier[e] - self.page[e], 1 << self.kind[e])

    def sentinel(self, log: Word) -> Word:
        """The sentinel of bucket ``log``."""
        return self.at + SENTINELS + (log - MIN_LOG2) * LINKS

    def is_page(self, d: Word) -> Truth:
        """A page begins at ``d``."""
        e = self.ghost.entry_at[d]
        return self.ghost.entries[e] & (self.page[e] == d)

    def extent_at(self, d: Word) -> Word:
        """The extent of the page that begins at ``d``."""
        return self.ghost.owner[self.ghost.entry_at[d]]

    def unit(self, e: Word, a: Word) -> Word:
        """The number of the 8 bytes in the page of ``e`` that begin at ``a``."""
        return (a - self.page[e]) // UNIT

    def word_of(self, e: Word, a: Word) -> Word:
        """Where the live bit of address ``a`` in the page of ``e`` lies."""
        return self.bits_of[e] + self.unit(e, a) // WORD_BITS * WORD_BYTES

    def bit_set(self, e: Word, a: Word) -> Truth:
        """The live bit of address ``a`` in the page of ``e`` is set."""
        return self.word[self.word_of(e, a)] & (1 << self.unit(e, a) % WORD_BITS) != 0


def seen(state: Any, heap: Word, ghosts: Ghosts) -> Heap:
    """The heap whose descriptor lies at ``heap``."""
    descriptor, page, links = state.fields("BucketHeap"), state.fields("Page"), state.fields("Links")
    extent = state.fields("Extent")
    return Heap(
        heap,
        descriptor.extents[heap],
        descriptor.shift[heap],
        descriptor.extent_size[heap],
        descriptor.bits[heap],
        descriptor.header[heap],
        page.kind,
        page.live,
        page.page,
        page.bits,
        page.free,
        page.frontier,
        links.next,
        links.prev,
        extent.next,
        extent.free,
        state.fields("LiveBits").word,
        state.fields("FreeLink").next,
        ghosts,
        state,
    )
