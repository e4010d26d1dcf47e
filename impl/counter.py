"""How often software loads and stores: what the theorems on time speak of, counted on a checked machine."""

from __future__ import annotations

from contextlib import AbstractContextManager

WORD = 8


class Counter:
    """Loads and stores of software, in accesses, and the loads of the hardware's page-table walker."""

    __slots__ = ("loads", "stores", "walk_loads")

    def __init__(self) -> None:
        self.loads = 0
        self.stores = 0
        self.walk_loads = 0

    @property
    def total(self) -> int:
        """Loads plus stores of software."""
        return self.loads + self.stores

    def paused(self) -> AbstractContextManager[None]:
        """Accesses inside do not count: for invariants and other ghost code."""
        return Pause(self)


class Pause:
    """Puts a counter back, at its end, to what it showed at the beginning."""

    __slots__ = ("before", "counter")

    def __init__(self, counter: Counter) -> None:
        self.counter = counter

    def __enter__(self) -> None:
        counter = self.counter
        self.before = counter.loads, counter.stores, counter.walk_loads

    def __exit__(self, *_: object) -> None:
        self.counter.loads, self.counter.stores, self.counter.walk_loads = self.before


def words_in(size: int) -> int:
    """How many 8-byte accesses move ``size`` bytes."""
    return -(-size // WORD)
