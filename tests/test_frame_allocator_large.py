"""4 GiB of RAM: the invariants, instantiated at sampled frames, through a long random history."""

from bisect import bisect_right, insort
from contextlib import suppress
from random import Random
from types import SimpleNamespace

import pytest

from impl.errors import PhysicalMemoryFull
from impl.frame_allocator import FREE, LIVE, RESERVED, FrameAllocator, get_header
from impl.regions import Area
from impl.shadow import CheckedRam
from model.frame_allocator.single_frames import ALLOCATE_COST, FREE_COST
from model.frame_allocator.state import MAX_ORDER, NONE, ORDERS, Ghosts
from proofs.frame_allocator.subject import SUBJECT

PAGE = 4096
FRAMES = 1 << 20
AREA = Area(3 << 30, FRAMES * PAGE)
OPERATIONS = 100_000
SAMPLES = 4
"""How often the invariants are looked at."""
POINTS = 20
"""Frames at which they are looked at."""
HELD = [Area(AREA.base + number * 97 * 1001 * PAGE + 5, 3 * PAGE * (number % 3)) for number in range(10)]
"""Reserved regions: unaligned, every third one empty."""


class Sampled:
    """A map of frames that is read where it lies; what is said of all frames is looked at for ``points``."""

    def __init__(self, read, points):
        self.read, self.points = read, points

    def __getitem__(self, index):
        return self.read(index)

    def inside(self, low, high):
        return self.points[bisect_right(self.points, low - 1) : bisect_right(self.points, high - 1)]

    def each(self, low, high, body, trigger=None):
        return all(body(x) for x in self.inside(low, high))

    def each_pair(self, low, high, body):
        return all(body(x, y) for x in self.inside(low, high) for y in self.inside(low, high) if x != y)

    def each_with(self, low, high, other, first, last, body):
        return all(body(x, y) for x in self.inside(low, high) for y in other.inside(first, last))


class View:
    """What clauses read of an allocator, and ghosts that fit."""

    def __init__(self, frames, random):
        self.frames = frames
        self.starts = list(block_starts(frames))
        self.counted = [0]
        for start in self.starts:
            record = frames.record(start)
            self.counted.append(self.counted[-1] + (1 << record.order if record.state == FREE else 0))
        near = [index for start in random.sample(self.starts, 4) for index in self.neighbours(start)]
        heads = [head for order in range(ORDERS) if (head := frames.first_free(order)) != NONE]
        self.points = sorted({*random.sample(range(frames.start, frames.end), POINTS), *near, *heads})
        self.ranks = dict(listed_latest_first(frames))
        clock = 1 + len(self.ranks)
        stamp = Sampled(lambda i: clock - self.ranks.get(i, 1), self.points)
        self.ghosts = Ghosts(Sampled(self.owner, self.points), stamp, clock, Sampled(self.below, self.points))

    def neighbours(self, start):
        record = self.frames.record(start)
        near = (start - 1, start, start + 1, start ^ (1 << min(record.order, MAX_ORDER)), record.next, record.prev)
        return [index for index in near if self.frames.start <= index < self.frames.end]

    def owner(self, index):
        return self.starts[bisect_right(self.starts, index) - 1]

    def below(self, index):
        """How many frames below ``index`` are free."""
        number = bisect_right(self.starts, index - 1)
        if not number:
            return 0
        start, count = self.starts[number - 1], self.counted[number - 1]
        return min(count + index - start, self.counted[number])

    def fields(self, struct):
        if struct == "FrameAllocator":
            names = ("origin", "start", "end", "free_frames")
            return SimpleNamespace(**{name: {self.frames.address: getattr(self.frames, name)} for name in names})
        if struct == "FreeList":
            head = lambda order: self.frames.first_free(order) if order < ORDERS else NONE  # noqa: E731
            return SimpleNamespace(head=Sampled(head, list(range(ORDERS))))
        names = ("state", "order", "next", "prev")
        reads = {name: Sampled(lambda i, name=name: self.field(i, name), self.points) for name in names}
        return SimpleNamespace(**reads)

    def field(self, index, name):
        inside = self.frames.start <= index < self.frames.end
        return getattr(self.frames.record(index), name) if inside else 0

    def claimed(self, struct):
        """CheckedRam sees to it."""
        return Sampled(lambda index: True, self.points)


