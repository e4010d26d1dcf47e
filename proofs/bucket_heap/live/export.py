"""The bucket heap in C beside the Python: histories of both."""

from __future__ import annotations

from impl.arithmetic import PAGE_SIZE, WORD_BYTES, WORD_LIMIT
from impl.bucket_heap import DESCRIPTOR
from impl.bucket_heap_layout import Extent
from proofs.export.beside.history import History

EXTENT = 64 << 10
TRACED = 1 << 20
"""The extents of a program's heap."""
PLACES = 24
"""So many extents may lie in the window, a page apart."""


class Beside(History):
    """A bucket heap on extents that come in any order, destroyed and begun anew with pages of another size."""

    window = 8 << 20
    descriptor = DESCRIPTOR
    next_extent = 0

    def begin(self) -> None:
        """Extents side by side or a page apart, and a heap."""
        self.extent = EXTENT
        self.places = [self.base + (1 << 20) + n * (EXTENT + PAGE_SIZE * (n % 2)) for n in range(PLACES)]
        self.places = [place - place % (1 << 15) for place in self.places]
        first = min(self.places)
        self.open(first, (max(self.places) + 2 * EXTENT - first) // PAGE_SIZE)
        self._begin_anew()

    def _begin_anew(self) -> None:
        """What init refuses, and a heap at last."""
        page = 1 << self.random.randrange(9, 15)
        place = self.random.choice(self.places)
        for address, size, of_page in (
            (place, EXTENT, page + 1),
            (place, EXTENT, 256),
            (place, EXTENT, 1 << 16),
            (place + 8, EXTENT, page),
            (place, EXTENT + 8, page),
            (place, min(3 << 31, WORD_LIMIT - PAGE_SIZE), page),
            (0, EXTENT, page),
            (place, 0, page),
            (place, page * 2, page),
            (self.base + (self.window - EXTENT), EXTENT, page),
            (self.heap - self.heap % PAGE_SIZE, EXTENT, 1 << 12),
            (place, EXTENT, page),
        ):
            self.both.call("init", address, size, of_page)
        self.page = page
        self.live.clear()

    def begin_trace(self) -> None:
        """Extents of 1 MiB with pages of 4096 bytes, one more whenever a request is refused."""
        self.next_extent = self.base + (16 << 20)
        self.open(self.next_extent, TRACED // PAGE_SIZE)
        self.both.call("init", self.next_extent, TRACED, PAGE_SIZE)

    def step(self) -> None:
        """One call."""
        self.change_mood()
        way = self.random.randrange(200)
        if way < 96 + self.mood:
            self.take(self.size(3 * self.page), False)
        elif way < 194:
            self.give(self.address())
        elif way == 194:
            self._mislead()
        elif way == 195 and self.random.randrange(3) == 0:
            self._crowd()
        elif way < 199:
            place = self.random.choice(self.places) + self.random.choice((0, 0, 0, 8, self.page))
            self.both.call("extend", place, self.random.choice((EXTENT, EXTENT, EXTENT, self.page, 0)))
        elif self.random.randrange(2) == 0:
            self._destroy()

    def _crowd(self) -> None:
        """A page full of small blocks: more than a byte can count, where pages are large."""
        crowd = [self.take(8, False) for _ in range(min(self.page // 8, 300))]
        for address in crowd[self.random.randrange(len(crowd)) :]:
            self.give(address)

    def _mislead(self) -> None:
        """A wild pointer lets the extents, or the free pages of the first one, lead down: what walks there ends."""
        extent = self.both.word("extents")
        place = self.memory.read(Extent.free, extent) if extent and self.random.randrange(2) else extent
        if not place:
            return
        link = self.memory.buffer[place - self.base :][:WORD_BYTES]
        wild = self.random.choice((place, extent, self.base, 8)).to_bytes(WORD_BYTES, "little")
        self.memory.write_both(place, wild)
        self.both.call("alloc", self.random.choice((2 * self.page, EXTENT)))
        if place == extent:
            self.both.call("extend", self.random.choice(self.places), EXTENT)
            self.give(self.address())
            if self.random.randrange(3) == 0:
                self.both.call("destroy", lambda address, size: None)
        else:
            self.both.call("free", self.address())
        if self.memory.buffer[place - self.base :][:WORD_BYTES] == wild:
            self.memory.write_both(place, link)
        if not self.both.word("extents"):
            self._begin_anew()

    def _destroy(self) -> None:
        """The heap goes, extent by extent; nothing serves then, until another begins."""
        for _ in range(2):
            self.both.call("destroy", lambda address, size: None)
        self.both.call("extend", self.places[0], EXTENT)
        self.take(8, False)
        self.give(self.address())
        self._begin_anew()

    def take(self, size: int, zeroed: bool) -> int:
        """A block."""
        address, _ = self.both.call("alloc", size)
        while not address and self.next_extent and 0 < size <= TRACED // 2:
            self.next_extent += TRACED
            self.open(self.next_extent, TRACED // PAGE_SIZE)
            self.both.call("extend", self.next_extent, TRACED)
            address, _ = self.both.call("alloc", size)
        if address:
            self.live.append(address)
            self.write(address, size)
        return int(address)
