"""What a checked run reports when the code does not do what its theorems say."""

from __future__ import annotations

from model.language.logic import Transition
from proofs.registry import Mistake


class Violation(Exception):
    """A theorem does not hold on a live machine.

    ``theorem`` is the id that the prover uses ("segment_heap.free.coalesced"), ``sentence`` what it
    says in English, ``detail`` what was seen: the call, its outcome, the heap before and after.
    ``theorems`` are all that fell at once, ``transition`` the call at whose end they did, None if it came to none.
    """

    transition: Transition | None = None

    def __init__(self, theorem: str, sentence: str, detail: str = "", theorems: tuple[str, ...] = ()) -> None:
        super().__init__(theorem, sentence, detail)
        self.theorem = theorem
        self.sentence = sentence
        self.detail = detail
        self.theorems = theorems or (theorem,)

    def __str__(self) -> str:
        lines = [f"VIOLATED {self.theorem}", f"  {self.sentence}"]
        lines.extend(f"  {line}" for line in self.detail.splitlines())
        return "\n".join(lines)


class SpecificationError(Mistake):
    """A specification cannot be evaluated on a live machine: the specification, or what reads it, is wrong."""


class PreconditionError(Exception):
    """A checked call was made where no theorem speaks of it: the test is wrong."""


def when(event: int) -> str:
    """When a replay met a violation: at which event of the trace, or before any."""
    return f"at event {event}" if event else "in the initialiser"
