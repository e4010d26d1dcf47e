"""What theorems follow from, by name: a proof is tried with that alone first.

The names are those of clauses, of loop invariants, of claims and calls, and of laws of arithmetic.  One that is not
known where something is shown does no harm.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Needs = dict[str, tuple[str, ...]]
"""Theorem -> what it follows from."""
Named = tuple[str, str, Any, tuple[str, ...]]
"""An invariant of a loop: its name, what it says, whether that holds, and what it follows from."""


def names(plain: str = "", **parts: str) -> tuple[str, ...]:
    """The names in ``plain``; and those of each part with its own name before them."""
    return (*plain.split(), *(f"{part}.{name}" for part, those in parts.items() for name in those.split()))


def with_needs(invariants: Sequence[tuple[str, str, Any]], needs: Needs) -> list[Named]:
    """Each invariant of a loop with what it follows from."""
    return [(name, sentence, truth, needs[name]) for name, sentence, truth in invariants]
