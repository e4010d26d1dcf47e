"""Proof of the dispenser of tickets: impl/tickets.py keeps the contract of model/tickets/.

TRUSTED: an operation is called with any state, and is the one that bears its name.
"""

from __future__ import annotations

import impl.tickets
from model.tickets.contract import PUBLIC
from model.tickets.state import Dispenser

from proofs.engine import path as paths
from proofs.engine.operation import Proof
from proofs.engine.values import SymInt


def arbitrary() -> Dispenser:
    """Any dispenser at all; the invariants say which ones are meant."""
    return Dispenser(*(SymInt(paths.current().integer(name)) for name in ("given", "limit")))


PROOF = Proof(PUBLIC, impl.tickets, "Tickets", ("Tickets",), arbitrary, arbitrary)
