"""A short history of bucket heaps that comes to every end of every operation."""

from __future__ import annotations

from collections.abc import Callable

from impl.arithmetic import PAGE_SIZE, WORD_BYTES, WORD_LIMIT
from impl.bucket_heap import DESCRIPTOR as DESCRIPTOR_SIZE
from impl.bucket_heap import BucketHeap
from impl.bucket_heap_layout import Extent
from proofs.bucket_heap.live.layout import header_of
from proofs.bucket_heap.live.world import BucketHeapWorld
from proofs.checking.world import DESCRIPTOR_PAGE

BASE = 0x4000_0000
SIZE = 8 * PAGE_SIZE
"""An extent: seven pages behind one page of header."""
JUNK = 35
FRAMES = 160
"""RAM for a dozen of the largest pages."""

Opening = Callable[..., BucketHeapWorld]


def story(opening: Opening) -> None:
    """All of it; about four hundred calls."""
    _beginnings(opening())
    _holes(opening())
    for behind in (DESCRIPTOR_SIZE - WORD_BYTES, BucketHeap.SIZE + WORD_BYTES, WORD_BYTES):
        _across_a_border(opening(), DESCRIPTOR_PAGE + PAGE_SIZE - behind)
    _ordinary_life(opening())
    _runs(opening())
    _extents(opening())
    _bad_frees(opening())
    misdirected(opening())
    _death(opening())
    sizes(opening(FRAMES), 512)


