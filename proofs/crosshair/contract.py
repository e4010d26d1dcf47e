"""What a CrossHair contract is: an id, a sentence, and a function whose docstring states pre and post.

    @contract("align_up.least_multiple")
    def align_up_is_least_multiple(value: int, alignment: int) -> int:
        '''align_up gives the least multiple that is at least the value.

        pre: 0 <= value < WORD_LIMIT
        pre: 1 <= alignment < WORD_LIMIT
        post: value <= _ < value + alignment and _ % alignment == 0
        '''
        return align_up(value, alignment)

The body calls the real implementation; ``_`` is what it returns.  The syntax is CrossHair's own
(PEP 316), so ``crosshair check proofs/crosshair/arithmetic.py`` reads the same contracts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

BUDGET = 60.0
"""Seconds of processor time that one condition may take; several times what any of them needs."""


@dataclass(frozen=True)
class Contract:
    """One contract: ``function`` is a module-level function, so a worker process finds it by name."""

    id: str
    sentence: str
    function: Callable[..., Any]
    budget: float = BUDGET


REGISTRY: dict[str, Contract] = {}
"""Every contract by id, in the order of declaration."""


def describe(name: str, function: Callable[..., Any], budget: float = BUDGET) -> Contract:
    """The contract ``crosshair.<name>`` of ``function``; the first line of its docstring is the sentence."""
    sentence = (function.__doc__ or "").strip().partition("\n")[0].rstrip(".")
    return Contract(f"crosshair.{name}", sentence, function, budget)


def contract(name: str, *, budget: float = BUDGET) -> Callable[[Function], Function]:
    """Register a function as the contract ``crosshair.<name>``; ValueError for a name that is taken."""

    def register(function: Function) -> Function:
        entry = describe(name, function, budget)
        if entry.id in REGISTRY:
            raise ValueError(f"two contracts are called {entry.id}")
        REGISTRY[entry.id] = entry
        return function

    return register


def case(value: int, count: int) -> int:
    """``value`` (0 <= value < count) as a constant: CrossHair follows one path for each.

    Shifts and powers by a symbolic order are beyond its solver; by a constant they are arithmetic.
    """
    for constant in range(count):
        if value == constant:
            return constant
    raise ValueError(f"{value} is not below {count}")
