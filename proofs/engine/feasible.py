"""Whether a decision can be taken: a solver that is told what a path knows, when it is first asked.

TRUSTED: a side of a decision that is called infeasible is never looked at.
"""

from __future__ import annotations

from typing import Any

import z3

from proofs.engine import terms
from proofs.engine.vocabulary import quantified

BUDGET = 200_000
"""Resource units for one question; where they do not suffice, the side counts as feasible."""


class Feasibility:
    """The quantifier-free facts of one path; many a path ends without a question to the solver."""

    def __init__(self) -> None:
        self._solver: Any = None
        self._untold: list[Any] = []

    def know(self, term: Any) -> None:
        """One more fact; a quantified one is left out."""
        if not quantified(term, _quantified):
            self._untold.append(term)

    def allows(self, condition: Any) -> bool:
        """False only if the facts contradict ``condition``."""
        solver = self._told()
        solver.push()
        terms.assert_in(solver, condition)
        answer = solver.check()
        solver.pop()
        return bool(answer != z3.unsat)

    def _told(self) -> Any:
        """The solver, which knows all facts."""
        if self._solver is None:
            self._solver = z3.SolverFor("QF_AUFLIA")
            self._solver.set("rlimit", BUDGET)
            self._solver.set("arith.enable_hnf", False)
        for term in self._untold:
            terms.assert_in(self._solver, term)
        self._untold.clear()
        return self._solver


_quantified: dict[int, tuple[Any, bool]] = {}
"""What is known of the terms of all paths."""
