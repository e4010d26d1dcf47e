"""The bin heap in C beside the Python: histories of both."""

from __future__ import annotations

from collections.abc import Iterator

from impl.arithmetic import PAGE_SIZE, WORD_BITS, WORD_BYTES, WORD_LIMIT, align_up
from impl.bin_heap import BinHeap
from impl.bin_layout import (
    ADDRESS_ENTRY,
    ALLOCATED,
    DESCRIPTOR,
    FREE_ENTRY,
    HEADER,
    LARGE_ALLOC_THRESHOLD,
    LISTS,
    MAGIC,
    MAPPED_LIST,
    UNLOCKED,
    BlockHeader,
    ListEntry,
)
from proofs.export.beside.history import History


class Beside(History):
    """A bin heap beside another one, whose users err and forge headers, and whose lock is held now and then."""

    window = 64 << 20
    descriptor = DESCRIPTOR

    def begin(self) -> None:
        """A heap without blocks, and another that has some."""
        self.other = self.base + 4 * PAGE_SIZE
        self.open(self.other, align_up(DESCRIPTOR, PAGE_SIZE) // PAGE_SIZE)
        self.both.heap = self.other
        self.both.call("init")
        sizes = (100, 1000, 2 * LARGE_ALLOC_THRESHOLD)
        self.foreign = [found for size in sizes if (found := self.both.call("malloc", size)[0])]
        self.both.heap = self.heap
        self.both.call("init")
        self.both.call("destroy")  # of a heap without blocks: it is what init made of it

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
            large = self.random.randrange(4) == 0
            most = 3 * LARGE_ALLOC_THRESHOLD if large else most
            found = self.change(self.address(), 0, 0 if self.random.randrange(12) == 0 else self.size(most))
            if found and large:  # it may have been mapped for itself, and shrinks then
                self.change(found, 0, self.size(most))
        elif way < 196:
            size, count = self.size(2000), self.random.choice((1, 2, 3, 1 << WORD_BITS // 2, WORD_LIMIT // 3))
            self._got(self.both.call("calloc", count, size)[0], size)
        elif way == 196:
            self.random.choice((self._held, self._mislead, self._stray))()
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

    def _stray(self) -> None:
        """A block of the other heap comes here."""
        if self.foreign:
            self.both.call("free", self.random.choice(self.foreign))
            self.both.call("realloc", self.random.choice(self.foreign), self.size(2000))

    def _mislead(self) -> None:
        """A wild pointer lets the last block by address lead up: what walks down from there ends."""
        head = self.heap + LISTS
        last = self.memory.read(ListEntry.prev, head)
        below = self.memory.read(ListEntry.prev, last)
        if last == head or not self.memory.read(BlockHeader.flags, last - ADDRESS_ENTRY) & ALLOCATED:
            return
        self.memory.write_both(last, (last + self.random.choice((0, 64))).to_bytes(WORD_BYTES, "little"))
        self.both.call("trim")
        self.both.call("free", last - ADDRESS_ENTRY + HEADER)
        if self.random.randrange(4) == 0:
            self.both.call("destroy")
        self.memory.write_both(last, below.to_bytes(WORD_BYTES, "little"))

    def _forge(self, address: int) -> None:
        """A user writes what looks like a header into his block, and frees what it would belong to.

        A block that went is not his: what lies there now may be a header, and nothing is promised of a heap that has a
        forged one in the place of its own.
        """
        if not self._is_live(address):
            return
        words = [self.word() for _ in range((HEADER - 8) // WORD_BYTES)]
        if self.random.randrange(2):  # entries that are linked to themselves, in a list that is none of this heap
            for place in (FREE_ENTRY, ADDRESS_ENTRY):
                entry, number = address + place, (place - 8) // WORD_BYTES
                heads = (0, entry, self.word() | 1, self.other + LISTS, self.other + MAPPED_LIST)
                words[number : number + 3] = [entry, entry, self.random.choice(heads)]
        magic, flags = self.random.choice((MAGIC, MAGIC, 0)), self.random.randrange(8)
        header = magic.to_bytes(4, "little") + flags.to_bytes(4, "little")
        header += b"".join(word.to_bytes(WORD_BYTES, "little") for word in words)
        self.memory.write_both(address, header)
        self.both.call("free", address + HEADER)

    def _is_live(self, address: int) -> bool:
        """Whether a live block has its payload there."""
        entry = address - HEADER + ADDRESS_ENTRY
        return any(entry in self._listed(self.heap + head) for head in (LISTS, MAPPED_LIST)) and bool(
            self.memory.read(BlockHeader.flags, address - HEADER) & ALLOCATED
        )

    def _listed(self, head: int) -> Iterator[int]:
        """The entries of a list."""
        entry = self.memory.read(ListEntry.next, head)
        while entry != head:
            yield entry
            entry = self.memory.read(ListEntry.next, entry)

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
