"""The block heap: one byte of table for every block of 4096 bytes, first fit from the lowest address.

    entries                                   saddr                                  end
      | 41 | C1 | 81 | 01 | 00 | 00 | ...       | block 0 | block 1 | block 2 | ... |
        one   first ....  last   free             block i belongs to entry i

An entry is FREE (0x00) or TAKEN (0x01); IS_FIRST (0x40) marks the first block of an allocation,
HAS_NEXT (0x80) every block but its last.  So an allocation is 0x41, or 0xC1 (0x81)* 0x01.

malloc takes the lowest run of free blocks that is long enough and marks it; free walks from the
first block to the one without HAS_NEXT.  No pointer lies in the pool, so nothing that a user writes
into his block can harm the heap: create makes sure that table and pool are apart.

Source: src/memory/heap/heap.c, kheap.c (statements BLK-1 to BLK-9).  Decisions where it is silent:

- create also refuses an empty pool, a pool or a table at NULL, a table, pool or descriptor that
  overlap, and memory that is not mapped; it asks the machine (``Memory.is_mapped``).
- create returns the documented C ints, 0 or ``-EINVARG``: constants with which nothing here computes,
  so that all arithmetic stays inside machine words.
- malloc(0) is NULL.  free(NULL) does nothing; free of anything but the address of a live allocation
  is InvalidFree, and DoubleFree, which is one, where the block at the address is free.
- kheap_init maps nothing: the boot code has mapped table and pool.  kernel_heap_table lies directly behind
  kernel_heap.
"""

from __future__ import annotations

from typing import Self

from impl.arithmetic import NULL, WORD_BYTES, WORD_LIMIT, check_word, is_aligned
from impl.errors import DoubleFree, InvalidFree
from impl.layout import Struct, pointer, u8, uword
from impl.memory import Array, Memory
from model.language.annotations import loop

BLOCK_SIZE = 4096
LARGEST_REQUEST = WORD_LIMIT - BLOCK_SIZE
"""A larger request cannot be rounded up to blocks within a machine word; no heap can serve it."""

TAKEN = 0x01
FREE = 0x00
HAS_NEXT = 0x80
IS_FIRST = 0x40

EINVARG = 2

KERNEL_HEAP_SIZE = 100 << 20
KERNEL_HEAP_ADDRESS = 0x01000000
KERNEL_TABLE_ADDRESS = 0x00007E00


def memset(memory: Memory, target: int, byte: int, size: int) -> int:
    """Set exactly the bytes of [target, target + size) to ``byte`` modulo 256; returns ``target`` (memset, BLK-9).

    The range is mapped and holds no header; the machine faults otherwise, with nothing changed.
    """
    check_word(target, "target")
    check_word(byte, "byte")
    check_word(size, "size")
    memory.fill(target, size, byte & 0xFF)
    return target


class TableEntry(Struct, size=1, offsets={"value": 0}):
    """The state of one block (HEAP_BLOCK_TABLE_ENTRY, BLK-1)."""

    value = u8()


class HeapTable(Struct, size=2 * WORD_BYTES, offsets={"entries": 0, "total": WORD_BYTES}):
    """The descriptor heap_table (BLK-2): where the entries lie, and how many."""

    entries = pointer()
    total = uword()


