"""A small reference model of the bucket heap: what each call may return, and which pages and blocks there are then.

Plain dictionaries, no lists, no bits, no memory.  It leaves open which block of a bucket is handed out, and
nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Collection

from proofs.bucket_heap.live.layout import CONTINUED, DESCRIPTOR, FREE, NULL, RUN, Layout, header_of

EINVAL = 22
PAGE_SIZES = (512, 1024, 2048, 4096, 8192, 16384, 32768)
MAX_EXTENT = 2**31

Mapped = Callable[[int, int], bool]
"""Whether [address, address + size) is mapped."""


class Reference:
    """A heap whose descriptor lies at ``heap``: every page's ``kind``, every ``live`` block's bytes, by address."""

    def __init__(self, heap: int, mapped: Mapped) -> None:
        self.heap = heap
        self.mapped = mapped
        self.extents: list[int] = []
        self.page_size = 0
        self.extent_size = 0
        self.header = 0
        self.kind: dict[int, int] = {}
        self.live: dict[int, int] = {}

    # ------------------------------------------------------------ extents

    def init(self, address: int, size: int, page_size: int) -> int:
        """0 or -EINVAL (BKT-3)."""
        if page_size not in PAGE_SIZES or not self._usable(address, size, page_size):
            return -EINVAL
        header = header_of(size, page_size)
        if size > MAX_EXTENT or size % page_size or header + 2 * page_size > size:
            return -EINVAL
        self.page_size, self.extent_size, self.header = page_size, size, header
        self._add(address)
        return 0

    def extend(self, address: int, size: int) -> int:
        """0 or -EINVAL (BKT-6)."""
        if not self.extents or size != self.extent_size or not self._usable(address, size, self.page_size):
            return -EINVAL
        if any(address < other + size and other < address + size for other in self.extents):
            return -EINVAL
        self._add(address)
        return 0

    def destroy(self) -> list[int]:
        """The extents that must be flushed, in this order (BKT-7)."""
        gone, self.extents = self.extents, []
        self.page_size = self.extent_size = self.header = 0
        self.kind, self.live = {}, {}
        return gone

    def _usable(self, address: int, size: int, page_size: int) -> bool:
        clear = address + size <= self.heap or self.heap + DESCRIPTOR <= address
        return address != NULL and size > 0 and address % page_size == 0 and clear and self.mapped(address, size)

    def _add(self, extent: int) -> None:
        self.extents = sorted([*self.extents, extent])
        self.kind.update(dict.fromkeys(self._pages(extent), FREE))

    def _pages(self, extent: int) -> range:
        return range(extent + self.header, extent + self.extent_size, self.page_size)

    # ------------------------------------------------------------ blocks

    def may_return(self, size: int) -> Collection[int]:
        """The addresses that alloc may return (BKT-2, BKT-8)."""
        if size == 0 or not self.extents:
            return (NULL,)
        if size > self.page_size // 2:
            return (self._lowest_run(self._pages_for(size)),)
        block = self._block_for(size)
        spare = self._spare(block)
        if spare:
            return spare
        page = self._lowest_run(1)
        return self._blocks(page, block) if page != NULL else (NULL,)

    def take(self, size: int, address: int) -> None:
        """``address``, one of those that alloc may return, was returned."""
        if size > self.page_size // 2:
            count = self._pages_for(size)
            for number in range(count):
                self.kind[address + number * self.page_size] = CONTINUED if number else RUN
            self.live[address] = count * self.page_size
            return
        block = self._block_for(size)
        self.kind[self._page_of(address)] = block.bit_length() - 1
        self.live[address] = block

    def free(self, address: int) -> int:
        """0 or -EINVAL (BKT-5)."""
        size = self.live.pop(address, 0)
        if size == 0:
            return -EINVAL
        page = self._page_of(address)
        end = page + max(size, self.page_size)
        if not any(page <= other < end for other in self.live):
            self.kind.update(dict.fromkeys(range(page, end, self.page_size), FREE))
        return 0

    def runs(self) -> list[int]:
        """The lengths of the longest runs of free pages, in pages."""
        lengths = []
        for extent in self.extents:
            length = 0
            for page in self._pages(extent):
                length = length + 1 if self.kind[page] == FREE else 0
                lengths.append(length)
        return sorted({length for length in lengths if length})

    def _spare(self, block: int) -> set[int]:
        """All blocks of that size which the pages of their bucket have to give."""
        log = block.bit_length() - 1
        every = {a for page, kind in self.kind.items() if kind == log for a in self._blocks(page, block)}
        return every - self.live.keys()

    def _blocks(self, page: int, block: int) -> set[int]:
        return set(range(page, page + self.page_size, block))

    def _page_of(self, address: int) -> int:
        return address - address % self.page_size

    def _pages_for(self, size: int) -> int:
        return -(-size // self.page_size)

    def _block_for(self, size: int) -> int:
        block = 8
        while block < size:
            block *= 2
        return block

    def _lowest_run(self, count: int) -> int:
        """The lowest ``count`` free pages in a row in one extent; NULL if there are none."""
        for extent in self.extents:
            pages = self._pages(extent)
            length = 0
            for page in pages:
                length = length + 1 if self.kind[page] == FREE else 0
                if length == count:
                    return page - (count - 1) * self.page_size
        return NULL

    # ------------------------------------------------------------ comparison

    def differences(self, layout: Layout) -> list[str]:
        """What RAM shows differently."""
        found = []
        if list(layout.extents) != self.extents:
            found.append(f"extents {_shown(layout.extents)}, not {_shown(self.extents)}")
        mine = (self.page_size, self.extent_size, self.header)
        if (layout.page_size, layout.extent_size, layout.header) != mine:
            found.append(f"page size, extent size and header are not {mine}")
        found += _compared("page", "kind", layout.kind, self.kind)
        found += _compared("block", "size", layout.live, self.live)
        return found


def _compared(thing: str, value: str, found: dict[int, int], meant: dict[int, int]) -> list[str]:
    """Where two maps differ."""
    places = sorted(a for a in found.keys() | meant.keys() if found.get(a) != meant.get(a))
    return [f"{thing} {a:#x}: {value} {found.get(a)}, not {meant.get(a)}" for a in places[:8]]


def _shown(addresses: Collection[int]) -> str:
    return "[" + ", ".join(f"{address:#x}" for address in addresses) + "]"
