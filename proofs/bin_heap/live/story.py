"""A short history of bin heaps that comes to every end of every operation."""

from __future__ import annotations

from collections.abc import Callable

from impl.arithmetic import PAGE_SIZE, WORD_BYTES, WORD_LIMIT
from impl.bin_layout import ADDRESS_ENTRY, ALIGNMENT, FREE_ENTRY, HEADER
from impl.reach import PLACE_BASE
from proofs.bin_heap.live.world import BinHeapWorld
from proofs.checking.world import DESCRIPTOR

ALL = 10_000
"""More frames than there are."""
LARGE = 20_000
WHOLE_PAGE = PAGE_SIZE - 64
BAD_SIZES = (0, WORD_LIMIT - 1, -1, WORD_LIMIT)
BASE = PLACE_BASE * 2
LINKS = [
    (part + WORD_BYTES * n, WORD_BYTES) for part, links in ((FREE_ENTRY, 2), (ADDRESS_ENTRY, 3)) for n in range(links)
]
"""Where in a header the links are that a block in no bin needs."""

Opening = Callable[..., BinHeapWorld]


def story(opening: Opening) -> None:
    """All of it; about two hundred calls."""
    _ordinary_life(opening())
    _exhaustion(opening())
    _resizing(opening())
    _up_to_the_threshold(opening())
    _just_the_threshold(opening())
    for size in (64, 128):
        _past_the_threshold(opening(), size)
    _landing(opening())
    _giving_back(opening())
    _bad_pointers(opening())
    _misdirected(opening())
    _blocks_of_another(opening())
    _lock(opening())
    _every_word(opening())
    _called_directly(opening())


def _ordinary_life(world: BinHeapWorld) -> None:
    """Hits and misses, exact fits and splits, merges on either side and up to the cap, large blocks."""
    world.init()
    for size in BAD_SIZES:
        world.malloc(size)
        world.zalloc(size)
        world.calloc(1, size)
        world.calloc(size, 1)
    blocks = [world.malloc(64) for _ in range(5)]
    for number in (1, 3, 2, 0, 4):
        world.free(blocks[number])
    used, other = world.malloc(1000), world.zalloc(900)
    world.free(used)
    world.zalloc(1000)
    world.calloc(9, 100)
    world.free(other)
    world.malloc(WHOLE_PAGE - 64)  # the rest is too small to stand alone
    large = [world.malloc(LARGE), world.zalloc(LARGE)]
    for address in large:
        world.free(address)
    most = [world.malloc(16384), world.malloc(15872), world.malloc(1)]
    for address in reversed(most):  # the last merge would pass the threshold
        world.free(address)
    world.malloc(1)
    world.init()
    world.malloc(1)
    world.free(world.malloc(16384))
    world.malloc(4032)  # the bin that serves stands in another word of the bitmap


