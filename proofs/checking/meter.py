"""A counter of loads and stores that goes off: an operation that never ends is caught once it costs too much."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, NoReturn

from impl.counter import Counter
from model.language.logic import Clause, Operation, Transition

ENDLESS = "it costs no more loads and stores than the closed formula says"
UNENDING = "terminates"
"""What is broken where no theorem on the cost is for certain."""


class OverBound(BaseException):
    """More loads and stores than the limit; no Exception, so that nothing on the way takes it for one of the code's."""


class Meter(Counter):
    """Counts as ``Counter`` does; the access that exceeds the ``limit`` (a total, None for none) raises OverBound.

    What is paused does not count against the limit either.
    """

    __slots__ = ("began", "limit")

    def __init__(self) -> None:
        self.limit: int | None = None
        self.began = 0
        super().__init__()

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name in ("began", "limit") or self.limit is None or self.total <= self.limit:
            return
        raise OverBound(f"not over after {self.limit - self.began} loads and stores")

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
        self.began = self.total
        self.limit = None if cost is None else self.began + cost
        try:
            yield
        finally:
            self.limit = None


class Unknown:
    """What a call that is not over will come to: whoever asks gets no answer."""

    def __getattr__(self, name: str) -> NoReturn:
        raise NotOver

    def __bool__(self) -> NoReturn:
        raise NotOver

    def _ask(self, *_: object) -> NoReturn:
        raise NotOver

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __floordiv__ = __mod__ = _ask
    __and__ = __rand__ = __or__ = __ror__ = __invert__ = __neg__ = __getitem__ = _ask
    __lt__ = __le__ = __gt__ = __ge__ = _ask
    __eq__ = __ne__ = _ask
    __hash__ = None  # type: ignore[assignment]


class NotOver(Exception):
    """The answer depends on how the call ends."""


def exceeded(operation: Operation, so_far: Transition) -> str:
    """The theorem on the cost of ``operation`` that is false already, whatever else the call does; "" if none is.

    ``so_far`` says what it began with and what it has cost.
    """
    end = Unknown()
    facts: dict[str, Any] = {
        "new": end,
        "result": end,
        "ghost_after": end,
        "pages_mapped": end,
        "pages_asked": end,
        "map_refused": end,
        "asked_at": end,
        "pages_unmapped": end,
        "answers": end,
    }
    ends = [replace(so_far, raised=raised, **facts) for raised in ("", *operation.raises)]
    costs = (clause for clause in operation.ensures if clause.name.endswith("cost"))
    return next((clause.name for clause in costs if all(_is_false(clause, t) for t in ends)), "")


def _is_false(clause: Clause, t: Transition) -> bool:
    try:
        return not clause.formula(t)
    except NotOver:
        return False
