"""The blocks that a program holds: whether a new one overlaps another is seen at once."""

from __future__ import annotations

from impl.spans import Spans


class Ranges:
    """Ranges of bytes that do not overlap."""

    def __init__(self) -> None:
        self._spans = Spans()

    def add(self, start: int, end: int) -> int | None:
        """[start, end) is one more, unless it is empty; or it overlaps one of them, whose start is returned."""
        other = self._spans.touching(start, end - start)
        if other is None and start < end:
            self._spans.add(start, end)
        return other

    def remove(self, start: int) -> None:
        """The range that begins there, if there is one, is none of them any more."""
        if start in self._spans.ends:
            self._spans.remove(start)
