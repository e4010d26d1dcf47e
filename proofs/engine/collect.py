"""From an operation to plain text: everything that must be solved, without a Z3 term left in it.

What is collected here can be sent to another process and kept in a cache.

TRUSTED: no obligation is left out, and no operation is taken for executed that was not.
"""

from __future__ import annotations

import multiprocessing
import sys
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from model.language.logic import Clause, Operation
from proofs.checking.ends import End
from proofs.engine import depends, program
from proofs.engine.asking import Asking
from proofs.engine.cache import Cache
from proofs.engine.operation import Proof, verify
from proofs.engine.path import EngineError, Path
from proofs.engine.refusal import Refused
from proofs.engine.specification import digest_of
from proofs.engine.stating import Misstated, defined_at
from proofs.engine.theorem import EXECUTES, Collected, Theorem
from proofs.engine.verdict import Failure, TheoremResult, Verdict

Promise = tuple[Operation, tuple[Clause, ...]]
"""An operation that is proved, with the invariants of its subject."""
Proved = Callable[[str], Promise | None]
"""The operation of that name ("segment_heap.free") as it is proved; None if there is none."""

NO_END = "no execution comes to an end, so nothing is shown of the operation"
REACHABLE = "reachable"
REACHED = "every end of the function is reached by running code from a proper state, or proved out of reach"

ENDED_EARLY = "the scenario ended before it came here"


def selected(name: str, patterns: Sequence[str]) -> bool:
    """Whether a theorem id is selected: by itself, by what it belongs to, or by a glob; no pattern selects all."""
    return not patterns or any(
        name == pattern or name.startswith(pattern + ".") or fnmatchcase(name, pattern) for pattern in patterns
    )


def may_select(prefix: str, patterns: Sequence[str]) -> bool:
    """Whether any theorem below ``prefix`` could be selected."""
    return not patterns or any(
        selected(prefix, [pattern]) or pattern.startswith(prefix + ".") or any(c in pattern for c in "*?[")
        for pattern in patterns
    )


def collect(
    proof: Proof,
    operation: Operation,
    cache: Cache,
    seed: int,
    source: str | None,
    witnessed: Collection[End] | None,
    variants: Mapping[str, str] | None = None,
    proved: Proved = lambda name: None,
    checked: bool = False,
) -> Collected:
    """Execute one operation symbolically; its theorems in the order in which they were first met.

    ``proved`` tells which operation goes by a name, so that contracts can be compared with what is proved.
    The specifications are ``checked`` where the process that was forked for this call has inherited that they pass.
    Whatever is raised on the way is an ERROR; only the user can interrupt.
    """
    try:
        return _collected(proof, operation, cache, seed, source, witnessed, variants, proved, checked)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and multiprocessing.parent_process() is None:
            raise
        return Collected(f"{proof.subject.name}.{operation.name}", [_failed(proof, operation, error)])


def _collected(
    proof: Proof,
    operation: Operation,
    cache: Cache,
    seed: int,
    source: str | None,
    witnessed: Collection[End] | None,
    variants: Mapping[str, str] | None,
    proved: Proved,
    checked: bool,
) -> Collected:
    before = set(sys.modules)
    paths = verify(proof, operation, source, variants, checked)
    name = f"{proof.subject.name}.{operation.name}"
    asking = Asking(name, cache, seed)
    theorems = _theorems(proof, operation, paths)
    for path in paths:
        for obligation in path.obligations:
            theorems[obligation.theorem].problems.append(asking.problem(obligation))
    found = list(theorems.values())
    if witnessed is None and any(path.baseless for path in paths):
        found.append(_vacuous(proof, operation, "what the operation requires contradicts itself"))
    if witnessed is None and not found and not any(path.end for path in paths):
        return Collected(name, [not_executed(proof, operation, "", NO_END)])
    if witnessed is not None:
        found.append(_reachable(proof, operation, paths, witnessed, asking))
    rests = frozenset[str]().union(*(path.rests for path in paths))
    contracts, disagreements = _compared([contract for path in paths for contract in path.contracts], proved)
    rests |= {called for called, _ in contracts}
    files = _loaded_since(before)
    ran = tuple(depends.ran())
    return Collected(name, found, rests, contracts, disagreements, files, ran=ran, batches=asking.batches())


