"""The bucket heap as a map: extents, pages and blocks as RAM tells them."""

from __future__ import annotations

from collections.abc import Iterator

from proofs.bucket_heap.live.layout import CONTINUED, DESCRIPTOR, FREE, RUN, read_out
from proofs.bucket_heap.live.world import BucketHeapWorld
from proofs.maps import heap_map
from proofs.maps.heap_map import Span
from proofs.maps.seen import blocks, claimed, descriptor, layout_of, neighbours


def spans(world: BucketHeapWorld) -> Iterator[Span]:
    """The page maps, free pages, and blocks live or to give; of a heap that cannot be read, what the machine knows."""
    layout = layout_of(read_out, world)
    if layout is None:
        yield from claimed(world)
        return
    yield descriptor(world, DESCRIPTOR)
    yield from neighbours(world)
    for extent in layout.extents:
        yield Span(extent, layout.header, heap_map.TABLE, "page map")
        pages = range(extent + layout.header, extent + layout.extent_size, layout.page_size)
        yield from _rows({page: layout.page_size for page in pages if layout.kind[page] == FREE})
        for page in pages:
            if layout.kind[page] not in (FREE, CONTINUED, RUN):
                yield from _rows(dict.fromkeys(layout.spare.get(page, ()), 1 << layout.kind[page]))
    yield from blocks(world, layout.live)


def _rows(free: dict[int, int]) -> Iterator[Span]:
    """Free pages, or the blocks that a page has to give, address -> bytes: one span for those that lie in a row."""
    row: list[int] = []
    for address in sorted(free):
        if row and row[-1] + free[row[-1]] != address:
            yield _row(row, free)
            row = []
        row.append(address)
    if row:
        yield _row(row, free)


def _row(row: list[int], free: dict[int, int]) -> Span:
    size = free[row[0]]
    return Span(row[0], len(row) * size, heap_map.FREE, f"{len(row)} x {size}")
