"""Proof of the dispenser of tickets: impl/tickets.py keeps the contract of model/tickets/.

TRUSTED: an operation is called with any state, and is the one that bears its name.
"""

from __future__ import annotations

from drystone.proofs.engine import path as paths
from drystone.proofs.engine.operation import Proof
from drystone.proofs.engine.values import SymInt

import tickets.impl
from tickets.model import PUBLIC, Dispenser


def arbitrary() -> Dispenser:
    """Any dispenser at all; the invariants say which ones are meant."""
    return Dispenser(*(SymInt(paths.current().integer(name)) for name in ("given", "limit")))


PROOF = Proof(PUBLIC, tickets.impl, "Tickets", ("Tickets",), arbitrary, arbitrary)
