"""What can happen to a dispenser of tickets."""

from __future__ import annotations

from drystone.proofs.checking.world import World

from tickets.live.bench import BENCH


class TicketsWorld(World):
    """A world around one dispenser."""

    bench = BENCH

    def init(self, limit: int) -> None:
        """Begin anew with so many tickets."""
        self.note("init", str(limit))
        self.call("init", limit)

    def take(self) -> None:
        """Take a ticket."""
        self.note("take")
        self.call("take")
