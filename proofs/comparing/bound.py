"""The bound that the theorem on an operation's cost sets for one call: the number that its formula compares with.

The formula is evaluated as it is proved; what stands for the cost in it remembers what it was compared with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from model.language.logic import Operation, Transition


class Compared(int):
    """A cost that remembers what it was compared with: ``most`` are the numbers that it may not exceed."""

    most: list[int]

    def __new__(cls, cost: int) -> Compared:
        """A cost that was not compared yet."""
        made = super().__new__(cls, cost)
        made.most = []
        return made

    def __le__(self, other: int) -> bool:
        """As an int, and remembered."""
        self.most.append(int(other))
        return int(self) <= int(other)

    def __lt__(self, other: int) -> bool:
        """As an int, and remembered."""
        self.most.append(int(other) - 1)
        return int(self) < int(other)

    __hash__ = int.__hash__


def proved_bound(operation: Operation, t: Transition) -> int | None:
    """The most loads and stores that the theorems on the cost of ``operation`` allow the call ``t``; None: any number.

    The theorems are the clauses whose name ends in "cost".
    """
    formulas = [one.formula for one in operation.ensures if one.name.endswith("cost")]
    bounds = [bound for formula in formulas if (bound := _bound(formula, t)) is not None]
    return min(bounds, default=None)


def _bound(formula: Callable[[Transition], object], t: Transition) -> int | None:
    """The most that one formula allows, of the numbers with which it compares: where it names several, it decides."""
    cost = Compared(t.cost)
    formula(replace(t, cost=cost))
    for most in sorted(set(cost.most), reverse=True):
        if formula(replace(t, cost=most)):
            return None if formula(replace(t, cost=most + 1)) else most
    return None
