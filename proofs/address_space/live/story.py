"""A scripted history of two address spaces: every operation at the borders of tables, of frames and of rights.

It asks for what random histories seldom meet: exactly as many frames as there are, and one more; a range
longer than any table; every refusal where another one would be due but for the order.
"""

from __future__ import annotations

from collections.abc import Callable

from impl.arithmetic import PAGE_SIZE, WORD_LIMIT
from impl.page_tables import DIRECTORY_SPAN, ENTRIES, HIGH_START, NO_EXECUTE, TABLE_SPAN, TOP_SPAN, USER, WRITABLE
from impl.reach import LOW_END
from proofs.address_space.live.stage import LARGE, RESERVED
from proofs.address_space.live.world import AddressSpaceWorld

Opening = Callable[[int], AddressSpaceWorld]
SHARED = WRITABLE | USER
LONG = PAGE_SIZE + 2
"""Pages: a mistake of a byte a page shows after as many."""
DEVICE = RESERVED[0] * PAGE_SIZE
SPANS = (TABLE_SPAN, DIRECTORY_SPAN, TOP_SPAN)


def story(opening: Opening) -> None:
    """Each chapter has a world of its own."""
    small(opening(32))
    refusals(opening(48))
    for span in SPANS:
        borders(opening(48), span)
        scarce(opening(48), span)
    exact(opening(40))
    rights(opening(40))
    devices(opening(48))
    ends(opening(48))
    long_range(opening(LARGE + 256))


def small(world: AddressSpaceWorld) -> None:
    """Spaces with a page or none come and go: whoever does not come to an end is soon caught."""
    world.map(0, TABLE_SPAN, 1)
    for who in (0, 1):
        world.destroy(who)
        world.create(who)


def refusals(world: AddressSpaceWorld) -> None:
    """What no address space does."""
    world.map(0, TABLE_SPAN, 2)
    for address in (7 * TOP_SPAN, 3 * DIRECTORY_SPAN, 5 * TABLE_SPAN):  # the way to it ends ever further down
        world.walk(0, address)
    for address, pages in (
        *((TABLE_SPAN + 1, 1), (TABLE_SPAN, 0), (LOW_END - PAGE_SIZE, 2), (LOW_END, 1), (HIGH_START - PAGE_SIZE, 1)),
        *((WORD_LIMIT - PAGE_SIZE, 1), (WORD_LIMIT - 2 * PAGE_SIZE, 2), (WORD_LIMIT, 1), (0, WORD_LIMIT), (0, -1)),
        *((0, 1 << 52), (-PAGE_SIZE, 1), (TABLE_SPAN + 2 * PAGE_SIZE, 1), (TABLE_SPAN + PAGE_SIZE, 2)),
    ):
        world.unmap(0, address, pages)
        world.protect(0, address, pages, SHARED)
        world.map_reserved(0, address, DEVICE, pages, SHARED)
        world.map(0, address, pages, SHARED)
        world.translate(0, address)
        world.walk(0, address)
    for flags in (1, 1 << 9, 1 << 12, WORD_LIMIT - 1):
        world.map(0, 0, 1, flags)
        world.map_reserved(0, 0, DEVICE, 1, flags)
        world.protect(0, TABLE_SPAN, 1, flags)
    for address in (0, LOW_END - 2 * PAGE_SIZE, HIGH_START, WORD_LIMIT - 2 * PAGE_SIZE):
        world.map(0, address, 1)
        world.unmap(0, address, 1)
    world.map(1, TABLE_SPAN, 2, USER)
    world.destroy(1)


def borders(world: AddressSpaceWorld, span: int) -> None:
    """Pages on both sides of the border between two tables, in one half of the addresses and in the other."""
    for base in (0, HIGH_START):
        first = base + span - 2 * PAGE_SIZE
        world.map(0, first, 4, SHARED)
        world.map(1, first + PAGE_SIZE, 1, SHARED)
        for number in range(4):
            world.store(0, first + number * PAGE_SIZE + number, number + 1)
            world.translate(0, first + number * PAGE_SIZE + 9)
            world.walk(0, first + number * PAGE_SIZE)
        world.protect(0, first + PAGE_SIZE, 2, USER)
        for number in range(-1, 5):
            world.load(0, first + number * PAGE_SIZE + max(number, 0))
            world.store(0, first + number * PAGE_SIZE, 7)
        world.unmap(0, first + PAGE_SIZE, 2)
        for number in range(4):
            world.store(0, first + number * PAGE_SIZE, 8)
            world.load(0, first + number * PAGE_SIZE)
        world.map(0, first + PAGE_SIZE, 1)
        world.map(0, first + PAGE_SIZE, 2)
        world.unmap(0, first, 3)
        world.unmap(0, first, 2)
        world.unmap(0, first + 3 * PAGE_SIZE, 1)
        world.unmap(1, first + PAGE_SIZE, 1)


def scarce(world: AddressSpaceWorld, span: int) -> None:
    """Two pages on either side of a border, with just the frames for them and their tables, or one too few."""
    tables = 4 + SPANS.index(span)
    for base in (0, HIGH_START):
        first = base + span - PAGE_SIZE
        for frames in (tables - 1, tables, tables + 1, tables + 2, tables + 3):
            world.grab(world.free_frames() - frames)
            world.map(0, first, 2)
            world.map_reserved(0, first, DEVICE, 2)
            world.give(len(world.held))
            for page in (first, first + PAGE_SIZE):
                world.unmap(0, page, 1)


