"""The words that every specification is written in.

TRUSTED: what a machine word, a page and an unchanged memory are.
"""

from __future__ import annotations

from model.language.logic import Transition, Truth, Word

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


def unchanged(t: Transition) -> Truth:
    """No byte of RAM, no header and no page mapping differs."""
    return t.new.same_memory(t.old)
