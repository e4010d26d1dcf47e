"""The block heap in C beside the Python: histories of both."""

from __future__ import annotations

from impl.arithmetic import PAGE_SIZE, WORD_BITS, WORD_BYTES
from impl.block_heap import BLOCK_SIZE, BlockHeap, HeapTable, KernelHeap
from proofs.export.beside.history import History

BLOCKS = 60
TRACED = 32 << 10
"""The blocks of a program's heap."""


class Beside(History):
    """The kernel's heap on a pool of its own, made anew now and then, with refusals before."""

    descriptor = BlockHeap.SIZE + HeapTable.SIZE

    def begin(self) -> None:
        """A pool with pages around it, and a table."""
        KernelHeap.claim(self.memory, self.heap)
        self.pool = self.base + self.window // 2
        self.entries = self.base + self.window // 4 + 123
        self.open(self.pool - PAGE_SIZE, BLOCKS + 2)
        self.open(self.entries - self.entries % PAGE_SIZE, 1)
        self.table = self.heap + BlockHeap.SIZE
        self.both.call("kheap_init")
        self._create()

    def _describe(self, entries: int, total: int) -> None:
        """The caller writes the descriptor of a table."""
        self.memory.write_both(
            self.table, entries.to_bytes(WORD_BYTES, "little") + total.to_bytes(WORD_BYTES, "little")
        )

    def _create(self) -> None:
        """What create refuses, one after the other, heaps whose tables lie beside the pool, and a heap at last."""
        end = self.pool + BLOCKS * BLOCK_SIZE
        for start, last, entries, total in (
            (self.pool, end, self.entries, BLOCKS + 1),
            (self.pool, end, 0, BLOCKS),
            (self.pool + 8, end, self.entries, BLOCKS),
            (self.pool, end - 8, self.entries, BLOCKS),
            (self.pool, self.pool, self.entries, 0),
            (0, BLOCKS * BLOCK_SIZE, self.entries, BLOCKS),
            (self.pool, end + 9 * BLOCK_SIZE, self.entries, BLOCKS + 9),
            (self.pool, end, self.entries + PAGE_SIZE, BLOCKS),
            (self.pool, end, self.pool + 5, BLOCKS),
            (self.pool, end, self.heap - 5, BLOCKS),
            (self.pool, end, self.table + 1, BLOCKS),
            (self.base, self.base + BLOCK_SIZE, self.entries, 1),
            (self.pool + 8, end, self.entries, BLOCKS - 1),
            (self.pool, end - 8, self.entries, BLOCKS - 1),
            (self.pool, end, end, BLOCKS),
            (self.pool, end, self.pool - BLOCKS, BLOCKS),
            (self.pool, end, self.entries, BLOCKS),
        ):
            self._describe(entries, total)
            self.both.call("create", start, last, self.table)
        self.live.clear()

    def begin_trace(self) -> None:
        """A pool of 128 MiB, the page behind its table."""
        self.pool, self.entries = self.base + (64 << 20), self.base + (32 << 20)
        self.open(self.pool, TRACED)
        self.open(self.entries, TRACED // PAGE_SIZE)
        self._describe(self.entries, TRACED)
        self.both.call("create", self.pool, self.pool + TRACED * BLOCK_SIZE, self.table)

    def step(self) -> None:
        """One call."""
        self.change_mood()
        way = self.random.randrange(200)
        if way < 90 + self.mood:
            self.take(self.size(6 * BLOCK_SIZE), self.random.randrange(8) == 0)
        elif way < 197:
            self.give(self.address())
        elif way == 197:
            start = self.pool + self.random.randrange(BLOCKS * BLOCK_SIZE)
            self.both.call("memset", start, self.random.getrandbits(WORD_BITS), self.random.randrange(600))
        elif self.random.randrange(10) == 0:
            self._create()

    def take(self, size: int, zeroed: bool) -> int:
        """Blocks in a row."""
        name = "kzalloc" if zeroed else self.random.choice(("malloc", "kmalloc"))
        address, _ = self.both.call(name, size)
        if address:
            self.live.append(address)
            self.write(address, size)
        return int(address)

    def give(self, address: int) -> None:
        """They go back, or something that is no allocation is refused."""
        self.both.call(self.random.choice(("free", "kfree")), address)
        if address in self.live and self.random.randrange(8):
            self.live.remove(address)
