"""Random histories of two address spaces: the rules of all histories over page tables, and some of the tables' own."""

from __future__ import annotations

import types

from hypothesis import strategies as st
from hypothesis.stateful import rule

from impl.arithmetic import PAGE_SIZE
from proofs.address_space.live.histories import NUMBERS, PLACES, SHARED, WHO, AddressSpaceMachine
from proofs.address_space.live.reference import tables_for
from proofs.checking.campaign import CheckResult, Progress, run_campaign


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
        known = self.world.tenants[who].model.pages
        wanted = {**known, **{address + number * PAGE_SIZE: 0 for number in range(pages)}}
        needed = len(wanted) - len(known) + tables_for(wanted) - tables_for(known)
        self.world.grab(max(self.world.quick_allocator.free_frames - needed - spare, 0))
        self.world.map(who, address, pages, SHARED)
        self.world.give(64)


def check(
    steps: int,
    first_seed: int = 0,
    edition: types.ModuleType | None = None,
    progress: Progress | None = None,
    shrink: bool = True,
) -> CheckResult:
    """Model checking of address spaces for ``steps`` steps."""
    return run_campaign(TablesMachine, steps, first_seed, edition, progress, shrink)
