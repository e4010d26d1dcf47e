"""How far addresses reach: which of them programs may map, and where the machine looks for a place.

The page tables are those of x86-64.  A program with words of 32 bits names the first 4 GiB of what they map, all but
the last page; it sees no hole between two halves.

The prover executes page tables and heaps with these numbers, and specifications say them once more
(model/language/machine.py, words.py): where the two differ, nothing is proved.
"""

from impl.words import WORD_LIMIT, by_word

__all__ = ["LOW_END", "PHYSICAL_LIMIT", "PLACE_BASE", "PLACE_END"]

_LAST_PAGE = WORD_LIMIT - 4096

LOW_END = by_word(1 << 47, _LAST_PAGE)
"""The lower half of the canonical addresses is [0, LOW_END)."""
PLACE_BASE = by_word(0x1000_0000_0000, 0x1000_0000)
PLACE_END = by_word(0x7000_0000_0000, 0x7000_0000)
"""The window in which the machine finds places for pages: [PLACE_BASE, PLACE_END)."""
PHYSICAL_LIMIT = by_word(1 << 52, _LAST_PAGE)
"""Physical addresses have 52 bits, or are words: no RAM, and no frame, reaches beyond."""
