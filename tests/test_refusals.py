"""Every refusal has a name and a message that say what happened: each call is made, and both are looked at.

What returns a code in place of an exception (the bucket heap, create, map of a view) has no message.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pytest

from impl.address_space import AddressSpace
from impl.bin_heap import BinHeap
from impl.block_heap import BLOCK_SIZE, BlockHeap, HeapTable
from impl.frame_allocator import get_header
from impl.machine import Machine
from impl.regions import Area
from impl.virtual_memory import VirtualMemory

PAGE = 4096
PLACE = 0x4000_0000
TWO_PAGES = (PLACE, 2)
FIRST, SECOND, POOL = 0x7100, 0x2_0000, 0x10_0000


@dataclass
class Place:
    """A machine with two pages at PLACE, and what else a call asks for."""

    @cached_property
    def machine(self) -> Machine:
        machine = Machine(2 << 20, checked=True)
        assert machine.memory.map(*TWO_PAGES)
        return machine

    @property
    def space(self) -> AddressSpace:
        return self.machine.space

    @property
    def memory(self) -> Any:
        return self.machine.memory

    @cached_property
    def heap(self) -> BinHeap:
        return self._bin(FIRST)

    @cached_property
    def other(self) -> BinHeap:
        return self._bin(SECOND)

    def _bin(self, address: int) -> BinHeap:
        assert self.memory.map(address // PAGE * PAGE, 3)
        heap = BinHeap.claim(self.memory, address)
        heap.init()
        return heap

    @cached_property
    def blocks(self) -> BlockHeap:
        """Of four blocks; the first two are one allocation."""
        assert self.memory.map(POOL, 5)
        heap = BlockHeap.claim(self.memory, POOL)
        table = HeapTable.claim(self.memory, POOL + BlockHeap.SIZE)
        table.entries, table.total = POOL + 64, 4
        assert heap.create(POOL + PAGE, POOL + 5 * PAGE, table.address) == 0
        assert heap.malloc(2 * BLOCK_SIZE) == POOL + PAGE
        return heap

    def freed(self, size: int) -> int:
        """The payload of a block of the bin heap that was freed."""
        block = self.heap.malloc(size)
        self.heap.free(block)
        return block

    def merged(self) -> int:
        """The payload of a block of the bin heap that was freed after the one before it."""
        left, right, _ = [self.heap.malloc(100) for _ in range(3)]
        self.heap.free(left)
        self.heap.free(right)
        return right

    def lent(self, at: int) -> None:
        """The first frame, that of the frame allocator's header, is mapped there."""
        self.space.map_reserved(at, 0, 1)

    def destroyed(self) -> AddressSpace:
        self.machine.destroy()
        return self.space


