"""Random histories of what loads and stores go through: those of address spaces, seen from above the TLB."""

from __future__ import annotations

from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import rule

from impl.arithmetic import PAGE_SIZE
from impl.page_tables import NO_EXECUTE, USER, WRITABLE
from impl.reach import PLACE_BASE, PLACE_END
from proofs.address_space.live.histories import ADDRESSES, FLAGS, NUMBERS, OFFSETS, VIEWS, WHO, AddressSpaceMachine
from proofs.address_space.live.world import AddressSpaceWorld
from proofs.virtual_memory.live.access import FIELDS
from proofs.virtual_memory.live.world import PagingWorld

PLACES = (PLACE_END - PLACE_BASE) // PAGE_SIZE
WIDE = (PLACES, PLACES - 1, PLACES - 3, PLACES + 1, 600, 2**27)
"""Numbers of pages for which there may be no place."""
WINDOW = st.builds(
    lambda base, pages: base + pages * PAGE_SIZE,
    st.sampled_from([PLACE_BASE, PLACE_BASE, PLACE_BASE + (1 << 39), PLACE_END - PAGE_SIZE]),
    st.integers(-1, 5),
)
NEAR = st.sampled_from([0, 1, 8, 2047, *range(PAGE_SIZE - 8, PAGE_SIZE)])
"""Offsets in a page, most of them so near to its end that words cross it."""
WIDTHS = st.sampled_from([1, 2, 4, 8])
ODD_WIDTHS = st.sampled_from([0, 0, 0, 3, 16])
SIZES = st.sampled_from([-1, 0, 1, 5, 9, 16, PAGE_SIZE - 1, PAGE_SIZE, PAGE_SIZE + 1, 2 * PAGE_SIZE + 3])


