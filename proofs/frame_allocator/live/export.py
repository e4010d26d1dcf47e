"""The frame allocator in C beside the Python: histories of both."""

from __future__ import annotations

from impl.arithmetic import PAGE_SIZE, PHYSICAL_LIMIT, WORD_LIMIT
from impl.frame_allocator import MAX_ORDER, header_size
from impl.regions import Area
from impl.words import by_word
from proofs.export.beside.history import History

MOST_FRAMES = 3000
GIB = 1 << 30
FAR = by_word(5, 3) * GIB
MOST = by_word(1 << 50, 1 << 31)
"""The size of a reserved region that covers all there is."""


class Beside(History):
    """Frame allocators of many areas, one after the other, each with reserved regions; the header is seen in the
    window."""

    window = 4 << 20

    def begin(self) -> None:
        """A place for the header, and the first area."""
        self.heap = self.both.heap = self.base + (1 << 20)
        self.open(self.heap, header_size(MOST_FRAMES + 1) // PAGE_SIZE + 1)
        self._another()

    def _another(self) -> None:
        """An area, its header, and what cannot be one."""
        start = self.random.choice((0, PAGE_SIZE * 3, GIB - 70 * PAGE_SIZE, FAR)) + self.random.choice((0, 0, 123))
        self.area = Area(start, self.random.randrange(20, MOST_FRAMES) * PAGE_SIZE + self.random.choice((0, 77)))
        self.reserved = [self._region() for _ in range(self.random.randrange(5))]
        self.live_areas: list[Area] = []
        header, raised = self.both.call("get_header", self.area, self._regions)
        for area in (
            Area(start, WORD_LIMIT - 1),
            Area(WORD_LIMIT - 1, 1),
            Area(0, min(9 << 43, WORD_LIMIT - 1)),
            Area(1, 4096),
            Area(PHYSICAL_LIMIT - PAGE_SIZE, 2 * PAGE_SIZE),
            Area(PHYSICAL_LIMIT - 2 * PAGE_SIZE, 2 * PAGE_SIZE),
        ):
            self.both.call("get_header", area, self._regions)
            for place in (0, area.base):
                self.both.call("init_region", area, Area(place, PAGE_SIZE), self._regions, self.heap)
        if raised:
            self._another()
            return
        good = Area(*header)
        small = Area(good.base, good.size - PAGE_SIZE)
        far = Area(WORD_LIMIT - PAGE_SIZE, good.size)
        for one in (Area(good.base + 8, good.size), Area(good.base, 0), small, far, good):
            _, raised = self.both.call("init_region", self.area, one, self._regions, self.heap)
        if raised:
            self._another()

    def _region(self) -> Area:
        """A reserved region: in the area, across its border, empty, or elsewhere."""
        base = self.area.base + self.random.randrange(self.area.size)
        size = self.random.choice((0, 1, PAGE_SIZE, 5 * PAGE_SIZE + 9, 40 * PAGE_SIZE, MOST))
        return Area(max(0, base - self.random.choice((0, 0, PAGE_SIZE))), size if self.random.randrange(20) else 0)

    def _regions(self, number: int) -> Area | None:
        return self.reserved[number] if number < len(self.reserved) else None

    def step(self) -> None:
        """One call."""
        self.change_mood()
        way = self.random.randrange(200)
        if way < 90 + self.mood:
            order = self.random.randrange(4) if self.random.randrange(8) else self.word()
            if self.random.randrange(30) == 0:
                order = self.random.choice((MAX_ORDER, MAX_ORDER + 1, 9))
            found, raised = self.both.call("allocate", order)
            self.live_areas += [] if raised else [Area(*found)]
        elif way < 180:
            self.both.call("free", *self._some_area(True))
        elif way < 190:
            self.both.call("is_live", *self._some_area(False))
        elif way < 199:
            frame = self.area.base - self.area.base % PAGE_SIZE + self.random.randrange(MOST_FRAMES) * PAGE_SIZE
            self.both.call(
                self.random.choice(("lend", "take_back", "is_lent")), frame + self.random.choice((0, 0, 0, 1))
            )
        elif self.random.randrange(3) == 0:
            self._another()

    def _some_area(self, given: bool) -> tuple[int, int]:
        """A live area, or one that is none."""
        if self.live_areas and self.random.randrange(8):
            number = self.random.randrange(len(self.live_areas))
            return self.live_areas.pop(number) if given else self.live_areas[number]
        base = (
            self.area.base + self.random.randrange(-2, MOST_FRAMES) * PAGE_SIZE
            if self.random.randrange(4)
            else self.word()
        )
        return max(base, 0), PAGE_SIZE << self.random.randrange(3)
