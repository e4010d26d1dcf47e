"""A solver that holds one list of assertions after another: what the next one begins with stays.

TRUSTED: its assertions are those of the list that it was given last, all of them and no others.

To take facts in costs a solver more than most questions about them do.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from z3 import z3core

FEWEST = 3
"""A scope holds more assertions than this, unless it holds all that are left: to make one takes time, too."""


class Held:
    """The solver, and what it holds: equal keys are equal assertions."""

    def __init__(self, solver: Any) -> None:
        self.solver = solver
        self._context = solver.ctx.ref()
        self._keys: list[Any] = []
        self._scopes: list[int] = []
        """How many assertions there were when each scope began."""

    def hold(self, keys: Sequence[Any], term: Callable[[int], Any], shared: Sequence[int] = ()) -> None:
        """Hold the assertions ``term(0)``, ``term(1)``, ...; those of the same keys that it begins with are not read.

        ``shared`` says how much each list from here on has of the one after it, as far as that is known.
        """
        self.keep(common(self._keys, keys))
        for end in [*_ends(shared, len(self._keys)), len(keys)]:
            self._add(keys[len(self._keys) : end], term)

    def keep(self, number: int) -> None:
        """Take back what is held, but for the scopes that end within the first ``number`` assertions."""
        gone = sum(end > number for end in [*self._scopes[1:], len(self._keys)])
        if gone:
            z3core.Z3_solver_pop(self._context, self.solver.solver, gone)
            del self._keys[self._scopes[-gone] :]
            del self._scopes[-gone:]

    def _add(self, keys: Sequence[Any], term: Callable[[int], Any]) -> None:
        """Hold these, too, in a scope of their own."""
        if keys:
            z3core.Z3_solver_push(self._context, self.solver.solver)
            start = len(self._keys)
            self._scopes.append(start)
            for number in range(start, start + len(keys)):
                z3core.Z3_solver_assert(self._context, self.solver.solver, term(number).ast)
            self._keys += keys


def common(one: Sequence[Any], two: Sequence[Any]) -> int:
    """With how many equal keys both begin."""
    if one == two[: len(one)]:
        return len(one)
    return next(number for number, (mine, other) in enumerate(zip(one, [*two, None], strict=False)) if mine != other)


def _ends(shared: Sequence[int], held: int) -> list[int]:
    """Where scopes end that later lists can keep: after more assertions than are ``held``, the largest last."""
    found: list[int] = []
    least = None
    for number in shared:
        least = number if least is None else min(least, number)
        if least <= held:
            break
        if not found or found[-1] - least > FEWEST:
            found.append(least)
    return found[::-1]
