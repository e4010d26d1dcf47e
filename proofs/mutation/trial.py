"""The fate of one mutant: first running code is asked, which is quick, then the prover.

    refuted    a named theorem is false of it: a run that replays breaks the theorem, or the solver has a
               certain model in which it does not hold
    unproved   a named theorem is no longer proved, and the solver gave up by itself, with budget left; no run
               was found, so the theorem may still be true
    survived   every theorem of every operation that executes the function is still proved
    timeout    some obligation is open only because the solver's budget, or the trial's time, ran out
    crash      the prover failed: code that it cannot execute, a solver or a process that died

Refuted and unproved mutants count as killed; timeouts and crashes do not.
"""

from __future__ import annotations

import time
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from model.language.logic import Operation
from proofs.checking.bench import source_of
from proofs.engine.batches import Batch
from proofs.engine.cache import Cache
from proofs.engine.climbing import climb
from proofs.engine.collect import collect
from proofs.engine.discharging import in_a_batch
from proofs.engine.operation import Proof
from proofs.engine.reached import with_reachable
from proofs.engine.theorem import Problem
from proofs.mutation.mutants import Mutant
from proofs.mutation.running import Broken, edition_of

MOST_EXHAUSTED = 3
"""After so many obligations of an operation that ran out of budget the rest of it is not tried."""
BY_ITSELF = "incomplete"
"""A word of the solver's when it gives up with budget left."""


class Fate(Enum):
    """What became of a mutant."""

    REFUTED = "refuted"
    UNPROVED = "unproved"
    SURVIVED = "survived"
    EQUIVALENT = "equivalent"
    TIMEOUT = "timeout"
    CRASH = "crash"


@dataclass(frozen=True)
class Trial:
    """A fate, the theorem that decided it ("" if none), how, and the seconds it took."""

    fate: Fate
    theorem: str = ""
    how: str = ""
    seconds: float = 0.0


@dataclass(frozen=True)
class Target:
    """A subject whose mutants are tried.

    ``texts`` are the sound texts of its modules by module name, its own last; ``sources`` what the prover must be
    told of them.  ``theorems`` are the ids of what is proved of the sound subject.  ``run`` looks for a run that
    breaks something in an edition: a quick one, or, told to be patient, one that takes longer.
    """

    proof: Proof
    texts: Mapping[str, str]
    theorems: frozenset[str]
    run: Callable[[types.ModuleType, bool], Broken | None]
    sources: Mapping[str, str]

    @property
    def name(self) -> str:
        """The subject's name."""
        return self.proof.subject.name

    def with_mutant(self, mutant: Mutant) -> Mapping[str, str]:
        """The sources for the prover, one text replaced."""
        own = mutant.module == self.proof.module.__name__
        return {**self.sources, self.name if own else mutant.module: mutant.source}


def texts_of(proof: Proof) -> dict[str, str]:
    """The texts of a subject's modules by module name, its own last."""
    return {module.__name__: source_of(module) for module in (*proof.parts, proof.module)}


def tried(target: Target, mutant: Mutant, operations: Sequence[Operation], cache: Cache) -> Trial:
    """Run the mutant; if that breaks no theorem, prove those of ``operations``."""
    start = time.perf_counter()
    trial = _run_and_proved(target, mutant, operations, cache)
    return replace(trial, seconds=round(time.perf_counter() - start, 2))


def _run_and_proved(target: Target, mutant: Mutant, operations: Sequence[Operation], cache: Cache) -> Trial:
    """A quick run, a proof, and if that fails without a refutation a longer run."""
    broken = _broken(target, mutant, patient=False)
    if (refuted := _refuted(target, broken)) is not None:
        return refuted
    trial = proved(target, mutant, operations, cache)
    if trial.fate in (Fate.UNPROVED, Fate.TIMEOUT):
        return _refuted(target, _broken(target, mutant, patient=True)) or trial
    if broken and trial.fate is Fate.SURVIVED:
        return replace(trial, how=f"but a {broken.run} breaks {broken.theorems[0]}, which is no theorem")
    return trial


