"""SMT-LIB text of an obligation: what the workers solve and what the cache is keyed on.

TRUSTED: the text must say "facts and not goal", no more and no less.  Each assertion is read back (readback.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import z3

from proofs.engine import reading
from proofs.engine.facts import Fact, Obligation
from proofs.engine.readback import Reader
from proofs.engine.text import Piece, Text
from proofs.engine.vocabulary import Vocabulary
from proofs.engine.writing import Writer


class Printer:
    """Prints terms and remembers the text of each (kept alive, so identities stay valid)."""

    def __init__(self) -> None:
        self._texts: dict[int, tuple[Any, str]] = {}
        self._writer = Writer()
        self._vocabulary = Vocabulary()
        self._reader = Reader()
        self._pieces: dict[int, Piece] = {}
        self._goals: dict[int, Piece] = {}
        self._shown: dict[tuple[int, ...], str] = {}

    def text(self, term: Any) -> str:
        """The term as an S-expression."""
        key = reading.identity(term.ast)
        if key not in self._texts:
            self._texts[key] = (term, self._writer.text(term) or term.sexpr())
        return self._texts[key][1]

    def piece(self, fact: Fact) -> Piece:
        """The fact as text."""
        if fact.piece is None:
            fact.piece = self._asserted(fact.term, fact.label)
        return fact.piece

    def _asserted(self, term: Any, label: str = "") -> Piece:
        """The assertion of ``term``, with the declarations that it needs; it was read back, once for each term."""
        key = reading.identity(term.ast)
        if key not in self._pieces:
            piece = Piece(f"(assert {self.text(term)})", self._vocabulary.of(term), label)
            self._reader.confirm(piece.assertion, piece.declarations, term)
            self._pieces[key] = piece
        return self._pieces[key]

    def problem(self, obligation: Obligation, labels: frozenset[str] | None = None) -> Text:
        """The whole problem; with ``labels`` only the facts so labelled, decisions, and definitions that these need."""
        goal = self._goal(obligation.goal)
        return Text((*[fact.piece or self.piece(fact) for fact in self.chosen(obligation, labels)], goal))

    def chosen(self, obligation: Obligation, labels: frozenset[str] | None) -> list[Fact]:
        """The facts of ``problem``."""
        known = obligation.facts[: obligation.known]
        if labels is None:
            return known
        return self._needed([fact for fact in known if not fact.label or fact.label in labels], obligation.goal)

    def _goal(self, goal: Any) -> Piece:
        """The negation of the goal as text."""
        key = reading.identity(goal.ast)
        if key not in self._goals:
            negated = z3.Not(goal)
            piece = Piece(f"(assert (not {self.text(goal)}))", self._vocabulary.of(goal))
            self._reader.confirm(piece.assertion, piece.declarations, negated)
            self._goals[key] = piece
        return self._goals[key]

    def _needed(self, facts: list[Fact], goal: Any) -> list[Fact]:
        """All but the definitions of constants that neither the goal nor a labelled or needed fact mentions.

        A decision alone does not make a definition needed.
        """
        mentioned = set(self._vocabulary.of(goal))
        mentioned.update(*(self.piece(fact).declarations for fact in facts if fact.label))
        needed = []
        for fact in reversed(facts):
            if fact.defines is not None:
                if not self._vocabulary.of(fact.defines) <= mentioned:
                    continue
                mentioned |= self.piece(fact).declarations
            needed.append(fact)
        return needed[::-1]

    def shown(self, values: Sequence[tuple[str, Any]]) -> str:
        """Declarations and definitions of a constant for each value that a report shows."""
        key = tuple(term.get_id() for _, term in values)
        if key not in self._shown:
            lines: list[str] = []
            for number, (_, term) in enumerate(values):
                lines += sorted(self._vocabulary.of(term))
                lines.append(f"(declare-const shown!{number} Int)")
                lines.append(f"(assert (= shown!{number} {self.text(term)}))")
            self._shown[key] = "\n".join(dict.fromkeys(lines))
        return self._shown[key]
