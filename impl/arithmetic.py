"""Machine arithmetic: the few pure functions that every allocator shares.

All arguments and results are machine words (0 <= x < 2**64) unless said otherwise.
"""

WORD_LIMIT = 2**64
PAGE_SIZE = 4096
PAGE_SHIFT = 12
NULL = 0


def check_word(value: int, what: str) -> None:
    """Refuse a caller's argument that is no machine word: TypeError or ValueError, before anything is touched."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{what} must be an int, not {type(value).__name__}")
    if not 0 <= value < WORD_LIMIT:
        raise ValueError(f"{what} must lie in 0 .. 2**64-1, not {value}")


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
    """Number of 4 KiB pages that hold ``size`` bytes; ``size`` <= 2**64 - 4096."""
    return align_up(size, PAGE_SIZE) // PAGE_SIZE
