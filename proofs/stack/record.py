"""The record of the whole stack."""

from __future__ import annotations

from proofs.record import LAST, Record

RECORD = Record(place=LAST, code="impl.heaps", scenario=True)
