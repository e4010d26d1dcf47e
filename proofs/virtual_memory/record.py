"""The record of the virtual memory."""

from __future__ import annotations

from proofs.record import Record

RECORD = Record(place=30, world="PagingWorld", scenario=True)
