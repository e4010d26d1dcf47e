"""Values and calls as reports show them."""

from __future__ import annotations

import traceback
from collections.abc import Collection
from typing import Any

MOST_BITS = 512
"""Numbers with more are too long to be read, and Python refuses to write the longest ones."""


def shown(value: Any) -> str:
    """A value as a report shows it: numbers from a page up in hexadecimal, those far beyond any word by their size."""
    if isinstance(value, int) and value.bit_length() > MOST_BITS:
        return f"a number of {value.bit_length()} bits"
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0x1000:
        return f"{value:#x}"
    return str(value)


def calling(name: str, arguments: tuple[Any, ...]) -> str:
    """The call as text."""
    return f"{name}({', '.join(shown(argument) for argument in arguments)})"


def line_of(error: BaseException, files: Collection[str]) -> str:
    """Where in ``files`` an error came."""
    own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename in files]
    return f"\nat {own[-1].filename}:{own[-1].lineno}: {own[-1].line}" if own else ""
