"""All that is proved of the segment heap: its public contract; it has no inner operation that goes by a contract."""

from __future__ import annotations

from model.segment_heap.contract import PUBLIC

SUBJECT = PUBLIC
