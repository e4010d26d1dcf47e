"""Every call of model/heaps/, from a state in which running code meets what it starts from."""

from __future__ import annotations

from collections.abc import Iterator

from impl.arithmetic import NULL, PAGE_SIZE, WORD_LIMIT
from proofs.bin_heap.live.world import BinHeapWorld
from proofs.block_heap.live.story import begin
from proofs.block_heap.live.world import BlockHeapWorld
from proofs.bucket_heap.live.world import BucketHeapWorld
from proofs.checking.recorder import Witnesses, nothing_reached
from proofs.heaps.live.user import User
from proofs.heaps.subject import SUBJECT
from proofs.segment_heap.live.world import SegmentHeapWorld

BASE, PAGES, EXTENT = 0x4000_0000, 16, 16 * PAGE_SIZE
STRANGE = 0x0123_4567_89A0 % WORD_LIMIT
"""No block begins there."""
HUGE = WORD_LIMIT // 2


def witness() -> Witnesses:
    """What was reached; PreconditionError or Violation if something does not hold there."""
    found = nothing_reached(SUBJECT)
    for user in (segment_heap(), block_heap(), bin_heap(), bucket_heap()):
        for operation, arguments in story(user):
            user.call(operation, *arguments)
            record = found.operations[f"{user.name}_{operation}"]
            record.calls += 1
            record.satisfied += 1
            record.ends.add(())
    return found


def segment_heap() -> User:
    """A segment heap on its first pages."""
    world = SegmentHeapWorld()
    world.init(BASE)
    return User("segment_heap", world.checked)


def block_heap() -> User:
    """A block heap of eight blocks."""
    world = BlockHeapWorld()
    begin(world, 8)
    return User("block_heap", world.checked)


def bin_heap() -> User:
    """A bin heap that has no page yet."""
    world = BinHeapWorld()
    world.init()
    return User("bin_heap", world.checked)


def bucket_heap() -> User:
    """A bucket heap of one extent; the memory of a second one is mapped."""
    world = BucketHeapWorld()
    world.provide(BASE, 2 * PAGES)
    world.init(BASE, EXTENT, PAGE_SIZE)
    return User("bucket_heap", world.checked)


GRANTS = {
    "segment_heap": ("allocate",),
    "block_heap": ("malloc", "kmalloc", "kzalloc"),
    "bin_heap": ("malloc", "zalloc"),
    "bucket_heap": ("alloc",),
}
FREES = {"segment_heap": ("free",), "block_heap": ("free", "kfree"), "bin_heap": ("free",), "bucket_heap": ("free",)}
Called = tuple[str, tuple[int, ...]]


def story(user: User) -> Iterator[Called]:
    """Blocks are granted and refused, freed, and what is no block is freed; then what that heap has besides."""
    for grant in GRANTS[user.name]:
        yield from ((grant, (size,)) for size in (100, 5000, 0, HUGE))
    for free in FREES[user.name]:
        yield f"{free}_null", (NULL,)
        yield f"{free}_nothing", (STRANGE,)
        yield f"{free}_nothing", (user.blocks[0] + 16,)
        yield free, (user.blocks[0],)
    yield GRANTS[user.name][0], (3000,)
    yield from MORE[user.name](user)


def _of_segments(user: User) -> Iterator[Called]:
    yield "dump", ()
    yield "allocate", (40 * PAGE_SIZE,)
    yield "free", (user.blocks[-1],)
    yield "trim", ()


def _of_blocks(user: User) -> Iterator[Called]:
    yield "malloc", (2 * PAGE_SIZE,)


def _of_bins(user: User) -> Iterator[Called]:
    yield "calloc", (30, 7)
    yield "calloc", (WORD_LIMIT // 2, 2)
    yield "realloc_null", (NULL, 100)
    yield from (("realloc", (user.blocks[0], size)) for size in (40, 4000, 20_000, HUGE))
    yield "realloc_zero", (user.blocks[0], 0)
    yield from (("free", (block,)) for block in user.blocks)
    yield "trim", ()


def _of_buckets(user: User) -> Iterator[Called]:
    yield "extend", (BASE + EXTENT, EXTENT)
    yield "extend", (BASE, EXTENT)
    yield "alloc", (EXTENT // 2,)


MORE = {"segment_heap": _of_segments, "block_heap": _of_blocks, "bin_heap": _of_bins, "bucket_heap": _of_buckets}
