"""The record of the whole stack."""

from __future__ import annotations

from proofs.record import LAST, Record

WIDE = "it rests on page tables, whose entries have 64 bits"

RECORD = Record(place=LAST, code="impl.heaps", scenario=True, wide=WIDE)
