"""The words that every specification is written in.

TRUSTED: what a machine word, a page and an unchanged memory are.
"""

from __future__ import annotations

import os
from typing import Any

from model.language.logic import Transition, Truth, Word, every, negate, when

WORD_BITS = {"64": 64, "32": 32}[os.environ.get("DRYSTONE_WORD", "64")]
"""Bits of a machine word; the whole process has one (`drystone prove --word 32`)."""
WORD_BYTES = WORD_BITS // 8
WORD_LIMIT = 1 << WORD_BITS
"""Machine words are 0 <= word < WORD_LIMIT."""
PAGE_SIZE = 4096
"""Bytes of a page, and of a frame."""


def by_word(wide: int, narrow: int) -> int:
    """What is so at words of 64 bits, or at words of 32."""
    return wide if WORD_BITS == 64 else narrow


PHYSICAL_LIMIT = by_word(2**52, WORD_LIMIT - PAGE_SIZE)
"""Physical addresses are 0 <= address < PHYSICAL_LIMIT; the end of every range of them is a word."""
NULL = 0
"""The address that is none."""


def is_word(value: Word) -> Truth:
    """``value`` is a machine word."""
    return (value >= 0) & (value < WORD_LIMIT)


def words_in(size: Word) -> Word:
    """How many words ``size`` bytes fill: what it costs to store them."""
    return (size + (WORD_BYTES - 1)) // WORD_BYTES


def byte_of(word: Word, place: Word) -> Word:
    """The byte at that place, 0 to 7, of a little-endian word."""
    found: Word = 0
    for number in range(8):
        found = when(place == number, word // 256**number % 256, found)
    return found


def fields_of(t: Transition, struct: str, *names: str) -> list[tuple[Any, Any]]:
    """These fields of a struct, each after the call and before."""
    new, old = t.new.fields(struct), t.old.fields(struct)
    return [(getattr(new, name), getattr(old, name)) for name in names]


def unchanged(t: Transition) -> Truth:
    """No byte of RAM, no header and no page mapping differs."""
    return t.new.same_memory(t.old)


def returned(t: Transition) -> bool:
    """The operation raised nothing."""
    return not t.raised


def admitted(t: Transition) -> bool:
    """The operation did not refuse its arguments with ValueError."""
    return t.raised != "ValueError"


def granted(t: Transition) -> bool:
    """The operation returned an address, and not NULL (decided on every path)."""
    return not t.raised and bool(t.result != NULL)


def succeeded(t: Transition) -> bool:
    """The operation returned 0 (decided on every path)."""
    return not t.raised and bool(t.result == 0)


def as_advanced(t: Transition) -> Any:
    """The abstract state is what the code's ``advance`` statements, and the calls in it, made of it."""
    return t.ghost_after


def touches_only(t: Transition, *own: tuple[Word, Word]) -> Truth:
    """No header, byte or page differs but such as lie wholly in one of these ranges [low, high)."""

    def foreign(first: Word, end: Word) -> Truth:
        return every([negate((low <= first) & (end <= high)) for low, high in own])

    return t.new.agrees(t.old, foreign)
