"""Random histories of what loads and stores go through: those of address spaces, seen from above the TLB."""

from __future__ import annotations

import types
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import rule

from impl.address_space import NO_EXECUTE, USER, WRITABLE
from proofs.address_space.live.rules import FLAGS, NUMBERS, OFFSETS, VIEWS, WHO, AddressSpaceMachine
from proofs.address_space.live.world import AddressSpaceWorld
from proofs.checking.campaign import CheckResult, Progress, run_campaign
from proofs.virtual_memory.live.world import PagingWorld


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
        if self.world.tenants[who].model.pages:
            self.count()
            self.world.withhold(who, self.mapped(who, number), level, right)


def check(
    steps: int,
    first_seed: int = 0,
    edition: types.ModuleType | None = None,
    progress: Progress | None = None,
    shrink: bool = True,
) -> CheckResult:
    """Model checking of virtual memories, or of another edition of them, for ``steps`` steps."""
    return run_campaign(VirtualMemoryMachine, steps, first_seed, edition, progress, shrink)
