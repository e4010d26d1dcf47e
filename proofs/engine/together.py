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
from z3 import z3core

from proofs.engine.climbing import Solved
from proofs.engine.discharge import OLDER, Answer, resources_of, solver_in
from proofs.engine.text import Piece, Text

BUDGET = 70_000
"""Resource units for each text."""
MOST_OPEN = 3
"""After so many texts of a theorem that are open the rest of its texts is not tried together with others."""
FEWEST = 3
"""A scope holds more assertions than this, unless it holds all that are left: to make one takes time, too."""

OPEN = Answer("unknown", 0, "no proof was found among others")


class Unsound(Exception):
    """A solver without assertions says that they contradict each other, or one name means two things."""


def look_together(texts: Sequence[tuple[str, Text]], seed: int) -> list[Solved]:
    """Of each text, with the name of its theorem, whether it is proved; "unknown" says only that it was not, here."""
    common = [_common(one.pieces, two.pieces) for (_, one), (_, two) in pairwise(texts)]
    found: list[Solved] = []
    failed: Counter[str] = Counter()
    solver: Together | None = None
    for number, (theorem, text) in enumerate(texts):
        start = time.perf_counter()
        if failed[theorem] >= MOST_OPEN:
            found.append(Solved(OPEN, 0.0))
            continue
        solver = solver or Together(seed)
        answer = solver.asked(text, common[number:])
        if answer.answer != "unsat":
            failed[theorem] += 1
            answer, solver = Answer("unknown", answer.resources, OPEN.reason), None
        found.append(Solved(answer, time.perf_counter() - start))
    if solver is not None:
        solver.confirm()
    return found


class Together:
    """A solver that holds the assertions of one text at a time."""

    def __init__(self, seed: int) -> None:
        context = z3.Context()
        self._solver = solver_in(context, False, seed, BUDGET, OLDER)
        self._parser = z3.ParserContext(context)
        self._declared: dict[str, str] = {}
        self._known: set[str] = set()
        self._read: dict[bytes, z3.BoolRef] = {}
        self._held: list[Piece] = []
        self._scopes: list[int] = []
        """How many assertions there were when each scope began."""
        self._spent = 0

    def asked(self, text: Text, common: Sequence[int]) -> Answer:
        """What the solver says of a text; ``common`` says how much each text from here on has of the next one."""
        self._learn(text.pieces)
        self._keep(_common(self._held, text.pieces))
        for end in [*_ends(common, len(self._held)), len(text.pieces)]:
            self._add(text.pieces[len(self._held) : end])
        answer = str(self._solver.check())
        spent, self._spent = self._spent, resources_of(self._solver.statistics())
        return Answer(answer, self._spent - spent)

    def confirm(self) -> None:
        """Unsound if the solver holds on to anything that was taken back."""
        self._keep(0)
        if str(self._solver.check()) == "unsat":
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

    def _keep(self, number: int) -> None:
        """Take back what is held, but for the scopes that end within the first ``number`` assertions."""
        gone = sum(end > number for end in [*self._scopes[1:], len(self._held)])
        if gone:
            z3core.Z3_solver_pop(self._solver.ctx.ref(), self._solver.solver, gone)
            del self._held[self._scopes[-gone] :]
            del self._scopes[-gone:]

    def _add(self, pieces: Sequence[Piece]) -> None:
        """Hold these, too, in a scope of their own."""
        if pieces:
            reference = self._solver.ctx.ref()
            z3core.Z3_solver_push(reference, self._solver.solver)
            self._scopes.append(len(self._held))
            for piece in pieces:
                z3core.Z3_solver_assert(reference, self._solver.solver, self._read[piece.digest].ast)
            self._held += pieces


def _common(one: Sequence[Piece], two: Sequence[Piece]) -> int:
    """With how many equal pieces both begin."""
    number = 0
    for mine, other in zip(one, two, strict=False):
        if mine.digest != other.digest:
            break
        number += 1
    return number


def _ends(common: Sequence[int], held: int) -> list[int]:
    """Where scopes end that later texts can keep: after more pieces than are ``held``, the largest last."""
    found: list[int] = []
    least = None
    for number in common:
        least = number if least is None else min(least, number)
        if least <= held:
            break
        if not found or found[-1] - least > FEWEST:
            found.append(least)
    return found[::-1]
