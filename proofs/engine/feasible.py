"""Whether a decision can be taken: a solver that is told what a path knows, when it is asked.

TRUSTED: a side of a decision that is called infeasible is never looked at.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import z3

from proofs.engine import reading, terms
from proofs.engine.held import Held
from proofs.engine.vocabulary import quantified

BUDGET = 1_000_000
"""Resource units for one question; where they do not suffice, the side counts as feasible."""


class Decider:
    """The solver that all paths of an operation ask, one after the other."""

    def __init__(self) -> None:
        self._held: Held | None = None
        self._terms: list[Any] = []  # alive, so that no identity goes to another term

    def allows(self, facts: Sequence[Any], keys: Sequence[int], condition: Any) -> bool:
        """False only if the facts, of these keys, contradict ``condition``."""
        if self._held is None:
            self._held = Held(_solver())
        self._held.hold(keys, lambda number: self._kept(facts[number]))
        solver = self._held.solver
        solver.push()
        terms.assert_in(solver, condition)
        answer = solver.check()
        if answer == z3.unknown:  # one that was stopped half-way is not asked again
            self._held = None
        else:
            solver.pop()
        return bool(answer != z3.unsat)

    def _kept(self, term: Any) -> Any:
        self._terms.append(term)
        return term


class Feasibility:
    """The quantifier-free facts of one path; many a path ends without a question to the solver."""

    def __init__(self, decider: Decider) -> None:
        self._decider = decider
        self._facts: list[Any] = []
        self._keys: list[int] = []

    def know(self, term: Any) -> None:
        """One more fact; a quantified one is left out."""
        if not quantified(term, _quantified):
            self._facts.append(term)
            self._keys.append(reading.identity(term.ast))

    def allows(self, condition: Any) -> bool:
        """False only if the facts contradict ``condition``."""
        return self._decider.allows(self._facts, self._keys, condition)


def _solver() -> Any:
    solver = z3.SolverFor("QF_AUFLIA")
    solver.set("rlimit", BUDGET)
    solver.set("arith.enable_hnf", False)
    return solver


_quantified: dict[int, tuple[Any, bool]] = {}
"""What is known of the terms of all paths."""
