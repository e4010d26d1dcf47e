"""The bucket heap as RAM shows it: extents, pages and blocks read into plain dictionaries, their structure checked.

Nothing here is taken from the implementation: the layout is written down a second time.  What is read twice
(page map and lists, live bits and counts) must agree; where it does not, a Violation says which law fell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from model.language.words import WORD_BITS
from model.language.words import WORD_BYTES as WORD
from proofs.checking.violation import Violation

NULL = 0
FREE, CONTINUED, RUN = 0, 1, 2
LOGS = range(3, 15)
EXTENT, PAGE, ENTRY, LINKS, HEAP = 2 * WORD, 5 * WORD, 7 * WORD, 2 * WORD, 5 * WORD
DESCRIPTOR = HEAP + LINKS * len(LOGS)
UNIT = 8
WORD_SPAN = WORD_BITS * UNIT

LAWS = {
    "extents": "the extents are linked in the order of their addresses, and do not overlap",
    "geometry": "the descriptor says where in an extent its live bits and its pages begin",
    "entries": "every entry of a page map says where its page and its live bits are",
    "kinds": "every page is free, part of a run, or one of a bucket of at most half a page",
    "free_list": "the free list of an extent holds its free pages, in the order of their addresses",
    "runs": "a run is one block: a page that says where the run ends, and continuations up to there",
    "blocks": "the blocks of a bucket page are live, given back, or were never used, each exactly one of them",
    "counts": "a bucket page counts its live blocks, and has at least one",
    "bits": "no live bit is set but that of the first byte of a block",
    "buckets": "the list of a bucket, linked both ways, holds exactly its pages that have a block to give",
    "claims": "headers lie exactly where the page map, the lists and the descriptor say",
}
"""What every heap in RAM keeps to."""


@dataclass(frozen=True)
class Layout:
    """A heap: the ``kind`` of every page by its address, the bytes of every ``live`` block by its address.

    ``free`` are the free pages, ``spare`` the blocks that the pages of buckets have to give.
    """

    extents: tuple[int, ...]
    page_size: int
    extent_size: int
    header: int
    kind: dict[int, int]
    live: dict[int, int]
    free: tuple[int, ...]
    spare: dict[int, frozenset[int]]


def read_out(state: Any, heap: int) -> Layout:
    """The heap whose descriptor lies at ``heap``; Violation if RAM shows no heap at all."""
    return Reader(state, heap).layout()


def header_of(size: int, page_size: int) -> int:
    """Bytes of an extent before its first page."""
    need = EXTENT + size // page_size * ENTRY + size // WORD_SPAN * WORD
    return -(-need // page_size) * page_size


def _demand(truth: bool, law: str, detail: str) -> None:
    """Violation of that law unless ``truth``."""
    if not truth:
        raise Violation(f"bucket_heap.layout.{law}", LAWS[law], detail)


class Reader:
    """Reads one heap in one state."""

    def __init__(self, state: Any, heap: int) -> None:
        self.state = state
        self.heap = heap
        descriptor = state.fields("BucketHeap")
        self.first_extent = descriptor.extents[heap]
        self.shift = descriptor.shift[heap]
        self.size = descriptor.extent_size[heap]
        self.bits = descriptor.bits[heap]
        self.header = descriptor.header[heap]
        self.extent, self.entry = state.fields("Extent"), state.fields("Page")
        self.links, self.link = state.fields("Links"), state.fields("FreeLink")
        self.word = state.fields("LiveBits").word
        self.page_size = 0
        self.kind: dict[int, int] = {}
        self.live: dict[int, int] = {}
        self.free: list[int] = []
        self.given: list[int] = []
        self.spare: dict[int, frozenset[int]] = {}
        self.entry_of: dict[int, int] = {}

    def layout(self) -> Layout:
        """All of it."""
        extents = self._extents() if self.first_extent != NULL else ()
        for extent in extents:
            self._read_extent(extent)
        self._check_buckets()
        self._check_claims(extents)
        size, header = (self.size, self.header) if extents else (0, 0)
        spare = {page: blocks for page, blocks in self.spare.items() if blocks}
        return Layout(extents, self.page_size, size, header, self.kind, self.live, tuple(self.free), spare)

    # ------------------------------------------------------------ extents

    def _extents(self) -> tuple[int, ...]:
        """The queue of extents; the numbers that all of them share are checked."""
        _demand(9 <= self.shift <= 15, "geometry", f"shift {self.shift}")
        self.page_size = 1 << self.shift
        _demand(self.bits == EXTENT + self.size // self.page_size * ENTRY, "geometry", f"bits {self.bits:#x}")
        header = header_of(self.size, self.page_size)
        _demand(self.header == header, "geometry", f"header {self.header:#x}, not {header:#x}")
        _demand(header + 2 * self.page_size <= self.size, "geometry", f"size {self.size:#x}")
        found: list[int] = []
        current = self.first_extent
        while current != NULL:
            behind = found[-1] + self.size if found else 1
            _demand(current >= behind and current % self.page_size == 0, "extents", f"{current:#x}")
            found.append(current)
            current = self.extent.next[current]
        return tuple(found)

    def _read_extent(self, extent: int) -> None:
        """Its page map, live bits and free list."""
        pages = list(range(extent + self.header, extent + self.size, self.page_size))
        live = self._live_bits(extent)
        for number, page in enumerate(pages):
            entry = extent + EXTENT + number * ENTRY
            bits = extent + self.bits + (page - pages[0]) // WORD_SPAN * WORD
            right = self.entry.page[entry] == page and self.entry.bits[entry] == bits
            _demand(right, "entries", f"entry {number} of the extent at {extent:#x}")
            self.entry_of[page] = entry
            self.kind[page] = self.entry.kind[entry]
        run_end = extent + self.header
        live_on: dict[int, set[int]] = {}
        for a in live:
            live_on.setdefault(a - (a - pages[0]) % self.page_size, set()).add(a)
        for page in pages:
            mine = live_on.get(page, set())
            if page < run_end:
                _demand(self.kind[page] == CONTINUED, "runs", f"page {page:#x} of kind {self.kind[page]}")
                _demand(not mine, "bits", f"in page {page:#x}")
            else:
                run_end = self._read_page(extent, page, mine)
        free = [page for page in pages if self.kind[page] == FREE]
        self._check_free_list(extent, free)
        self.free += free

    def _read_page(self, extent: int, page: int, live: set[int]) -> int:
        """A page that continues no run; the address at which whatever begins there ends."""
        kind = self.kind[page]
        if kind == FREE:
            _demand(not live, "bits", f"in the free page {page:#x}")
        elif kind == RUN:
            end: int = self.entry.frontier[self.entry_of[page]]
            inside = page < end <= extent + self.size and (end - page) % self.page_size == 0
            _demand(inside, "runs", f"the run at {page:#x} ends at {end:#x}")
            _demand(live == {page}, "bits", f"in the run at {page:#x}: {_shown(live)}")
            self.live[page] = end - page
            return end
        else:
            _demand(kind != CONTINUED, "runs", f"page {page:#x} continues no run")
            _demand(kind in LOGS and kind < self.shift, "kinds", f"page {page:#x} of kind {kind}")
            self._read_blocks(page, live, 1 << kind)
        return page + self.page_size

    def _live_bits(self, extent: int) -> set[int]:
        """The addresses whose live bit is set."""
        found: set[int] = set()
        for number in range(self.size // WORD_SPAN):
            word = self.word[extent + self.bits + number * WORD]
            start = extent + self.header + number * WORD_SPAN
            while word:
                bit = (word & -word).bit_length() - 1
                found.add(start + bit * UNIT)
                word &= word - 1
        outside = {a for a in found if a >= extent + self.size}
        _demand(not outside, "bits", f"behind the extent at {extent:#x}: {_shown(outside)}")
        return found

    def _check_free_list(self, extent: int, free: list[int]) -> None:
        current = self.extent.free[extent]
        for page in free:
            _demand(current == page, "free_list", f"the list leads to {current:#x}, not {page:#x}")
            current = self.link.next[page]
        _demand(current == NULL, "free_list", f"the list does not end, but leads to {current:#x}")

    # ------------------------------------------------------------ blocks

    def _read_blocks(self, page: int, live: set[int], block: int) -> None:
        """The blocks of a bucket page."""
        entry = self.entry_of[page]
        end = page + self.page_size
        frontier = self.entry.frontier[entry]
        _demand(page <= frontier <= end and (frontier - page) % block == 0, "blocks", f"frontier {frontier:#x}")
        given = set(self._given(page, frontier, block))
        used = set(range(page, frontier, block))
        _demand(live <= used, "bits", f"in page {page:#x}: {_shown(live - used)}")
        _demand(not live & given, "blocks", f"live and given back: {_shown(live & given)}")
        _demand(live | given == used, "blocks", f"neither live nor given back: {_shown(used - live - given)}")
        _demand(self.entry.live[entry] == len(live) > 0, "counts", f"page {page:#x} counts {self.entry.live[entry]}")
        self.live.update(dict.fromkeys(live, block))
        self.given += given
        self.spare[page] = frozenset(given | set(range(frontier, end, block)))

    def _given(self, page: int, frontier: int, block: int) -> Iterator[int]:
        """The list of blocks given back."""
        current = self.entry.free[self.entry_of[page]]
        most = (frontier - page) // block
        while current != NULL:
            inside = page <= current < frontier and (current - page) % block == 0
            _demand(inside and most > 0, "blocks", f"the list of page {page:#x} leads to {current:#x}")
            most -= 1
            yield current
            current = self.link.next[current]

    # ------------------------------------------------------------ buckets, claims

    def _sentinel(self, log: int) -> int:
        return self.heap + HEAP + (log - LOGS[0]) * LINKS

    def _check_buckets(self) -> None:
        page_of = {entry + PAGE: page for page, entry in self.entry_of.items()}
        for log in LOGS:
            wanted = {page for page, blocks in self.spare.items() if blocks and self.kind[page] == log}
            sentinel = before = self._sentinel(log)
            current = self.links.next[sentinel]
            while current != sentinel:
                page = page_of.get(current)
                _demand(page in wanted, "buckets", f"bucket {log} leads to {current:#x}, page {page}")
                wanted.discard(page or NULL)
                _demand(self.links.prev[current] == before, "buckets", f"bucket {log}: prev of {current:#x}")
                before, current = current, self.links.next[current]
            _demand(self.links.prev[sentinel] == before, "buckets", f"bucket {log}: prev of the sentinel")
            _demand(not wanted, "buckets", f"bucket {log} lacks {_shown(wanted)}")

    def _check_claims(self, extents: tuple[int, ...]) -> None:
        entries = set(self.entry_of.values())
        words = range(self.size // WORD_SPAN) if extents else ()
        meant = {
            "BucketHeap": {self.heap},
            "Extent": set(extents),
            "Page": entries,
            "Links": {entry + PAGE for entry in entries} | {self._sentinel(log) for log in LOGS},
            "LiveBits": {extent + self.bits + number * WORD for extent in extents for number in words},
            "FreeLink": {*self.free, *self.given},
        }
        for struct, addresses in meant.items():
            found = set(self.state.claimed(struct).members)
            _demand(found == addresses, "claims", f"{struct} at {_shown(found ^ addresses)}")


def _shown(addresses: set[int]) -> str:
    """The lowest of them."""
    return ", ".join(f"{address:#x}" for address in sorted(addresses)[:8])
