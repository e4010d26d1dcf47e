"""Machine arithmetic: the few pure functions that every allocator shares.

All arguments and results are machine words (impl/words.py) unless said otherwise.
"""

from impl.reach import PHYSICAL_LIMIT
from impl.words import WORD_BITS, WORD_BYTES, WORD_LIMIT, check_word

__all__ = [
    "NULL",
    "PAGE_SHIFT",
    "PAGE_SIZE",
    "PHYSICAL_LIMIT",
    "WORD_BITS",
    "WORD_BYTES",
    "WORD_LIMIT",
    "align_down",
    "align_up",
    "check_word",
    "is_aligned",
    "pages_for",
]

PAGE_SIZE = 4096
PAGE_SHIFT = 12
NULL = 0


def align_down(value: int, alignment: int) -> int:
    """Largest multiple of ``alignment`` (> 0) that is at most ``value``."""
    return value - value % alignment


def align_up(value: int, alignment: int) -> int:
    """Smallest multiple of ``alignment`` (> 0) that is at least ``value``; the caller shows that it is a word."""
    return align_down(value + (alignment - 1), alignment)


def is_aligned(value: int, alignment: int) -> bool:
    """Whether ``value`` is a multiple of ``alignment`` (> 0)."""
    return value % alignment == 0


def pages_for(size: int) -> int:
    """Number of 4 KiB pages that hold ``size`` bytes; ``size`` <= WORD_LIMIT - 4096."""
    return align_up(size, PAGE_SIZE) // PAGE_SIZE
