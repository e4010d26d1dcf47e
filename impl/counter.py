"""How often software loads and stores: what the theorems on time speak of, counted on a checked machine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

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

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Accesses inside do not count: for invariants and other ghost code."""
        before = self.loads, self.stores, self.walk_loads
        try:
            yield
        finally:
            self.loads, self.stores, self.walk_loads = before


def words_in(size: int) -> int:
    """How many 8-byte accesses move ``size`` bytes."""
    return -(-size // WORD)
