"""Words in memory: how wide they are, what fits them, and what an array may hold."""

from __future__ import annotations

from typing import Any

from impl.layout import Field

WIDEST = 1 << 64
"""No word of memory is as large."""


def limit_of(width: int) -> int:
    """The least number that a word of ``width`` bytes cannot have; ValueError unless that is 1, 2, 4 or 8."""
    if width == 8:
        return WIDEST
    if width == 4:
        return 1 << 32
    if width == 2:
        return 1 << 16
    if width == 1:
        return 1 << 8
    raise ValueError(f"a word has 1, 2, 4 or 8 bytes, not {width}")


def check_fits(value: int, width: int) -> None:
    """ValueError unless a word of ``width`` bytes can have the value."""
    if not 0 <= value < limit_of(width):
        raise ValueError(f"{value} does not fit {width} bytes")


def check_array(field: Field[Any]) -> None:
    """ValueError unless the elements of an array are single bytes."""
    if field.struct.SIZE != 1 or field.kind != "word":
        raise ValueError("an array holds words of one byte")
