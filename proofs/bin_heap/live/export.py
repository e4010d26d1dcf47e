"""The bin heap in C beside the Python: histories of both."""

from __future__ import annotations

from impl.arithmetic import PAGE_SIZE, WORD_BITS, WORD_BYTES, WORD_LIMIT
from impl.bin_heap import UNLOCKED, BinHeap
from impl.bin_layout import DESCRIPTOR, HEADER, LARGE_ALLOC_THRESHOLD, MAGIC
from proofs.export.beside.history import History


class Beside(History):
    """A bin heap whose users err and forge headers, and whose lock is held now and then."""

    window = 64 << 20
    descriptor = DESCRIPTOR

    def begin(self) -> None:
        """A heap without blocks."""
        self.both.call("init")

    def step(self) -> None:
        """One call, or mischief."""
        self.change_mood()
        way = self.random.randrange(200)
        most = LARGE_ALLOC_THRESHOLD + PAGE_SIZE if self.random.randrange(30) == 0 else 2000
        if way < 60 + self.mood:
            self.take(self.size(most), self.random.randrange(4) == 0)
        elif way < 180:
            self.give(self.address())
        elif way < 194:
            most = 3 * LARGE_ALLOC_THRESHOLD if self.random.randrange(4) == 0 else most
            self.change(self.address(), 0, 0 if self.random.randrange(12) == 0 else self.size(most))
        elif way < 196:
            size, count = self.size(2000), self.random.choice((1, 2, 3, 1 << WORD_BITS // 2, WORD_LIMIT // 3))
            self._got(self.both.call("calloc", count, size)[0], size)
        elif way == 196:
            self._held()
        elif way == 197 and self.live:
            self._forge(self.random.choice(self.live))
        elif way == 198 and self.random.randrange(3) == 0:
            self.live.clear()
            self.both.call("destroy")
            self.both.call("init")
        elif way == 199:
            self.both.call("trim")

    def _held(self) -> None:
        """Somebody else holds the lock, or what looks like it: every call is refused."""
        BinHeap.lock.__set__(BinHeap(self.memory, self.heap), 1)
        self.memory.write_both(
            self.heap, self.random.choice((1, 2, 1 << WORD_BITS - 24)).to_bytes(WORD_BYTES, "little")
        )
        for name, given in (("malloc", (64,)), ("free", (self.address() or 1,)), ("realloc", (self.address() or 1, 9))):
            self.both.call(name, *given)
        self.memory.write_both(self.heap, UNLOCKED.to_bytes(WORD_BYTES, "little"))

    def _forge(self, address: int) -> None:
        """A user writes what looks like a header into his block, and frees what it would belong to."""
        words = [self.word() for _ in range((HEADER - 8) // WORD_BYTES)]
        magic, flags = self.random.choice((MAGIC, MAGIC, 0)), self.random.randrange(8)
        header = magic.to_bytes(4, "little") + flags.to_bytes(4, "little")
        header += b"".join(word.to_bytes(WORD_BYTES, "little") for word in words)
        if address % 64 == 0 and self.memory.holds(address, 2 * HEADER) and self._is_mapped(address):
            self.memory.write_both(address, header)
            self.both.call("free", address + HEADER)

    def _is_mapped(self, address: int) -> bool:
        return bool(self.memory.pages[(address - self.base) // PAGE_SIZE])

    def _got(self, address: int, size: int) -> int:
        if address:
            self.live.append(address)
            self.write(address, min(size, 64))
        return int(address or 0)

    def take(self, size: int, zeroed: bool) -> int:
        """A block."""
        if zeroed:
            return self._got(self.both.call("calloc", 1, size)[0], size)
        name = "malloc" if self.random.randrange(10) else "zalloc"
        return self._got(self.both.call(name, size)[0], size)

    def change(self, address: int, old: int, size: int) -> int:
        """The heap's own realloc."""
        found, raised = self.both.call("realloc", address, size)
        if found and address in self.live:
            self.live.remove(address)
        return self._got(found, size) if found and not raised else 0
