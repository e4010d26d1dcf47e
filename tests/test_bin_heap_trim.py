"""Memory of the bin heap goes back: trim gives back pages of free blocks, destroy all of them."""

from __future__ import annotations

import pytest

from impl.bin_heap import BinHeap
from impl.errors import InvalidFree, LockError
from impl.machine import Machine
from model.language.logic import Clause
from proofs.bin_heap.live.bench import BENCH
from proofs.bin_heap.live.world import BinHeapWorld

PLACE = 0x7100
SIZES = (1, 100, 4_000, 9_000, 16_384, 20_000, 60_000)


class Heap:
    """A heap on a machine of its own."""

    def __init__(self, ram: int = 2 << 20) -> None:
        self.machine = Machine(ram, checked=True)
        memory = self.machine.memory
        assert memory.map(PLACE // 4096 * 4096, 2)
        self.heap = BinHeap.claim(memory, PLACE)
        self.heap.init()
        self.before = self.machine.free_frames()

    def missing(self) -> int:
        """Frames that were free before the first request and are not now."""
        return self.before - self.machine.free_frames()


@pytest.fixture
def heap() -> Heap:
    return Heap()


@pytest.fixture
def world() -> BinHeapWorld:
    fresh = BinHeapWorld()
    fresh.init()
    return fresh


def test_with_no_block_live_trim_gives_every_frame_back(heap: Heap) -> None:
    for _ in range(3):
        blocks = [heap.heap.malloc(size) for size in SIZES * 5]
        assert all(blocks) and heap.missing() > 0
        for address in blocks[::2] + blocks[1::2]:
            heap.heap.free(address)
        heap.heap.trim()
        assert heap.missing() == 0


def test_small_blocks_that_were_freed_make_room_for_a_large_one(heap: Heap) -> None:
    blocks = []
    while address := heap.heap.malloc(4_000):
        blocks.append(address)
    for address in blocks:
        heap.heap.free(address)
    assert heap.heap.malloc(20_000) == 0
    heap.heap.trim()
    assert heap.heap.malloc(20_000) != 0


def test_trim_keeps_live_blocks_and_what_they_hold(world: BinHeapWorld) -> None:
    blocks = [world.malloc(size) for size in (3_000, 9_000, 3_000, 16_000, 20_000, 100)]
    for address in blocks[1::2]:
        world.free(address)
    world.trim()
    world.realloc(blocks[0], 5_000)
    for address in blocks[2:5:2]:
        world.free(address)


def test_destroy_leaves_nothing(heap: Heap) -> None:
    blocks = [heap.heap.malloc(size) for size in SIZES * 3]
    for address in blocks[::3]:
        heap.heap.free(address)
    heap.heap.destroy()
    assert heap.missing() == 0
    with pytest.raises(InvalidFree):
        heap.heap.free(blocks[1])
    assert heap.heap.malloc(100) != 0


def test_both_stay_within_their_bounds(world: BinHeapWorld) -> None:
    """Every clause is evaluated after each call, also those on costs, with many blocks and with none."""
    for give_back in (world.trim, world.destroy, world.trim, world.destroy):
        blocks = [world.malloc(size) for size in SIZES * 4]
        for address in blocks[::3]:
            world.free(address)
        give_back()
        give_back()
    assert {"trim_cost", "destroy_cost"} <= {law.name for name in ("trim", "destroy") for law in laws_of(name)}


def laws_of(name: str) -> tuple[Clause, ...]:
    """What the world evaluates after a call."""
    return tuple(BENCH.subject.operation(name).ensures)


def test_both_are_refused_while_the_lock_is_held(heap: Heap) -> None:
    address = heap.heap.malloc(20_000)
    heap.heap.acquire_lock()
    for call in (heap.heap.trim, heap.heap.destroy):
        with pytest.raises(LockError):
            call()
    heap.heap.release_lock()
    heap.heap.free(address)
