"""A short history of frame allocators: what a fault would break first, in few steps."""

from __future__ import annotations

from collections.abc import Callable

from impl.arithmetic import PAGE_SIZE, PHYSICAL_LIMIT, WORD_LIMIT
from impl.regions import MAX_FRAMES
from proofs.frame_allocator.live.world import FrameAllocatorWorld

FRAMES = 64
HEADER = (0, PAGE_SIZE)
AREA = (0, 16 * PAGE_SIZE)
FULL, FULLER = 330, 672
"""So many frames fill a header of one page, all but a few bytes, and one of two pages exactly."""
FAR = 2**18
"""The frames of a GiB."""

Opening = Callable[..., FrameAllocatorWorld]


def story(opening: Opening) -> None:
    """All of it; about a hundred and fifty calls."""
    _limits(opening(FRAMES))
    _beginnings(opening(FRAMES))
    _singles(opening(FRAMES))
    _blocks(opening(FRAMES))
    _mistakes(opening(FRAMES))
    _elsewhere(opening(FRAMES))
    _headers(opening(FRAMES))
    _far_away(opening(FAR + FRAMES))


def _beginnings(world: FrameAllocatorWorld) -> None:
    """Areas that begin anywhere, and regions that reach beyond them, overlap, or are empty."""
    hostile = [(9 * PAGE_SIZE + 1, 9 * PAGE_SIZE), (0, 0), (5 * PAGE_SIZE - 1, 2), (5 * PAGE_SIZE, PAGE_SIZE)]
    for area, header in ((AREA, HEADER), ((3 * PAGE_SIZE + 1, 12 * PAGE_SIZE), (7 * PAGE_SIZE, PAGE_SIZE))):
        for regions in ([], hostile[:1], hostile):
            world.init_region(area, header, regions)
            world.get_header(area, regions)
            world.allocate(0)
            world.allocate(1)
    world.get_header((0, 400 * PAGE_SIZE), [(0, 399 * PAGE_SIZE)])
    for header in ((1, PAGE_SIZE), (0, PAGE_SIZE - 1), (4 * PAGE_SIZE, PAGE_SIZE), (-1, PAGE_SIZE)):
        world.init_region(AREA, header, hostile)


def _singles(world: FrameAllocatorWorld) -> None:
    """Every frame by itself, and all of them back: each merge there is."""
    world.init_region(AREA, HEADER, [])
    areas = [world.allocate(0) for _ in range(16)]
    for order in (0, 1, 18, 19, -1, WORD_LIMIT):
        world.allocate(order)
    frames = sorted(area for area in areas if area is not None)
    for base, size in [*frames[::2], *frames[1::2]]:
        world.free(base, size)


def _blocks(world: FrameAllocatorWorld) -> None:
    """Blocks beside free ones of another order."""
    world.init_region(AREA, HEADER, [])
    taken = {order: world.allocate(order) for order in (1, 2, 3)}
    _release(world, taken[2])
    pair, one, other = world.allocate(1), world.allocate(0), world.allocate(0)
    last = world.allocate(0)
    for area in (other, pair, last, one, taken[3], taken[1]):
        _release(world, area)


