"""What the bin heap's operations cost at worst, in loads and stores: measured, and compared with the proved bounds."""

import random
from collections.abc import Callable
from typing import Any

import pytest

from impl.bin_heap import BinHeap
from impl.bin_layout import NUM_BINS, WORDS, BitmapWord
from impl.layout import Field
from impl.machine import Machine
from impl.shadow import CheckedMemory
from model.bin_heap.realloc import REALLOC_COST
from model.bin_heap.users import CLEAR_COST, FREE_COST, MALLOC_COST
from proofs.bin_heap.costs import HIT_COST

HOME = 0x7100
BASE = 0x2000_0000_0000
PAGE = 4096
REACHED = 0.8
"""The part of a proved bound that random histories come up to; what is built for the worst case meets the bound."""
BITMAP = HOME + 8


class Counted:
    """A heap on a checked machine; each of its mappings touches the one before."""

    def __init__(self) -> None:
        self.machine = Machine(24 << 20, checked=True)
        self.memory = self.machine.memory
        self.memory.map(0x7000, 2)
        self.memory.placement = self.place
        self.mapped = 0
        self.heap = BinHeap.claim(self.memory, HOME)
        self.heap.init()

    def place(self, pages: int) -> int:
        """Right behind what was mapped before."""
        self.mapped += pages
        return BASE + (self.mapped - pages) * PAGE

    def cost(self, call: Callable[..., int | None], *arguments: int) -> tuple[int, int]:
        """Result of one call, NULL if it has none, and its loads and stores."""
        before = self.machine.counter.total
        result = call(*arguments)
        return result or 0, self.machine.counter.total - before


@pytest.fixture
def counted() -> Counted:
    return Counted()


def test_the_worst_malloc_that_a_bin_serves(counted: Counted) -> None:
    """Four words are scanned, a bin is emptied, the rest is merged with what follows, which empties another bin."""
    heap = counted.heap
    heap.free(heap.malloc(16384))  # leaves 3968 bytes that are still zero: together the two would pass the threshold
    mapped = counted.mapped
    _, cost = counted.cost(heap.malloc, 4032)
    assert counted.mapped == mapped
    assert cost == MALLOC_COST


def test_the_worst_alloc_that_a_bin_serves(counted: Counted) -> None:
    """The same without the lock, and without a user."""
    heap = counted.heap
    heap.free(heap.malloc(16384))
    mapped = counted.mapped
    heap.acquire_lock()
    _, cost = counted.cost(heap.alloc, 4032)
    assert counted.mapped == mapped
    assert cost == HIT_COST


def test_the_worst_free(counted: Counted) -> None:
    """The block is merged on both sides with blocks that are still zero, which empties two bins."""
    heap = counted.heap
    heap.malloc(64)
    _, cost = counted.cost(heap.free, heap.malloc(5000))
    assert cost == FREE_COST


def test_the_worst_calloc_that_a_bin_serves(counted: Counted) -> None:
    """As the worst malloc, of a block that its last user wrote to."""
    heap = counted.heap
    heap.free(heap.malloc(16384))
    heap.free(heap.malloc(16384))
    mapped = counted.mapped
    _, cost = counted.cost(heap.calloc, 63, 64)
    bound = CLEAR_COST + 63 * 64 // 8
    assert counted.mapped == mapped
    assert REACHED * bound <= cost <= bound


def test_the_worst_realloc_that_a_bin_serves(counted: Counted) -> None:
    """No room where the block is; the worst alloc; the old block has free neighbours, each alone in its bin."""
    heap = counted.heap
    before, block, behind, _ = (heap.malloc(size) for size in (64, 64, 128, 3584))
    heap.free(heap.malloc(16384))
    heap.free(before)
    heap.free(behind)
    mapped = counted.mapped
    moved, cost = counted.cost(heap.realloc, block, 4032)
    assert counted.mapped == mapped
    assert moved != block
    bound = REALLOC_COST + 2 * 64 // 8
    assert REACHED * bound <= cost <= bound


@pytest.mark.parametrize("seed", range(2))
def test_nothing_costs_more(counted: Counted, seed: int) -> None:
    """Random histories with many free blocks of all sizes stay under the bounds."""
    chance, heap = random.Random(seed), counted.heap
    live: list[int] = []
    worst = {"malloc": 0, "free": 0}
    for _ in range(1500):
        if live and chance.random() < 0.1:
            mapped, size = counted.mapped, chance.choice([64, 640, 6400])
            moved, cost = counted.cost(heap.realloc, live.pop(), size)
            live.append(moved)
            assert counted.mapped != mapped or cost <= REALLOC_COST + 2 * (size // 8)
        if live and chance.random() < 0.5:
            _, cost = counted.cost(heap.free, live.pop(chance.randrange(len(live))))
            worst["free"] = max(worst["free"], cost)
            continue
        mapped = counted.mapped
        largest = chance.choice([300, 4000, 16384])
        block, cost = counted.cost(heap.malloc, chance.randint(largest // 2, largest))
        live.append(block)
        if counted.mapped == mapped:
            worst["malloc"] = max(worst["malloc"], cost)
    assert REACHED * MALLOC_COST <= worst["malloc"] <= MALLOC_COST
    assert REACHED * FREE_COST <= worst["free"] <= FREE_COST


def test_the_scan_loads_at_most_four_words_of_bitmap(counted: Counted, monkeypatch: pytest.MonkeyPatch) -> None:
    """One for each 64 bins from the first that serves up to the one that is found; no other load."""
    heap, loads = counted.heap, []
    ordinary = CheckedMemory.read

    def read(memory: CheckedMemory, field: Field[Any], address: int) -> Any:
        loads.append((field, address))
        return ordinary(memory, field, address)

    heap.acquire_lock()
    monkeypatch.setattr(CheckedMemory, "read", read)
    for found in (None, *range(0, NUM_BINS, 21), NUM_BINS - 1):
        for number in range(WORDS):
            bit = 1 << 63 - found % 64 if found is not None and found // 64 == number else 0
            BitmapWord(counted.memory, BITMAP + 8 * number).value = bit
        for index in (*range(0, NUM_BINS, 13), NUM_BINS - 1):
            loads.clear()
            serves = found is not None and found >= index
            assert heap.first_bin(index) == (found if serves else NUM_BINS)
            last = found // 64 if serves and found is not None else WORDS - 1
            words = [address for field, address in loads if field is BitmapWord.value]
            assert words == [BITMAP + 8 * number for number in range(index // 64, last + 1)]
            assert len(loads) == len(words)
