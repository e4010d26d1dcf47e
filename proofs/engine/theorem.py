"""What must be shown, as plain data: it can be sent to a worker and remembered in the cache."""

from __future__ import annotations

from dataclasses import dataclass, field

from proofs.engine.text import Rung
from proofs.engine.verdict import TheoremResult


@dataclass(frozen=True)
class Problem:
    """One obligation as text.

    The ``rungs`` are left out if the cache knew ``key``.  ``shown`` defines a constant for each value
    that a report shows.
    """

    sentence: str
    line: str
    decisions: tuple[str, ...]
    key: str
    rungs: tuple[Rung, ...] = ()
    names: tuple[str, ...] = ()
    shown: str = ""


@dataclass
class Theorem:
    """A theorem with its obligations."""

    result: TheoremResult
    problems: list[Problem] = field(default_factory=list)


@dataclass
class Collected:
    """All that one operation has to show, and the theorems of other subjects that it ``rests`` on."""

    operation: str
    theorems: list[Theorem]
    rests: frozenset[str] = frozenset()
