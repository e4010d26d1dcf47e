"""Two bin heaps on one machine: each refuses the blocks of the other, and neither changes the other."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from impl.bin_heap import BinHeap
from impl.bin_layout import ADDRESS_ENTRY, HEADER, ListEntry
from impl.errors import DoubleFree, HeapCorruption, InvalidFree
from impl.machine import Machine

FIRST, SECOND = 0x7100, 0x2_0000
LARGE = 20_000

Call = Callable[[BinHeap, int], object]


def free(heap: BinHeap, address: int) -> object:
    """The block goes back."""
    return heap.free(address)


def resize(heap: BinHeap, address: int) -> object:
    """The block becomes one of 5,000 bytes."""
    return heap.realloc(address, 5_000)


def give_up(heap: BinHeap, address: int) -> object:
    """The block is resized to nothing."""
    return heap.realloc(address, 0)


class Pair:
    """Two heaps on one checked machine."""

    def __init__(self) -> None:
        self.machine = Machine(4 << 20, checked=True)
        memory = self.machine.memory
        heaps = []
        for place in (FIRST, SECOND):
            assert memory.map(place // 4096 * 4096, 3)
            heaps.append(BinHeap.claim(memory, place))
            heaps[-1].init()
        self.first, self.second = heaps

    def owner(self, address: int) -> ListEntry:
        """The entry of the block with that payload that names its heap."""
        return ListEntry(self.machine.memory, address - HEADER + ADDRESS_ENTRY)

    def image(self) -> bytes:
        """All of RAM."""
        return bytes(self.machine.ram.buffer[:])


@pytest.fixture
def pair() -> Pair:
    return Pair()


@pytest.mark.parametrize("call", [free, resize, give_up])
@pytest.mark.parametrize("size", [100, LARGE])
def test_a_live_block_of_another_bin_heap_is_refused(pair: Pair, size: int, call: Call) -> None:
    """Nothing changes, and both heaps serve as before."""
    mine, other = pair.first.malloc(size), pair.second.malloc(size)
    before = pair.image()
    with pytest.raises(InvalidFree, match="another heap"):
        call(pair.first, other)
    with pytest.raises(InvalidFree, match="another heap"):
        call(pair.second, mine)
    assert pair.image() == before
    assert pair.first.malloc(size) != other != 0
    assert pair.second.malloc(size) not in (0, mine)
    pair.first.free(mine)
    pair.second.free(other)


def test_a_free_block_of_another_bin_heap_is_told_from_an_own_one(pair: Pair) -> None:
    mine, other = pair.first.malloc(100), pair.second.malloc(100)
    kept = pair.first.malloc(100), pair.second.malloc(100)
    pair.first.free(mine)
    pair.second.free(other)
    with pytest.raises(DoubleFree):
        pair.first.free(mine)
    with pytest.raises(InvalidFree, match="another heap"):
        pair.first.free(other)
    assert all(kept)


@pytest.mark.parametrize("size", [100, LARGE])
@pytest.mark.parametrize("word", [0, 8, 0x5555_5555_5555, 2**63])
def test_a_block_whose_list_is_none_is_corrupted(pair: Pair, size: int, word: int) -> None:
    """The word that names the heap leads to no head."""
    block = pair.first.malloc(size)
    place = block - HEADER + ADDRESS_ENTRY + ListEntry.list.offset
    pair.machine.memory.vandalise(place, word.to_bytes(8, "little"))
    with pytest.raises(HeapCorruption, match="no list"):
        pair.first.free(block)


@pytest.mark.parametrize("size", [100, LARGE])
def test_the_second_entry_of_a_block_names_its_heap(pair: Pair, size: int) -> None:
    blocks = [(heap, heap.malloc(size)) for heap in (pair.first, pair.second)]
    for heap, block in blocks:
        assert heap.address < pair.owner(block).list < heap.address + 6232