def begin(world: BucketHeapWorld) -> None:
    """A heap at BASE, with room for four extents in a row, on memory that holds garbage."""
    world.provide(BASE, 4 * SIZE // PAGE_SIZE, JUNK)
    world.init(BASE, SIZE, PAGE_SIZE)


def _beginnings(world: BucketHeapWorld) -> None:
    """Every reason for a refusal, then a heap."""
    for wrong in ((-1, SIZE, PAGE_SIZE), (BASE, WORD_LIMIT, PAGE_SIZE), (BASE, SIZE, -512)):
        world.init(*wrong)
    world.init(BASE, SIZE, PAGE_SIZE)  # nothing is mapped there
    world.provide(BASE, 20, JUNK)
    for page_size in (0, 8, 256, 511, 513, 4095, 65536, WORD_LIMIT // 2, WORD_LIMIT - 1):
        world.init(BASE, SIZE, page_size)
    for size in (0, SIZE - 1, PAGE_SIZE, 2 * PAGE_SIZE, 2**31 + PAGE_SIZE, WORD_LIMIT - PAGE_SIZE):
        world.init(BASE, size, PAGE_SIZE)
    for address in (0, BASE + 8, BASE + 512, BASE - PAGE_SIZE, BASE + 16 * PAGE_SIZE, WORD_LIMIT - PAGE_SIZE):
        world.init(address, SIZE, PAGE_SIZE)
    world.init(DESCRIPTOR_PAGE, PAGE_SIZE, 512)  # the descriptor lies in it
    world.init(DESCRIPTOR_PAGE + 512, 3072, 512)  # right behind the descriptor
    world.destroy()
    world.init(BASE, 3 * PAGE_SIZE, PAGE_SIZE)  # the smallest
    world.alloc(2 * PAGE_SIZE)


def _holes(world: BucketHeapWorld) -> None:
    """A page that is missing in the middle, or at the end, of the first extent, or of another."""
    for extent in (BASE, BASE + SIZE):
        enter = world.init if extent == BASE else world.extend
        more = (PAGE_SIZE,) if extent == BASE else ()
        for hole in (3 * PAGE_SIZE, SIZE - PAGE_SIZE):
            world.provide(extent, SIZE // PAGE_SIZE, JUNK)
            world.withdraw(extent + hole, PAGE_SIZE)
            enter(extent, SIZE, *more)
        world.provide(extent, SIZE // PAGE_SIZE, JUNK)
        enter(extent, SIZE, *more)


def _across_a_border(world: BucketHeapWorld, place: int) -> None:
    """A descriptor at ``place``, in two pages: an extent in the second would lie on its end."""
    border = DESCRIPTOR_PAGE + PAGE_SIZE
    world.provide(border, 4, JUNK)
    world.sit(place)
    world.init(border, 4 * PAGE_SIZE, 512)
    world.init(DESCRIPTOR_PAGE + 512, PAGE_SIZE - 512, 512)  # the beginning of the descriptor lies in its last page
    world.init(border + 512, PAGE_SIZE, 512)
    world.extend(border - PAGE_SIZE + 512, PAGE_SIZE)
    world.alloc(600)


def sizes(world: BucketHeapWorld, page_size: int) -> None:
    """Every class of blocks, at its ends."""
    size = header_of(16 * page_size, page_size) + 12 * page_size
    world.provide(BASE, -(-size // PAGE_SIZE), JUNK)
    world.init(BASE, size, page_size)
    for log in range(3, page_size.bit_length() + 1):
        lowest = 1 if log == 3 else (1 << log - 1) + 1
        for address in [world.alloc(lowest), world.alloc(1 << log)]:
            world.free(address)
    world.destroy(page_size % PAGE_SIZE == 0)


def _ordinary_life(world: BucketHeapWorld) -> None:
    """A bucket fills, overflows into another page, gets blocks back, and its pages come back."""
    begin(world)
    half = PAGE_SIZE // 2
    first, second, third, fourth = (world.alloc(half) for _ in range(4))
    world.free(second)
    world.free(third)
    world.alloc(half)
    world.free(first)
    world.free(fourth)
    blocks = [world.alloc(PAGE_SIZE // 8) for _ in range(20)]
    for number in (3, 9, 8, 0, 17, 16, 18, 19):
        world.free(blocks[number])
    for _ in range(9):
        world.alloc(PAGE_SIZE // 8)
    for address in list(world.contents):
        world.free(address)
    world.alloc(7 * PAGE_SIZE)


def _runs(world: BucketHeapWorld) -> None:
    """Lowest first fit; no run behind the last page; runs that come back in any order."""
    begin(world)
    for size in (0, -1, WORD_LIMIT, WORD_LIMIT - 1, 2**31, 2**31 + 1, 8 * PAGE_SIZE, 7 * PAGE_SIZE + 1):
        world.alloc(size)
    one, two, three, four = (world.alloc(pages * PAGE_SIZE) for pages in (1, 2, 1, 2))
    world.alloc(2 * PAGE_SIZE)
    for address in (two, four):
        world.free(address)
    world.alloc(3 * PAGE_SIZE)
    world.alloc(4 * PAGE_SIZE)
    world.free(one)
    world.alloc(3 * PAGE_SIZE)
    world.free(three)
    for pages in (3, 1, 1):
        world.alloc(pages * PAGE_SIZE)
    world.alloc(1)


def _extents(world: BucketHeapWorld) -> None:
    """Before, between and behind the others; overlapping, repeated, unaligned, unmapped, of another size."""
    world.provide(BASE, 5 * SIZE // PAGE_SIZE, JUNK)
    world.init(BASE + 2 * SIZE, SIZE, PAGE_SIZE)
    for address in (-1, 0, BASE + 8, BASE + 2 * SIZE, BASE + 2 * SIZE - PAGE_SIZE, BASE + 3 * SIZE - PAGE_SIZE):
        world.extend(address, SIZE)
    for address in (BASE + 4 * SIZE + PAGE_SIZE, BASE - PAGE_SIZE, DESCRIPTOR_PAGE, WORD_LIMIT - PAGE_SIZE):
        world.extend(address, SIZE)
    for size in (-1, 0, WORD_LIMIT, SIZE - PAGE_SIZE, SIZE + PAGE_SIZE, WORD_LIMIT - 1):
        world.extend(BASE, size)
    world.extend(BASE, SIZE)
    world.extend(BASE + 4 * SIZE, SIZE)
    world.extend(BASE + 3 * SIZE, SIZE)
    world.extend(BASE + 3 * SIZE, SIZE)
    world.alloc(8 * PAGE_SIZE)
    blocks = [world.alloc(5 * PAGE_SIZE) for _ in range(5)]
    world.alloc(2 * PAGE_SIZE)
    for address in blocks:
        world.free(address)
    world.destroy(True)


def _bad_frees(world: BucketHeapWorld) -> None:
    """Wild, interior, misaligned, double, stale; hostile contents."""
    begin(world)
    small, run, kept = world.alloc(64), world.alloc(2 * PAGE_SIZE), world.alloc(64)
    world.write(run, 0, b"\xff" * 64)
    for address in (-1, WORD_LIMIT, 0, 1, BASE, BASE + 16, BASE + SIZE, DESCRIPTOR_PAGE, WORD_LIMIT - 1):
        world.free(address)
    for address in (small + 8, small + 1, kept + 64, run + 8, run + PAGE_SIZE, run + 2 * PAGE_SIZE):
        world.free(address)
    world.free(small)
    world.free(small)
    world.free(kept)
    world.free(kept)


def misdirected(world: BucketHeapWorld) -> None:
    """Links of extents and of free pages that lead to where they stand, or further down."""
    begin(world)
    for number in (1, 2):
        world.extend(BASE + number * SIZE, SIZE)
    link = BASE + SIZE + Extent.next.offset
    for target in (BASE + SIZE, BASE):
        world.misdirect(link, target, "alloc", SIZE)
        world.misdirect(link, target, "free", BASE + 3 * SIZE)
        world.misdirect(link, target, "extend", BASE + 3 * SIZE, SIZE)
        world.misdirect(link, target, "destroy")
    pages = [world.alloc(PAGE_SIZE) for _ in range(6)]
    for number in (0, 1):
        world.free(pages[number])
    for target in (pages[1], pages[0]):
        world.misdirect(pages[1], target, "alloc", 3 * PAGE_SIZE)
        world.misdirect(pages[1], target, "free", pages[5])  # its neighbours are sooner found up the list


def _death(world: BucketHeapWorld) -> None:
    """A heap that was destroyed refuses use, until it is started again."""
    begin(world)
    world.extend(BASE + SIZE, SIZE)
    block = world.alloc(100)
    world.destroy()
    for size in (0, 100, PAGE_SIZE):
        world.alloc(size)
    world.free(block)
    world.extend(BASE + SIZE, SIZE)
    world.destroy()
    world.init(BASE + SIZE, SIZE, 512)
    world.alloc(100)
