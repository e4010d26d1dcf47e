"""Random histories of what loads and stores go through: those of address spaces, seen from above the TLB."""

from __future__ import annotations

import types
from typing import ClassVar

from proofs.checking.address_space_machine import AddressSpaceMachine
from proofs.checking.address_space_world import AddressSpaceWorld, PagingWorld
from proofs.checking.campaign import CheckResult, Progress, run_campaign


class VirtualMemoryMachine(AddressSpaceMachine):
    """The same rules, with what may be faulty above the tables."""

    kind: ClassVar[type[AddressSpaceWorld]] = PagingWorld


def check(
    steps: int,
    first_seed: int = 0,
    edition: types.ModuleType | None = None,
    progress: Progress | None = None,
    shrink: bool = True,
) -> CheckResult:
    """Model checking of virtual memories, or of another edition of them, for ``steps`` steps."""
    return run_campaign(VirtualMemoryMachine, steps, first_seed, edition, progress, shrink)
