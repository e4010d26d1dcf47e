"""The record of the virtual memory."""

from __future__ import annotations

from proofs.record import Record

WIDE = "it is the view through the page tables of x86-64, whose entries have 64 bits"

RECORD = Record(place=30, world="PagingWorld", scenario=True, wide=WIDE)
