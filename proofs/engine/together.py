"""Obligations looked at together: one solver holds one text after another, and keeps what the next one begins with.

TRUSTED: when the solver is asked about a text, its assertions are those of this text, all of them and no others.

Texts of one operation share most of their facts.  To make a context, to read those facts and to take them in takes the
solver longer than most proofs do.  So texts are asked in an order in which each begins like the one before
(batches.py), and each assertion is read once.  Where no proof is found, the solver is thrown away, and the obligation
is asked alone afterwards (climbing.py): a solver that was stopped half-way is not asked again, and no answer but a
proof counts here.  What is found depends on the texts of the batch alone, never on what the cache knows.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import z3

from proofs.engine.climbing import Solved
from proofs.engine.discharge import OLDER, Answer, resources_of, solver_in
from proofs.engine.held import Held, common
from proofs.engine.text import Piece, Text

BUDGET = 70_000
"""Resource units for each text."""
MOST_OPEN = 2
"""After so many texts of a theorem that are open the rest of its texts is not tried together with others."""

OPEN = Answer("unknown", 0, "no proof was found among others")


class Unsound(Exception):
    """A solver without assertions says that they contradict each other, or one name means two things."""


def look_together(texts: Sequence[tuple[str, Text]], seed: int) -> list[Solved]:
    """Of each text, with the name of its theorem, whether it is proved; "unknown" says only that it was not, here."""
    shared = [common(_keys(one), _keys(two)) for (_, one), (_, two) in pairwise(texts)]
    found: list[Solved] = []
    failed: Counter[str] = Counter()
    solver: Together | None = None
    for number, (theorem, text) in enumerate(texts):
        start = time.perf_counter()
        if failed[theorem] >= MOST_OPEN:
            found.append(Solved(OPEN, 0.0))
            continue
        solver = solver or Together(seed)
        answer = solver.asked(text, shared[number:])
        if answer.answer != "unsat":
            failed[theorem] += 1
            answer, solver = Answer("unknown", answer.resources, OPEN.reason), None
        found.append(Solved(answer, time.perf_counter() - start))
    if solver is not None:
        solver.confirm()
    return found


class Together:
    """A solver that is asked about one text at a time."""

    def __init__(self, seed: int) -> None:
        context = z3.Context()
        self._held = Held(solver_in(context, False, seed, BUDGET, OLDER))
        self._parser = z3.ParserContext(context)
        self._declared: dict[str, str] = {}
        self._known: set[str] = set()
        self._read: dict[bytes, z3.BoolRef] = {}
        self._spent = 0

    def asked(self, text: Text, shared: Sequence[int]) -> Answer:
        """What the solver says of a text; ``shared`` says how much each text from here on has of the next one."""
        self._learn(text.pieces)
        keys = _keys(text)
        self._held.hold(keys, lambda number: self._read[keys[number]], shared)
        answer = str(self._held.solver.check())
        spent, self._spent = self._spent, resources_of(self._held.solver.statistics())
        return Answer(answer, self._spent - spent)

    def confirm(self) -> None:
        """Unsound if the solver holds on to anything that was taken back."""
        self._held.keep(0)
        if str(self._held.solver.check()) == "unsat":
            raise Unsound("the solver contradicts itself")

    def _learn(self, pieces: Sequence[Piece]) -> None:
        """Read the pieces that were not read yet."""
        new = list({piece.digest: piece for piece in pieces if piece.digest not in self._read}.values())
        fresh = sorted(frozenset[str]().union(*(piece.declarations for piece in new)) - self._known)
        for text in fresh:
            self._declare(text)
        found = self._parser.from_string("\n".join([*fresh, *(piece.assertion for piece in new)]))
        if len(found) != len(new):
            raise Unsound("a piece is not one assertion")
        self._read.update((piece.digest, found[number]) for number, piece in enumerate(new))

    def _declare(self, text: str) -> None:
        """Note a declaration: "(declare-fun name ...)"."""
        name = text.split(" ", 2)[1]
        if self._declared.setdefault(name, text) != text:
            raise Unsound(f"two symbols are called {name}")
        self._known.add(text)


def _keys(text: Text) -> list[bytes]:
    return [piece.digest for piece in text.pieces]
