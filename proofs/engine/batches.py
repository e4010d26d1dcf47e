"""Batches: the obligations of one operation, in the order in which they are looked at together (together.py).

TRUSTED: what is found of a text counts for the obligation whose key stands beside it.

A batch is looked at whole as soon as one of its obligations is open, though the cache may answer the others.  So what
is found depends on the operation alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from proofs.engine.text import Text

SIZE = 60
"""Texts in a batch, at most."""


@dataclass(frozen=True)
class Member:
    """An obligation of a theorem of an operation: its key, and the text with which it is tried first."""

    operation: str
    theorem: str
    key: str
    text: Text

    @property
    def place(self) -> tuple[str, str]:
        """Where it was met: the operation, and the key."""
        return self.operation, self.key


Batch = tuple[Member, ...]


def batches_of(members: Sequence[Member], is_answered: Callable[[str], Any]) -> tuple[Batch, ...]:
    """The batches of which something is open; obligations of the same text count once.

    Neighbours begin with the same pieces: they are sorted by their pieces, each of which counts by where it was met
    first.
    """
    numbers: dict[bytes, int] = {}
    places: dict[str, tuple[list[int], Member]] = {}
    for member in members:
        place = [numbers.setdefault(piece.digest, len(numbers)) for piece in member.text.pieces]
        places.setdefault(member.key, (place, member))
    order = [member for _, member in sorted(places.values(), key=lambda one: one[0])]
    batches = [tuple(order[start : start + SIZE]) for start in range(0, len(order), SIZE)]
    return tuple(batch for batch in batches if not all(is_answered(member.key) is not None for member in batch))
