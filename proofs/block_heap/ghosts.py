"""The abstract block heap without any block."""

from __future__ import annotations

from model.block_heap.state import BlockTable
from model.language.ghost import GhostMap
from model.language.words import NULL


def no_blocks() -> BlockTable:
    """The abstract state of a heap that was not created yet."""
    return BlockTable(NULL, NULL, 0, NULL, GhostMap(), GhostMap(), GhostMap())