class BlockHeap(Struct, size=2 * WORD_BYTES, offsets={"table": 0, "saddr": WORD_BYTES}):
    """The descriptor heap (BLK-3), wherever the caller keeps it, and the documented operations."""

    table = pointer()
    saddr = pointer()

    def create(self, start: int, end: int, table: int) -> int:
        """Make [start, end) the pool of this heap, governed by the HeapTable at ``table`` (heap_create, BLK-4).

        0: every entry is FREE.  -EINVARG, with nothing changed, unless ``start`` and ``end`` are block-aligned;
        the table has exactly one entry for each block, and there is a block; neither entries nor pool
        lie at NULL; all of them are mapped; and entries, pool and descriptors do not overlap.

        No block of the heap is live: it is new, or all was freed.  A new descriptor may hold anything, so nothing in
        it could tell; blocks of a former life would be handed out again.
        """
        check_word(start, "start")
        check_word(end, "end")
        check_word(table, "table")
        view = HeapTable(self.memory, table)
        entries = view.entries
        total = view.total
        if not self._is_governed(start, end, total) or not self._is_apart(start, end, entries, total, table):
            return -EINVARG
        self.saddr = start
        self.table = table
        memset(self.memory, entries, FREE, total)
        self.memory.claim_array(TableEntry, entries, total)
        return 0

    def malloc(self, size: int) -> int:
        """Address of the lowest run of free blocks that holds ``size`` bytes, or NULL (heap_malloc, BLK-5).

        Returns NULL, with nothing changed, iff ``size`` is 0, larger than LARGEST_REQUEST, or there is
        no such run.
        """
        check_word(size, "size")
        if size == 0 or size > LARGEST_REQUEST:
            return NULL
        count = (size + (BLOCK_SIZE - 1)) // BLOCK_SIZE
        table = HeapTable(self.memory, self.table)
        entries = table.entries
        total = table.total
        first = self._lowest_run(self.memory.array(TableEntry.value, entries, total), total, count)
        if first == total:
            return NULL
        self._mark_taken(entries + first, count)
        return self.saddr + first * BLOCK_SIZE

    def free(self, address: int) -> None:
        """Release exactly the blocks of the live allocation at ``address`` (heap_free, BLK-6).

        NULL is ignored.  DoubleFree, with nothing changed, if ``address`` is that of a free block; InvalidFree if
        it is anything else.
        """
        check_word(address, "address")
        if address == NULL:
            return
        first = self._first_entry(address)
        current = first
        while True:
            loop("release_blocks", self, first, current)
            entry = TableEntry(self.memory, current)
            value = entry.value
            entry.value = FREE
            if value & HAS_NEXT == 0:
                return
            current = current + 1

    def _is_governed(self, start: int, end: int, total: int) -> bool:
        """Whether [start, end) is a pool of exactly ``total`` > 0 blocks that does not begin at NULL."""
        if start == NULL or start >= end:
            return False
        if not is_aligned(start, BLOCK_SIZE) or not is_aligned(end, BLOCK_SIZE):
            return False
        return total == (end - start) // BLOCK_SIZE

    def _is_apart(self, start: int, end: int, entries: int, total: int, table: int) -> bool:
        """Whether entries and pool are mapped, and share no byte with each other or with the descriptors."""
        if entries == NULL:
            return False
        if not self.memory.is_mapped(start, end - start) or not self.memory.is_mapped(entries, total):
            return False
        if _meets(entries, total, start, end):
            return False
        entries_end = entries + total
        return not (
            _meets(self.address, BlockHeap.SIZE, start, end)
            or _meets(table, HeapTable.SIZE, start, end)
            or _meets(self.address, BlockHeap.SIZE, entries, entries_end)
            or _meets(table, HeapTable.SIZE, entries, entries_end)
        )

    def _lowest_run(self, entries: Array, total: int, count: int) -> int:
        """Index of the first of the lowest ``count`` > 0 free blocks in a row; ``total`` if there are none."""
        index = 0
        run = 0
        while index < total:
            loop("scan_for_run", self, index, run, count)
            if entries[index] != FREE:
                run = 0
            else:
                run = run + 1
                if run == count:
                    return index + 1 - count
            index = index + 1
        return total

    def _mark_taken(self, first: int, count: int) -> None:
        """Mark the ``count`` > 0 blocks from the entry at ``first`` on as one allocation."""
        if count == 1:
            TableEntry(self.memory, first).value = TAKEN | IS_FIRST
            return
        TableEntry(self.memory, first).value = TAKEN | IS_FIRST | HAS_NEXT
        last = first + count - 1
        current = first + 1
        while current < last:
            loop("mark_middle", self, first, current, last)
            TableEntry(self.memory, current).value = TAKEN | HAS_NEXT
            current = current + 1
        TableEntry(self.memory, last).value = TAKEN

    def _first_entry(self, address: int) -> int:
        """The entry of the live allocation at ``address``; DoubleFree or InvalidFree if there is none."""
        table = HeapTable(self.memory, self.table)
        saddr = self.saddr
        if address < saddr or not is_aligned(address - saddr, BLOCK_SIZE):
            raise InvalidFree(f"free of {address:#x}: no block of the heap begins there")
        index = (address - saddr) // BLOCK_SIZE
        if index >= table.total:
            raise InvalidFree(f"free of {address:#x}: it lies behind the heap")
        first = table.entries + index
        value = TableEntry(self.memory, first).value
        if value == FREE:
            raise DoubleFree(f"free of {address:#x}: the block there is free already")
        if value & IS_FIRST == 0:
            raise InvalidFree(f"free of {address:#x}: it lies inside a live allocation")
        return first


class KernelHeap(BlockHeap):
    """The kernel's instance: kernel_heap at ``address``, kernel_heap_table directly behind it (BLK-7, BLK-8)."""

    @classmethod
    def claim(cls, memory: Memory, address: int) -> Self:
        """Both descriptors come into being."""
        BlockHeap.claim(memory, address)
        HeapTable.claim(memory, address + BlockHeap.SIZE)
        return cls(memory, address)

    def kheap_init(self) -> int:
        """Create the kernel's heap, 25600 blocks from KERNEL_HEAP_ADDRESS on (kheap_init, BLK-7).

        Returns what create returned (the documented function returns nothing); a refusal is logged.
        """
        table = HeapTable(self.memory, self.address + BlockHeap.SIZE)
        table.entries = KERNEL_TABLE_ADDRESS
        table.total = KERNEL_HEAP_SIZE // BLOCK_SIZE
        result = self.create(KERNEL_HEAP_ADDRESS, KERNEL_HEAP_ADDRESS + KERNEL_HEAP_SIZE, table.address)
        if result != 0:
            self.memory.log("failed to create heap")
        return result

    def kmalloc(self, size: int) -> int:
        """``malloc`` on the kernel's heap (kmalloc, BLK-8)."""
        return self.malloc(size)

    def kzalloc(self, size: int) -> int:
        """``kmalloc``, with all ``size`` bytes zero (kzalloc, BLK-8)."""
        address = self.kmalloc(size)
        if address == NULL:
            return NULL
        return memset(self.memory, address, 0, size)

    def kfree(self, address: int) -> None:
        """``free`` on the kernel's heap (kfree, BLK-8)."""
        self.free(address)


def _meets(address: int, size: int, low: int, high: int) -> bool:
    """Whether [address, address + size) and [low, high) share a byte: one condition, hence no ``and``."""
    return (address < high) & (low < address + size)
