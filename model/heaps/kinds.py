"""Our four heaps, as their users see them.

What each promises beyond the common contract stands in its ``Promise``.  None is made here of policy (first fit, best
fit, all memory coming back, a freed block being reused): those clauses judge a heap from outside, by the blocks that it
gave.  The heaps' own contracts say more, of the heap itself: which free block is taken, when a request is refused, and
that the bucket heap aligns a block to its size (``rounds_up``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from model.bin_heap.shared import LARGEST_REQUEST as BIN_LARGEST
from model.bin_heap.state import HEADER as BIN_HEADER
from model.bin_heap.state import live as bin_live
from model.bin_heap.state import size_of, tables_end
from model.block_heap.contract import LARGEST_REQUEST as BLOCK_LARGEST
from model.block_heap.state import BLOCK
from model.block_heap.state import live as block_live
from model.bucket_heap.state import DESCRIPTOR as BUCKET_DESCRIPTOR
from model.bucket_heap.state import MAX_EXTENT, Heap
from model.bucket_heap.state import seen as bucket_seen
from model.heap.state import Promise
from model.heaps.state import Kind, Seen
from model.language.logic import Truth, Word, every, implies, negate
from model.language.words import PAGE_SIZE
from model.segment_heap.state import DESCRIPTOR as SEGMENT_DESCRIPTOR
from model.segment_heap.state import HEADER as SEGMENT_HEADER
from model.segment_heap.state import LARGEST_REQUEST as SEGMENT_LARGEST
from model.segment_heap.state import live as segment_live
from model.segment_heap.state import sound

Body = Callable[[Word], Truth]


def _outside(x: Word, low: Word, high: Word) -> Truth:
    return (x < low) | (high <= x)


def _always(h: Seen) -> Truth:
    """A heap that no user can damage unnoticed is taken as it is: its invariants say what its memory holds."""
    return True


# ---------------------------------------------------------------- segment heap: from start to end


def _segment_all(h: Seen, body: Body) -> Truth:
    chain = h.abstract
    return chain.headers.all(lambda a: implies(chain.used(a), body(a + SEGMENT_HEADER)))


def _segment_foreign(h: Seen, x: Word) -> Truth:
    return _outside(x, h.abstract.start, h.abstract.end) & _outside(x, h.heap, h.heap + SEGMENT_DESCRIPTOR)


SEGMENT_HEAP = Kind(
    live=lambda h, b: segment_live(h.abstract, b),
    usable=lambda h, b: h.abstract.size[b - SEGMENT_HEADER],
    every_live=_segment_all,
    contains=lambda h, low, high: (h.abstract.start <= low) & (high <= h.abstract.end),
    foreign=_segment_foreign,
    unharmed=lambda h: h.abstract.headers.all(lambda a: sound(h.state, h.abstract, a)),
    promise=Promise(alignment=16, largest=SEGMENT_LARGEST, has_largest=True, zero_is_null=True, refuses_bad_frees=True),
)


# ---------------------------------------------------------------- block heap: the pool


def _block_all(h: Seen, body: Body) -> Truth:
    g = h.abstract
    return g.first.each(g.entries, g.end, lambda a: implies(g.first[a] == a, body(g.address(a))))


def _block_usable(h: Seen, b: Word) -> Word:
    g = h.abstract
    first = g.block(b)
    return (g.last[first] + 1 - first) * BLOCK


def _block_foreign(h: Seen, x: Word) -> Truth:
    g = h.abstract
    return _outside(x, g.saddr, g.pool_end) & _outside(x, g.entries, g.end)


BLOCK_HEAP = Kind(
    live=lambda h, b: block_live(h.abstract, b),
    usable=_block_usable,
    every_live=_block_all,
    contains=lambda h, low, high: (h.abstract.saddr <= low) & (high <= h.abstract.pool_end),
    foreign=_block_foreign,
    unharmed=_always,
    promise=Promise(
        alignment=BLOCK, largest=BLOCK_LARGEST, has_largest=True, zero_is_null=True, refuses_bad_frees=True
    ),
)


# ---------------------------------------------------------------- bin heap: the pages that it has mapped


def _bin_all(h: Seen, body: Body) -> Truth:
    return h.abstract.headers.all(lambda a: implies(bin_live(h.state, a), body(a + BIN_HEADER)))


def _bin_contains(h: Seen, low: Word, high: Word) -> Truth:
    pages = h.abstract.pages
    return pages.each(low // PAGE_SIZE, (high - 1) // PAGE_SIZE + 1, lambda p: pages[p])


def _bin_foreign(h: Seen, x: Word) -> Truth:
    return negate(h.abstract.pages[x // PAGE_SIZE]) & _outside(x, h.heap, tables_end(h.heap))


BIN_HEAP = Kind(
    live=lambda h, b: h.abstract.headers[b - BIN_HEADER] & bin_live(h.state, b - BIN_HEADER),
    usable=lambda h, b: size_of(h.state, b - BIN_HEADER),
    every_live=_bin_all,
    contains=_bin_contains,
    foreign=_bin_foreign,
    unharmed=_always,
    promise=Promise(alignment=64, largest=BIN_LARGEST, has_largest=True, zero_is_null=True, refuses_bad_frees=True),
)


# ---------------------------------------------------------------- bucket heap: the extents that it was given


def _buckets(h: Seen) -> Heap:
    return bucket_seen(h.state, h.heap, h.abstract)


def _bucket_contains(h: Seen, low: Word, high: Word) -> Truth:
    g = h.abstract
    x = g.owner[g.home[low]]
    return every([g.extents[x], x <= low, high <= x + _buckets(h).size])


def _bucket_foreign(h: Seen, x: Word) -> Truth:
    size = _buckets(h).size
    elsewhere = h.abstract.extents.all(lambda e: _outside(x, e, e + size))
    return elsewhere & _outside(x, h.heap, h.heap + BUCKET_DESCRIPTOR)


BUCKET_HEAP = Kind(
    live=lambda h, b: h.abstract.live[b],
    usable=lambda h, b: _buckets(h).extent(b),
    every_live=lambda h, body: h.abstract.live.all(body),
    contains=_bucket_contains,
    foreign=_bucket_foreign,
    unharmed=_always,
    promise=Promise(
        alignment=8,
        largest=MAX_EXTENT,
        has_largest=True,
        zero_is_null=True,
        refuses_bad_frees=True,
    ),
)

KINDS: Mapping[str, Kind] = {
    "segment_heap": SEGMENT_HEAP,
    "block_heap": BLOCK_HEAP,
    "bin_heap": BIN_HEAP,
    "bucket_heap": BUCKET_HEAP,
}
"""Heap -> how it is seen."""
