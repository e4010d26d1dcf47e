"""The dispenser of tickets on the bench."""

from __future__ import annotations

from typing import Any

import impl.tickets
from model.tickets.contract import PUBLIC
from model.tickets.state import Dispenser

from proofs.checking.bench import Bench


def extract(state: Any, heap: int) -> Dispenser:
    """The dispenser that RAM shows."""
    ram = state.fields("Tickets")
    return Dispenser(ram.given[heap], ram.limit[heap])


BENCH = Bench(
    PUBLIC, impl.tickets, "Tickets", ("Tickets",), lambda: Dispenser(0, 0), extract, lambda tickets: int(tickets.given)
)