def exact(world: AddressSpaceWorld) -> None:
    """As many frames as there are, and one more: beside what is mapped, over it, and where tables are missing."""
    first = TABLE_SPAN - 2 * PAGE_SIZE
    world.map(0, first, 2)
    free = world.free_frames()
    for pages in (free + 1, free):
        world.map(0, first - 2 * PAGE_SIZE, pages)
        world.map(0, TABLE_SPAN, pages)
        world.map(0, DIRECTORY_SPAN, pages)
        world.map(0, TOP_SPAN, pages)
    for pages in (free + 1, free):
        world.map(0, 0, pages)
    world.map(1, 0, 1)
    world.map_reserved(1, 0, DEVICE, 1)
    world.unmap(0, 0, free)
    for missing, base in enumerate((0, TABLE_SPAN, DIRECTORY_SPAN, TOP_SPAN)):
        for pages in (free - missing + 1, free - missing):
            world.map(0, base, pages)
        world.unmap(0, base, free - missing)
    world.unmap(0, first, 2)


def rights(world: AddressSpaceWorld) -> None:
    """Every flag, and what it grants, before and after it changed."""
    for who in (0, 1):
        for number, flags in enumerate((0, WRITABLE, USER, SHARED, SHARED | NO_EXECUTE, NO_EXECUTE)):
            page = DIRECTORY_SPAN - 3 * PAGE_SIZE + number * PAGE_SIZE
            world.map(who, page, 1, flags)
            for other in (SHARED, flags, 0, flags):
                world.load(who, page)
                world.store(who, page + 1, number + 1)
                world.fetch(who, page + 1)
                world.protect(who, page, 1, other)
                world.walk(who, page + 5)
            world.load(who, page + 1)
            world.store(who, page, 1)
            world.fetch(who, page)


def devices(world: AddressSpaceWorld) -> None:
    """Frames that the allocator never hands out are lent, once each, and come back."""
    first = TABLE_SPAN - PAGE_SIZE
    outside = (world.frames * PAGE_SIZE, 2**52 + DEVICE, WORD_LIMIT - PAGE_SIZE, WORD_LIMIT)
    for base in (DEVICE + 8, DEVICE - PAGE_SIZE, DEVICE + PAGE_SIZE, *outside, (world.frames - 1) * PAGE_SIZE):
        world.map_reserved(0, first, base, 2)
    world.map_reserved(0, first, DEVICE, world.frames)
    world.map_reserved(0, first, DEVICE, world.frames + 1)
    world.map_reserved(0, first, DEVICE, 2, SHARED)
    world.map_reserved(0, first, DEVICE, world.frames)
    world.map_reserved(0, first, DEVICE, world.frames + 1)
    world.map_reserved(0, first, DEVICE, 1)
    world.map_reserved(1, first, DEVICE, 1)
    world.store(0, first, 9)
    world.load(0, first)
    world.protect(0, first, 2, USER)
    world.load(0, first)
    world.unmap(0, first, 1)
    world.map_reserved(1, TOP_SPAN, DEVICE, 2)
    world.map_reserved(1, TOP_SPAN, DEVICE, 1, SHARED)
    world.load(1, TOP_SPAN)
    world.map_reserved(0, first, world.allocator.address, 1, 0)
    world.unmap(1, TOP_SPAN, 1)
    world.unmap(0, first, 2)
    world.unmap(0, first + PAGE_SIZE, 1)


def ends(world: AddressSpaceWorld) -> None:
    """Spaces with tables on every level go, and come again; a space that is gone does nothing."""
    for who in (0, 1):
        for base in (0, TABLE_SPAN - PAGE_SIZE, DIRECTORY_SPAN - PAGE_SIZE, HIGH_START):
            world.map(who, base, 2, SHARED)
    world.map_reserved(0, TOP_SPAN - PAGE_SIZE, DEVICE, 2)
    world.store(1, TABLE_SPAN, 3)
    for who in (0, 1):
        for _ in range(2):
            world.destroy(who)
            world.map(who, 0, 1)
            world.map_reserved(who, 0, DEVICE, 1)
            world.unmap(who, 0, 1)
            world.protect(who, 0, 1, 0)
            world.walk(who, 0)
            world.translate(who, 0)
            world.load(who, 0)
        world.load(1, TABLE_SPAN)
        world.create(who)
        world.map(who, 0, 1)
    world.destroy(0)
    world.grab(world.free_frames())
    world.create(0)
    world.give(1)
    world.create(0)
    world.map(0, 0, 1)


def long_range(world: AddressSpaceWorld) -> None:
    """More pages than a page has bytes: fresh ones, and a device's; and a frame behind the end of RAM."""
    world.map_reserved(0, 0, world.frames * PAGE_SIZE, 1)
    world.map_reserved(0, 0, world.frames // 2 * PAGE_SIZE, LONG)
    world.protect(0, 0, LONG, 0)
    world.unmap(0, 0, LONG)
    tables = -(-LONG // ENTRIES) + 2
    for spare in (-1, 0):
        world.grab(world.free_frames() - LONG - tables - spare)
        world.map(0, 0, LONG)
        world.give(len(world.held))
