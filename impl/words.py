"""The machine word: how many bits it has, and the one check that every public operation begins with.

A process has one word for all that it runs: 64 bits, or 32 if the environment variable DRYSTONE_WORD says so, as
`drystone prove --word 32` lets it.  Structs are laid out by it when they are declared.  Page tables are those of
x86-64, and have entries of 64 bits whatever the word.

TRUSTED: the prover checks the arguments of a program with ``check_word`` itself.
"""

import os

VARIABLE = "DRYSTONE_WORD"
WIDTHS = ("64", "32")


def _bits(said: str) -> int:
    """The bits of a word; ValueError unless they are 64 or 32."""
    if said not in WIDTHS:
        raise ValueError(f"{VARIABLE} is {said!r}: a machine word has 64 bits, or 32")
    return int(said)


WORD_BITS = _bits(os.environ.get(VARIABLE, "64"))
WORD_BYTES = WORD_BITS // 8
WORD_LIMIT = 1 << WORD_BITS


def by_word(wide: int, narrow: int) -> int:
    """What is so at words of 64 bits, or at words of 32."""
    return wide if WORD_BITS == 64 else narrow


def check_word(value: int, what: str) -> None:
    """Refuse a caller's argument that is no machine word: TypeError or ValueError, before anything is touched."""
    _check_below(value, WORD_BITS, what)


def check_u64(value: int, what: str) -> None:
    """The same of what has 64 bits whatever the word."""
    _check_below(value, 64, what)


def _check_below(value: int, bits: int, what: str) -> None:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{what} must be an int, not {type(value).__name__}")
    if not 0 <= value < 1 << bits:
        raise ValueError(f"{what} must lie in 0 .. 2**{bits}-1, not {value}")
