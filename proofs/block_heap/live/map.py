"""The block heap as a map: runs of blocks as the table in RAM tells them."""

from __future__ import annotations

from collections.abc import Iterator

from impl.block_heap import BLOCK_SIZE, BlockHeap, HeapTable
from proofs.block_heap.live.bench import extract
from proofs.block_heap.live.world import BlockHeapWorld
from proofs.maps import heap_map
from proofs.maps.heap_map import Span
from proofs.maps.seen import blocks, descriptor, neighbours


def spans(world: BlockHeapWorld) -> Iterator[Span]:
    """The descriptors, the entries, and each run of blocks."""
    yield descriptor(world, BlockHeap.SIZE)
    state = world.checked.state()
    yield from (Span(a, HeapTable.SIZE, heap_map.TABLE, "table") for a in state.claimed("HeapTable").members)
    yield from neighbours(world)
    if not world.born:
        return
    table = extract(state, world.checked.address)
    yield Span(table.entries, table.total, heap_map.TABLE, "entries")
    granted: dict[int, int] = {}
    a = table.entries
    while a < table.end:
        free = table.free(a)
        behind = max(table.free_until[a] if free else table.last[a] + 1, a + 1)
        size = (behind - a) * BLOCK_SIZE
        if free:
            yield Span(table.address(a), size, heap_map.FREE)
        else:
            granted[table.address(a)] = size
        a = behind
    yield from blocks(world, granted)
