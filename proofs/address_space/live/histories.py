"""Random histories over page tables, whatever runs there: hostile ranges, exhaustion, stale translations.

Every rule acts through an ``AddressSpaceWorld``, which evaluates the contract of each call and looks at all
tables, frames, pages and TLB entries afterwards.
"""

from __future__ import annotations

from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from impl.arithmetic import PAGE_SIZE
from impl.page_tables import DIRECTORY_SPAN, HIGH_START, NO_EXECUTE, TABLE_SPAN, TOP_SPAN, USER, WRITABLE
from impl.reach import LOW_END
from proofs.address_space.live.stage import RESERVED, SPACES
from proofs.address_space.live.world import AddressSpaceWorld
from proofs.checking.campaign import WorldMachine

BORDERS = (
    0,
    PAGE_SIZE,
    TABLE_SPAN - PAGE_SIZE,
    DIRECTORY_SPAN - PAGE_SIZE,
    TOP_SPAN - PAGE_SIZE,
    LOW_END - 2 * PAGE_SIZE,
    HIGH_START,
    2**64 - 3 * PAGE_SIZE,
)
PLACES = st.builds(lambda base, pages: base + pages * PAGE_SIZE, st.sampled_from(BORDERS), st.integers(0, 3))
ODD = st.sampled_from([1, PAGE_SIZE - 1, -PAGE_SIZE, LOW_END, HIGH_START - PAGE_SIZE, 2**64 - PAGE_SIZE, 2**64])
ADDRESSES = st.one_of(PLACES, PLACES, ODD)
PAGES = st.one_of(st.integers(1, 4), st.sampled_from([0, 6, 40, 600]))
HUGE = st.sampled_from([-1, 2**36, 2**52, 2**64 - 1, 2**64])
SHARED = WRITABLE | USER
FLAGS = st.sampled_from([SHARED, SHARED, SHARED | NO_EXECUTE, SHARED | NO_EXECUTE, WRITABLE, USER, 0])
ODD_FLAGS = st.sampled_from([1, 1 << 9, 1 << 12, 2**64 - 1])
NUMBERS = st.integers(0, 30)
WHO = st.integers(0, SPACES - 1)
VIEWS = st.integers(0, 1)
"""Through which TLB of the space."""
USES = ("load", "store", "fetch")
OFFSETS = st.sampled_from([0, 1, PAGE_SIZE - 1])


