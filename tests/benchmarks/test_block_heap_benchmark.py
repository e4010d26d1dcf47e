"""How fast the scan of the block heap is; asserted only where benchmarks are enabled (``make bench``)."""

from time import perf_counter_ns

import pytest

from impl.block_heap import BLOCK_SIZE, KERNEL_TABLE_ADDRESS, KernelHeap
from impl.machine import Machine

TOTAL = 25_600
SCAN_RATIO = 10
"""A malloc that scans the whole table takes at most so many bare loops over the same bytes."""


@pytest.fixture
def heap():
    machine = Machine(112 << 20)
    machine.memory.map(0x7000, 8)
    machine.memory.map(0x0100_0000, TOTAL)
    kernel_heap = KernelHeap.claim(machine.memory, 0x7100)
    assert kernel_heap.kheap_init() == 0
    return kernel_heap


def bare_loop(data, count):
    run = 0
    for value in data:
        if value != 0:
            run = 0
        else:
            run += 1
            if run == count:
                return True
    return False


def best(function, *arguments, rounds=30):
    """The shortest of many runs in ns: the one that was disturbed least."""
    times = []
    for _ in range(rounds):
        start = perf_counter_ns()
        function(*arguments)
        times.append(perf_counter_ns() - start)
    return min(times)


@pytest.mark.parametrize("content", ["full", "alternating", "empty"])
def test_a_scan_of_the_whole_table_costs_at_most_its_ratio(benchmark, heap, content):
    count = {"full": 1, "alternating": 2, "empty": TOTAL + 1}[content]
    pattern = {"full": b"\x41\x41", "alternating": b"\x41\x00", "empty": b"\x00\x00"}[content]
    heap.memory.store_bytes(KERNEL_TABLE_ADDRESS, pattern * (TOTAL // 2))
    size = count * BLOCK_SIZE
    assert heap.kmalloc(size) == 0
    if benchmark.enabled:
        data = heap.memory.load_bytes(KERNEL_TABLE_ADDRESS, TOTAL)
        ratio = best(heap.kmalloc, size) / best(bare_loop, data, count)
        benchmark.extra_info["ratio"] = ratio
        assert ratio <= SCAN_RATIO
    benchmark.pedantic(heap.kmalloc, (size,), rounds=5)


def test_kheap_init(benchmark, heap):
    benchmark.pedantic(heap.kheap_init, rounds=3)
