"""The record of the dispenser of tickets."""

from __future__ import annotations

from drystone.proofs.record import Record

RECORD = Record(world="TicketsWorld")
