"""All that is proved of the stack: its public contract; it has no inner operation that goes by a contract."""

from __future__ import annotations

from model.stack.contract import PUBLIC

SUBJECT = PUBLIC
