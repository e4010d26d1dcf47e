"""The proved bounds of allocate and free are no larger than they must be: real calls reach them."""

import pytest

from impl.frame_allocator import MAX_ORDER, FrameAllocator
from impl.regions import Area
from impl.shadow import CheckedRam
from model.frame_allocator.single_frames import ALLOCATE_COST, FREE_COST

PAGE = 4096
GIB = 1 << 30
TIGHT = 0.8
"""A bound is tight if some call costs at least this share of it."""


@pytest.fixture
def frames():
    """Four blocks of 1 GiB; of the first two one frame is reserved, so that each also gives one block of each order."""
    holes = [Area((4 + number) * GIB, PAGE) for number in (0, 1)]
    enumerator = lambda number: holes[number] if number < len(holes) else None  # noqa: E731
    return FrameAllocator.init_region(CheckedRam(16 << 20), Area(4 * GIB, 4 * GIB), Area(0, 16 << 20), enumerator)


def cost_of(frames, operation, *arguments):
    counter = frames.memory.counter
    before = counter.total
    result = operation(*arguments)
    return counter.total - before, result


def test_a_split_of_the_largest_block_reaches_the_bound_of_allocate(frames):
    while frames.first_free(MAX_ORDER - 1) != 2**32 - 1:
        frames.allocate(MAX_ORDER - 1)
    for order in range(MAX_ORDER - 1):
        frames.allocate(order)
        frames.allocate(order)
    cost, _ = cost_of(frames, frames.allocate, 0)
    assert TIGHT * ALLOCATE_COST <= cost <= ALLOCATE_COST


def test_eighteen_merges_with_buddies_from_the_middle_of_their_lists_reach_the_bound_of_free(frames):
    """Every list of a lower order gets three blocks, the middle one of which is a buddy in the chain of merges."""
    others = [[frames.allocate(order) for _ in range(2)] for order in range(MAX_ORDER)]
    last = frames.allocate(0)
    buddies = [frames.allocate(order) for order in range(MAX_ORDER)]
    for order in range(MAX_ORDER):
        for area in (others[order][0], buddies[order], others[order][1]):
            frames.free(*area)
    assert frames.first_free(MAX_ORDER) != 2**32 - 1
    cost, _ = cost_of(frames, frames.free, *last)
    assert TIGHT * FREE_COST <= cost <= FREE_COST
    assert cost == FREE_COST
