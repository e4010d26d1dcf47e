"""The whole stack on one RAM: every heap at once, and no physical byte with two owners."""

import pytest

from impl.address_space import FRAME_MASK, Entry
from impl.arithmetic import PAGE_SIZE
from impl.bucket_heap import BucketHeap
from proofs.checking.violation import Violation
from proofs.stack.live.rules import check
from proofs.stack.live.world import POOL, POOL_PAGES, Resident, StackWorld

SEGMENT, BLOCK, BIN, OTHER_SEGMENT, BUCKET = 0, 2, 3, 1, 4


@pytest.fixture
def world() -> StackWorld:
    return StackWorld()


def test_all_heaps_run_on_one_ram(world):
    """Blocks of all heaps, at equal virtual addresses too, are different bytes (MEM-11, MEM-12)."""
    found = {who: world.allocate(who, 5000) for who in range(len(world.residents))}
    assert all(found.values())
    assert found[SEGMENT] == found[OTHER_SEGMENT]
    for who, address in found.items():
        world.free(who, address)


def test_random_histories_find_nothing():
    result = check(150, 1)
    assert result.violation is None, str(result.violation)
    assert result.steps >= 150


@pytest.mark.slow
def test_long_random_histories_find_nothing():
    result = check(1500, 100)
    assert result.violation is None, str(result.violation)


def test_every_heap_refuses_the_blocks_of_the_others(world):
    for other in range(len(world.residents)):
        address = world.allocate(other, 4096)
        for who in range(len(world.residents)):
            if who != other and {who, other} != {SEGMENT, OTHER_SEGMENT}:
                world.mistake(who, other, address)


# ---------------------------------------------------------------- what must be noticed


def test_a_frame_that_two_spaces_map_is_noticed(world):
    address = world.allocate(SEGMENT, 3000)
    assert world.allocate(OTHER_SEGMENT, 3000) == address
    slots = [memory.space._leaf_slot(address) for memory in world.memories]
    values = [Entry(world.machine.ram, slot).value for slot in slots]
    Entry(world.machine.ram, slots[1]).value = values[0] & FRAME_MASK | values[1] & ~FRAME_MASK
    with pytest.raises(Violation, match="one_owner"):
        world.program(0, 0, 1)


def test_a_heap_on_the_pool_of_another_is_noticed(world):
    memory = world.memories[0]
    heap = BucketHeap.claim(memory, 0x7000 + 3 * PAGE_SIZE)
    assert heap.init(POOL, POOL_PAGES * PAGE_SIZE, 4096) == 0
    world.residents.append(Resident("second", memory, heap.alloc, heap.free))
    with pytest.raises(Violation, match="one_owner"):
        for size in (4096, 8192):
            world.allocate(BLOCK, size)
            world.allocate(len(world.residents) - 1, size)


def test_a_block_on_a_free_frame_is_noticed(world):
    address = world.allocate(BIN, 8 * PAGE_SIZE)
    frame = world.memories[0].space.translate(address) & ~(PAGE_SIZE - 1)
    world.machine.frames.free(frame, PAGE_SIZE)
    with pytest.raises(Violation, match="one_owner"):
        world.inspect("boot")


def test_a_byte_that_changes_under_its_user_is_noticed(world):
    address = world.allocate(BUCKET, 100)
    world.memories[1].vandalise(address + 99, b"!!")
    with pytest.raises(Violation, match="kept"):
        world.program(1, 0, 1)
