"""Bits in machine words: bit number n is bit n % 64 of word n // 64; of words of 32 bits, bit n % 32 of word n // 32.

words      word 0                 word 1                        a word has 8 bytes, or 4
  | 63 ...       2 1 0 | 127 ...        65 64 |  ...
base                 base + 8
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from model.language.logic import Truth, Word, clause, every
from model.language.words import NULL, WORD_BITS, WORD_BYTES, WORD_LIMIT


@dataclass(frozen=True)
class Bitmap:
    """``count`` bits, in words of memory from ``base`` on."""

    base: Word
    count: Word

    @property
    def end(self) -> Word:
        """The address behind its words."""
        return self.base + (self.count + (WORD_BITS - 1)) // WORD_BITS * WORD_BYTES

    def word(self, number: Word) -> Word:
        """Where the word lies that holds the bit of that number."""
        return self.base + number // WORD_BITS * WORD_BYTES

    def bit(self, values: Any, number: Word) -> Truth:
        """The bit of that number is set, where ``values`` is the field that holds the words."""
        return (values[self.word(number)] >> number % WORD_BITS) % 2 == 1

    def each_word(self, seen: Any, body: Callable[[Word], Truth]) -> Truth:
        """``body`` holds for every word; looked at wherever the map or set ``seen`` is read."""
        return seen.each(self.base, self.end, body, step=WORD_BYTES)

    def shows(self, members: Any, values: Any) -> Truth:
        """A bit is set exactly for the numbers in ``members``, a set or a map to flags."""
        return members.each(0, self.count, lambda n: self.bit(values, n) == members[n])


@clause("words of bits lie between addresses that are words, and none at NULL")
def placed(bitmap: Bitmap) -> Truth:
    return every([bitmap.base > NULL, bitmap.count >= 0, bitmap.end < WORD_LIMIT])


LAWS = (placed,)