def _mistakes(world: FrameAllocatorWorld) -> None:
    """What is not exactly one live allocation: a part, two, the free, the reserved, the misaligned, the outside."""
    world.init_region(AREA, HEADER, [(3 * PAGE_SIZE, PAGE_SIZE)])
    area = world.allocate(1)
    if area is None:
        return
    base, size = area
    for wrong in (
        (base, size // 2),
        (base, 2 * size),
        (base + PAGE_SIZE, PAGE_SIZE),
        (base + 1, size),
        (base, 0),
        (0, PAGE_SIZE),
        (3 * PAGE_SIZE, PAGE_SIZE),
        (8 * PAGE_SIZE, 8 * PAGE_SIZE),
        (16 * PAGE_SIZE, PAGE_SIZE),
        (-1, size),
    ):
        world.free(*wrong)
    world.is_live(base, size // 2)
    for more in (-PAGE_SIZE, -1, 1, PAGE_SIZE - 1):  # less than a frame apart, and a whole one
        world.is_live(base, size + more)
        world.free(base, size + more)
    for frame in (0, 3, 8, base // PAGE_SIZE, 16):
        for exchange in (world.take_back, world.is_lent, world.lend, world.is_lent, world.lend, world.take_back):
            exchange(frame * PAGE_SIZE)
    world.free(base, size)
    world.free(base, size)


def _elsewhere(world: FrameAllocatorWorld) -> None:
    """The header is mapped somewhere else between two calls."""
    world.init_region((5 * PAGE_SIZE, 11 * PAGE_SIZE), (5 * PAGE_SIZE, PAGE_SIZE), [])
    areas = []
    for frame in (40, 20, 30):
        areas.append(world.allocate(0))
        world.move(frame)
    for area in areas:
        _release(world, area)


def _headers(world: FrameAllocatorWorld) -> None:
    """Headers that fill their pages exactly or need a frame more; that lie behind, before or beyond their areas."""
    world.init_region(AREA, (15 * PAGE_SIZE, PAGE_SIZE), [])
    areas = [world.allocate(0) for _ in range(15)]
    for area in sorted(area for area in areas if area is not None):
        _release(world, area)
    for frames in (FULL, FULL + 1, FULLER, FULLER + 1):
        world.get_header((0, frames * PAGE_SIZE), [])
    world.init_region((0, (FULL + 1) * PAGE_SIZE), HEADER, [])
    world.init_region((0, (FULL + 1) * PAGE_SIZE), (0, 2 * PAGE_SIZE), [((FULL - 4) * PAGE_SIZE, 5 * PAGE_SIZE)])
    world.allocate(0)
    far = ((PHYSICAL_LIMIT - PAGE_SIZE, PAGE_SIZE + 1), (PHYSICAL_LIMIT, PAGE_SIZE), (PHYSICAL_LIMIT + PAGE_SIZE, 0))
    for header in ((0, WORD_LIMIT), (0, -1), *far, (PAGE_SIZE, WORD_LIMIT - 1)):
        world.init_region(AREA, header, [])
    world.init_region((1, PAGE_SIZE), HEADER, [])
    world.init_region((4 * PAGE_SIZE, 12 * PAGE_SIZE), (2 * PAGE_SIZE, 3 * PAGE_SIZE), [(0, 0)])
    world.allocate(3)


def _far_away(world: FrameAllocatorWorld) -> None:
    """An area that does not begin within the first GiB."""
    base = FAR * PAGE_SIZE
    world.init_region((base, 8 * PAGE_SIZE), (base, PAGE_SIZE), [(base + 3 * PAGE_SIZE, PAGE_SIZE)])
    area = world.allocate(1)
    for wrong in (0, PAGE_SIZE, base - PAGE_SIZE, base + 3 * PAGE_SIZE, base + 8 * PAGE_SIZE):
        world.free(wrong, PAGE_SIZE)
        world.is_live(wrong, PAGE_SIZE)
        world.lend(wrong)
        world.is_lent(wrong)
        world.take_back(wrong)
    if area is not None:
        world.is_live(*area)
    _release(world, area)


def _limits(world: FrameAllocatorWorld) -> None:
    """The functions by themselves, on both sides of every limit that they know."""
    top, most = PHYSICAL_LIMIT - 2 * PAGE_SIZE, MAX_FRAMES * PAGE_SIZE
    ends = (top, top + PAGE_SIZE, top + PAGE_SIZE + 1, PHYSICAL_LIMIT, PHYSICAL_LIMIT + 1, WORD_LIMIT - 1, WORD_LIMIT)
    for base in (-1, 0, 1, PAGE_SIZE, *ends):
        for size in (-1, 0, 1, PAGE_SIZE, most, most + PAGE_SIZE, PHYSICAL_LIMIT - base, PHYSICAL_LIMIT + 1 - base):
            world.ask("whole_frames", base, size)
    start, end = 4 * PAGE_SIZE, 8 * PAGE_SIZE
    for base in (-1, 0, start - 1, start, start + 1, end - PAGE_SIZE, end - 1, end, WORD_LIMIT - 1, WORD_LIMIT):
        for size in (-1, 0, 1, start, start + 1, end, end - base, end - base - 1, WORD_LIMIT - 1, WORD_LIMIT):
            world.ask("clip", base, size, start, end)
    world.ask("clip", 0, PAGE_SIZE, start, start)
    beside = [(4 * PAGE_SIZE, PAGE_SIZE), (5 * PAGE_SIZE, PAGE_SIZE)]
    regions = [(0, 0), (5 * PAGE_SIZE, 1), (6 * PAGE_SIZE + 1, 0), (6 * PAGE_SIZE + 1, 1), (9 * PAGE_SIZE, PAGE_SIZE)]
    for frame in range(4, 9):
        for listed in ([], beside, regions, regions[::-1]):
            for header in ((0, PAGE_SIZE), (4 * PAGE_SIZE, PAGE_SIZE), (7 * PAGE_SIZE, 1)):
                world.ask("next_gap", frame * PAGE_SIZE, start, end, header, listed)
    for order in (0, 1, 17, 18, 19):
        for index in (0, 2**order, 3 * 2**order):
            for frames in (1, 2**order - 1 or 1, 2**order, 2 ** (order + 1)):
                world.ask("largest_order", index, frames)


def _release(world: FrameAllocatorWorld, area: tuple[int, int] | None) -> None:
    """Free what an allocation gave, if anything."""
    if area is not None:
        world.free(*area)
