"""Random histories of a frame allocator: any area, hostile reserved regions, every kind of wild free, exhaustion.

Every rule acts through a ``FrameAllocatorWorld``, which evaluates every contract and every invariant after
each operation and compares it with the reference model.
"""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from impl.arithmetic import PAGE_SIZE, WORD_LIMIT
from model.frame_allocator.state import MAX_ORDER
from proofs.checking.campaign import WorldMachine
from proofs.frame_allocator.live.answers import header_size
from proofs.frame_allocator.live.world import FrameAllocatorWorld

GIB_FRAMES = 2**18
FIRST_FRAMES = st.sampled_from([0, 0, 1, 3, 5, 8, GIB_FRAMES - 7, GIB_FRAMES])
"""Where areas begin: also shortly below a border of 1 GiB."""
FRAMES = st.sampled_from([5, 7, 8, 8, 9, 12, 12, 16, 16, 24, 200])
"""How many frames areas have; in the last two not every clause is evaluated."""
RAGGED = st.sampled_from([0, 0, 0, 1, 100, PAGE_SIZE - 1])
"""Bytes by which an area begins or ends beside a frame's border."""
HOSTILE = st.lists(
    st.tuples(
        st.integers(-3, 26),
        st.sampled_from([0, 0, 1, 2000, PAGE_SIZE - 1]),
        st.sampled_from(
            [0, 1, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, 3 * PAGE_SIZE, 395 * PAGE_SIZE, WORD_LIMIT // 2]
        ),
    ),
    max_size=4,
)
"""Reserved regions: (frames from the area's start, bytes beside the border, size)."""
WORDS = st.sampled_from([0, 1, PAGE_SIZE, WORD_LIMIT // 2, WORD_LIMIT - PAGE_SIZE, WORD_LIMIT - 1])
AREAS = st.tuples(
    WORDS | st.integers(0, 30 * PAGE_SIZE), WORDS | st.integers(0, 30 * PAGE_SIZE) | st.just(400 * PAGE_SIZE)
)
NUMBERS = st.integers(0, 30)
ODD_ORDERS = (MAX_ORDER, MAX_ORDER + 1, 63, 64, WORD_LIMIT - 1, WORD_LIMIT, -1)
ODD_ADDRESSES = (0, 1, -1, WORD_LIMIT, WORD_LIMIT - 1, WORD_LIMIT - PAGE_SIZE, WORD_LIMIT // 2)
WRONG = (
    *((0, scale) for scale in ("whole", "one", "half", "double", "less", "none")),
    *((shift, "whole") for shift in (1, 8, -1, PAGE_SIZE, -PAGE_SIZE, PAGE_SIZE - 1)),
    *((PAGE_SIZE, scale) for scale in ("one", "half", "half")),
)
"""Areas beside a live allocation: (bytes from its base, which size)."""
HEADERS = ("found", "found", "found", "later", "later", "below", "larger", "smaller", "ragged", "reserved", "behind")


def placed(first: int, hostile: list[tuple[int, int, int]]) -> list[tuple[int, int]]:
    """The regions, at addresses."""
    shifted = [((first + frame) * PAGE_SIZE + beside, size) for frame, beside, size in hostile]
    return [(base, size) for base, size in shifted if base >= 0]


@dataclass(frozen=True)
class Plan:
    """What the boot code asks for: an area, reserved regions, and a header region of some ``kind``."""

    first: int
    frames: int
    ragged: tuple[int, int]
    hostile: list[tuple[int, int, int]]
    kind: str

    @property
    def area(self) -> tuple[int, int]:
        """The area, in bytes."""
        return self.first * PAGE_SIZE + self.ragged[0], self.frames * PAGE_SIZE + self.ragged[1]

    @property
    def regions(self) -> list[tuple[int, int]]:
        """The reserved regions."""
        return placed(self.first, self.hostile)

    def header(self, found: tuple[int, int] | None) -> tuple[int, int]:
        """A header region, right or wrong, where get_header ``found`` one or none."""
        whole = header_size(self.area[1] // PAGE_SIZE)
        base, size = found or (0, whole)
        reserved = [start // PAGE_SIZE * PAGE_SIZE for start, _ in self.regions]
        return {
            "found": (base, size),
            "later": (base + 2 * PAGE_SIZE, size),
            "below": (0, whole) if self.first > 4 else (base, size),
            "larger": (base, size + PAGE_SIZE),
            "smaller": (base, size - 1),
            "ragged": (base + 8, size),
            "reserved": (reserved[0] if reserved else base, size),
            "behind": ((self.first + self.frames + 2) * PAGE_SIZE, whole),
        }[self.kind]


PLANS = st.builds(Plan, FIRST_FRAMES, FRAMES, st.tuples(RAGGED, RAGGED), HOSTILE, st.sampled_from(HEADERS))


class FrameAllocatorMachine(WorldMachine):
    """The rules."""

    world: FrameAllocatorWorld

    @initialize(plan=PLANS)
    def begin(self, plan: Plan) -> None:
        """An allocator, if it can be had."""
        self.enter(FrameAllocatorWorld(edition=self.edition))
        self.count()
        found = self.world.get_header(plan.area, plan.regions)
        self.count()
        self.world.init_region(plan.area, plan.header(found), plan.regions)
        if not self.world.born and found:
            self.count()
            self.world.init_region(plan.area, found, plan.regions)

    def born(self) -> bool:
        """Whether there is an allocator."""
        return self.world.born

    def live(self) -> bool:
        """Whether there is a live allocation."""
        return self.world.born and bool(self.world.model.live)

    def pick(self, number: int) -> tuple[int, int]:
        """A live allocation."""
        live = list(self.world.model.live)
        return live[number % len(live)]

    # ------------------------------------------------------------ the boot code

    @rule(area=AREAS, hostile=HOSTILE, left=st.sampled_from([None, None, 1, 2]))
    def get_header(self, area: tuple[int, int], hostile: list[tuple[int, int, int]], left: int | None) -> None:
        """Any area, any regions; or all but the last frames of a larger area reserved."""
        self.count()
        if left is None:
            self.world.get_header(area, placed(area[0] // PAGE_SIZE, hostile))
        else:
            self.world.get_header((0, 400 * PAGE_SIZE), [(0, (400 - left) * PAGE_SIZE)])

    @rule(plan=PLANS)
    def boot(self, plan: Plan) -> None:
        """Another machine is booted, and forgotten."""
        self.count()
        found = self.world.get_header(plan.area, plan.regions)
        self.count()
        self.world.boot(plan.area, plan.header(found), plan.regions)

    @precondition(born)
    @rule(frame=st.sampled_from([2, 700, 1000, 2000, GIB_FRAMES + 1000]))
    def move(self, frame: int) -> None:
        """The header is mapped elsewhere from now on."""
        self.count()
        self.world.move(frame)

    # ------------------------------------------------------------ operations

    @precondition(born)
    @rule(order=st.integers(0, 4) | st.sampled_from(ODD_ORDERS) | st.integers(0, MAX_ORDER))
    def allocate(self, order: int) -> None:
        """Any order."""
        self.count()
        self.world.allocate(order)

    @precondition(born)
    @rule(order=st.integers(0, 2), count=st.integers(2, 6))
    def allocate_some(self, order: int, count: int) -> None:
        """Several in a row."""
        for _ in range(count):
            self.count()
            self.world.allocate(order)

    @precondition(live)
    @rule(number=NUMBERS)
    def free(self, number: int) -> None:
        """A live allocation."""
        self.count()
        self.world.free(*self.pick(number))

    @precondition(live)
    @rule(numbers=st.lists(NUMBERS, min_size=2, max_size=6))
    def free_some(self, numbers: list[int]) -> None:
        """Several live allocations."""
        for number in numbers:
            if self.live():
                self.count()
                self.world.free(*self.pick(number))

    @precondition(live)
    @rule(number=NUMBERS)
    def free_twice(self, number: int) -> None:
        """A live allocation, then the same again."""
        area = self.pick(number)
        for _ in range(2):
            self.count()
            self.world.free(*area)

    @precondition(live)
    @rule(number=NUMBERS, wrong=st.sampled_from(WRONG), ask=st.booleans())
    def free_beside(self, number: int, wrong: tuple[int, str], ask: bool) -> None:
        """A part of a live allocation, more than one, or an area beside it; then, maybe, a question."""
        base, size = self.pick(number)
        shift, scale = wrong
        sizes = {"whole": size, "one": PAGE_SIZE, "half": size // 2, "double": 2 * size, "less": size - 1, "none": 0}
        self.count()
        self.world.free(base + shift, sizes[scale])
        if ask and base + shift >= 0:
            self.count()
            self.world.is_live(base + shift, sizes[scale])

    @precondition(born)
    @rule(frame=st.integers(-1, 26), beside=RAGGED, size=st.sampled_from([1, 1, 1, 2, 4]))
    def free_frame(self, frame: int, beside: int, size: int) -> None:
        """Any frame in or near the area, be it live, free, reserved or the header's."""
        self.count()
        first = self.world.area.base // PAGE_SIZE
        self.world.free((first + frame) * PAGE_SIZE + beside, size * PAGE_SIZE)

    @precondition(born)
    @rule(
        base=st.sampled_from(ODD_ADDRESSES),
        size=st.sampled_from([0, 1, -1, PAGE_SIZE, WORD_LIMIT, WORD_LIMIT - PAGE_SIZE]),
    )
    def free_odd(self, base: int, size: int) -> None:
        """Wild addresses and sizes, and what is no word."""
        self.count()
        self.world.free(base, size)

    # ------------------------------------------------------------ whoever maps reserved frames

    @precondition(born)
    @rule(number=NUMBERS, back=st.booleans(), twice=st.booleans())
    def exchange(self, number: int, back: bool, twice: bool) -> None:
        """A reserved or header frame is lent or comes back."""
        reserved = sorted(self.world.reserved)
        if reserved:
            for _ in range(1 + twice):
                self._exchange(reserved[number % len(reserved)] * PAGE_SIZE, back)

    @precondition(born)
    @rule(
        frame=st.integers(-1, 26), beside=RAGGED, odd=st.sampled_from((None, None, *ODD_ADDRESSES)), back=st.booleans()
    )
    def exchange_any(self, frame: int, beside: int, odd: int | None, back: bool) -> None:
        """Any frame in or near the area, wild addresses, and what is no word."""
        first = self.world.area.base // PAGE_SIZE
        self._exchange((first + frame) * PAGE_SIZE + beside if odd is None else odd, back)

    def _exchange(self, base: int, back: bool) -> None:
        self.count()
        (self.world.take_back if back else self.world.lend)(base)
        self.world.is_lent(base)
