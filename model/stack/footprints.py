"""What a heap's invariants speak of: the memory that is its own, and nothing else.

    segment heap   its descriptor, and the pages from its start to its end
    block heap     its descriptor and the table's, the entries, the pool
    bin heap       its descriptor with the tables, and its blocks, header and payload
    bucket heap    its descriptor, and its extents

Two states agree on a range if the same headers lie in it, even in part, with the same fields, and the same bytes, and
the same pages of it are mapped.  Whatever others do outside this memory, they leave the heap as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model.bin_heap.state import Blocks, end_of, tables_end
from model.block_heap.state import DESCRIPTOR as BLOCK_DESCRIPTOR
from model.block_heap.state import BlockTable
from model.bucket_heap.state import DESCRIPTOR as BUCKET_DESCRIPTOR
from model.bucket_heap.state import Ghosts, seen
from model.language.logic import Truth, Word, every
from model.segment_heap.state import DESCRIPTOR as SEGMENT_DESCRIPTOR
from model.segment_heap.state import Chain

Footprint = Callable[[Any, Any, Word, Any], Truth]
"""Of two states, the address of a descriptor and an abstract heap: whether they agree on the memory of that heap."""


def agree(new: Any, old: Any, low: Word, high: Word) -> Truth:
    """Both states have the same headers, bytes and pages in [low, high)."""
    return new.agrees(old, lambda first, end: (first < high) & (low < end))


def of_segment_heap_memory(new: Any, old: Any, heap: Word, chain: Chain) -> Truth:
    """The descriptor, and [start, end)."""
    return agree(new, old, heap, heap + SEGMENT_DESCRIPTOR) & agree(new, old, chain.start, chain.end)


def of_block_heap_memory(new: Any, old: Any, heap: Word, blocks: BlockTable) -> Truth:
    """Both descriptors, the entries, the pool."""
    descriptors = [agree(new, old, at, at + BLOCK_DESCRIPTOR) for at in (heap, blocks.table)]
    entries, pool = (blocks.entries, blocks.end), (blocks.saddr, blocks.pool_end)
    return every([*descriptors, agree(new, old, *entries), agree(new, old, *pool)])


def of_bin_heap_memory(new: Any, old: Any, heap: Word, blocks: Blocks) -> Truth:
    """The descriptor with its tables, and every block."""
    each = blocks.headers.all(lambda b: agree(new, old, b, end_of(old, b)))
    return agree(new, old, heap, tables_end(heap)) & each


def of_bucket_heap_memory(new: Any, old: Any, heap: Word, ghosts: Ghosts) -> Truth:
    """The descriptor, and every extent."""
    size = seen(old, heap, ghosts).size
    each = ghosts.extents.all(lambda x: agree(new, old, x, x + size))
    return agree(new, old, heap, heap + BUCKET_DESCRIPTOR) & each
