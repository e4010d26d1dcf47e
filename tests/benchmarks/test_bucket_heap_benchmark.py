"""What the bucket heap's operations cost; times are asserted only where benchmarks are enabled (``make bench``)."""

from collections.abc import Callable

import pytest

from impl.bucket_heap import BucketHeap
from impl.machine import Machine
from model.bucket_heap.contract import HIT_COST as HIT

HOME = 0x7000
BASE = 0x4000_0000
PAGE = 4096
LIVE = [100, 1000, 10_000, 100_000]


def prepared(live: int, checked: bool = False, extents: int = 1) -> tuple[Machine, BucketHeap]:
    """A heap of ``extents`` extents in which ``live`` blocks of 64 bytes live, and a page of that bucket has room."""
    size = (live // 64 + 64) * PAGE
    machine = Machine((extents + 1) * size + (8 << 20), checked=checked)
    machine.memory.map(HOME, 1)
    heap = BucketHeap.claim(machine.memory, HOME)
    for number in range(extents):
        machine.memory.map(BASE + number * size, size // PAGE)
        done = heap.extend(BASE + number * size, size) if number else heap.init(BASE, size, PAGE)
        assert done == 0
    for _ in range(live // 64 * 64 + 1):
        heap.alloc(64)
    return machine, heap


def cost(machine: Machine, call: Callable[[int], int], argument: int) -> int:
    """Loads and stores of one call."""
    before = machine.counter.total
    call(argument)
    return machine.counter.total - before


@pytest.mark.parametrize(("live", "extents"), [(100, 1), (100, 8), (3000, 1)])
def test_a_bucket_hit_costs_the_same_whatever_the_heap_holds(live: int, extents: int) -> None:
    """A constant number of loads and stores (BKT-4)."""
    machine, heap = prepared(live, checked=True, extents=extents)
    costs = {cost(machine, heap.alloc, 64) for _ in range(20)}
    assert len(costs) == 1
    block = heap.alloc(64)
    heap.free(block)
    assert costs == {cost(machine, heap.alloc, 64)}
    assert max(costs) <= HIT


@pytest.mark.parametrize("live", LIVE)
def test_alloc_and_free_of_a_bucket_block(benchmark, live: int) -> None:
    """Time per pair of calls, flat in the number of live blocks."""
    _, heap = prepared(live)
    benchmark(lambda: heap.free(heap.alloc(64)))


@pytest.mark.parametrize("pages", [1, 4, 16])
def test_alloc_and_free_of_a_run(benchmark, pages: int) -> None:
    """Time per pair of calls, linear in the pages of the run."""
    _, heap = prepared(1000)
    benchmark(lambda: heap.free(heap.alloc(pages * PAGE)))


def test_init(benchmark) -> None:
    """Time to build the page map of 256 pages."""
    machine = Machine(8 << 20)
    machine.memory.map(HOME, 1)
    machine.memory.map(BASE, 256)
    heap = BucketHeap.claim(machine.memory, HOME)
    benchmark(lambda: heap.init(BASE, 256 * PAGE, PAGE))
