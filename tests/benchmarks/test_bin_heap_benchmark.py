"""What the bin heap's operations cost; times are asserted only where benchmarks are enabled (``make bench``)."""

from collections.abc import Callable

import pytest

from impl.bin_heap import BinHeap
from impl.machine import Machine
from impl.shadow import CheckedMemory
from proofs.checking.memory import QuickMemory

HOME = 0x7000
LIVE = [100, 1000, 10_000, 100_000]
MOST_UNTIMED = 1000
SIZE = 100
PAGE = 4096
MALLOC = 20
FREE = 36
"""Loads and stores where nothing is split or merged."""


def prepared(live: int, checked: bool = False) -> tuple[Machine, BinHeap]:
    """A heap with ``live`` blocks, between which every ninth was freed."""
    machine = Machine((live // 8 + 2048) * PAGE, checked=checked)
    machine.memory.map(HOME, 2)
    memory = QuickMemory(machine.memory) if isinstance(machine.memory, CheckedMemory) else machine.memory
    heap = BinHeap.claim(memory, HOME)
    heap.init()
    blocks = [heap.malloc(SIZE) for _ in range(live + live // 8)]
    for block in blocks[::9]:
        heap.free(block)
    return machine, heap


def cost(machine: Machine, call: Callable[[int], int | None], argument: int) -> int:
    """Loads and stores of one call."""
    before = machine.counter.total
    call(argument)
    return machine.counter.total - before


@pytest.mark.parametrize("live", LIVE[:3])
def test_malloc_and_free_cost_the_same_whatever_the_heap_holds(live: int) -> None:
    """Blocks that fit exactly are taken and given back with a constant number of loads and stores."""
    machine, heap = prepared(live, checked=True)
    blocks: list[int] = []
    mallocs = {cost(machine, lambda size: blocks.append(heap.malloc(size)), SIZE) for _ in range(10)}
    frees = {cost(machine, heap.free, block) for block in blocks}
    assert (mallocs, max(frees)) == ({MALLOC}, FREE)


@pytest.mark.parametrize("live", LIVE)
def test_malloc_and_free(benchmark, live: int) -> None:
    """Time per pair of calls, flat in the number of live blocks."""
    if benchmark.disabled and live > MOST_UNTIMED:
        pytest.skip("takes long, and tells nothing but times")
    _, heap = prepared(live)
    benchmark(lambda: heap.free(heap.malloc(SIZE)))


@pytest.mark.parametrize("pages", [5, 50])
def test_malloc_and_free_of_a_large_block(benchmark, pages: int) -> None:
    """Time per pair of calls: pages are mapped, cleared and unmapped."""
    _, heap = prepared(1000)
    benchmark(lambda: heap.free(heap.malloc(pages * PAGE)))


def test_realloc_in_place(benchmark) -> None:
    """Time to shrink a block and let it grow again."""
    _, heap = prepared(1000)
    block = heap.malloc(4000)
    benchmark(lambda: (heap.realloc(block, 100), heap.realloc(block, 4000)))


def test_init(benchmark) -> None:
    """Time to empty 257 lists."""
    machine = Machine(8 << 20)
    machine.memory.map(HOME, 2)
    heap = BinHeap.claim(machine.memory, HOME)
    benchmark(heap.init)
