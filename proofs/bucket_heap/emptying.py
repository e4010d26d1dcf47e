"""A heap without extents: as init makes it before its first, and as destroy leaves it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.bucket_heap.state import BUCKETS, ENTRY, EXTENT_HEADER, LINKS, MIN_LOG2, SENTINELS, SPAN, Ghosts
from model.language.logic import Named, Word, every, implies, mention
from model.language.words import WORD_BYTES
from proofs.bucket_heap.ghosts import now
from proofs.bucket_heap.loops import heap_now


def heap_emptied(g: Ghosts, heap: Any) -> Ghosts:
    """The heap has no extent, so no page and no block, and its buckets are empty."""
    first = heap.address + SENTINELS
    return replace(
        g,
        extents=g.extents.empty(),
        entries=g.entries.empty(),
        idle=g.idle.empty(),
        live=g.live.empty(),
        freed=g.freed.empty(),
        count=0,
        total=0,
        nodes=g.nodes.redefined(lambda p: (first <= p) & (p < first + BUCKETS * LINKS) & ((p - first) % LINKS == 0)),
        bucket=g.bucket.redefined(lambda p: (p - first) // LINKS + MIN_LOG2),
        root=g.root.redefined(lambda k: first + (k - MIN_LOG2) * LINKS),
        stamp=g.stamp.redefined(lambda p: 0),
        clock=1,
    )


def heap_begun(g: Ghosts, heap: Any) -> Ghosts:
    """The same, and the descriptor says how many pages an extent will have."""
    h = now(g, heap)
    return replace(heap_emptied(g, heap), pages=(h.size - h.header) >> h.shift)


def heap_measured(heap: Any) -> list[Named]:
    """init: what the numbers in the descriptor have to do with each other."""
    h = heap_now(heap)
    pages, room = h.ghost.pages, h.size - h.header
    return [
        ("shift", "the page size is a power of two from 512 to 32768", (h.shift >= 9) & (h.shift <= 15)),
        ("header", "the header is whole pages", h.header % h.page_size == 0),
        ("rest", "what the lowest extent leaves over is measured, too", room % h.page_size == 0),
        ("pages", "the pages fill what the header leaves", room == pages << h.shift),
        ("two", "there are two at least", pages >= 2),
        ("map", "the map has room for all of them", h.bits >= EXTENT_HEADER + ENTRY * pages),
        (
            "bits",
            "the live bits lie before the pages",
            (h.bits + h.size // SPAN * WORD_BYTES <= h.header) & (h.header % SPAN == 0) & (h.size % SPAN == 0),
        ),
    ]


def buckets_empty(heap: Any) -> list[Named]:
    """Each sentinel is there, and leads to itself."""
    h = heap_now(heap)
    links = heap.memory.operation.now().claimed("Links")

    def alone(place: Word) -> Any:
        return every([links[place], h.next[place] == place, h.prev[place] == place])

    return [("alone", "each sentinel leads to itself", h.ghost.nodes.all(alone))]


def sentinels_there(heap: Any) -> list[Named]:
    """destroy: the sentinels are there."""
    h = heap_now(heap)
    g, links = h.ghost, heap.memory.operation.now().claimed("Links")
    first = h.at + SENTINELS

    def there(place: Word) -> Any:
        return implies(mention(g.root[(place - first) // LINKS + MIN_LOG2]), links[place])

    claimed = links.each(first, first + BUCKETS * LINKS, there, step=LINKS)
    return [("there", "every sentinel is a place in a list", claimed)]
