"""A short history of block heaps that comes to every end of every operation."""

from __future__ import annotations

from collections.abc import Callable

from impl.arithmetic import PAGE_SIZE, WORD_BYTES, WORD_LIMIT
from proofs.block_heap.live.world import KERNEL_FRAMES, TABLE, BlockHeapWorld
from proofs.checking.world import DESCRIPTOR, DESCRIPTOR_PAGE

POOL = 0x4000_0000
ENTRIES = DESCRIPTOR_PAGE + 0x200
KERNEL_POOL = 0x01000000
KERNEL_BLOCKS = 25600

Opening = Callable[..., BlockHeapWorld]


def story(opening: Opening) -> None:
    """All of it; about a hundred calls."""
    _beginnings(opening())
    _holes(opening())
    for place in (DESCRIPTOR_PAGE + PAGE_SIZE - WORD_BYTES, DESCRIPTOR_PAGE + PAGE_SIZE - 3 * WORD_BYTES):
        _across_a_border(opening(), place)
    _ordinary_life(opening())
    _kernel(opening())
    _kernel(opening(KERNEL_FRAMES))


def begin(world: BlockHeapWorld, total: int) -> None:
    """A heap of ``total`` blocks at POOL."""
    world.provide(POOL, total)
    world.describe(ENTRIES, total)
    world.create(POOL, POOL + total * PAGE_SIZE)


def _beginnings(world: BlockHeapWorld) -> None:
    """Every reason for a refusal, then a heap."""
    end = POOL + 4 * PAGE_SIZE
    world.describe(ENTRIES, 4)
    for start, stop, table in ((-1, end, TABLE), (POOL, WORD_LIMIT, TABLE), (POOL, end, WORD_LIMIT)):
        world.create(start, stop, table)
    for start, stop in ((0, PAGE_SIZE), (end, POOL), (POOL, POOL), (POOL + 16, end), (POOL, end - 1)):
        world.create(start, stop)
    world.create(POOL, end + PAGE_SIZE)  # one block more than there are entries
    world.create(POOL, end)  # nothing is mapped there
    world.provide(POOL, 4)
    for entries in (0, POOL - PAGE_SIZE, POOL, POOL + PAGE_SIZE, DESCRIPTOR - 2, TABLE + 2 * WORD_BYTES - 2):
        world.describe(entries, 4)
        world.create(POOL, end)
    world.provide(DESCRIPTOR_PAGE + PAGE_SIZE, 1)
    world.describe(POOL, 1)
    world.create(DESCRIPTOR_PAGE, DESCRIPTOR_PAGE + PAGE_SIZE)  # both descriptors in the pool
    world.provide(0, 1)
    for entries, total, start, stop in (
        (ENTRIES, 1, 0, PAGE_SIZE),  # a pool at NULL
        (ENTRIES, 0, POOL, POOL),  # no block
        (ENTRIES, 1, POOL + 8, POOL + 2 * PAGE_SIZE),
        (ENTRIES, 1, POOL, POOL + 2 * PAGE_SIZE - 8),
        (0, 1, POOL, POOL + PAGE_SIZE),  # entries at NULL
        (POOL, PAGE_SIZE, POOL, POOL + PAGE_SIZE * PAGE_SIZE),  # most of it is not mapped
        (DESCRIPTOR - 1, 2, POOL, POOL + 2 * PAGE_SIZE),
        (TABLE + 2 * WORD_BYTES - 1, 1, POOL, POOL + PAGE_SIZE),
    ):
        world.describe(entries, total)
        world.create(start, stop)
    world.describe(ENTRIES, 4)
    world.create(POOL, end)


def _holes(world: BlockHeapWorld) -> None:
    """A page that is missing in the middle, or at the end, of the pool or of the entries; entries at its borders."""
    end = POOL + 5 * PAGE_SIZE
    world.describe(ENTRIES, 5)
    world.provide(POOL, 5)
    for hole in (POOL + 2 * PAGE_SIZE, end - PAGE_SIZE):
        world.withdraw(hole, 1)
        world.create(POOL, end)
        world.provide(hole, 1)
    world.describe(DESCRIPTOR_PAGE + PAGE_SIZE - 2, 5)  # of its entries two are mapped
    world.create(POOL, end)
    for entries in (DESCRIPTOR + WORD_BYTES, DESCRIPTOR + WORD_BYTES + 3, TABLE + WORD_BYTES, TABLE + WORD_BYTES + 3):
        world.describe(entries, 5)
        world.create(POOL, end)
    world.provide(POOL - PAGE_SIZE, 1)
    world.describe(POOL - 4, 5)  # the last entry lies in the pool
    world.create(POOL, end)
    world.describe(POOL - 5, 5)
    world.create(POOL, end)
    world.allocate(5 * PAGE_SIZE)


def _across_a_border(world: BlockHeapWorld, place: int) -> None:
    """Descriptors at ``place``, in two pages: the second is no pool but where both end before it."""
    border = DESCRIPTOR_PAGE + PAGE_SIZE
    world.provide(border, 1)
    world.provide(POOL, 1)
    world.sit(place)
    for table in (0, DESCRIPTOR_PAGE + 0x800):
        if table:
            world.tabulate(table)
        world.describe(ENTRIES, 1)
        world.create(border, border + PAGE_SIZE)
    if not world.born:
        world.create(POOL, POOL + PAGE_SIZE)
    world.allocate(1)


def _ordinary_life(world: BlockHeapWorld) -> None:
    """First fit, runs at the end, refused sizes and addresses."""
    begin(world, 8)
    for name, release in (("malloc", "free"), ("kmalloc", "kfree"), ("kzalloc", "kfree")):
        for size in (0, WORD_LIMIT - 1, -1, WORD_LIMIT, 9 * PAGE_SIZE):
            world.allocate(size, name)
        one = world.allocate(1, name)
        two = world.allocate(2 * PAGE_SIZE, name)
        rest = world.allocate(4 * PAGE_SIZE + 1, name)
        world.allocate(1, name)
        for address in (0, -1, WORD_LIMIT, 16, POOL + 8 * PAGE_SIZE, two + 1, two + PAGE_SIZE):
            world.free(address, release)
        world.memset(two, 0x1FF, 2 * PAGE_SIZE)
        for address in (two, one, two):
            world.free(address, release)
        world.allocate(4 * PAGE_SIZE, name)
        all_of_it = world.allocate(3 * PAGE_SIZE, name)
        world.free(all_of_it, release)
        world.free(rest, release)
    for target, byte, size in ((-1, 0, 1), (POOL, -1, 1), (POOL, 0, WORD_LIMIT), (POOL, 0, 0)):
        world.memset(target, byte, size)


def _kernel(world: BlockHeapWorld) -> None:
    """The documented constants; on a small machine they are refused."""
    world.provide(DESCRIPTOR_PAGE + PAGE_SIZE, 7)
    world.provide(KERNEL_POOL, KERNEL_BLOCKS)
    if world.frames == KERNEL_FRAMES:
        world.withdraw(DESCRIPTOR_PAGE + 3 * PAGE_SIZE, 1)  # in the middle of the entries
        world.kheap_init()
        world.provide(DESCRIPTOR_PAGE + 3 * PAGE_SIZE, 1)
    world.kheap_init()
