"""Random histories of what loads and stores go through: those of address spaces, seen from above the TLB."""

from __future__ import annotations

import types
from typing import ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import rule

from proofs.address_space.live.rules import FLAGS, NUMBERS, OFFSETS, WHO, AddressSpaceMachine
from proofs.address_space.live.world import AddressSpaceWorld
from proofs.checking.campaign import CheckResult, Progress, run_campaign
from proofs.virtual_memory.live.world import PagingWorld


class VirtualMemoryMachine(AddressSpaceMachine):
    """The same rules, with what may be faulty above the tables."""

    kind: ClassVar[type[AddressSpaceWorld]] = PagingWorld
    world: PagingWorld

    @rule(who=WHO, number=NUMBERS, pages=st.sampled_from([-1, 0, 1, 1, 2, 3]), offset=OFFSETS)
    def invalidate(self, who: int, number: int, pages: int, offset: int) -> None:
        """Translations of what was just used, and maybe more, are forgotten."""
        self.count()
        page = self.mapped(who, number)
        self.world.store(who, page + offset, 5)
        self.world.invalidate(who, page + offset, pages)
        self.world.load(who, page + offset)

    @rule(who=WHO, number=NUMBERS, flags=FLAGS)
    def flush(self, who: int, number: int, flags: int) -> None:
        """A page is read, and then written, with other rights; all translations are forgotten."""
        self.count()
        page = self.mapped(who, number)
        self.world.protect(who, page, 1, flags)
        self.world.load(who, page)
        self.world.store(who, page, 4)
        self.world.flush(who)


def check(
    steps: int,
    first_seed: int = 0,
    edition: types.ModuleType | None = None,
    progress: Progress | None = None,
    shrink: bool = True,
) -> CheckResult:
    """Model checking of virtual memories, or of another edition of them, for ``steps`` steps."""
    return run_campaign(VirtualMemoryMachine, steps, first_seed, edition, progress, shrink)
