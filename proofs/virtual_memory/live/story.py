"""A scripted history of loads and stores: that of the page tables below them, and what the TLB must forget."""

from __future__ import annotations

from collections.abc import Callable

from impl.arithmetic import PAGE_SHIFT, PAGE_SIZE
from impl.page_tables import DIRECTORY_SPAN, HIGH_START, NO_EXECUTE, TABLE_SPAN, USER, WRITABLE
from impl.reach import LOW_END, PLACE_BASE
from model.virtual_memory.pages import FIRST_PLACE, LAST_PLACE
from proofs.address_space.live import story as space_story
from proofs.address_space.live.stage import LARGE
from proofs.address_space.live.story import LONG
from proofs.virtual_memory.live.access import FIELDS
from proofs.virtual_memory.live.world import PagingWorld

Opening = Callable[[int], PagingWorld]
SHARED = WRITABLE | USER
PAGES = 6
HOLES = (1, 2, 3, 4, LAST_PLACE - FIRST_PLACE - 7, LAST_PLACE - FIRST_PLACE - 1, LAST_PLACE - FIRST_PLACE)
"""Pages for which there may be a hole."""
BESIDE_HOLES = (0, 1, 3, 6)
"""Pages with holes of one and of two pages between them."""


def story(opening: Opening) -> None:
    """What only the TLB knows first."""
    mistaken(opening(48))
    last_slots(opening(48))
    forgets(opening(48))
    shootdown(opening(48))
    levels(opening(48))
    nowhere(opening(40))
    places(opening(48))
    accesses(opening(40))
    long_range(opening(LARGE + 256))
    space_story.story(opening)


