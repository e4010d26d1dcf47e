"""The segment heap as a map: every segment as its header in RAM tells it."""

from __future__ import annotations

from collections.abc import Iterator

from impl.arithmetic import PAGE_SIZE
from impl.segment_heap import SegmentHeap
from model.segment_heap.state import HEADER, MAGIC
from proofs.maps import heap_map
from proofs.maps.heap_map import Span
from proofs.maps.seen import blocks, descriptor, neighbours
from proofs.segment_heap.live.world import SegmentHeapWorld


def spans(world: SegmentHeapWorld) -> Iterator[Span]:
    """Headers, free bytes and blocks; a size that leads out of the heap's pages is cut off there."""
    state = world.checked.state()
    ram, mapped = state.fields("Segment"), state.mapped.pages
    yield descriptor(world, SegmentHeap.SIZE)
    granted: dict[int, int] = {}
    limit = (max(mapped) + 1) * PAGE_SIZE if mapped else 0
    for a in sorted(state.claimed("Segment").members):
        sound = ram.magic[a] == MAGIC
        yield Span(a, HEADER, heap_map.HEADER, "" if sound else "damaged")
        size = min(ram.size[a], max(limit - a - HEADER, 0))
        if not sound:
            continue
        if ram.free[a]:
            yield Span(a + HEADER, size, heap_map.FREE)
        else:
            granted[a + HEADER] = size
    yield from blocks(world, granted)
    yield from neighbours(world)
    yield from (Span(page * PAGE_SIZE, PAGE_SIZE, heap_map.PAGE) for page in mapped)
