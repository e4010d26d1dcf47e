"""The frame allocator as a map: the blocks that its header tells, at their physical addresses."""

from __future__ import annotations

from collections.abc import Iterator

from proofs.frame_allocator.live.reference import FREE, LENT, LIVE, MAX_ORDER, PAGE_SIZE
from proofs.frame_allocator.live.world import FrameAllocatorWorld
from proofs.maps import heap_map
from proofs.maps.heap_map import Span


def spans(world: FrameAllocatorWorld) -> Iterator[Span]:
    """Free and live blocks with their orders, frames that the page tables borrow, and the header."""
    frames = world.allocator
    if frames is None:
        return
    yield Span(world.header.base, world.header.size, heap_map.TABLE, "header")
    found: set[tuple[int, int]] = set()
    index = frames.start
    while index < frames.end:
        record = frames.record(index)
        whole = record.state in (FREE, LIVE)
        order = record.order if whole and record.order <= MAX_ORDER else 0
        base, size = frames.origin + index * PAGE_SIZE, PAGE_SIZE << order
        if record.state == LIVE:
            found.add((base, size))
        if whole:
            yield Span(base, size, heap_map.FREE if record.state == FREE else heap_map.LIVE, f"order {order}")
        elif record.state == LENT:
            yield Span(base, size, heap_map.TABLE, "lent")
        index += 1 << order
    for base, size in world.model.live.keys() - found:
        yield Span(base, size, heap_map.LIVE, f"order {(size // PAGE_SIZE).bit_length() - 1}")
