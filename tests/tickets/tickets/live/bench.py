"""The dispenser of tickets on the bench."""

from __future__ import annotations

from typing import Any

from drystone.proofs.checking.bench import Bench

import tickets.impl
from tickets.model import PUBLIC, Dispenser


def extract(state: Any, heap: int) -> Dispenser:
    """The dispenser that RAM shows."""
    ram = state.fields("Tickets")
    return Dispenser(ram.given[heap], ram.limit[heap])


BENCH = Bench(
    PUBLIC, tickets.impl, "Tickets", ("Tickets",), lambda: Dispenser(0, 0), extract, lambda tickets: int(tickets.given)
)
