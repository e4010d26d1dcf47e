"""Verdicts and the report that a run of the prover ends with.

    REFUTED   the theorem is false: there is a model, or a trace of real operations that breaks it
    ERROR     the prover itself failed: unsupported code, a crashed worker
    UNKNOWN   the solver gave up within its budget
    VACUOUS   proved, but no running code was seen to meet its precondition or to reach its end
    PROVED IF proved, if all that it rests on is: some of that was not looked at
    PROVED    every obligation was shown to follow, none of it is empty, and the same holds of all that it rests on

The worst verdict wins, in that order.

TRUSTED: no report is better than the worst of its theorems.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from proofs.engine.text import Rung

BROKEN = "a run breaks the subject, so this was looked at quickly only"
NOT_PLAYED = "the story cannot be played before the mistake is mended"


class Verdict(Enum):
    """What is known of a theorem."""

    REFUTED = "REFUTED"
    ERROR = "ERROR"
    UNKNOWN = "UNKNOWN"
    VACUOUS = "VACUOUS"
    CONDITIONAL = "PROVED IF"
    PROVED = "PROVED"


PRIORITY = (Verdict.REFUTED, Verdict.ERROR, Verdict.UNKNOWN, Verdict.VACUOUS, Verdict.CONDITIONAL, Verdict.PROVED)


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """The verdict of a whole, given its parts (PROVED for no parts)."""
    found = set(verdicts)
    return next((verdict for verdict in PRIORITY if verdict in found), Verdict.PROVED)


@dataclass(frozen=True)
class Failure:
    """One obligation that was not proved, in words.

    A ``mistake`` lies in the text itself: in the "program", which is not in the language, or in a "specification".
    ``remarks`` are what may be the reason.  ``text`` is what the solver was asked, if it came back.
    """

    sentence: str
    line: str
    decisions: tuple[str, ...]
    values: tuple[tuple[str, str], ...]
    reason: str
    mistake: str = ""
    remarks: tuple[str, ...] = ()
    text: str = field(default="", repr=False)


@dataclass
class TheoremResult:
    """One theorem of one operation, with the account of its obligations.

    A ``step`` is shown as all theorems are, and serves only those after it: it is no part of what is claimed, and some
    steps only mention a term.  So they are counted apart.  ``trace`` is a script that breaks the theorem, ``unfolding``
    tells how it goes, step by step (maps/unfolding.py); "" and None if none was found.
    """

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
    step: bool = False
    failures: list[Failure] = field(default_factory=list)
    trace: str = ""
    unfolding: dict[str, Any] | None = None


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
    """The selected theorems of a run, in the order of the model, and each of their obligations for the solver.

    ``relied`` are the others that they rest on; those of them that are not PROVED stand among ``theorems``, too.
    ``unseen`` names the operations that they rest on and that were not, or not wholly, looked at.  ``rests`` tells of
    each operation that was executed what it rests on: theorems of others, or operations as a whole.
    """

    theorems: list[TheoremResult]
    seconds: float = 0.0
    notes: list[str] = field(default_factory=list)
    asked: list[Asked] = field(default_factory=list)
    relied: list[TheoremResult] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    rests: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        """Theorems by verdict, worst first."""
        found = Counter(theorem.verdict for theorem in self.theorems)
        return {verdict.value: found[verdict] for verdict in PRIORITY}

    @property
    def verdict(self) -> Verdict:
        """The worst verdict."""
        return worst(theorem.verdict for theorem in [*self.theorems, *self.relied])

    @property
    def footing(self) -> str:
        """What the selected theorems rest on besides themselves, in one line; "" if on nothing."""
        if not self.relied:
            return ""
        operations = {f"{theorem.subject}.{theorem.operation}" for theorem in self.relied}
        proved = sum(theorem.verdict is Verdict.PROVED for theorem in self.relied)
        account = "all PROVED" if proved == len(self.relied) else f"{proved} of them PROVED"
        steps = sum(theorem.step for theorem in self.relied)
        what = f"{len(self.relied) - steps} theorems" + (f" and {steps} step{'s' * (steps > 1)}" if steps else "")
        owners = "1 operation" if len(operations) == 1 else f"{len(operations)} operations"
        return f"rests on {what} of {owners}, {account}"

    def exit_status(self) -> int:
        """0 all proved, 1 refuted or vacuous, 2 error, 3 unknown or proved with an if, 5 nothing selected."""
        if not self.theorems:
            return 5
        return {
            Verdict.REFUTED: 1,
            Verdict.VACUOUS: 1,
            Verdict.ERROR: 2,
            Verdict.UNKNOWN: 3,
            Verdict.CONDITIONAL: 3,
            Verdict.PROVED: 0,
        }[self.verdict]
