"""The blocks that a program holds, in order of address: whether a new one overlaps another is seen at once."""

from __future__ import annotations

from bisect import bisect_left


class Ranges:
    """Ranges of bytes that do not overlap."""

    def __init__(self) -> None:
        self._starts: list[int] = []
        self._ends: dict[int, int] = {}

    def add(self, start: int, end: int) -> int | None:
        """[start, end) is one more, unless it is empty; or it overlaps one of them, whose start is returned."""
        if start >= end:
            return None
        number = bisect_left(self._starts, start)
        if number < len(self._starts) and self._starts[number] < end:
            return self._starts[number]
        if number and self._ends[self._starts[number - 1]] > start:
            return self._starts[number - 1]
        self._starts.insert(number, start)
        self._ends[start] = end
        return None

    def remove(self, start: int) -> None:
        """The range that begins there, if there is one, is none of them any more."""
        if self._ends.pop(start, None) is not None:
            del self._starts[bisect_left(self._starts, start)]
