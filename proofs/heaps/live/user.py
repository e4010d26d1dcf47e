"""Somebody who calls one of our heaps, on a live machine: each call is judged as model/heaps/ sees it."""

from __future__ import annotations

from typing import Any

from model.heap.state import Holdings
from model.heaps.contract import CALLS, USER
from model.language.logic import Transition
from model.language.words import NULL
from proofs.checking.harness import Checked
from proofs.checking.violation import PreconditionError, Violation
from proofs.checking.world import pattern
from proofs.heaps.subject import SUBJECT


class User:
    """Holds the blocks of the heap of that name; ``judged`` counts the clauses that were evaluated.

    The invariants of the heap are among what a call starts from; they are evaluated here only if ``thorough``, since
    ``checked`` looks at them after every call.
    """

    def __init__(self, name: str, checked: Checked, thorough: bool = True) -> None:
        self.name = name
        self.checked = checked
        self.thorough = thorough
        self.held: Holdings = Holdings(NULL, NULL)
        self.judged = 0

    def call(self, operation: str, *arguments: int) -> Transition:
        """One call, by its name in model/heaps/; PreconditionError or Violation if something does not hold of it."""
        call, judged = CALLS[f"{self.name}_{operation}"], SUBJECT.operation(f"{self.name}_{operation}")
        theirs = self.checked.check(call.operation.name, *arguments)
        ghost = {self.name: theirs.ghost, USER: self.held}
        t = Transition(theirs.heap, theirs.old, theirs.new, ghost, theirs.arguments, theirs.result, theirs.raised)
        for law in judged.requires if self.thorough else call.requires:
            if not law.formula(t.old, t.heap, t.ghost, t.arguments):
                raise PreconditionError(f"heaps.{judged.name}", law.sentence)
        t.ghost_after = {self.name: theirs.ghost_after}
        t.ghost_after = judged.after(t)
        for law in judged.ensures:
            self.judged += 1
            if not law.formula(t):
                raise Violation(f"heaps.{judged.name}.{law.name}", law.sentence)
        self.held = t.ghost_after[USER]
        if call.grants and t.result:
            self._fill(t.result)
        return t

    def _fill(self, block: int) -> None:
        """The owner writes into all bytes of his block."""
        self.checked.machine.memory.store_bytes(block, pattern(block, self.held.size[block]))

    @property
    def blocks(self) -> list[Any]:
        """The addresses of the live blocks."""
        return list(self.held.live)