HIGH = 2**64 - PAGE
FREE = PLACE + 8 * PAGE
REFUSALS: dict[str, tuple[Callable[[Place], object], str]] = {
    "no pages": (lambda p: p.space.map(PLACE, 0), "NoPages: a range of no pages at 0x40000000"),
    "no page begins": (lambda p: p.space.unmap(PLACE + 1, 1), "NotAligned: no page begins at 0x40000001"),
    "hole": (lambda p: p.space.map(1 << 47, 1), "NotCanonical: 1 pages at 0x800000000000 are not all canonical"),
    "last page": (lambda p: p.space.map(HIGH, 1), "LastPage: 1 pages at 0xf{13}000 end with the last page of all"),
    "beyond": (lambda p: p.space.map(HIGH, 2), "NotCanonical: 2 pages at 0xf{13}000 are not all canonical"),
    "no word": (lambda p: p.space.map(-1, 1), r"ValueError: address must lie in 0 .. 2\*\*64-1, not -1"),
    "no flags": (lambda p: p.space.map(FREE, 1, 16), "ValueError: 0x10 holds more than WRITABLE, USER and NO_EXECUTE"),
    "too many": (lambda p: p.space.map(FREE, 999), r"PhysicalMemoryFull: 999 pages, \d+ free frames"),
    "mapped": (lambda p: p.space.map(PLACE + PAGE, 2), "AlreadyMapped: 0x40001000 is mapped already"),
    "not mapped": (lambda p: p.space.unmap(PLACE, 3), "NotMapped: 0x40002000 is not mapped"),
    "no translation": (lambda p: p.space.translate(FREE), "NotMapped: 0x40008000 is not mapped"),
    "handed out": (lambda p: p.space.map_reserved(FREE, 0x9000, 1), "NotReserved: the frame at 0x9000 is not reserved"),
    "no frame": (
        lambda p: p.space.map_reserved(FREE, 1, 1),
        "NoSuchFrame: no frame begins at the physical address 0x1",
    ),
    "outside": (
        lambda p: p.space.map_reserved(FREE, 1 << 40, 1),
        "NoSuchFrame: 1 frames at 0x10{10} are not all in the",
    ),
    "lent": (
        lambda p: (p.lent(FREE), p.lent(FREE + PAGE)),
        "AlreadyLent: the reserved frame at 0x0 is mapped already",
    ),
    "map after destroy": (lambda p: p.destroyed().map(PLACE, 1), "Destroyed: the address space was destroyed"),
    "unmap after destroy": (lambda p: p.destroyed().unmap(PLACE, 1), "NotMapped: .* the address space was destroyed"),
    "order": (lambda p: p.machine.frames.allocate(19), "NotValid: order 19 is not supported, the largest is 18"),
    "full": (lambda p: p.machine.frames.allocate(18), "PhysicalMemoryFull: no free block of order 18 or a larger one"),
    "no allocation": (lambda p: p.machine.frames.free(0, PAGE), "NotValid: 4096 bytes at 0x0 are not exactly one live"),
    "no header": (lambda p: get_header(Area(0, 100)), "OutOfMemory: no 4096 free bytes for the header of 0 bytes"),
    "area": (
        lambda p: get_header(Area(1 << 52, PAGE)),
        "NotValid: 4096 bytes at 0x10{13} reach beyond the last physic",
    ),
    "not present": (lambda p: p.memory.load_bytes(FREE, 1), "PageFault: .* read at 0x40008000: not present"),
    "not canonical": (lambda p: p.memory.fill(1 << 50, 1, 0), "PageFault: .* write at 0x4000000000000: not canonical"),
    "read-only": (
        lambda p: (p.space.protect(PLACE, 1, 0), p.memory.fill(PLACE, 1, 0)),
        "PageFault: .* write at 0x40000000: read-only",
    ),
    "no room in a TLB": (
        lambda p: VirtualMemory(p.space, tlb_entries=0),
        "ValueError: a TLB has room for one page at least, not 0",
    ),
    "RAM": (lambda p: Machine(100), "ValueError: RAM must be a positive multiple of 4096 bytes, not 100"),
    "outside RAM": (
        lambda p: p.machine.ram.load(2 << 20, 8),
        "BusError: 8 bytes at 0x200000 leave RAM of 0x200000 bytes",
    ),
    "below the pool": (
        lambda p: p.blocks.free(POOL),
        "InvalidFree: free of 0x100000: no block of the heap begins there",
    ),
    "behind the pool": (
        lambda p: p.blocks.free(POOL + 5 * PAGE),
        "InvalidFree: free of 0x105000: it lies behind the heap",
    ),
    "inside": (
        lambda p: p.blocks.free(POOL + 2 * PAGE),
        "InvalidFree: free of 0x102000: it lies inside a live allocation",
    ),
    "free already": (lambda p: p.blocks.free(POOL + 3 * PAGE), "DoubleFree: free of 0x103000: the block there is free"),
    "misaligned": (
        lambda p: p.heap.free(p.heap.malloc(1) + 8),
        "InvalidFree: .* blocks begin at multiples of 64 above 64",
    ),
    "nowhere": (lambda p: p.heap.free(0x5000_0000), "InvalidFree: no block begins at 0x50000000: no header can lie"),
    "within": (lambda p: p.heap.free(p.heap.malloc(500) + 64), "HeapCorruption: no magic lies before 0x"),
    "twice": (lambda p: p.heap.free(p.freed(100)), "DoubleFree: the block at 0x.* is free already"),
    "twice, merged": (
        lambda p: p.heap.free(p.merged()),
        "HeapCorruption: no magic lies before 0x.*: a damaged block, one merged when freed, or none",
    ),
    "twice, unmapped": (lambda p: p.heap.free(p.freed(20_000)), "InvalidFree: .* or its pages are gone"),
    "another heap's": (
        lambda p: p.heap.free(p.other.malloc(9)),
        "InvalidFree: the block at 0x.* is one of another heap",
    ),
    "held": (lambda p: (p.heap.acquire_lock(), p.heap.trim()), "LockError: the heap's lock is held already"),
    "not held": (lambda p: p.heap.release_lock(), "LockError: the heap's lock is not held"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_says_what_happened(name: str) -> None:
    call, said = REFUSALS[name]
    place = Place()
    with pytest.raises(Exception) as refused:
        call(place)
    told = f"{type(refused.value).__name__}: {refused.value}"
    assert re.match(said, told), told