def _resizing(world: BinHeapWorld) -> None:
    """In place, smaller, into the neighbour, moved, large, refused."""
    world.init()
    first = world.malloc(1000)
    for size in (1024, 100, 3000, 3000):
        first = world.realloc(first, size)
    last = world.malloc(500)
    last = world.realloc(last, 200)
    moved = world.realloc(first, 3700)
    world.realloc(last, 6000)
    large = world.realloc(moved, 50_000)
    for size in (LARGE, 60_000, 9 * PAGE_SIZE - 64, 10):  # at last whole pages less
        large = world.realloc(large, size)
    for size in (WORD_LIMIT - 1, WORD_LIMIT // 2, -1, WORD_LIMIT, 0):
        world.realloc(large, size)
    again = world.realloc(0, 100)
    world.realloc(0, 0)
    world.realloc(again, 0)
    whole = world.malloc(15936)  # what lies behind is free, and too much to absorb
    world.malloc(320)
    world.realloc(whole, 16200)


def _up_to_the_threshold(world: BinHeapWorld) -> None:
    """A block grows into its neighbour; what the two have beyond the cap can be split off."""
    world.init()
    block = world.malloc(16320)
    world.aim(block - 64 + 16384, False)
    world.free(world.malloc(WHOLE_PAGE))
    world.realloc(block, 16384)


def _just_the_threshold(world: BinHeapWorld) -> None:
    """Free neighbours, on either side, that make just as large a block as may be kept; one that grows so large."""
    world.init()
    whole = world.malloc(16384)
    world.malloc(3968)  # what was beyond it in its pages
    world.free(whole)
    world.free(world.malloc(8192))
    first, second = world.malloc(8192), world.malloc(8128)
    world.free(first)
    world.free(second)
    first, second = world.malloc(8192), world.malloc(8128)
    world.free(second)
    world.realloc(first, 16384)


def _past_the_threshold(world: BinHeapWorld, size: int) -> None:
    """A block has a free neighbour of that size: what the two have beyond the cap can stand alone, if that is 128."""
    world.init()
    block = world.malloc(16320)
    world.aim(block - 64 + 16384, False)
    small = world.malloc(size)
    world.malloc(3968 - size)
    world.free(small)
    world.aim(BASE, False)
    world.realloc(block, 16384)


def _landing(world: BinHeapWorld) -> None:
    """Pages land below, above and between the others, touching them or not, and where nothing can be mapped."""
    world.init()
    pages = (8, 4, 6, 7, 5, 0, 9, 12)
    blocks = []
    for page in pages:
        world.aim(BASE + page * PAGE_SIZE, False)
        blocks.append(world.malloc(WHOLE_PAGE))
    for address in blocks:
        world.free(address)
    world.aim(BASE, True)
    world.malloc(16384)
    world.aim(2 * PAGE_SIZE, False)  # below the descriptor
    world.malloc(16384)
    for place in (0, 0x7000, 1 << 60, 0x5001):
        world.aim(place, False)
        world.malloc(16384)
        world.aim(place, False)
        world.malloc(LARGE)


def _bad_pointers(world: BinHeapWorld) -> None:
    """Every reason to refuse an address, from free and from realloc."""
    world.init()
    first, second, third = (world.malloc(200) for _ in range(3))
    large = world.malloc(LARGE)
    world.free(second)
    for address in (-1, WORD_LIMIT, 64, 8, first + 8, first + 64, second, large + 64, 0x5000, WORD_LIMIT - 64, 2**47):
        world.free(address)
        world.realloc(address, 10)
    for address in (DESCRIPTOR + 64, DESCRIPTOR + 128, DESCRIPTOR + 8, 0):
        world.free(address)
        world.realloc(address, 0)
    for start, length in ((0, 1), (0, 64), *LINKS):
        world.damage(first, start, b"A" * length)
    world.damage(first, FREE_ENTRY + WORD_BYTES, bytes(WORD_BYTES))
    world.damage(first, FREE_ENTRY + WORD_BYTES, DESCRIPTOR.to_bytes(WORD_BYTES, "little"))
    for model in (first, third, large):
        world.forge(third, 0, model - 64)
        world.free(third + 64)
    world.free(large)
    world.free(large)
    world.free(third)


def _misdirected(world: BinHeapWorld) -> None:
    """The list by address leads from a block to itself, or from the lower to the upper one."""
    world.init()
    low, high = world.malloc(16_000), world.malloc(16_000)
    for address in (low, high):
        world.aim(low - HEADER, True)  # where new pages are looked for, all blocks lie above
        world.misdirect(address, high, "malloc", 16_000)
    for name in ("trim", "destroy"):
        world.misdirect(high, high, name)


def _blocks_of_another(world: BinHeapWorld) -> None:
    """What another bin heap has allocated is refused, whether kept by address or mapped for itself."""
    world.init()
    world.malloc(200)
    world.neighbour(0x2_0000)
    for address in world.others:
        world.free(address)
        for size in (0, 10, LARGE):
            world.realloc(address, size)


def _exhaustion(world: BinHeapWorld) -> None:
    """The machine has no frames left."""
    world.init()
    block = world.malloc(16384)
    world.grab(ALL)
    for size in (16384, LARGE):
        world.malloc(size)
        world.zalloc(size)
        world.realloc(block, size + 64)
    world.give(ALL)
    world.realloc(block, LARGE)


def _lock(world: BinHeapWorld) -> None:
    """Nobody gets in while the lock is held."""
    world.init()
    block = world.malloc(1)
    world.lock()
    world.malloc(1)
    world.zalloc(1)
    world.calloc(1, 1)
    world.calloc(WORD_LIMIT // 2, 2)
    world.realloc(block, 2)
    world.realloc(block, 0)
    world.realloc(0, 1)
    world.free(block)
    world.free(0)
    world.trim()
    world.destroy()
    world.lock()
    world.unlock()
    world.unlock()


def _every_word(world: BinHeapWorld) -> None:
    """Blocks come to the bins on either side of every border between words of the bitmap, and leave them."""
    world.init()
    world.malloc(64)
    for number in (63, 64, 128, 192, 255):
        size = (number + 1) * ALIGNMENT
        block = world.malloc(size)
        world.malloc(64)  # keeps what is freed apart from what follows
        world.free(block)
        world.malloc(size)


def _called_directly(world: BinHeapWorld) -> None:
    """Documented inner functions, called as they stand: with sizes that public ones never hand on, and any bin."""
    world.init()
    for size in (0, 1, 63, 64, 65, 16_320, 16_321, 16_383, 16_384, 16_385, WORD_LIMIT // 2):
        world.inner("bin_index", size)
    for size in (64, 16_384):
        world.free(world.malloc(size))
    world.lock()
    for index in (0, 1, 62, 63, 64, 191, 192, 254, 255):
        world.inner("first_bin", index)
    world.inner("entry_before", 0)
    world.unlock()
    world.malloc(1)


def _giving_back(world: BinHeapWorld) -> None:
    """Pages go back: of a heap that is empty, of one with live blocks between free ones, of one that is destroyed."""
    world.init()
    world.trim()
    world.free(world.malloc(3_000))
    world.trim()
    world.destroy()
    sizes = (3_000, 9_000, 3_000, 16_000, LARGE, 640, 5_120, 64, LARGE, 4_000)
    for keep in (0, 1, 2):
        blocks = [world.malloc(size) for size in sizes]
        for address in blocks[keep::2]:
            world.free(address)
        world.trim()
        world.destroy()
    whole = world.malloc(WHOLE_PAGE)  # a mapping of one block that fills its page
    world.free(whole)
    world.trim()
    pieces = [world.malloc(640) for _ in range(25)]
    for address in pieces[3:20]:
        world.free(address)
    world.trim()
    for address in (*pieces[:3], *pieces[20:]):
        world.free(address)
    world.trim()
    for near in (HEADER + ALIGNMENT, HEADER):  # a border leaves just room for a smallest block, or just not
        world.destroy()
        world.free(world.malloc(4 * PAGE_SIZE - HEADER))
        world.malloc(PAGE_SIZE - HEADER - near)
        middle = world.malloc(2 * PAGE_SIZE + 2 * near - HEADER)
        world.malloc(PAGE_SIZE - HEADER - near)
        world.free(middle)
        world.trim()
