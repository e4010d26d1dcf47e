"""The segment heap in C beside the Python: histories of both."""

from __future__ import annotations

from impl.arithmetic import PAGE_SIZE, WORD_LIMIT
from impl.segment_heap import INITIAL_PAGES, MAGIC, Segment
from proofs.export.beside.history import History
from proofs.export.beside.window import Window


class Beside(History):
    """A segment heap whose users err, whose headers are hit, and which comes to its end and begins anew."""

    def begin(self) -> None:
        """A heap in the middle of the window."""
        self.start = self.base + self.window // 8
        for base in (0, self.start + 16, self.heap, self.start):
            self.both.call("init", base)

    def step(self) -> None:
        """One call, or damage; for a while there are more requests than blocks that come back, then fewer."""
        self.change_mood()
        way = self.random.randrange(200)
        if way < 96 + self.mood:
            self.take(self.size(3 * PAGE_SIZE if self.random.randrange(20) else INITIAL_PAGES * PAGE_SIZE), False)
        elif way < 194:
            self.give(self.address())
        elif way < 196:
            self.both.call(self.random.choice(("dump", "trim", "trim")))
        elif way == 196 and self.live:
            self._flag(self.random.choice(self.live) - Segment.SIZE)
        elif way == 197 and self.live and self.random.randrange(2) == 0:
            self._hit(self.random.choice(self.live) - Segment.SIZE)
        elif way == 198:
            self._anew()
        elif self.random.randrange(3) == 0:
            self._fill_last()

    def _fill_last(self) -> None:
        """Somebody takes exactly the last segment, if that is free: the heap must grow by a new one then."""
        last = self.both.word("last_segment")
        if last and self.memory.pages[(last - self.base) // PAGE_SIZE]:
            self.take(self.memory.read(Segment.size, last) % (1 << 20), False)
            grown = self.take(PAGE_SIZE, False)
            if grown and self.random.randrange(2):
                self.give(grown)
            self.both.call("trim")

    def _anew(self) -> None:
        """The heap comes to its end, serves nothing, and another one begins, maybe not at once."""
        while self.live and self.random.randrange(40):
            self.give(self.live[-1])
        self.both.call("trim")
        self.both.call("destruct")
        self.live.clear()
        self.take(64, False)
        for address, size in list(self.memory.runs()):  # what a damaged heap did not give back
            if address >= self.start:
                Window.unmap(self.memory, address, size // PAGE_SIZE)
                self.memory.close(address, size // PAGE_SIZE)
        for refusing in (100, 0):
            self.memory.refusing = refusing
            self.both.call("init", self.start)

    def _flag(self, header: int) -> None:
        """A wild pointer hits a flag: any byte but 0 is true."""
        if self._is_header(header):
            self.memory.write_both(header + Segment.free.offset, bytes([self.random.choice((1, 2, 128, 255))]))
            self.give(header + Segment.SIZE)

    def _is_header(self, header: int) -> bool:
        """Whether a header lies there.

        The user of a block that went would hit what lies there now, part of another header maybe, whose magic
        survives.  Nothing is promised of a heap that is damaged so: it follows what it reads, wherever that leads.
        """
        there = self.memory.pages[(header - self.base) // PAGE_SIZE]
        return bool(there) and self.memory.read(Segment.magic, header) == MAGIC

    def _hit(self, header: int) -> None:
        """A wild pointer hits a header, magic and all, or where the next one lies."""
        if not self._is_header(header):
            return
        if self.random.randrange(2):
            self.memory.write_both(header, b"A" * self.random.randrange(4, Segment.SIZE + 1))
        else:
            end = self.both.word("end")
            target = self.random.choice(
                (header, self.start, end, end + PAGE_SIZE - 8, end - Segment.SIZE + 1, WORD_LIMIT - 8)
            )
            self.memory.write_both(header + Segment.next.offset, target.to_bytes(Segment.next.width, "little"))
        self.give(header + Segment.SIZE)
        self.take(INITIAL_PAGES * PAGE_SIZE, False)

    def take(self, size: int, zeroed: bool) -> int:
        """A block, which its user fills."""
        address, _ = self.both.call("allocate", size)
        if address:
            self.live.append(address)
            self.write(address, size)
        return int(address)