def _broken(target: Target, mutant: Mutant, patient: bool) -> Broken | None:
    try:
        edition = edition_of(target.proof, mutant.module, mutant.source)
    except Exception:
        return None  # it cannot even be loaded; the prover will say so
    return target.run(edition, patient)


def _refuted(target: Target, broken: Broken | None) -> Trial | None:
    """The refutation that a run is, if what it breaks is a theorem."""
    theorem = next(filter(None, (theorem_of(target, name) for name in broken.theorems)), "") if broken else ""
    return Trial(Fate.REFUTED, theorem, broken.run) if broken and theorem else None


def theorem_of(target: Target, name: str) -> str:
    """The theorem that a run breaks where it breaks what it calls ``name``; "" if that is none of the prover's.

    That nothing else is raised is one wherever it is met.  Where an operation is called that requires what
    does not hold, the theorem is its caller's.
    """
    if name in target.theorems or name.endswith(".raises_only"):
        return name
    operation, law = name.split(".")[1], name.rsplit(".", maxsplit=1)[-1]
    required = {(o.name, clause.name) for o in target.proof.subject.operations for clause in o.requires}
    callers = [known for known in sorted(target.theorems) if known.endswith(f".calls.{operation}")]
    return callers[0] if callers and (operation, law) in required else ""


def proved(target: Target, mutant: Mutant, operations: Sequence[Operation], cache: Cache) -> Trial:
    """What the prover says; it stops at the first obligation that settles the matter."""
    found: list[Trial] = []
    sources = target.with_mutant(mutant)
    for operation in operations:
        for trial in _obligations(target, operation, sources, cache):
            if trial.fate in (Fate.REFUTED, Fate.UNPROVED):
                return trial
            found.append(trial)
    by_fate = {trial.fate: trial for trial in reversed(found)}
    return by_fate.get(Fate.CRASH) or by_fate.get(Fate.TIMEOUT) or Trial(Fate.SURVIVED)


def _obligations(target: Target, operation: Operation, sources: Mapping[str, str], cache: Cache) -> Iterator[Trial]:
    """The obligations of one operation that are not proved, one after the other."""
    collected = with_reachable(collect(target.proof, operation, cache, 0, sources.get(target.name), sources), None)
    batches, exhausted = Batches(collected.batches), 0
    for theorem in collected.theorems:
        for failure in theorem.result.failures:
            yield Trial(Fate.CRASH, theorem.result.id, failure.reason)
        for problem in theorem.problems:
            fate, how = (Fate.SURVIVED, "") if batches.prove(problem.key) else answered(problem)
            if fate is Fate.SURVIVED:
                continue
            yield Trial(fate, theorem.result.id, how)
            exhausted += fate is Fate.TIMEOUT
            if exhausted >= MOST_EXHAUSTED:
                return


class Batches:
    """Obligations that are looked at together, each batch when something of it is first asked for."""

    def __init__(self, batches: Sequence[Batch]) -> None:
        self._waiting = {member.key: batch for batch in batches for member in batch}
        self._proved: set[str] = set()

    def prove(self, key: str) -> bool:
        """Whether an obligation is proved together with others; if not, it must be asked alone."""
        batch = self._waiting.get(key, ())
        for member in batch:
            del self._waiting[member.key]
        found = zip(batch, in_a_batch(batch, 0), strict=False)
        self._proved |= {member.key for member, solved in found if solved.answer.answer == "unsat"}
        return key in self._proved


def answered(problem: Problem) -> tuple[Fate, str]:
    """What the solver says of one obligation; one whose text it has proved before is left without rungs."""
    if not problem.rungs:
        return Fate.SURVIVED, ""
    answer = climb([rung for rung in problem.rungs if not rung[1]], 0).answer
    if answer.answer == "unknown":
        last = climb([rung for rung in problem.rungs if rung[1]], 0).answer
        answer = last if last.answer != "unknown" else answer
    if answer.answer == "unsat":
        return Fate.SURVIVED, ""
    if answer.answer == "sat":
        return Fate.REFUTED, "a model of the solver"
    if answer.answer == "error":
        return Fate.CRASH, answer.reason
    return (Fate.UNPROVED if BY_ITSELF in answer.reason else Fate.TIMEOUT), answer.reason
