"""Machine words as arguments: the one check that every public operation begins with.

TRUSTED: the prover checks the arguments of a program with ``check_word`` itself.
"""

WORD_LIMIT = 2**64


def check_word(value: int, what: str) -> None:
    """Refuse a caller's argument that is no machine word: TypeError or ValueError, before anything is touched."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{what} must be an int, not {type(value).__name__}")
    if not 0 <= value < WORD_LIMIT:
        raise ValueError(f"{what} must lie in 0 .. 2**64-1, not {value}")
