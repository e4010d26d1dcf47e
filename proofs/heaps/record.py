"""The record of our heaps as heaps."""

from __future__ import annotations

from proofs.record import LAST, Record

RECORD = Record(place=LAST, code="impl.heaps", scenario=True)
