"""Which ends of an operation are reached: by running code, or by none, and then it is proved that none can be.

TRUSTED: without an end that is reached nothing was proved of any state that occurs.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from proofs.checking.ends import End
from proofs.engine.theorem import EXECUTES, Collected, Theorem
from proofs.engine.verdict import Failure, TheoremResult, Verdict

NO_END = "no execution comes to an end, so nothing is shown of the operation"
BASELESS = "what the operation requires contradicts itself"
NO_END_REACHED = "no end was reached by running code"
REACHABLE = "reachable"
REACHED = "every end of the function is reached by running code from a proper state, or proved out of reach"
ENDED_EARLY = "the scenario ended before it came here"


def with_reachable(found: Collected, witnessed: Collection[End] | None) -> Collected:
    """What executing an operation says, with the theorem that it speaks of states that occur.

    ``witnessed`` are the ends that running code came to; None if nobody looked for them.
    """
    if found.failed:
        return found
    theorems = list(found.theorems)
    if witnessed is not None:
        theorems.append(_reachable(found, witnessed))
    elif found.baseless:
        theorems.append(_vacuous(found.operation, BASELESS))
    elif not theorems and not found.met:
        return Collected(found.operation, [not_executed(found.operation, "", NO_END)])
    return replace(found, theorems=theorems, met=())


def _reachable(found: Collected, witnessed: Collection[End]) -> Theorem:
    """The theorem that nothing was proved of states that do not occur.

    An end that running code came to needs no proof; of every other end it must follow that no
    execution comes there.
    """
    theorem = Theorem(_result(found.operation, Verdict.PROVED))
    for end, problem in found.met:
        if end in witnessed:
            theorem.result.obvious += 1
        else:
            theorem.problems.append(problem)
    if not theorem.result.obvious:
        return _vacuous(found.operation, BASELESS if found.baseless else NO_END_REACHED, theorem)
    return theorem


def _vacuous(operation: str, why: str, theorem: Theorem | None = None) -> Theorem:
    """The theorem that says that nothing was proved of any state that occurs."""
    found = theorem or Theorem(_result(operation, Verdict.VACUOUS))
    found.result.verdict = Verdict.VACUOUS
    found.result.failures.append(Failure(REACHED, "", (), (), why))
    return found


def untold(theorem: Theorem) -> Theorem:
    """The same theorem, of which nothing can be said, because the run that should tell ended early."""
    result = replace(theorem.result, verdict=Verdict.UNKNOWN, obvious=0, failures=[])
    result.failures.append(Failure(REACHED, "", (), (), ENDED_EARLY))
    return Theorem(result)


def not_executed(operation: str, line: str, reason: str, mistake: str = "") -> Theorem:
    """The theorem that stands for an operation that could not be executed."""
    sentence = "the prover can execute the operation"
    subject, _, name = operation.partition(".")
    result = TheoremResult(f"{operation}.{EXECUTES}", subject, name, sentence, Verdict.ERROR)
    result.failures.append(Failure(sentence, line, (), (), reason, mistake))
    return Theorem(result)


def _result(operation: str, verdict: Verdict) -> TheoremResult:
    subject, _, name = operation.partition(".")
    return TheoremResult(f"{operation}.{REACHABLE}", subject, name, REACHED, verdict)
