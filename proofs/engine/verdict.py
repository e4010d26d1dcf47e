"""Verdicts and the report that a run of the prover ends with.

    REFUTED   the theorem is false: there is a model, or a trace of real operations that breaks it
    ERROR     the prover itself failed: unsupported code, a crashed worker
    UNKNOWN   the solver gave up within its budget
    VACUOUS   proved, but no running code was seen to meet its precondition or to reach its end
    PROVED    every obligation was shown to follow, and none of it is empty

The worst verdict wins, in that order.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum

from proofs.engine.text import Rung


class Verdict(Enum):
    """What is known of a theorem."""

    REFUTED = "REFUTED"
    ERROR = "ERROR"
    UNKNOWN = "UNKNOWN"
    VACUOUS = "VACUOUS"
    PROVED = "PROVED"


PRIORITY = (Verdict.REFUTED, Verdict.ERROR, Verdict.UNKNOWN, Verdict.VACUOUS, Verdict.PROVED)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of a whole, given its parts (PROVED for no parts)."""
    found = set(verdicts)
    return next((verdict for verdict in PRIORITY if verdict in found), Verdict.PROVED)


@dataclass(frozen=True)
class Failure:
    """One obligation that was not proved, in words."""

    sentence: str
    line: str
    decisions: tuple[str, ...]
    values: tuple[tuple[str, str], ...]
    reason: str


@dataclass
class TheoremResult:
    """One theorem of one operation, with the account of its obligations."""

    id: str
    subject: str
    operation: str
    sentence: str
    verdict: Verdict
    obligations: int = 0
    obvious: int = 0
    seconds: float = 0.0
    slowest: float = 0.0
    resources: int = 0
    cached: bool = False
    failures: list[Failure] = field(default_factory=list)
    trace: str = ""


@dataclass(frozen=True)
class Asked:
    """One obligation for the solver, numbered within its theorem from 1, and what the solver answered.

    ``rungs`` are the texts that it was asked, () if the cache knew the answer.
    """

    theorem: str
    number: int
    key: str
    rungs: tuple[Rung, ...]
    answer: str


@dataclass
class Report:
    """All theorems of a run, in the order of the model, and every obligation that was put to the solver."""

    theorems: list[TheoremResult]
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """Theorems by verdict, worst first."""
        found = Counter(theorem.verdict for theorem in self.theorems)
        return {verdict.value: found[verdict] for verdict in PRIORITY}

    @property
    def verdict(self) -> Verdict:
        """The worst verdict."""
        return worst(theorem.verdict for theorem in self.theorems)

    def exit_status(self) -> int:
        """0 all proved, 1 refuted or vacuous, 2 error, 3 only unknowns, 5 nothing selected."""
        if not self.theorems:
            return 5
        return {
            Verdict.REFUTED: 1,
            Verdict.VACUOUS: 1,
            Verdict.ERROR: 2,
            Verdict.UNKNOWN: 3,
            Verdict.PROVED: 0,
        }[self.verdict]
