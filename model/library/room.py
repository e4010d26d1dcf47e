"""Memory in which nobody keeps a header: where one may come to lie, or a user's block."""

from __future__ import annotations

from typing import Any

from model.language.logic import Truth, Word, every


def vacant(state: Any, low: Word, high: Word, **structs: int) -> Truth:
    """No header of these ``structs`` (name -> bytes) lies in [low, high), even in part."""
    return every(
        [
            state.claimed(name).all(lambda a, size=size: (a + size <= low) | (a >= high))
            for name, size in structs.items()
        ]
    )


def clear(state: Any, low: Word, high: Word, **structs: int) -> Truth:
    """[low, high) is mapped, and none of these headers lies in it."""
    return state.mapped.covers(low, high) & vacant(state, low, high, **structs)
