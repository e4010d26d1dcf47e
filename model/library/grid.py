"""Equal blocks, side by side.

start                                                    end
  | block | block | block | ...                   | block |
    0       1       2
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from model.language.logic import Truth, Word, clause, every
from model.language.words import NULL, WORD_LIMIT


@dataclass(frozen=True)
class Grid:
    """Blocks of ``stride`` bytes lie in [start, end).  A class of your own says how many: ``stride = 64``."""

    stride: ClassVar[int] = 1

    start: Word
    end: Word

    def has(self, a: Word) -> Truth:
        """A block begins at ``a``."""
        return every([self.start <= a, a < self.end, (a - self.start) % self.stride == 0])

    def block(self, number: Word) -> Word:
        """Where the block of that number begins, counted from 0."""
        return self.start + number * self.stride

    def number(self, a: Word) -> Word:
        """The number of the block in which ``a`` lies."""
        return (a - self.start) // self.stride

    def each(self, seen: Any, body: Callable[[Word], Truth]) -> Truth:
        """``body`` holds for every block; looked at wherever the map or set ``seen`` is read."""
        return seen.each(self.start, self.end, body, step=self.stride)

    def grown(self) -> Grid:
        """One block more, at the end."""
        return replace(self, end=self.end + self.stride)


@clause("blocks lie between addresses that are words, and none at NULL")
def placed(grid: Grid) -> Truth:
    return every([grid.start > NULL, grid.start <= grid.end, grid.end < WORD_LIMIT])


@clause("blocks fill the range")
def whole(grid: Grid) -> Truth:
    return (grid.end - grid.start) % grid.stride == 0


LAWS = (placed, whole)
