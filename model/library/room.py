"""Memory that is there and in which nobody keeps a header: where one may come to lie, or a user's block."""

from __future__ import annotations

from typing import Any

from model.language.logic import Truth, Word, every


def clear(state: Any, low: Word, high: Word, **structs: int) -> Truth:
    """[low, high) is mapped, and no header of these ``structs`` (name -> bytes) lies in it, even in part."""
    outside = [
        state.claimed(name).all(lambda a, size=size: (a + size <= low) | (a >= high)) for name, size in structs.items()
    ]
    return every([state.mapped.covers(low, high), *outside])
