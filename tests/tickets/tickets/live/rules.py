"""Random histories of a dispenser of tickets."""

from __future__ import annotations

from drystone.proofs.checking.campaign import WorldMachine
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tickets.live.world import TicketsWorld


class TicketsMachine(WorldMachine):
    """Takes tickets, and begins anew."""

    world: TicketsWorld

    @initialize(limit=st.integers(0, 3))
    def begin(self, limit: int) -> None:
        """A dispenser with few tickets."""
        self.enter(TicketsWorld(edition=self.edition))
        self.count()
        self.world.init(limit)

    @rule(limit=st.sampled_from([0, 1, 2, 2**64 - 1, 2**64, -1]))
    def init(self, limit: int) -> None:
        """Begin anew."""
        self.count()
        self.world.init(limit)

    @rule()
    def take(self) -> None:
        """Take a ticket."""
        self.count()
        self.world.take()