def _compared(used: Sequence[Any], proved: Proved) -> tuple[tuple[tuple[str, str], ...], tuple[str, ...]]:
    """The operations that contracts stand for, with digests; and where a contract is not what was proved."""
    names: dict[str, str] = {}
    disagreements: dict[str, None] = {}
    for contract in {id(contract): contract for contract in used}.values():
        name = f"{contract.subject}.{contract.operation.name}"
        promise = proved(name)
        names[name] = digest_of(promise)
        if promise is not None:
            disagreements |= dict.fromkeys(contract.disagreements(*promise))
    return tuple(sorted(names.items())), tuple(disagreements)


def _loaded_since(before: set[str]) -> tuple[tuple[str, str, str], ...]:
    """The source files that were loaded meanwhile: module, path, digest."""
    new = sorted(program.loaded(before).items())
    return tuple((name, str(file), program.digest_of(file)) for name, file in new)


def _theorems(proof: Proof, operation: Operation, paths: Sequence[Path]) -> dict[str, Theorem]:
    """The theorems that some path met, with their obvious obligations counted."""
    found: dict[str, Theorem] = {}
    steps = {f"{proof.subject.name}.{operation.name}.{name}" for name in operation.steps}
    for path in paths:
        for theorem, sentence in path.shown.items():
            if theorem not in found:
                result = TheoremResult(theorem, proof.subject.name, operation.name, sentence, Verdict.PROVED)
                result.step = theorem in steps
                found[theorem] = Theorem(result)
            found[theorem].result.obvious += path.trivial.get(theorem, 0)
    return found


def _reachable(
    proof: Proof,
    operation: Operation,
    paths: Sequence[Path],
    witnessed: Collection[End],
    asking: Asking,
) -> Theorem:
    """The theorem that nothing was proved of states that do not occur.

    An end that running code came to needs no proof; of every other end it must follow that no
    execution comes there.
    """
    name = f"{proof.subject.name}.{operation.name}.{REACHABLE}"
    theorem = Theorem(TheoremResult(name, proof.subject.name, operation.name, REACHED, Verdict.PROVED))
    for path in paths:
        if path.end is None or path.last is None:
            continue
        if path.end in witnessed:
            theorem.result.obvious += 1
        else:
            last = replace(path.last, line=" < ".join(reversed(path.end)))
            theorem.problems.append(asking.problem(last))
    if not theorem.result.obvious:
        return _vacuous(proof, operation, "no end was reached by running code", theorem)
    return theorem


def _vacuous(proof: Proof, operation: Operation, why: str, theorem: Theorem | None = None) -> Theorem:
    """The theorem that says that nothing was proved of any state that occurs."""
    name = f"{proof.subject.name}.{operation.name}.{REACHABLE}"
    result = TheoremResult(name, proof.subject.name, operation.name, REACHED, Verdict.VACUOUS)
    found = theorem or Theorem(result)
    found.result.verdict = Verdict.VACUOUS
    found.result.failures.append(Failure(REACHED, "", (), (), why))
    return found


def untold(theorem: Theorem) -> Theorem:
    """The same theorem, of which nothing can be said, because the run that should tell ended early."""
    result = replace(theorem.result, verdict=Verdict.UNKNOWN, obvious=0, failures=[])
    result.failures.append(Failure(REACHED, "", (), (), ENDED_EARLY))
    return Theorem(result)


def _failed(proof: Proof, operation: Operation, error: BaseException) -> Theorem:
    """The operation could not be executed at all."""
    text = str(error) if isinstance(error, EngineError) else "".join(traceback.format_exception_only(error)).strip()
    frames = traceback.extract_tb(error.__traceback__)
    where = next((f for f in reversed(frames) if f.filename == proof.module.__file__), None)
    if isinstance(error, Refused | Misstated):
        mistake = "program" if isinstance(error, Refused) else "specification"
        return not_executed(proof, operation, error.place, str(error), mistake)
    if where is None and isinstance(error, EngineError):  # the program is not to blame: its contract is nearest
        return not_executed(proof, operation, defined_at(operation.after), text)
    where = where or frames[-1]
    return not_executed(proof, operation, f"{where.filename}:{where.lineno}", text)


def not_executed(proof: Proof, operation: Operation, line: str, reason: str, mistake: str = "") -> Theorem:
    """The theorem that stands for an operation that could not be executed."""
    name = proof.subject.name
    sentence = "the prover can execute the operation"
    result = TheoremResult(f"{name}.{operation.name}.{EXECUTES}", name, operation.name, sentence, Verdict.ERROR)
    result.failures.append(Failure(sentence, line, (), (), reason, mistake))
    return Theorem(result)
