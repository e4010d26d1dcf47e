"""Random histories of two address spaces: the rules of all histories over page tables, and some of the tables' own."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import rule

from impl.arithmetic import PAGE_SIZE
from proofs.address_space.live.histories import NUMBERS, PLACES, SHARED, WHO, AddressSpaceMachine
from proofs.checking.answers import frames_needed, numbers


class TablesMachine(AddressSpaceMachine):
    """The same rules, and such as come to what only the page tables can get wrong."""

    @rule(who=WHO, number=NUMBERS, before=st.integers(0, 2), pages=st.integers(1, 3))
    def overlap(self, who: int, number: int, before: int, pages: int) -> None:
        """Pages of which some may be mapped, the first or a later one."""
        self.count()
        self.world.map(who, (self.mapped(who, number) - before * PAGE_SIZE) % 2**64, pages, SHARED)

    @rule(who=WHO, address=PLACES, pages=st.integers(1, 3), spare=st.integers(-1, 1))
    def tight(self, who: int, address: int, pages: int, spare: int) -> None:
        """As many frames are free as pages and missing tables take, or one more or less."""
        self.count()
        needed = frames_needed(numbers(self.world.tenants[who].space), address, pages)
        self.world.grab(max(self.world.quick_allocator.free_frames - needed - spare, 0))
        self.world.map(who, address, pages, SHARED)
        self.world.give(64)