class VirtualMemoryMachine(AddressSpaceMachine):
    """The same rules, with what may be faulty above the tables."""

    kind: ClassVar[type[AddressSpaceWorld]] = PagingWorld
    world: PagingWorld

    @rule(who=WHO, number=NUMBERS, pages=st.sampled_from([-1, 0, 1, 1, 2, 3]), offset=OFFSETS, view=VIEWS)
    def invalidate(self, who: int, number: int, pages: int, offset: int, view: int) -> None:
        """Translations of what was just used, and maybe more, are forgotten."""
        self.count()
        page = self.mapped(who, number)
        self.world.store(who, page + offset, 5, view)
        self.world.fetch(who, page + offset, view)
        self.world.invalidate(who, page + offset, pages, view)
        self.world.load(who, page + offset, view)

    @rule(who=WHO, number=NUMBERS, flags=FLAGS, view=VIEWS, everywhere=st.booleans())
    def flush(self, who: int, number: int, flags: int, view: int, everywhere: bool) -> None:
        """A page is read, written and fetched from, with other rights; all translations are forgotten."""
        self.count()
        page = self.mapped(who, number)
        self.world.protect(who, page, 1, flags)
        self.world.load(who, page, view)
        self.world.store(who, page, 4, view)
        self.world.fetch(who, page, view)
        (self.world.flush_all if everywhere else self.world.flush)(who, view)

    @rule(who=WHO, number=NUMBERS, level=st.integers(0, 2), right=st.sampled_from([WRITABLE, USER, NO_EXECUTE]))
    def withhold(self, who: int, number: int, level: int, right: int) -> None:
        """A table above a mapped page withholds a right."""
        if self.world.tenants[who].pages:
            self.count()
            self.world.withhold(who, self.mapped(who, number), level, right)

    @rule(who=WHO, pages=st.sampled_from([1, 1, 2, 3, 8, 0, -1, *WIDE]))
    def find_place(self, who: int, pages: int) -> None:
        """A place is asked for: for a few pages, none, or nearly all of the window."""
        self.count()
        self.world.find_place(who, pages)

    @rule(who=WHO, pages=st.sampled_from([1, 1, 2, 3]))
    def place(self, who: int, pages: int) -> None:
        """Pages are mapped where there is a place."""
        self.count()
        self.world.place(who, pages)

    @rule(who=WHO, pages=st.integers(1, 3), wide=st.sampled_from([1, 2, *WIDE]))
    def others(self, who: int, pages: int, wide: int) -> None:
        """Where there was a place, somebody else maps a page; or unmaps what this view maps there."""
        self.count()
        place = self.world.find_place(who, pages)
        if wide % 2 and place and self.world.map(who, place, 1):
            self.world.find_place(who, pages)
            self.world.unmap(who, place, 1)
        elif place and self.world.map_pages(who, place, pages):
            self.world.withdraw(who, place, pages)
        self.world.find_place(who, wide)

    @rule(who=WHO, address=ADDRESSES | WINDOW, pages=st.sampled_from([0, 1, 1, 2, 3, 600, 2**64]))
    def map_pages(self, who: int, address: int, pages: int) -> None:
        """Pages are mapped through the view, wherever, and used."""
        self.count()
        if self.world.map_pages(who, address, pages):
            self.world.store(who, address, 8)
            self.world.load(who, address + PAGE_SIZE - 1)

    @rule(
        who=WHO,
        number=NUMBERS,
        offset=OFFSETS,
        size=st.sampled_from([0, 1, 2, PAGE_SIZE, PAGE_SIZE + 1, 2**64 - 1]),
        flags=FLAGS,
    )
    def is_mapped(self, who: int, number: int, offset: int, size: int, flags: int) -> None:
        """From some byte of a mapped page on, whatever may be done with that."""
        self.count()
        page = self.mapped(who, number)
        self.world.is_mapped(who, page + offset, size)
        self.world.protect(who, page, 1, flags)
        self.world.is_mapped(who, page + offset, 1)

    @rule(who=WHO, number=NUMBERS, offset=NEAR, value=st.integers(0, 2**64 - 1), width=WIDTHS, wrong=ODD_WIDTHS)
    def words(self, who: int, number: int, offset: int, value: int, width: int, wrong: int) -> None:
        """Words of each kind are stored and loaded again, near the border of a page."""
        self.count()
        world, address = self.world, self.mapped(who, number) + offset
        world.access(who, "store", address, width, value % 256**width)
        world.access(who, "load", address, width)
        world.access(who, "load_u64", address)
        if wrong:
            world.access(who, "store", address, width, 256**width + wrong)
            world.access(who, "load", address, wrong)

    @rule(who=WHO, number=NUMBERS, offset=NEAR, name=st.sampled_from(sorted(FIELDS)), value=st.integers(0, 2**64 - 1))
    def fields(self, who: int, number: int, offset: int, name: str, value: int) -> None:
        """A field of a struct that may lie across the border of a page."""
        self.count()
        world, address, width = self.world, self.mapped(who, number) + offset, FIELDS[name].width
        value = value % 2 if name == "flag" else value % 256**width
        world.access(who, "write", name, address, value)
        world.access(who, "read", name, address)
        if name != "flag":
            world.access(who, "write", name, address, 256**width)

    @rule(who=WHO, number=NUMBERS, offset=NEAR, size=SIZES, byte=st.sampled_from([0, 1, 255, 256]))
    def ranges(self, who: int, number: int, offset: int, size: int, byte: int) -> None:
        """Bytes are stored, loaded, filled and read as an array, maybe beyond what is mapped."""
        self.count()
        world, address = self.world, self.mapped(who, number) + offset
        data = bytes((offset + 7 * place) % 251 for place in range(max(size, 0)))
        world.access(who, "store_bytes", address, data)
        world.access(who, "load_bytes", address, size)
        world.access(who, "fill", address, size, byte)
        world.access(who, "array", "", address, size)

    @rule(who=WHO, number=NUMBERS, other=NUMBERS, offset=NEAR, at=NEAR, size=SIZES)
    def copy(self, who: int, number: int, other: int, offset: int, at: int, size: int) -> None:
        """Bytes are copied from one page to another."""
        self.count()
        self.world.access(who, "store", self.mapped(who, other) + at, 1, 77)
        self.world.access(who, "copy", self.mapped(who, number) + offset, self.mapped(who, other) + at, size)
