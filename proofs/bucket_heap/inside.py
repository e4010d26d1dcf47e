"""Where a heap's own headers lie: in its descriptor, or in one of its extents.  So what touches these touches no other.

Lemmas: each follows from the invariants on entry.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model.bucket_heap.shared import HEADERS
from model.bucket_heap.state import DESCRIPTOR, EXTENT_HEADER, LINKS, PAGE_ENTRY, UNIT, Ghosts, Heap, seen
from model.language.logic import Truth, Word, clause, every
from model.language.words import WORD_BYTES


def _lies(h: Heap, x: Word, low: Word, high: Word) -> Truth:
    """[low, high) lies in the extent ``x``."""
    return every([h.ghost.extents[x], x <= low, high <= x + h.size])


@clause("the header of an extent lies in it")
def extents_inside(state: Any, heap: Word, g: Ghosts, arguments: dict[str, Any]) -> Truth:
    h = seen(state, heap, g)
    return g.extents.all(lambda x: _lies(h, x, x, x + EXTENT_HEADER))


@clause("an entry of a page map lies in its extent, and so does the page")
def entries_inside(state: Any, heap: Word, g: Ghosts, arguments: dict[str, Any]) -> Truth:
    h = seen(state, heap, g)

    def inside(e: Word) -> Truth:
        return _lies(h, g.owner[e], e, e + PAGE_ENTRY + LINKS) & _lies(h, g.owner[e], h.page[e], h.end(e))

    return g.entries.all(inside)


@clause("a place in a bucket's list lies in the descriptor, or in an extent")
def nodes_inside(state: Any, heap: Word, g: Ghosts, arguments: dict[str, Any]) -> Truth:
    h = seen(state, heap, g)

    def inside(n: Word) -> Truth:
        sentinel = (heap <= n) & (n + LINKS <= heap + DESCRIPTOR)
        return sentinel | (g.entries[n - PAGE_ENTRY] & _lies(h, g.owner[n - PAGE_ENTRY], n, n + LINKS))

    return g.nodes.all(inside)


@clause("a free page lies in its extent, with its link")
def free_inside(state: Any, heap: Word, g: Ghosts, arguments: dict[str, Any]) -> Truth:
    h = seen(state, heap, g)
    return g.idle.all(lambda d: _lies(h, g.owner[g.entry_at[d]], d, d + UNIT))


@clause("the live bits of a page lie in its extent")
def bits_inside(state: Any, heap: Word, g: Ghosts, arguments: dict[str, Any]) -> Truth:
    h = seen(state, heap, g)

    def inside(e: Word) -> Truth:
        words = h.page_size // (UNIT * 8 * WORD_BYTES) * WORD_BYTES
        return _lies(h, g.owner[e], h.bits_of[e], h.bits_of[e] + words)

    return g.entries.all(inside)


@clause("what begins in an extent ends in it: a header of an extent, of a page, of a list, of live bits, or a link")
def headers_inside(state: Any, heap: Word, g: Ghosts, arguments: dict[str, Any]) -> Truth:
    h = seen(state, heap, g)

    def inside(x: Word, size: int) -> Callable[[Word], Truth]:
        return lambda d: (d < x) | (d + size <= x + h.size) | (d >= x + h.size)

    sizes = [(name, size) for name, size in HEADERS.items() if name != "BucketHeap"]
    return g.extents.all(lambda x: every([state.claimed(name).all(inside(x, size)) for name, size in sizes]))


RAZED = (headers_inside,)
"""Lemmas of what razes extents."""
INSIDE = (extents_inside, entries_inside, nodes_inside, free_inside, bits_inside)
