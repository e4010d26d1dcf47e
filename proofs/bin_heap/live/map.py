"""The bin heap as a map: every block as its header in RAM tells it."""

from __future__ import annotations

from collections.abc import Iterator

from impl.arithmetic import PAGE_SIZE
from proofs.bin_heap.live.layout import ALLOCATED, DESCRIPTOR, HEADER
from proofs.bin_heap.live.world import BinHeapWorld
from proofs.maps import heap_map
from proofs.maps.heap_map import Span
from proofs.maps.seen import blocks, descriptor, neighbours


def spans(world: BinHeapWorld) -> Iterator[Span]:
    """Headers, free bytes and blocks, those mapped for themselves as well; and the pages beside them."""
    state = world.checked.state()
    ram, mapped = state.fields("BlockHeader"), state.mapped.pages
    yield descriptor(world, DESCRIPTOR)
    own = range(world.checked.address // PAGE_SIZE, (world.checked.address + DESCRIPTOR - 1) // PAGE_SIZE + 1)
    granted: dict[int, int] = {}
    limit = (max(mapped, default=-1) + 1) * PAGE_SIZE
    for b in sorted(state.claimed("BlockHeader").members):
        yield Span(b, HEADER, heap_map.HEADER)
        size = min(ram.size[b], max(limit - b - HEADER, 0))
        if ram.flags[b] & ALLOCATED:
            granted[b + HEADER] = size
        else:
            yield Span(b + HEADER, size, heap_map.FREE)
    yield from blocks(world, granted)
    yield from neighbours(world)
    yield from (Span(page * PAGE_SIZE, PAGE_SIZE, heap_map.PAGE) for page in mapped if page not in own)
