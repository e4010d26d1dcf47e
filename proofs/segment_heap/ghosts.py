"""The abstract segment heap without any segment."""

from __future__ import annotations

from model.language.ghost import GhostMap, GhostSet
from model.language.words import NULL
from model.segment_heap.state import Chain


def no_chain() -> Chain:
    """The abstract state of a heap that was not initialised yet."""
    return Chain(
        NULL, NULL, NULL, 0, GhostSet(), GhostMap(), GhostMap(), GhostMap(), GhostMap(default=False), GhostMap()
    )
