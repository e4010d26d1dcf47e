"""All that is proved of the block heap: its public contract; it has no inner operation that goes by a contract."""

from __future__ import annotations

from model.block_heap.contract import PUBLIC

SUBJECT = PUBLIC
