"""A short history of segment heaps that comes to every end of every operation."""

from __future__ import annotations

from collections.abc import Callable

from impl.arithmetic import PAGE_SIZE, WORD_LIMIT
from impl.segment_heap import HEADER, LARGEST_REQUEST
from proofs.segment_heap.live.world import SegmentHeapWorld

BASE = 0x4000_0000
WHOLE = 16 * PAGE_SIZE
GRANULE = 16
ALL = 10_000
"""More frames than there are."""

Opening = Callable[..., SegmentHeapWorld]


def story(opening: Opening) -> None:
    """All of it; about a hundred calls."""
    _beginnings(opening())
    _ordinary_life(opening())
    _exhaustion(opening())
    _trimming(opening())
    _damage_met_by_allocate(opening())
    _damage_met_by_free(opening())
    _links_astray(opening())
    _death(opening())


def _beginnings(world: SegmentHeapWorld) -> None:
    """Bases that are refused, a machine that is full, and a good one."""
    for base in (-1, WORD_LIMIT, 0, BASE + 16):
        world.init(base)
    world.grab(ALL)
    world.init(BASE)
    world.give(ALL)
    world.init(BASE)
    world.dump()


def _ordinary_life(world: SegmentHeapWorld) -> None:
    """Splits, exact fits, merges on either side, growth both ways, refused addresses."""
    world.init(BASE)
    for size in (0, WORD_LIMIT - 1, -1, WORD_LIMIT, LARGEST_REQUEST, LARGEST_REQUEST + 1):
        world.allocate(size)
    blocks = [world.allocate(100) for _ in range(5)]
    for address in (0, -1, WORD_LIMIT, 16, blocks[0] + 16, blocks[0] - HEADER, world.chain.end, world.chain.end - 1):
        world.free(address)
    for number in (1, 3, 2, 0):
        world.free(blocks[number])
        world.free(blocks[number])
    world.allocate(4 * 112 + 3 * HEADER)
    world.allocate(WHOLE)  # enlarges the last segment, which is free
    rest = world.chain.size[world.chain.last]
    world.allocate(rest)  # all of it
    world.allocate(1)  # appends a segment
    for size in (PAGE_SIZE - HEADER, PAGE_SIZE - HEADER + GRANULE):  # a page, with its header and without
        world.allocate(world.chain.size[world.chain.last])
        world.allocate(size)
    world.dump()
    world.destruct()


def _exhaustion(world: SegmentHeapWorld) -> None:
    """The machine refuses more pages: no frames, or somebody else's page in the way."""
    world.init(BASE)
    block = world.allocate(WHOLE - HEADER)
    world.intrude()
    world.allocate(1)
    world.retreat()
    world.grab(ALL)
    world.allocate(1)
    world.give(ALL)
    world.allocate(1)
    world.free(block)
    world.destruct()


def _trimming(world: SegmentHeapWorld) -> None:
    """Nothing to give back, a last segment that shrinks, one that goes, and headers that are damaged."""
    world.init(BASE)
    world.trim()
    first = world.allocate(WHOLE - HEADER)
    world.trim()
    second = world.allocate(1)  # at a page border, behind the first pages
    world.free(second)
    world.trim()
    second, third = world.allocate(100), world.allocate(5 * PAGE_SIZE)
    world.free(third)
    world.trim()
    world.free(second)
    world.overrun(first, 1)  # the header of the last segment
    world.trim()
    world.destruct()
    world.trim()
    world.init(BASE)
    first = world.allocate(WHOLE - HEADER)
    world.free(world.allocate(1))
    world.hit(BASE, 1)
    world.trim()
    world.destruct()


def _damage_met_by_allocate(world: SegmentHeapWorld) -> None:
    """A header before the first fit is damaged; the header after it is; dump meets the damage."""
    world.init(BASE)
    first, second, third = (world.allocate(size) for size in (200, 16, 16))
    world.free(first)
    world.overrun(first, 4)  # the header of ``second``, right behind the free segment
    world.allocate(16)
    world.allocate(1000)
    world.dump()
    world.free(third)
    world.free(second)
    world.destruct()


def _damage_met_by_free(world: SegmentHeapWorld) -> None:
    """The header after the block is damaged, or the one after the free segment behind it."""
    world.init(BASE)
    first, second, third, _ = (world.allocate(16) for _ in range(4))
    world.free(second)
    world.overrun(second, HEADER)  # the header of ``third``
    world.free(first)
    world.free(second)  # free already
    world.free(third)
    world.destruct()
    world.init(BASE)
    first, second = world.allocate(16), world.allocate(16)
    world.overrun(first, 1)
    world.free(first)
    world.free(second)
    world.destruct()


def _links_astray(world: SegmentHeapWorld) -> None:
    """A next is damaged, its magic survives: of a block that the walks pass, of the one freed, of one to be split."""
    for kind in range(3):
        world.init(BASE)
        first, second, third, fourth = (world.allocate(100) for _ in range(4))
        world.free(third)
        world.mislead((second, third, first)[kind] - HEADER, kind)
        for address in (first, second, third, fourth, third + GRANULE):
            world.free(address)
        for size in (16, 100, WHOLE):
            world.allocate(size)
        world.trim()
        world.dump()
        world.destruct()


def _death(world: SegmentHeapWorld) -> None:
    """A heap that was destructed serves nothing."""
    world.init(BASE)
    world.destruct()
    world.allocate(16)
    world.free(BASE + HEADER)
    world.trim()
    world.dump()
    world.destruct()
