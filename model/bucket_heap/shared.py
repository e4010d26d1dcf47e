"""What the contracts of the bucket heap's operations share: the heap before and after, and what stays as it is."""

from __future__ import annotations

from typing import Any

from model.bucket_heap.state import DESCRIPTOR, EXTENT_HEADER, LINKS, PAGE_ENTRY, SENTINELS, Heap, seen
from model.language.logic import Transition, Truth, Word, clause, every, negate
from model.language.words import NULL, WORD_BYTES
from model.library.room import vacant

# ---------------------------------------------------------------- a search for pages


def holds(h: Heap, d: Word, size: Word) -> Truth:
    """The free pages in a row from page ``d`` on hold ``size`` bytes."""
    return d + size <= h.ghost.until[d]


def before(t: Transition) -> Heap:
    """The heap on entry."""
    return seen(t.old, t.heap, t.ghost)


def after(t: Transition) -> Heap:
    """The heap at the end."""
    return seen(t.new, t.heap, t.ghost_after)


def others_kept(t: Transition, own: Word, also: Word = NULL) -> Truth:
    """Every live block but ``own`` stays live, as long as it is; none but ``own`` and ``also`` becomes live."""
    h, new = before(t), after(t)
    old, live = h.ghost.live, new.ghost.live
    kept = old.all(
        lambda b: (b == own) | every([live[b], new.extent(b) == h.extent(b), new.ghost.home[b] == h.ghost.home[b]])
    )
    return kept & live.all(lambda b: (b == own) | (b == also) | old[b])


def payloads_kept(t: Transition, spared: Word = NULL) -> Truth:
    """No byte of any live block is touched but of the one at ``spared``."""
    h = before(t)
    return h.ghost.live.all(lambda b: (b == spared) | t.new.bytes.unchanged(t.old, b, b + h.extent(b)))


def disjoint(t: Transition, low: Word, high: Word) -> Truth:
    """[low, high) overlaps no block that was live."""
    h = before(t)
    return h.ghost.live.all(lambda b: (b + h.extent(b) <= low) | (high <= b))


def kept_outside(new: Any, old: Any, h: Heap, low: Word = NULL, high: Word = NULL) -> Truth:
    """No header, byte or page differs but such as lie wholly in the descriptor, an extent of ``h``, or [low, high)."""

    def foreign(first: Word, end: Word) -> Truth:
        elsewhere = negate((h.at <= first) & (end <= h.at + DESCRIPTOR)) & negate((low <= first) & (end <= high))
        return elsewhere & h.ghost.extents.all(lambda x: negate((x <= first) & (end <= x + h.size)))

    return new.agrees(old, foreign)


@clause("nothing is touched but the descriptor and the extents: no byte, no header, no page of any other")
def nothing_outside(t: Transition) -> Truth:
    return kept_outside(t.new, t.old, before(t))


HEADERS = {
    "BucketHeap": SENTINELS,
    "Extent": EXTENT_HEADER,
    "Page": PAGE_ENTRY,
    "Links": LINKS,
    "LiveBits": WORD_BYTES,
    "FreeLink": WORD_BYTES,
}
"""Bytes of each header type."""


# ---------------------------------------------------------------- what is required


def is_apart(h: Heap, low: Word, high: Word) -> Truth:
    """[low, high) overlaps neither the descriptor nor an extent of the heap."""
    outside = (h.at + DESCRIPTOR <= low) | (high <= h.at)
    return outside & h.ghost.extents.all(lambda x: (x + h.size <= low) | (high <= x))


def holds_no_header(state: Any, low: Word, high: Word) -> Truth:
    """No header lies in [low, high)."""
    return vacant(state, low, high, **HEADERS)
