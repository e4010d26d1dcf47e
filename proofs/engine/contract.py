"""Calls across subjects: an operation of another subject stands for its contract, and is rested on by name.

TRUSTED: what a caller is told to rest on.

What is shown and known at a call is the same as for a call within a subject (calls.py).  But nobody proves
the other subject here, so the path remembers the theorems that were taken for granted; ``settle`` makes of
them one more theorem of the caller, which holds exactly if all of them are proved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from model.logic import Operation
from proofs.engine import path as paths
from proofs.engine.calls import any_result, perform
from proofs.engine.path import EngineError
from proofs.engine.verdict import Failure, TheoremResult, Verdict

RESTS = "rests"
RESTS_ON = "every theorem of another subject that is taken for granted here is proved"


@dataclass(frozen=True)
class Contract:
    """An operation of ``subject``, as others call it; ``result()`` makes an arbitrary one where it is no word or flag.

    Its clauses go by the names of that subject's theorems.
    """

    subject: str
    operation: Operation
    result: Callable[[], Any] | None = None

    @property
    def theorems(self) -> frozenset[str]:
        """The theorems that a call rests on."""
        name = f"{self.subject}.{self.operation.name}"
        return frozenset(f"{name}.{clause.name}" for clause in self.operation.ensures)

    def call(self, **arguments: Any) -> Any:
        """One call."""
        if self.operation.changes is None:
            raise EngineError(f"{self.operation.name} does not say what it changes, so nobody can rely on it")
        paths.current().rests |= self.theorems
        return perform(self.operation, (), arguments, self.result or partial(any_result, self.operation.returns))


def settle(
    rests: dict[str, frozenset[str]], theorems: Sequence[TheoremResult], judged: Callable[[str], bool]
) -> tuple[list[TheoremResult], list[str]]:
    """For each operation the theorem that what it rests on is proved; and a note where that was not looked at.

    ``judged`` tells whether a theorem of that name, if there is one, is among ``theorems``.
    """
    known = {theorem.id: theorem.verdict for theorem in theorems}
    found, notes = [], []
    for name, relied in rests.items():
        looked_at = sorted(theorem for theorem in relied if judged(theorem))
        elsewhere = sorted(relied - set(looked_at))
        if elsewhere:
            notes.append(f"{name} rests on {', '.join(elsewhere)}: not among the theorems of this run")
        if looked_at:
            found.append(_settled(name, looked_at, known))
    return found, notes


def _settled(name: str, relied: Sequence[str], known: dict[str, Verdict]) -> TheoremResult:
    subject, operation = name.split(".")
    result = TheoremResult(f"{name}.{RESTS}", subject, operation, RESTS_ON, Verdict.PROVED, obvious=len(relied))
    for theorem in relied:
        if known.get(theorem) is Verdict.PROVED:
            continue
        result.verdict = Verdict.UNKNOWN if theorem in known else Verdict.ERROR
        lacking = "is not proved" if theorem in known else "does not exist, so it is not proved"
        result.failures.append(Failure(f"{name} rests on {theorem}, which {lacking}", "", (), (), ""))
    return result
