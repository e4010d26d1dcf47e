"""Looks at annotated loops while they run: what they say of each iteration is evaluated, and the measure falls."""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Collection, Mapping
from typing import Any

from proofs.checking.ends import unrecorded
from proofs.checking.stating import loop_of
from proofs.checking.text import shown
from proofs.checking.violation import SpecificationError, Violation
from proofs.engine.stating import nearest

TERMINATES = "the loop ends: its measure is never negative and falls with every iteration"
LOOKS = 16
"""So often a long loop of a large heap is looked at."""


class LoopObserver:
    """Evaluates a loop's specification at its head, at every ``stride``-th iteration or, in a long loop, more seldom.

    An annotated loop inside another is a new loop in each iteration of the outer one.  Only loops in
    the source ``files`` are looked at: the machine below a heap has annotated loops of its own.
    ``specifications`` are what the names in annotations of these files stand for.
    """

    def __init__(
        self,
        theorem: str,
        stride: int,
        files: Collection[str],
        specifications: Mapping[str, Callable[..., Any]],
        looks: int = LOOKS,
    ) -> None:
        self.theorem = theorem
        self.specifications = specifications
        self.files = files
        self.stride = stride
        self.looks = looks
        self.checks = 0
        self.heads: dict[tuple[types.FrameType, int], tuple[int, int, int]] = {}

    def __call__(self, specified: str, state: tuple[Any, ...]) -> None:
        """One iteration begins."""
        self.look(sys._getframe(2), specified, state)

    def look(self, frame: types.FrameType, specified: str, state: tuple[Any, ...]) -> None:
        """One iteration begins of a loop in that frame."""
        if frame.f_code.co_filename not in self.files:
            return
        line = frame.f_lineno
        for inner in [key for key in self.heads if key[0] is frame and key[1] > line]:
            del self.heads[inner]
        number, looked, measure = self.heads.get((frame, line), (0, 0, -1))
        if number - looked < max(self.stride, number // self.looks) and number:
            self.heads[frame, line] = (number + 1, looked, measure)
            return
        if specified not in self.specifications:
            near = nearest(specified, self.specifications)
            place = f"{frame.f_code.co_filename}:{line}"
            raise SpecificationError(f"{place}: no specification is called {specified!r}; there are {near}")
        with unrecorded():
            loop = loop_of(self.specifications[specified], state)
        name = f"{self.theorem}.{specified}"
        for clause, sentence, truth, *_ in loop.invariants:
            self.checks += 1
            if not truth:
                raise Violation(f"{name}.{clause}", sentence, self._at(number, frame, line, state))
        if loop.measure < 0 or (number and loop.measure > measure - (number - looked)):
            raise Violation(f"{name}.terminates", TERMINATES, self._at(number, frame, line, state))
        self.heads[frame, line] = (number + 1, number, loop.measure)

    def over(self) -> int:
        """How many clauses were evaluated; the call is over, and its frames are let go with all that they hold."""
        self.heads.clear()
        return self.checks

    @staticmethod
    def _at(number: int, frame: types.FrameType, line: int, state: tuple[Any, ...]) -> str:
        """Where the loop stands, with which values."""
        values = ", ".join(shown(value) for value in state[1:])
        return f"iteration {number} of the loop in {frame.f_code.co_name}, line {line - 1}, at {values}"


class IterationLimit:
    """Counts how often each annotated loop comes round in a call of an operation, and ends one that does so too often.

    ``limit`` is the most iterations that any loop of the call can need; an inner loop begins anew in each of the
    outer one.  ``subjects`` are the files that are looked at, each with whose it is.  Whoever is called ``then`` looks
    at each iteration, too.
    """

    def __init__(self, operation: str, limit: int, subjects: Mapping[str, str]) -> None:
        self.operation = operation
        self.limit = limit
        self.subjects = subjects
        self.then: LoopObserver | None = None
        self.rounds: dict[tuple[types.FrameType, int], int] = {}

    def __call__(self, specified: str, state: tuple[Any, ...]) -> None:
        """One iteration begins."""
        frame = sys._getframe(2)
        subject = self.subjects.get(frame.f_code.co_filename)
        if subject is not None:
            self._count(frame, subject, specified)
        if self.then is not None:
            self.then.look(frame, specified, state)

    def _count(self, frame: types.FrameType, subject: str, specified: str) -> None:
        """Violation of the theorem that the loop ends, be it that of its function or of the operation around that."""
        line, function = frame.f_lineno, frame.f_code.co_name
        for inner in [key for key in self.rounds if key[0] is frame and key[1] > line]:
            del self.rounds[inner]
        rounds = self.rounds[frame, line] = self.rounds.get((frame, line), 0) + 1
        if rounds > self.limit:
            self.rounds.clear()
            detail = f"iteration {rounds} of the loop in {function}, line {line - 1}, where {self.limit} are enough"
            around = dict.fromkeys((function, self.operation))
            names = tuple(f"{subject}.{name}.{specified}.terminates" for name in around)
            raise Violation(names[0], TERMINATES, detail, names)
