"""Values and calls as reports show them."""

from __future__ import annotations

from typing import Any


def shown(value: Any) -> str:
    """A value as a report shows it: numbers from a page up in hexadecimal."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0x1000:
        return f"{value:#x}"
    return str(value)


def calling(name: str, arguments: tuple[Any, ...]) -> str:
    """The call as text."""
    return f"{name}({', '.join(shown(argument) for argument in arguments)})"
