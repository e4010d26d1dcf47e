"""What allocate and free cost does not grow with the number of frames: 2**10 to 2**20 of them.

Loads and stores are counted exactly; times are compared only where benchmarks are enabled (``make bench``).
"""

from contextlib import suppress
from functools import cache
from random import Random
from time import perf_counter_ns

import pytest

from impl.errors import PhysicalMemoryFull
from impl.frame_allocator import FrameAllocator, get_header
from impl.ram import PhysicalMemory
from impl.regions import Area
from impl.shadow import CheckedRam
from model.frame_allocator.single_frames import ALLOCATE_COST, FREE_COST

PAGE = 4096
EXPONENTS = (10, 12, 14, 16, 18, 20)
HISTORY = 400
TIME_RATIO = 2.5
"""An operation among 2**20 frames takes at most so many times as long as among 2**10."""


def prepared(frames, kind=PhysicalMemory):
    """An allocator over ``frames`` frames."""
    area = Area(0, frames * PAGE)
    header = get_header(area)
    return FrameAllocator.init_region(kind(header.size), area, header)


def history(allocator, seed=1):
    """Blocks of order 0 to 3 come and go; every call is yielded when it is over."""
    random, live = Random(seed), []
    for _ in range(HISTORY):
        if live and random.random() < 0.5:
            allocator.free(*live.pop(random.randrange(len(live))))
        else:
            with suppress(PhysicalMemoryFull):
                live.append(allocator.allocate(random.randrange(4)))
        yield
    for area in live:
        allocator.free(*area)
        yield


@cache
def most_and_mean(exponent):
    """Loads and stores of the dearest call of a history, and of its calls on average."""
    ram_of = []
    allocator = prepared(1 << exponent, lambda size: ram_of.append(CheckedRam(size)) or ram_of[0])
    counter, costs = ram_of[0].counter, []
    before = counter.total
    for _ in history(allocator):
        costs.append(counter.total - before)
        before = counter.total
    return max(costs), sum(costs) / len(costs)


@pytest.mark.parametrize("exponent", [10, 12, 14, 16])
def test_loads_and_stores_do_not_grow_with_the_number_of_frames(exponent):
    most, mean = most_and_mean(exponent)
    assert most <= max(ALLOCATE_COST, FREE_COST)
    assert mean <= 1.2 * most_and_mean(10)[1]


@pytest.mark.slow
@pytest.mark.parametrize("exponent", [18, 20])
def test_nor_with_a_million_of_them(exponent):
    most, mean = most_and_mean(exponent)
    assert most <= max(ALLOCATE_COST, FREE_COST)
    assert mean <= 1.2 * most_and_mean(10)[1]


@pytest.mark.parametrize("exponent", EXPONENTS)
def test_history_of_operations(benchmark, exponent):
    if not benchmark.enabled and exponent > 14:
        pytest.skip("only timed")
    allocator = prepared(1 << exponent)
    benchmark.pedantic(lambda: [None for _ in history(allocator)], rounds=5)


def test_time_does_not_grow_either(benchmark):
    if not benchmark.enabled:
        pytest.skip("only timed")
    small, large = (shortest(prepared(1 << exponent)) for exponent in (10, 20))
    benchmark.extra_info["ratio"] = large / small
    benchmark.pedantic(lambda: None, rounds=1)
    assert large <= TIME_RATIO * small


def shortest(allocator, rounds=10):
    """The shortest of several histories, in ns."""
    times = []
    for _ in range(rounds):
        start = perf_counter_ns()
        for _ in history(allocator):
            pass
        times.append(perf_counter_ns() - start)
    return min(times)
