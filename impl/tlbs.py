"""The TLBs that remember translations of one address space.

On a machine each processor has a TLB of its own.  Whoever unmaps or protects pages tells all of them (a shootdown):
one that is not told goes on to show a frame that has another owner by then.
"""

from __future__ import annotations

from typing import Protocol
from weakref import ref


class Tlb(Protocol):
    """What a TLB can be told."""

    def forget(self, page: int) -> None:
        """Forget the translation of the page with that number (INVLPG)."""

    def flush(self) -> None:
        """Forget every translation."""


class Member:
    """That a TLB is one of those of a space."""

    def __init__(self, tlb: Tlb) -> None:
        self.tlb = tlb


class Tlbs:
    """The TLBs of one address space, numbered from 0 on; a TLB that nobody uses any more may keep its number."""

    def __init__(self) -> None:
        self._known: list[ref[Member]] = []

    def join(self, tlb: Tlb) -> Member:
        """From now on ``tlb`` is told, too, as long as somebody keeps the result."""
        member = Member(tlb)
        self._known = [*(known for known in self._known if known() is not None), ref(member)]
        return member

    def members(self) -> list[Tlb | None]:
        """The TLBs by their numbers; None for one that nobody uses any more."""
        return [member.tlb if member else None for member in (known() for known in self._known)]

    def count(self) -> int:
        """How many there are."""
        return len(self._known)

    def forget(self, number: int, page: int) -> None:
        """TLB ``number`` forgets the translation of the page."""
        member = self._known[number]()
        if member is not None:
            member.tlb.forget(page)

    def flush(self, number: int) -> None:
        """TLB ``number`` forgets every translation."""
        member = self._known[number]()
        if member is not None:
            member.tlb.flush()
