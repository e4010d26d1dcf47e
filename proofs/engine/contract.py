"""Calls across subjects: an operation of another subject stands for its contract, and is rested on by name.

TRUSTED: what a caller is told to rest on.

What is shown and known at a call is the same as for a call within a subject (calls.py).  But nobody proves
the other subject here, so the path remembers what was taken for granted (foundation.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

from model.logic import Operation
from proofs.engine import path as paths
from proofs.engine.calls import any_result, perform
from proofs.engine.path import EngineError


@dataclass(frozen=True)
class Contract:
    """An operation of ``subject``, as others call it; ``result()`` makes an arbitrary one where it is no word or flag.

    Its clauses go by the names of that subject's theorems.
    """

    subject: str
    operation: Operation
    result: Callable[[], Any] | None = None

    @property
    def theorems(self) -> frozenset[str]:
        """The theorems that a call rests on."""
        name = f"{self.subject}.{self.operation.name}"
        return frozenset(f"{name}.{clause.name}" for clause in self.operation.ensures)

    def disagreements(self, proved: Operation) -> list[str]:
        """Why what a caller relies on is not what was proved; nothing if it is."""
        name = f"{self.subject}.{self.operation.name}"
        parts = ("raises", "changes", "returns")
        different = [part for part in parts if getattr(self.operation, part) != getattr(proved, part)]
        return [f"the contract of {name} differs from what is proved in: {part}" for part in different]

    def call(self, **arguments: Any) -> Any:
        """One call."""
        if self.operation.changes is None:
            raise EngineError(f"{self.operation.name} does not say what it changes, so nobody can rely on it")
        path = paths.current()
        path.rests |= self.theorems
        path.contracts.append(self)
        return perform(self.operation, (), arguments, self.result or partial(any_result, self.operation.returns))