def long_range(world: PagingWorld) -> None:
    """More pages than a page has bytes, from address 0 on: no number of pages is mistaken for a place."""
    world.map_reserved(0, 0, world.frames // 2 * PAGE_SIZE, LONG, SHARED)
    use_ends(world)
    world.protect(0, 0, LONG, 0)
    use_ends(world)
    world.unmap(0, 0, LONG)


def use_ends(world: PagingWorld) -> None:
    """The first page is read, and the last."""
    for page in (0, LONG - 1):
        world.load(0, page * PAGE_SIZE)


def mistaken(world: PagingWorld) -> None:
    """Pages whose numbers differ by a shift are not mistaken for each other; later pages lie in lower frames."""
    shifted = [word * PAGE_SIZE << PAGE_SHIFT for word in (1, 8)]
    for page in (*shifted, 4 * PAGE_SIZE, 2 * PAGE_SIZE, PAGE_SIZE, 0):
        world.grab(1)
        world.map(0, page, 1, SHARED)
    pages = (*shifted, 0, PAGE_SIZE, 2 * PAGE_SIZE, 4 * PAGE_SIZE)
    for page in (*pages, *pages):
        for address in (page, page + 1):
            world.load(0, address)
            world.store(0, address, 1)
            world.access(0, "write", "byte", address, 1)
            world.access(0, "read", "byte", address)
            world.fetch(0, address)
        world.access(0, "store", page + 8, 8, page)
        world.access(0, "load_u64", page + 8)


def last_slots(world: PagingWorld) -> None:
    """The tables take the last frames of RAM, and of each of them the last entry is used."""
    for spare in (3, 4, 5):
        world.grab(world.free_frames() - spare)
        for address in (LOW_END - PAGE_SIZE, LOW_END - DIRECTORY_SPAN - PAGE_SIZE):
            world.map(0, address, 1, SHARED)
            world.load(0, address)
        for address in (LOW_END - PAGE_SIZE, LOW_END - DIRECTORY_SPAN - PAGE_SIZE):
            world.unmap(0, address, 1)
        world.give(len(world.held))


def forgets(world: PagingWorld) -> None:
    """Pages are forgotten, and only those: none, one, some, all."""
    first = TABLE_SPAN - 2 * PAGE_SIZE
    for who in (0, 1):
        world.map(who, first, PAGES, SHARED)
        for start, pages in ((0, 0), (2, 1), (1, 3), (0, PAGES), (3, -1), (PAGES, 2)):
            use(world, who, first)
            world.invalidate(who, first + start * PAGE_SIZE + 5, pages)
        use(world, who, first)
        world.flush(who)
        world.protect(who, first + PAGE_SIZE, 2, USER)
        use(world, who, first)
        world.unmap(who, first + 2 * PAGE_SIZE, 2)
        use(world, who, first)
        for start, pages in ((0, 1), (0, 2), (0, 3), (2, 1)):
            world.is_mapped(who, first + start * PAGE_SIZE, pages * PAGE_SIZE)


def shootdown(world: PagingWorld) -> None:
    """What is unmapped or protected through one TLB is forgotten by the other: none, one page, some, all."""
    first = TABLE_SPAN - 2 * PAGE_SIZE
    for who in (0, 1):
        world.map(who, first, PAGES, SHARED)
        for view, start, pages, flags in ((0, 0, 1, USER), (1, 1, 2, SHARED | NO_EXECUTE), (0, 0, PAGES, SHARED)):
            use(world, who, first)
            world.protect(who, first + start * PAGE_SIZE, pages, flags, view)
            for other in (0, 1):
                world.store(who, first + start * PAGE_SIZE, 1, other)
                world.fetch(who, first + (start + pages - 1) * PAGE_SIZE, other)
        for view, start, pages in ((1, 0, 0), (1, 0, 1), (0, 1, 2), (1, 3, 3)):
            use(world, who, first)
            world.unmap(who, first + start * PAGE_SIZE, pages, view)
            for other in (0, 1):
                world.load(who, first + max(start + pages - 1, 0) * PAGE_SIZE, other)
        world.map(who, first, 1, SHARED)
        use(world, who, first, 1)
        world.flush_all(who, 1 - who)


def levels(world: PagingWorld) -> None:
    """A right that a table on the way to a page withholds is not granted, whichever table and right it is."""
    for who, place in ((0, DIRECTORY_SPAN - PAGE_SIZE), (1, HIGH_START)):
        for flags in (SHARED, SHARED | NO_EXECUTE):
            world.map(who, place, 1, flags)
            for level in range(3):
                for right in (WRITABLE, USER, NO_EXECUTE):
                    world.withhold(who, place, level, right)
            world.unmap(who, place, 1)


def accesses(world: PagingWorld) -> None:
    """Words, fields and ranges in a page, across its border, into one that is read-only, and into one that is none."""
    first = TABLE_SPAN - 2 * PAGE_SIZE
    for who in (0, 1):
        for page in (4, 1, 3, 2, 0):  # no two frames lie side by side
            world.map(who, first + page * PAGE_SIZE, 1, SHARED)
            world.grab(1)
        world.protect(who, first + 3 * PAGE_SIZE, 1, USER)
        for place in (0, PAGE_SIZE - 3, 3 * PAGE_SIZE - 3, 3 * PAGE_SIZE + 1, 4 * PAGE_SIZE + 1, 5 * PAGE_SIZE - 3):
            words(world, who, first + place)
            ranges(world, who, first + place)


def words(world: PagingWorld, who: int, address: int) -> None:
    """Words of every width, and fields of every kind."""
    for width in (1, 2, 4, 8):
        world.access(who, "store", address, width, 0xF1E2D3C4B5A69788 % 256**width)
        world.access(who, "load", address, width)
        world.access(who, "store", address, width, 256**width)
    world.access(who, "load", address, 3)
    world.access(who, "load_u64", address)
    world.access(who, "load_u64", address - address % 8)
    for name, field in FIELDS.items():
        for value in (1, 256**field.width - 1):
            world.access(who, "write", name, address, value % 2 if field.kind == "flag" else value)
            world.access(who, "read", name, address)
    world.access(who, "write", "word", address, 2**32)


def ranges(world: PagingWorld, who: int, address: int) -> None:
    """Ranges of some bytes, of none, and of more; up to the end of a page, and a byte further."""
    border = PAGE_SIZE - address % PAGE_SIZE
    for size in (-1, 0, 2, border, border + 1, PAGE_SIZE, PAGE_SIZE + border, PAGE_SIZE + border + 1):
        data = bytes((address + 7 * place) % 251 for place in range(max(size, 0)))
        world.access(who, "store_bytes", address, data)
        world.access(who, "load_bytes", address, size)
        world.access(who, "array", "", address, size)
        world.access(who, "copy", address + 16, address, size)
        for byte in (7, 256):
            world.access(who, "fill", address, size, byte)


def use(world: PagingWorld, who: int, first: int, pages: int = PAGES) -> None:
    """Every page is read, written and fetched from, somewhere in it, through both TLBs."""
    for number in range(pages):
        page = first + number * PAGE_SIZE
        for view in (0, 1):
            world.load(who, page + number, view)
            world.store(who, page + PAGE_SIZE - 1 - number, number + 1, view)
            world.load(who, page + PAGE_SIZE - 1 - number, view)
            world.fetch(who, page + number, view)


def places(world: PagingWorld) -> None:
    """Holes of some pages between pages that are mapped, in one table, across two and far away, one read-only."""
    far = PLACE_BASE + 5 * DIRECTORY_SPAN + 77 * TABLE_SPAN + 300 * PAGE_SIZE
    for base in (PLACE_BASE, PLACE_BASE + TABLE_SPAN - 3 * PAGE_SIZE, far):
        for pages in HOLES:
            world.find_place(0, pages)
        mapped = [base + number * PAGE_SIZE for number in BESIDE_HOLES]
        for page in mapped:
            world.map_pages(0, page, 1)
        world.protect(0, mapped[2], 1, 0)
        for pages in HOLES:
            world.find_place(0, pages)
        world.withdraw(0, mapped[1], 1)
        for pages in HOLES:
            world.find_place(0, pages)
        for page in (mapped[0], *mapped[2:]):
            world.unmap(0, page, 1)
            for pages in HOLES:
                world.find_place(0, pages)


def nowhere(world: PagingWorld) -> None:
    """Where no page can be, though the lower bits of the address are those of one that is mapped."""
    for who in (0, 1):
        world.map(who, TABLE_SPAN, 1, SHARED)
        for address in (-1, LOW_END - 1, LOW_END, 2**48 + TABLE_SPAN, 2**64 - 1, 2**64, 2**64 + TABLE_SPAN):
            world.load(who, address)
            world.store(who, address, 1)
            world.fetch(who, address)
