"""A counter of loads and stores that goes off: an operation that never ends is caught once it costs too much."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from impl.shadow import Counter


class OverBound(BaseException):
    """More loads and stores than the limit; no Exception, so that nothing on the way takes it for one of the code's."""


class Meter(Counter):
    """Counts as ``Counter`` does; the access that exceeds the ``limit`` (a total, None for none) raises OverBound.

    What is paused does not count against the limit either.
    """

    __slots__ = ("limit",)

    def __init__(self) -> None:
        self.limit: int | None = None
        super().__init__()

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name == "limit" or self.limit is None or self.total <= self.limit:
            return
        raise OverBound(f"more than {self.limit} loads and stores")

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Accesses inside do not count."""
        limit, self.limit = self.limit, None
        try:
            with super().paused():
                yield
        finally:
            self.limit = limit

    @contextmanager
    def at_most(self, cost: int | None) -> Iterator[None]:
        """OverBound as soon as what happens inside costs more than ``cost`` (None: whatever it costs)."""
        self.limit = None if cost is None else self.total + cost
        try:
            yield
        finally:
            self.limit = None
