"""How the abstract state of the bucket heap moves: the steps that ``advance`` names in impl/bucket_heap.py."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.bucket_heap.state import Ghosts, Heap, seen
from model.language.ghost import GhostMap, GhostSet
from model.language.logic import Word, when

SETS = ("extents", "entries", "idle", "live", "freed", "nodes")
WORDS = ("pages", "count", "total", "clock")


def no_ghosts() -> Ghosts:
    """The abstract state before init."""
    names = Ghosts.__dataclass_fields__
    return Ghosts(**{n: GhostSet() if n in SETS else 0 if n in WORDS else GhostMap() for n in names})


def now(ghosts: Ghosts, heap: Any) -> Heap:
    """The heap as its memory is at this moment of a proof."""
    return seen(heap.memory.operation.now(), heap.address, ghosts)


def block_taken(g: Ghosts, heap: Any, entry: Word, block: Word) -> Ghosts:
    """A block of a bucket page is live; its page counts it already."""
    h = now(g, heap)
    slot = h.page[entry] + (h.live[entry] - 1)
    return replace(
        g,
        live=g.live.set(block, True),
        home=g.home.set(block, entry),
        slot=g.slot.set(block, slot),
        occupant=g.occupant.set(slot, block),
    )


def block_unstacked(g: Ghosts, entry: Word, block: Word) -> Ghosts:
    """The block given back last is about to be live."""
    return replace(g, freed=g.freed.set(block, False), height=g.height.set(entry, g.height[entry] - 1))


def block_given(g: Ghosts, heap: Any, entry: Word, block: Word) -> Ghosts:
    """A live block was given back; its page counts it no more.  The last in number takes its number."""
    h = now(g, heap)
    last = g.occupant[h.page[entry] + h.live[entry]]
    place = h.page[entry] + g.height[entry]
    return replace(
        g,
        live=g.live.set(block, False),
        slot=g.slot.set(last, g.slot[block]),
        occupant=g.occupant.set(g.slot[block], last),
        freed=g.freed.set(block, True),
        place=g.place.set(block, place),
        stacked=g.stacked.set(place, block),
        height=g.height.set(entry, g.height[entry] + 1),
    )


def page_listed(g: Ghosts, links: Word, log: Word) -> Ghosts:
    """A page becomes the first of a bucket's list."""
    return replace(
        g,
        nodes=g.nodes.set(links, True),
        bucket=g.bucket.set(links, log),
        stamp=g.stamp.set(links, g.clock),
        clock=g.clock + 1,
    )


def page_unlisted(g: Ghosts, links: Word) -> Ghosts:
    """A page leaves its bucket's list."""
    return replace(g, nodes=g.nodes.set(links, False))


def page_carved(g: Ghosts, heap: Any, entry: Word) -> Ghosts:
    """A run of one page becomes a bucket page with one live block, the first."""
    page = now(g, heap).page[entry]
    return replace(g, slot=g.slot.set(page, page), occupant=g.occupant.set(page, page), height=g.height.set(entry, 0))


def page_dissolved(g: Ghosts, heap: Any, entry: Word, block: Word, end: Word) -> Ghosts:
    """A bucket page with one live block becomes a run of one page."""
    page, freed = now(g, heap).page[entry], g.freed
    return replace(
        g,
        live=g.live.set(block, False).set(page, True),
        home=g.home.set(page, entry),
        freed=freed.redefined(lambda b: freed[b] & ((b < page) | (b >= end))),
    )


def pages_taken(g: Ghosts, heap: Any, entry: Word, first: Word, end: Word) -> Ghosts:
    """The free pages in [first, end) are a run."""
    h = now(g, heap)
    idle, until, run = g.idle, g.until, g.run
    return replace(
        g,
        idle=idle.redefined(lambda d: idle[d] & ((d < first) | (d >= end))),
        until=until.redefined(lambda d: when((d < first) & (until[d] > first), first, until[d])),
        run=run.redefined(lambda e: when((h.page[e] >= first) & (h.page[e] < end), entry, run[e])),
        live=g.live.set(first, True),
        home=g.home.set(first, entry),
    )


def pages_given(g: Ghosts, heap: Any, first: Word, end: Word) -> Ghosts:
    """The pages of the run in [first, end) are free."""
    h = now(g, heap)
    idle, until = g.idle, g.until
    top = when(idle[end], until[end], end)
    return replace(
        g,
        idle=idle.redefined(lambda d: idle[d] | ((first <= d) & (d < end) & h.is_page(d))),
        until=until.redefined(lambda d: when(((first <= d) & (d < end)) | (until[d] == first), top, until[d])),
        live=g.live.set(first, False),
    )
