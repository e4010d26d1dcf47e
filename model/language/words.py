"""The words that every specification is written in.

TRUSTED: what a machine word, a page and an unchanged memory are.
"""

from __future__ import annotations

from model.language.logic import Transition, Truth, Word, every, negate, when

WORD_LIMIT = 2**64
"""Machine words are 0 <= word < WORD_LIMIT."""
PHYSICAL_LIMIT = 2**52
"""Physical addresses are 0 <= address < PHYSICAL_LIMIT."""
PAGE_SIZE = 4096
"""Bytes of a page, and of a frame."""
NULL = 0
"""The address that is none."""


def is_word(value: Word) -> Truth:
    """``value`` is a machine word."""
    return (value >= 0) & (value < WORD_LIMIT)


def byte_of(word: Word, place: Word) -> Word:
    """The byte at that place, 0 to 7, of a little-endian word."""
    found: Word = 0
    for number in range(8):
        found = when(place == number, word // 256**number % 256, found)
    return found


def unchanged(t: Transition) -> Truth:
    """No byte of RAM, no header and no page mapping differs."""
    return t.new.same_memory(t.old)


def returned(t: Transition) -> bool:
    """The operation raised nothing."""
    return not t.raised


def admitted(t: Transition) -> bool:
    """The operation did not refuse its arguments with ValueError."""
    return t.raised != "ValueError"


def touches_only(t: Transition, *own: tuple[Word, Word]) -> Truth:
    """No header, byte or page differs but such as lie wholly in one of these ranges [low, high)."""

    def foreign(first: Word, end: Word) -> Truth:
        return every([negate((low <= first) & (end <= high)) for low, high in own])

    return t.new.agrees(t.old, foreign)