class AddressSpaceMachine(WorldMachine):
    """The rules of whatever runs over page tables."""

    kind: ClassVar[type[AddressSpaceWorld]] = AddressSpaceWorld
    world: AddressSpaceWorld

    @initialize(frames=st.sampled_from([48, 40, 64, 32]))
    def begin(self, frames: int) -> None:
        """A machine with some RAM."""
        self.enter(self.kind(frames, self.edition))
        for who in range(SPACES):
            self.count()
            self.world.map(who, TABLE_SPAN - 2 * PAGE_SIZE, 2, SHARED)

    def mapped(self, who: int, number: int) -> int:
        """A mapped page, or any page if there is none."""
        pages = sorted(self.world.tenants[who].pages)
        return pages[number % len(pages)] if pages else PAGE_SIZE

    # ------------------------------------------------------------ operations

    @rule(who=WHO, address=PLACES, pages=st.integers(1, 3), flags=FLAGS)
    def map(self, who: int, address: int, pages: int, flags: int) -> None:
        """Where pages can be."""
        self.count()
        self.world.map(who, address, pages, flags)

    @rule(who=WHO, address=ADDRESSES, pages=PAGES | HUGE, flags=FLAGS | ODD_FLAGS, number=st.integers(0, 2))
    def absurd(self, who: int, address: int, pages: int, flags: int, number: int) -> None:
        """Anywhere, also ranges that no address space has and flags that no page has."""
        self.count()
        if number == 0:
            self.world.map(who, address, pages, flags)
        elif number == 1:
            self.world.unmap(who, address, pages)
        else:
            self.world.protect(who, address, pages, flags)

    @rule(
        who=WHO,
        address=PLACES,
        frame=st.sampled_from([*RESERVED, *RESERVED, *RESERVED, 1, 10]),
        beside=st.sampled_from([0, 0, 0, 0, 8]),
        pages=st.sampled_from([1, 1, 2, 3]),
        flags=FLAGS,
    )
    def map_reserved(self, who: int, address: int, frame: int, beside: int, pages: int, flags: int) -> None:
        """A device's frames, and others."""
        self.count()
        self.world.map_reserved(who, address, frame * PAGE_SIZE + beside, pages, flags)

    @rule(who=WHO, address=PLACES, pages=st.integers(1, 2))
    def map_header(self, who: int, address: int, pages: int) -> None:
        """The frame allocator's header, to be looked at."""
        self.count()
        self.world.map_reserved(who, address, self.world.allocator.address, pages, 0)

    @rule(who=WHO, number=NUMBERS, pages=st.sampled_from([1, 1, 2, 3]), view=VIEWS)
    def unmap(self, who: int, number: int, pages: int, view: int) -> None:
        """What is mapped, and maybe more."""
        self.count()
        self.world.unmap(who, self.mapped(who, number), pages, view)

    @rule(
        who=WHO,
        number=NUMBERS,
        pages=st.sampled_from([1, 1, 2]),
        flags=FLAGS,
        offset=OFFSETS,
        views=st.tuples(VIEWS, VIEWS),
    )
    def protect(self, who: int, number: int, pages: int, flags: int, offset: int, views: tuple[int, int]) -> None:
        """What is mapped, and maybe more, between two accesses, through two TLBs or one."""
        self.count()
        page, (user, other) = self.mapped(who, number), views
        last = page + (pages - 1) * PAGE_SIZE
        self.world.store(who, last, 6, user)
        self.world.fetch(who, last, user)
        self.world.protect(who, page, pages, flags, other)
        self.world.store(who, page + offset, 7, user)
        self.world.fetch(who, last, user)

    @rule(who=WHO, address=ADDRESSES, number=NUMBERS, mapped=st.booleans(), offset=OFFSETS)
    def translate(self, who: int, address: int, number: int, mapped: bool, offset: int) -> None:
        """What is mapped, what would be if the upper bits did not count, or anything."""
        self.count()
        place = (self.mapped(who, number) if mapped else address) + offset
        for same in (place, (place + 2**48) % 2**64):
            self.world.walk(who, same)
            self.world.translate(who, same)

    @precondition(lambda self: all(tenant.alive for tenant in self.world.tenants.values()))
    @rule(who=WHO, seldom=st.integers(0, 9), again=st.booleans())
    def destroy(self, who: int, seldom: int, again: bool) -> None:
        """A space goes."""
        if seldom == 5:
            for _ in range(1 + again):
                self.count()
                self.world.destroy(who)

    @rule(who=WHO)
    def create(self, who: int) -> None:
        """A space comes, where there is none."""
        if not self.world.tenants[who].alive:
            self.count()
            self.world.create(who)

    # ------------------------------------------------------------ users

    @rule(who=WHO, number=NUMBERS, offset=OFFSETS, value=st.integers(0, 255), view=VIEWS)
    def store(self, who: int, number: int, offset: int, value: int, view: int) -> None:
        """Into what is mapped."""
        self.count()
        self.world.store(who, self.mapped(who, number) + offset, value, view)

    @rule(who=WHO, number=NUMBERS, offset=OFFSETS, view=VIEWS, code=st.booleans())
    def load(self, who: int, number: int, offset: int, view: int, code: bool) -> None:
        """From what is mapped."""
        self.count()
        (self.world.fetch if code else self.world.load)(who, self.mapped(who, number) + offset, view)

    @rule(
        who=WHO,
        number=NUMBERS,
        pages=st.integers(1, 2),
        use=st.sampled_from(USES),
        other=st.booleans(),
    )
    def use_after_unmap(self, who: int, number: int, pages: int, use: str, other: bool) -> None:
        """Pages are used, unmapped through this TLB or another, and used again: a translation may be stale."""
        first = self.mapped(who, number)
        last = first + (pages - 1) * PAGE_SIZE
        self.count()
        self.world.store(who, last, 1)
        self.world.fetch(who, last)
        self.world.unmap(who, first, pages, int(other))
        if use == "store":
            self.world.store(who, last, 2)
        else:
            (self.world.fetch if use == "fetch" else self.world.load)(who, last)

    @rule(who=WHO, address=PLACES, write=st.booleans())
    def access(self, who: int, address: int, write: bool) -> None:
        """Anywhere."""
        self.count()
        if write:
            self.world.store(who, address, 9)
        else:
            self.world.load(who, address)

    # ------------------------------------------------------------ others

    @rule(count=st.sampled_from([1, 1, 4, 4, 64]))
    def grab(self, count: int) -> None:
        """Frames run out."""
        self.count()
        self.world.grab(count)

    @rule(count=st.sampled_from([3, 64, 64]))
    def give(self, count: int) -> None:
        """Frames come back."""
        self.count()
        self.world.give(count)