def block_starts(frames):
    """The first frame of each block, and each reserved one; every other frame is interior."""
    index = frames.start
    while index < frames.end:
        record = frames.record(index)
        assert record.state in (FREE, LIVE, RESERVED)
        yield index
        index += 1 << record.order if record.state != RESERVED else 1
    assert index == frames.end


def listed_latest_first(frames):
    """Every listed block with its rank: 1 for the last member of the lists, higher for those listed before it."""
    rank = 1
    for order in range(ORDERS):
        index = frames.first_free(order)
        while index != NONE:
            rank += 1
            yield index, rank
            index = frames.record(index).next


def broken(frames, random):
    """The invariants that do not hold at the sampled frames."""
    view = View(frames, random)
    return [law.name for law in SUBJECT.invariants if not law.formula(view, frames.address, view.ghosts)]


class User:
    """Allocates and frees at random, and sees to it that no two blocks overlap."""

    def __init__(self, frames, seed):
        self.frames, self.random = frames, Random(seed)
        self.live, self.sizes, self.held = [], {}, 0
        self.usable = frames.free_frames

    def step(self):
        counter = self.frames.memory.counter
        before = counter.total
        if self.live and self.random.random() < 0.25 + self.held / self.usable / 2:
            self.free(self.random.choice(self.live))
            assert counter.total - before <= FREE_COST
        else:
            with suppress(PhysicalMemoryFull):
                self.allocate(self.random.choice((0, 0, 0, 1, 1, 2, 3, 5, 8, 12)))
            assert counter.total - before <= ALLOCATE_COST

    def allocate(self, order):
        base, size = self.frames.allocate(order)
        assert (size, base % size) == (PAGE << order, 0)
        place = bisect_right(self.live, base)
        assert place == 0 or self.live[place - 1] + self.sizes[self.live[place - 1]] <= base
        assert place == len(self.live) or base + size <= self.live[place]
        assert base >= AREA.base
        assert base + size <= AREA.base + AREA.size
        insort(self.live, base)
        self.sizes[base] = size
        self.held += size // PAGE

    def free(self, base):
        size = self.sizes.pop(base)
        del self.live[bisect_right(self.live, base) - 1]
        self.frames.free(base, size)
        self.held -= size // PAGE


@pytest.fixture
def frames():
    regions = lambda number: HELD[number] if number < len(HELD) else None  # noqa: E731
    header = get_header(AREA, regions)
    memory = CheckedRam(header.size)
    frames = FrameAllocator.init_region(memory, AREA, header, regions, at=0)
    reserved = {q for low, size in HELD if size for q in range(low // PAGE, -(-(low + size) // PAGE))}
    assert frames.free_frames == FRAMES - header.size // PAGE - len(reserved)
    return frames


@pytest.mark.slow
def test_a_hundred_thousand_operations_on_four_gib(frames):
    """FRM-5, FRM-7: blocks are disjoint and aligned, counts are right, invariants hold wherever they are looked at."""
    user, random = User(frames, 7), Random(8)
    for number in range(OPERATIONS):
        user.step()
        if number % (OPERATIONS // SAMPLES) == 0:
            assert broken(frames, random) == []
            assert frames.free_frames == user.usable - user.held
    for base in list(user.live):
        user.free(base)
    assert frames.free_frames == user.usable
    assert broken(frames, random) == []


def test_sampling_sees_damage(frames):
    assert broken(frames, Random(1)) == []
    head = frames.first_free(MAX_ORDER)
    frames.record(head).prev = head
    assert "heads" in broken(frames, Random(1))
    frames.record(head).prev = NONE
    frames.free_frames = frames.free_frames - 1
    assert broken(frames, Random(1)) == ["counted"]
