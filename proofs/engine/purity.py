"""A specification that is evaluated again in the same state says the same, and changes nothing.

This makes nothing true; it finds what the lint of specifications (speclint.py) could not see.

TRUSTED: a specification that changed what it speaks of would go unnoticed.
"""

from __future__ import annotations

from dataclasses import fields, is_dataclass
from typing import Any

import z3

Mark = tuple[Any, ...]


def mark(memory: Any) -> Mark:
    """What a specification could change of memory and of the abstract state."""
    if memory is None:
        return ()
    operation = memory.operation
    ghost = None if operation is None else operation.ghost
    parts = tuple(vars(ghost).values()) if hasattr(ghost, "__dict__") else ()
    asked = (memory.pages_mapped, memory.pages_asked, memory.pages_unmapped, memory.refused, memory.answers)
    words = (memory.cost, memory.log_length, *asked)
    return (*memory.arrays.values(), *words, ghost, *parts)


def untouched(before: Mark, after: Mark) -> bool:
    """Whether nothing changed: every part is the very object that it was."""
    return len(before) == len(after) and all(a is b for a, b in zip(before, after, strict=True))


def same(a: Any, b: Any) -> bool:
    """Whether two values say the same: terms are equal as terms, plain values as values."""
    if type(a) is not type(b):
        return False
    if isinstance(a, z3.AstRef):
        return bool(a.eq(b))
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    if is_dataclass(a) and not isinstance(a, type):
        return all(same(getattr(a, part.name), getattr(b, part.name)) for part in fields(a))
    for inner in ("term", "array"):
        if hasattr(a, inner):
            return same(getattr(a, inner), getattr(b, inner))
    return not isinstance(a, int | str | bytes) or bool(a == b)
