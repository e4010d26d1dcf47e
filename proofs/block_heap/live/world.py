"""What can happen to a block heap: its operations, its users' mistakes, and what the boot code gives it."""

from __future__ import annotations

import types

from impl.arithmetic import NULL
from impl.block_heap import BlockHeap
from model.block_heap.state import BlockTable
from proofs.block_heap.live.bench import BENCH
from proofs.checking.ends import unseen
from proofs.checking.world import DESCRIPTOR, DESCRIPTOR_PAGE, GUARD_BYTE, World

TABLE = DESCRIPTOR + BlockHeap.SIZE
"""kernel_heap_table, directly behind kernel_heap."""
KERNEL_FRAMES = 26_000
"""RAM for the documented pool of 25600 blocks, the tables that map it, and the entries."""


class BlockHeapWorld(World):
    """A world around one block heap.  Every page of it counts as the heap's: the heap maps nothing itself."""

    bench = BENCH
    born = False
    """Whether create has ever succeeded; before that the descriptor holds garbage, and no other call is legal."""

    def __init__(self, frames: int = 128, edition: types.ModuleType | None = None, every: int = 1) -> None:
        super().__init__(frames, edition, every)
        self.checked.disown(DESCRIPTOR_PAGE, 1)
        self.kept = b""
        self.apart = NULL

    @property
    def table(self) -> int:
        """Where the table's descriptor lies: that of the kernel's heap directly behind the heap's."""
        return self.apart or self.checked.address + BlockHeap.SIZE

    @property
    def blocks_of(self) -> BlockTable:
        """The model."""
        ghost: BlockTable = self.checked.refresh()
        return ghost

    # ------------------------------------------------------------ the boot code

    @unseen
    def provide(self, address: int, pages: int) -> None:
        """Memory for the heap: ``pages`` pages at ``address`` are mapped and hold garbage."""
        self.note("provide", self.text(address), str(pages))
        self.machine.memory.map(address, pages)
        if pages <= 1000:
            self.machine.memory.fill(address, pages << 12, GUARD_BYTE)

    def withdraw(self, address: int, pages: int) -> None:
        """These pages are unmapped; the heap does not use them."""
        self.note("withdraw", self.text(address), str(pages))
        self.machine.memory.unmap(address, pages)

    def tabulate(self, address: int) -> None:
        """The table's descriptor lies there, apart from that of the heap."""
        self.note("tabulate", self.text(address))
        self.checked.module.HeapTable(self.checked.memory, self.table).release()
        self.checked.module.HeapTable.claim(self.checked.memory, address)
        self.apart = address

    def describe(self, entries: int, total: int) -> None:
        """The table's descriptor is filled in, before the heap is created."""
        self.note("describe", self.text(entries), str(total))
        view = self.checked.module.HeapTable(self.checked.memory, self.table)
        view.entries = entries
        view.total = total

    def create(self, start: int, end: int, table: int = NULL) -> int:
        """Create the heap, by default with its table."""
        governed = table or self.table
        self.note("create", self.text(start), self.text(end), self.text(governed))
        return self._creation("create", start, end, governed)

    def kheap_init(self) -> int:
        """Create the kernel's heap."""
        self.note("kheap_init")
        return self._creation("kheap_init")

    def _creation(self, name: str, *arguments: int) -> int:
        t = self.call(name, *arguments)
        self.born = self.born or t.result == 0
        return int(t.result) if t.result is not None else -1

    # ------------------------------------------------------------ operations

    def allocate(self, size: int, name: str = "malloc") -> int:
        """Allocate ``size`` bytes by malloc, kmalloc or kzalloc; the user fills the block."""
        self.blocks += 1
        block = f"a{self.blocks}"
        self.note("allocate", str(size), repr(name), result=block)
        t = self.call(name, size)
        address = t.result or 0
        if address:
            self.admit(address, size, block)
        self.look_after(name)
        return int(address)

    def free(self, address: int, name: str = "free") -> None:
        """Free ``address``, whatever it is, by free or kfree."""
        self.note("free", self.text(address), repr(name))
        t = self.call(name, address)
        if not t.raised:
            self.contents.pop(address, None)
        self.look_after(name)

    def memset(self, target: int, byte: int, size: int) -> None:
        """Fill [target, target + size)."""
        self.note("memset", self.text(target), str(byte), str(size))
        t = self.call("memset", target, byte, size)
        if not t.raised:
            self._remember(target, byte & 0xFF, size)
        self.look_after("memset")

    def _remember(self, target: int, byte: int, size: int) -> None:
        """The users whose blocks were filled know that."""
        for address, data in self.contents.items():
            low, high = max(target, address), min(target + size, address + len(data))
            if low < high:
                self.contents[address] = data[: low - address] + bytes([byte]) * (high - low) + data[high - address :]
