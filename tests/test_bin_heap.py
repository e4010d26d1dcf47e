"""The bin heap on the real machine: the documented behaviour, one statement at a time, and random histories."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from impl import bin_layout
from impl.arithmetic import PAGE_SIZE
from impl.bin_heap import BinHeap
from impl.bin_layout import ALLOCATED, ERR, MAGIC, MAPPED, ZEROED, BlockHeader, ListEntry
from impl.machine import Machine
from impl.virtual_memory import VirtualMemory

HEAP = 0x7100
BASE = 0x1000_0000_0000
THRESHOLD = 16384
Step = Callable[[random.Random], None]


class Room:
    """A heap on a checked machine, and the users of its blocks, who remember what they wrote."""

    def __init__(self, ram: int = 8 << 20) -> None:
        self.machine = Machine(ram, checked=True)
        self.memory: VirtualMemory = self.machine.memory
        assert self.memory.map(0x7000, 3)
        self.heap = BinHeap.claim(self.memory, HEAP)
        self.heap.init()
        self.contents: dict[int, bytes] = {}

    def header(self, address: int) -> BlockHeader:
        """The header of the block with that payload address."""
        return BlockHeader(self.memory, address - 64)

    def fill(self, address: int, size: int) -> int:
        """The user of a new block fills it."""
        if address:
            self.contents[address] = bytes((address // 64 + i * 7 + 1) & 0xFF for i in range(size))
            self.memory.store_bytes(address, self.contents[address])
        return address

    def malloc(self, size: int) -> int:
        """A block that its user has filled, or NULL."""
        return self.fill(self.heap.malloc(size), size)

    def free(self, address: int) -> None:
        """The user gives his block back."""
        assert self.memory.load_bytes(address, len(self.contents[address])) == self.contents[address]
        self.heap.free(address)
        del self.contents[address]

    def calloc(self, count: int, size: int) -> int:
        """A block that was all zero."""
        address = self.heap.calloc(count, size)
        if address:
            assert self.memory.load_bytes(address, count * size) == bytes(count * size)
        return self.fill(address, count * size)

    def realloc(self, address: int, size: int) -> int:
        """The block with its old content as far as it goes, then filled anew; NULL left the old one alone."""
        moved = self.heap.realloc(address, size)
        kept = self.contents[address]
        if not moved:
            assert self.memory.load_bytes(address, len(kept)) == kept
            return 0
        del self.contents[address]
        assert self.memory.load_bytes(moved, min(size, len(kept))) == kept[:size]
        return self.fill(moved, size)

    def walk(self, head: int, part: int) -> list[int]:
        """The blocks in the list at ``head``, whose entries lie ``part`` bytes into their headers."""
        found, entry = [], ListEntry(self.memory, head)
        while entry.next != head:
            assert ListEntry(self.memory, entry.next).prev == entry.address
            entry = ListEntry(self.memory, entry.next)
            assert entry.list == head
            found.append(entry.address - part)
        return found

    def by_address(self) -> list[int]:
        """All blocks that are kept by address."""
        return self.walk(HEAP + 40, 40)

    def bins(self) -> dict[int, list[int]]:
        """The blocks of every bin that has some."""
        lists = {i: self.walk(HEAP + 64 + 24 * i, 16) for i in range(256)}
        return {i: blocks for i, blocks in lists.items() if blocks}

    def bitmap(self) -> list[int]:
        """The bins whose bit is set."""
        words = [bin_layout.BitmapWord(self.memory, HEAP + 8 + 8 * n).value for n in range(4)]
        return [i for i in range(256) if words[i // 64] >> (63 - i % 64) & 1]

    def look(self) -> None:
        """Everything that must always hold."""
        blocks, bins = self.by_address(), self.bins()
        assert blocks == sorted(blocks)
        assert self.bitmap() == sorted(bins)
        free = {block for block in blocks if not BlockHeader(self.memory, block).flags & ALLOCATED}
        assert free == {block for members in bins.values() for block in members}
        for i, members in bins.items():
            assert {BlockHeader(self.memory, block).size for block in members} == {64 * (i + 1)}
        sizes = [BlockHeader(self.memory, block).size for block in blocks]
        ends = [block + 64 + size for block, size in zip(blocks, sizes, strict=True)]
        for n in range(len(blocks) - 1):
            assert ends[n] <= blocks[n + 1]
            if ends[n] == blocks[n + 1] and {blocks[n], blocks[n + 1]} <= free:
                assert sizes[n] + 64 + sizes[n + 1] > THRESHOLD
        for block in free:
            header = BlockHeader(self.memory, block)
            if header.flags & ZEROED:
                assert self.memory.load_bytes(block + 64, header.size) == bytes(header.size)
        for address in self.contents:
            assert self.header(address).flags in (ALLOCATED, ALLOCATED | MAPPED)
        assert self.heap.lock == 0


@pytest.fixture
def room() -> Room:
    return Room()


# ---------------------------------------------------------------- layout


def test_constants_are_the_documented_ones() -> None:
    """Alignment, magic, threshold, bins (BIN-1); flags (BIN-2)."""
    assert (bin_layout.ALIGNMENT, MAGIC, bin_layout.LARGE_ALLOC_THRESHOLD) == (64, 0xDEADBEEF, 4 * 4096)
    assert bin_layout.NUM_BINS == 256
    assert (ALLOCATED, MAPPED, ZEROED) == (1, 2, 4)


def test_the_header_has_the_documented_layout(room: Room) -> None:
    """magic, flags, size, two entries of three pointers: 64 bytes, directly before the payload (BIN-3)."""
    address = room.heap.malloc(100)
    frame = room.machine.space.walk(address) & 0xF_FFFF_FFFF_F000
    image = room.machine.ram.buffer[frame : frame + 64]
    words = [int.from_bytes(image[at : at + 8], "little") for at in range(8, 64, 8)]
    assert image[:8] == (0xDEADBEEF).to_bytes(4, "little") + (1).to_bytes(4, "little")
    block = address - 64
    rest = block + 64 + 128
    assert words == [128, block + 16, block + 16, 0, HEAP + 40, rest + 40, HEAP + 40]


@pytest.mark.parametrize(
    ("size", "index"), [(0, ERR), (1, 0), (64, 0), (65, 1), (16320, 254), (16384, 255), (16385, ERR), (2**64 - 1, ERR)]
)
def test_bin_index(room: Room, size: int, index: int) -> None:
    """Bin i holds blocks of 64 * (i + 1) bytes (BIN-4, BIN-8)."""
    assert room.heap.bin_index(size) == index


# ---------------------------------------------------------------- malloc and free


def test_payloads_are_aligned_and_blocks_are_found_again(room: Room) -> None:
    """All payloads are 64-byte aligned (BIN-15); a freed block serves the next request of its size (BIN-12)."""
    blocks = [room.malloc(size) for size in (1, 64, 65, 1000, 16384, 16385)]
    assert all(address % 64 == 0 for address in blocks)
    room.free(blocks[2])
    assert room.malloc(128) == blocks[2]
    room.look()


def test_the_rest_of_a_split_is_free(room: Room) -> None:
    """Split gives ``size`` bytes and the remainder (BIN-10), which is listed with its bit set (BIN-7, BIN-11)."""
    block = room.malloc(1) - 64
    assert room.by_address() == [block, block + 128]
    assert room.bins() == {(4096 - 64 - 64 - 64) // 64 - 1: [block + 128]}
    room.look()


def test_a_rest_that_cannot_stand_alone_is_handed_out_too(room: Room) -> None:
    address = room.malloc(PAGE_SIZE - 64 - 64)
    assert room.header(address).size == PAGE_SIZE - 64
    room.heap.acquire_lock()
    room.heap.block_split(address - 64, PAGE_SIZE - 64 - 64)
    room.heap.release_lock()
    assert room.header(address).size == PAGE_SIZE - 64


def test_a_miss_maps_at_least_what_is_needed(room: Room) -> None:
    """block_new maps whole pages for header and payload (BIN-9); later pages touch and merge under the cap."""
    first, second = room.malloc(16384), room.malloc(16384)
    assert second == first + 5 * PAGE_SIZE
    room.free(second)
    room.free(first)
    room.look()


def test_free_merges_on_both_sides(room: Room) -> None:
    """Free coalesces with adjacent free blocks (BIN-13)."""
    blocks = [room.malloc(64) for _ in range(5)]
    for number in (1, 3, 2):
        room.free(blocks[number])
        room.look()
    assert room.header(blocks[1]).size == 3 * 64 + 2 * 64
    room.free(blocks[0])
    room.free(blocks[4])
    assert room.by_address() == [blocks[0] - 64]


def test_large_blocks_are_mapped_directly_and_unmapped(room: Room) -> None:
    """Above the threshold: MAPPED, in no list (BIN-5, BIN-6)."""
    before = room.machine.free_frames()
    address = room.malloc(16385)
    assert room.header(address).flags == ALLOCATED | MAPPED
    assert room.by_address() == []
    assert not room.memory.is_mapped(address + 5 * PAGE_SIZE - 64, 1)
    room.free(address)
    assert room.machine.free_frames() == before
    assert not room.memory.is_mapped(address, 1)


@pytest.mark.parametrize("size", [0, 2**64 - 1, 2**64 - 2 * PAGE_SIZE, 2**63, 2**40])
def test_sizes_that_no_heap_can_serve_give_null(room: Room, size: int) -> None:
    assert room.heap.malloc(size) == 0
    assert room.heap.calloc(1, size) == 0
    assert room.heap.calloc(2**32, 2**32) == 0
    assert room.heap.lock == 0


@pytest.mark.parametrize("value", ["16", None, 1.0, True])
def test_arguments_that_are_no_integers_are_type_errors(room: Room, value: object) -> None:
    for operation in (room.heap.malloc, room.heap.free, lambda v: room.heap.realloc(v, 1)):
        with pytest.raises(TypeError):
            operation(value)  # type: ignore[arg-type]


def test_frames_that_run_out_leave_the_heap_as_it_was() -> None:
    room = Room(64 * PAGE_SIZE)
    while room.malloc(16384):
        room.look()
    free = room.machine.free_frames()
    assert room.heap.malloc(1 << 20) == 0
    block = next(iter(room.contents))
    assert room.heap.realloc(block, 1 << 20) == 0
    assert room.machine.free_frames() == free
    room.look()


# ---------------------------------------------------------------- where mappings land


@pytest.mark.parametrize("order", [(0, 8, 16), (16, 8, 0), (8, 0, 16), (8, 16, 0), (0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_mappings_land_anywhere(room: Room, order: tuple[int, ...]) -> None:
    """Below, above and between the others, and so that they touch: the list by address stays sorted (BIN-6)."""
    pages = iter(order)
    room.memory.placement = lambda count: BASE + next(pages) * PAGE_SIZE
    blocks = [room.malloc(PAGE_SIZE - 64) for _ in order]
    assert room.by_address() == sorted(address - 64 for address in blocks)
    for address in blocks:
        room.free(address)
        room.look()
    touching = max(order) == 2
    assert len(room.by_address()) == (1 if touching else 3)


@pytest.mark.parametrize("place", [0, 0x7000, 1 << 60, 0x5001])
def test_a_place_that_cannot_be_mapped_is_a_refusal(room: Room, place: int) -> None:
    room.memory.placement = lambda count: place
    assert room.heap.malloc(1) == room.heap.malloc(20000) == 0
    assert room.by_address() == []


# ---------------------------------------------------------------- calloc and realloc


def test_calloc_clears_what_was_used(room: Room) -> None:
    """Fresh pages need no clearing; used ones do (BIN-16)."""
    used = room.malloc(1000)
    before = room.machine.counter.stores
    fresh = room.calloc(10, 100)
    assert room.machine.counter.stores - before < 60 + 1000 // 8
    room.free(used)
    assert room.calloc(500, 2) == used
    assert fresh


def test_realloc_stays_where_it_can(room: Room) -> None:
    """Equal rounded size, shrinking, and growing into a free neighbour do not move (BIN-16)."""
    first = room.malloc(1000)
    assert room.realloc(first, 1024) == first
    assert room.realloc(first, 100) == first
    assert room.header(first).size == 128
    assert room.realloc(first, 3000) == first
    last = room.malloc(500)
    moved = room.realloc(first, 3700)
    assert moved not in (0, first)
    assert room.realloc(last, 400) == last
    room.look()


def test_realloc_of_a_large_block_and_to_one(room: Room) -> None:
    small = room.malloc(16384)
    large = room.realloc(small, 50_000)
    assert room.header(large).flags == ALLOCATED | MAPPED
    assert room.realloc(large, 20_000) == large
    assert room.realloc(large, 60_000) != large
    room.look()


@pytest.mark.parametrize("size", [1, 100, 4032, 4033, 16_384, 40_000, (9 << 20) - 64])
def test_a_large_block_that_shrinks_gives_its_pages_back(size: int) -> None:
    """As many as it does not need; it stays where it is, and grows only by a move."""
    room = Room(12 << 20)
    before = room.machine.free_frames()
    large = room.heap.malloc(9 << 20)
    taken = before - room.machine.free_frames()
    assert room.heap.realloc(large, size) == large
    kept = -(-(size + 64) // PAGE_SIZE)
    assert room.machine.free_frames() >= before - taken + (9 * 256 + 1) - kept
    assert room.header(large).flags == ALLOCATED | MAPPED
    assert room.header(large).size == kept * PAGE_SIZE - 64
    assert not room.memory.is_mapped(large - 64 + kept * PAGE_SIZE, 1)
    room.heap.free(large)
    assert room.machine.free_frames() == before


def test_realloc_of_null_and_to_nothing(room: Room) -> None:
    address = room.heap.realloc(0, 100)
    assert address
    assert room.heap.realloc(address, 0) == 0
    room.free(room.malloc(1))
    room.look()
