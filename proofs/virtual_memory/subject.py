"""All that is proved of the virtual memory: its public contract; it has no inner operation that goes by a contract."""

from __future__ import annotations

from model.virtual_memory.contract import PUBLIC

SUBJECT = PUBLIC
