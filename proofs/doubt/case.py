"""One case of the gallery: a false statement, the run that shows it false, and what the prover answers.

refused     the program is not in the language: it was not executed
refuted     the solver has a model, or a run was found, in which the statement fails
not proved  the prover gave up, failed, or says PROVED only of what rests on something that is open
PROVED      the prover was fooled
"""

from __future__ import annotations

import os
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, NoReturn, TypeVar

from proofs.engine.verdict import Report, TheoremResult, Verdict

Result = TypeVar("Result")


class Answer(Enum):
    """What the prover says of a false statement."""

    REFUSED = "refused"
    REFUTED = "refuted"
    NOT_PROVED = "not proved"
    PROVED = "PROVED"


KINDS = {
    "state": "state that is not memory",
    "names": "names that a cut loop changes unseen",
    "seen": "what Python can see of a symbolic value",
    "errors": "errors of the prover that the program catches",
    "memory": "memory and pages",
    "contracts": "contracts",
    "specification": "the specification language",
    "inside": "programs in the language, or all but a word of them",
    "cache": "cache, relocation and vacuity",
    "edits": "edits of the real allocators",
}
"""Kind -> what its cases have in common."""


@dataclass(frozen=True)
class Reply:
    """The prover's answer, and the words that it gives for it."""

    answer: Answer
    why: str


@dataclass(frozen=True)
class Case:
    """A false ``statement`` of a ``program``.

    ``ask`` puts it to the prover.  ``show`` runs the program in CPython: what happened there, "" if that does
    not show the statement false.
    """

    name: str
    kind: str
    statement: str
    program: str
    ask: Callable[[], Reply]
    show: Callable[[], str]

    @property
    def id(self) -> str:
        """The case among all of them."""
        return f"{self.kind}.{self.name}"


@dataclass(frozen=True)
class Finding:
    """What became of a case."""

    id: str
    kind: str
    statement: str
    answer: str
    why: str
    shown: str

    @property
    def complaint(self) -> str:
        """Why the case fails the build, "" if it does not."""
        if self.answer == Answer.PROVED.value:
            return "the prover calls it PROVED"
        return "" if self.shown else "no run in CPython shows that it is false"


def found(case: Case) -> Finding:
    """Ask the prover, and run the program, in processes of their own: a program may do anything to its process."""
    shown = apart(case.show)
    try:
        reply = apart(case.ask)
    except Silent:
        reply = Reply(Answer.PROVED, "the prover ends 0, without a word")
    except Lost as error:
        reply = Reply(Answer.NOT_PROVED, str(error))
    return Finding(case.id, case.kind, case.statement, reply.answer.value, reply.why, shown)


class Lost(Exception):
    """A process ended without a word."""


class Silent(Lost):
    """A process ended as if it had succeeded."""


def apart(work: Callable[[], Result]) -> Result:
    """The result of ``work`` in a child process; Lost if there is none."""
    ours, theirs = os.pipe()
    child = os.fork()
    if child == 0:
        _work(work, theirs)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    if not said:
        how = os.waitstatus_to_exitcode(status)
        raise Lost(f"a process ended with {how}, without a word") if how else Silent("a process ended, without a word")
    done, result = pickle.loads(said)
    if not done:
        raise Lost(result)
    found: Result = result
    return found


def _work(work: Callable[[], Any], pipe: int) -> NoReturn:
    """Hand the result over, and end."""
    try:
        said = pickle.dumps((True, work()))
    except BaseException as error:
        said = pickle.dumps((False, f"{type(error).__name__}: {error}"))
    with os.fdopen(pipe, "wb") as out:
        out.write(said)
    os._exit(0)


# ---------------------------------------------------------------- answers


def reply_of(report: Report, false: str = "") -> Reply:
    """What a report says of the whole program; ``false`` is the id of the theorem that is known to be false."""
    if not report.theorems:
        return Reply(Answer.NOT_PROVED, "nothing was selected")
    if report.verdict is Verdict.PROVED:
        return Reply(Answer.PROVED, f"all {len(report.theorems)} theorems")
    open_ = [theorem for theorem in report.theorems if theorem.verdict is not Verdict.PROVED]
    if any(is_refusal(theorem) for theorem in open_):
        return Reply(Answer.REFUSED, words_of([theorem for theorem in open_ if is_refusal(theorem)]))
    refuted = [theorem for theorem in open_ if theorem.verdict is Verdict.REFUTED]
    answer = Answer.REFUTED if refuted else Answer.NOT_PROVED
    return Reply(answer, words_of(refuted or open_) + spared(report, false))


def is_refusal(theorem: TheoremResult) -> bool:
    """Whether the theorem stands for a program that is not in the language."""
    return any(failure.mistake == "program" for failure in theorem.failures)


def words_of(theorems: list[TheoremResult]) -> str:
    """The theorems with their verdicts, and why the first one failed."""
    names = ", ".join(f"{theorem.id} {theorem.verdict.value}" for theorem in theorems[:4])
    reasons = [failure.reason or failure.sentence for theorem in theorems for failure in theorem.failures]
    return f"{names}: {reasons[0]}" if reasons else names


def spared(report: Report, false: str) -> str:
    """A remark if the false theorem itself counts as proved, and others of its program do not."""
    verdicts = {theorem.id: theorem.verdict for theorem in report.theorems}
    return f"; {false} itself rests on that" if verdicts.get(false) is Verdict.PROVED else ""


def by_itself(report: Report) -> Report:
    """The report, what holds if something else does counted as proved."""
    for theorem in report.theorems:
        if theorem.verdict is Verdict.CONDITIONAL:
            theorem.verdict = Verdict.PROVED
    return report
