"""SMT-LIB texts in pieces: obligations of one path share most of their facts, so each piece is kept and sent once.

TRUSTED: a text is all of its pieces, and declares every symbol in them.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Piece:
    """One assertion, and the declarations of the constants in it; ``label`` tells people where it comes from."""

    assertion: str
    declarations: frozenset[str]
    label: str = field(default="", compare=False)
    digest: bytes = field(init=False, repr=False)

    def __post_init__(self) -> None:
        words = "\n".join([*sorted(self.declarations), self.assertion])
        object.__setattr__(self, "digest", hashlib.sha256(words.encode()).digest())


@dataclass(frozen=True)
class Text:
    """A whole problem; ``str`` of it is what a solver reads."""

    pieces: tuple[Piece, ...]

    def __str__(self) -> str:
        declared: set[str] = set().union(*(piece.declarations for piece in self.pieces))
        return "\n".join([*sorted(declared), *(piece.assertion for piece in self.pieces)]) + "\n"

    @property
    def digest(self) -> str:
        """What tells it from every other text: declarations follow from the pieces."""
        return hashlib.sha256(b"".join(piece.digest for piece in self.pieces)).hexdigest()


Rung = tuple[Text, bool, bool]
"""One try: the text, whether with MBQI, whether a model of it would refute."""
