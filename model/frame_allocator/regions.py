"""Reserved regions, and what it means that one of them meets a place.

An enumerator yields regions number 0, 1, ... and None after the last, the same ones whenever it is read.
Nothing is assumed of them: they may overlap, be unaligned or empty, lie outside the area or cover
it.  A region without bytes meets nothing; any other meets each range with which it shares a byte, so a
frame of which it holds one byte is reserved whole.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from model.frame_allocator.state import RECORD, RECORDS
from model.language.logic import Truth, Word, every, implies, negate, when
from model.language.words import PAGE_SIZE, PHYSICAL_LIMIT, WORD_LIMIT, is_word

MAX_FRAMES = 2**31

Body = Callable[[Word, Word], Truth]
"""A statement about base and size of a region."""


@dataclass(frozen=True)
class Reserved:
    """The regions 0 to ``length`` - 1, as an enumerator yields them: ``base`` and ``size`` by number.

    ``blocker`` is a ghost: for the number of a frame the number of a region that meets the place that begins
    there, ``length`` if none does.  What place is meant depends on the operation (``describes``).
    """

    base: Any
    size: Any
    length: Word
    blocker: Any

    def __call__(self, number: Word) -> tuple[Word, Word] | None:
        """Region ``number`` >= 0, None after the last."""
        return (self.base[number], self.size[number]) if number < self.length else None

    def first(self, count: Word, body: Body) -> Truth:
        """``body`` holds of each of the first ``count`` regions."""
        return self.base.each(0, count, lambda j: body(self.base[j], self.size[j]))

    def all(self, body: Body) -> Truth:
        """``body`` holds of each region."""
        return self.first(self.length, body)

    def describes(self, low: Word, high: Word, width: Word) -> Truth:
        """``blocker`` knows what meets the ``width`` bytes from each frame on whose number is in [low, high)."""

        def names_one(q: Word) -> Truth:
            j = self.blocker[q]
            named = every([j >= 0, j < self.length, self.meets(j, q * PAGE_SIZE, q * PAGE_SIZE + width)])
            return (j == self.length) | named

        def misses_none(j: Word, q: Word) -> Truth:
            met = self.meets(j, q * PAGE_SIZE, q * PAGE_SIZE + width)
            return implies(met, self.blocker[q] != self.length)

        named = self.blocker.each(low, high, names_one)
        return named & self.base.each_with(0, self.length, self.blocker, low, high, misses_none)

    def meets(self, number: Word, low: Word, high: Word) -> Truth:
        """Region ``number`` meets [low, high)."""
        return meets(self.base[number], self.size[number], low, high)


def meets(base: Word, size: Word, low: Word, high: Word) -> Truth:
    """The region shares a byte with [low, high)."""
    return every([size > 0, base < high, low < base + size])


# ---------------------------------------------------------------- areas


def rounded_up(value: Word) -> Word:
    """The first multiple of 4096 from ``value`` on."""
    return (value + PAGE_SIZE - 1) // PAGE_SIZE * PAGE_SIZE


def bounds(base: Word, size: Word) -> tuple[Word, Word]:
    """[start, end) of the whole frames of ``size`` bytes at ``base``."""
    start, end = rounded_up(base), (base + size) // PAGE_SIZE * PAGE_SIZE
    return start, when(start <= end, end, start)


def header_bytes(start: Word, end: Word) -> Word:
    """Bytes of metadata for the frames of [start, end), whole frames."""
    return rounded_up(RECORDS + RECORD * ((end - start) // PAGE_SIZE))


def are_words(base: Word, size: Word) -> Truth:
    """Both are machine words."""
    return is_word(base) & is_word(size)


def numberable(base: Word, size: Word) -> Truth:
    """The area lies below 2**52, and has at most 2**31 frames."""
    start, end = bounds(base, size)
    return (base + size <= PHYSICAL_LIMIT) & ((end - start) // PAGE_SIZE <= MAX_FRAMES)


def countable(regions: Reserved) -> Truth:
    """A machine word can number the regions, with the header before them."""
    return (regions.length >= 0) & (regions.length < WORD_LIMIT - 1)


def header_of(regions: Any) -> Any:
    """The region of the header, as a base and a size, if it is yielded before the reserved ones; else None."""
    return getattr(regions, "header", None)


def reserved_of(regions: Any) -> Any:
    """The reserved regions, without the header's."""
    return getattr(regions, "regions", regions)


def clear(regions: Reserved, low: Word, high: Word) -> Truth:
    """No region meets [low, high)."""
    return regions.all(lambda b, s: negate(meets(b, s, low, high)))


def clear_inside(base: Word, size: Word, place: Word, length: Word, start: Word, end: Word) -> Truth:
    """The region misses every frame of [place, place + length) that lies in [start, end)."""
    behind = rounded_up(place + length)
    there = every([place < end, start < behind, start < end])
    return negate(there & meets(base, size, place, behind) & meets(base, size, start, end))
