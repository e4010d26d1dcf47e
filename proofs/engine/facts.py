"""What is known on a path, and what is to be shown there.

TRUSTED: an obligation is that its goal follows from the facts before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from proofs.engine.text import Piece


class Fact:
    """Something known on a path.  ``label`` names the clause it came from, "" for a definition or a decision.

    ``defines`` is the constant that it defines, if it does nothing else.  ``piece`` belongs to the
    printer, which fills it once.
    """

    __slots__ = ("defines", "label", "piece", "term")

    def __init__(self, term: Any, label: str = "", defines: Any = None) -> None:
        self.term = term
        self.label = label
        self.defines = defines
        self.piece: Piece | None = None


@dataclass(frozen=True)
class Obligation:
    """Something to be shown: from the first ``known`` of ``facts`` follows ``goal``.

    ``hint`` names the facts that are tried first; None if nothing is known of it.  ``place`` tells it from the others
    of its theorem (hints.py).  ``remarks``, and what loops have ``lost`` (the name of a constant, the part that it
    stands for, the loop), are for people, if it stays open.
    """

    theorem: str
    sentence: str
    goal: Any
    facts: list[Fact]
    known: int
    line: str
    decisions: tuple[str, ...]
    values: tuple[tuple[str, Any], ...]
    hint: tuple[str, ...] | None = None
    remarks: tuple[str, ...] = ()
    lost: tuple[tuple[str, str, str], ...] = ()
    place: str = ""
