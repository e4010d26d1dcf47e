"""From an operation to plain text: everything that must be solved, without a Z3 term left in it.

What is collected here can be sent to another process and kept in a cache.
"""

from __future__ import annotations

import traceback
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from model.logic import Operation
from proofs.checking.ends import End
from proofs.engine.cache import Cache
from proofs.engine.discharge import LADDER
from proofs.engine.facts import Obligation
from proofs.engine.operation import Proof, verify
from proofs.engine.path import Path
from proofs.engine.smtlib import Printer
from proofs.engine.text import Rung
from proofs.engine.theorem import Collected, Problem, Theorem
from proofs.engine.verdict import Failure, TheoremResult, Verdict

REACHABLE = "reachable"
REACHED = "every end of the function is reached by running code from a proper state, or proved out of reach"


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
) -> Collected:
    """Execute one operation symbolically; its theorems in the order in which they were first met."""
    try:
        return _collected(proof, operation, cache, seed, verify(proof, operation, source, variants), witnessed)
    except Exception as error:
        return Collected(f"{proof.subject.name}.{operation.name}", [_failed(proof, operation, error)])


def _collected(
    proof: Proof,
    operation: Operation,
    cache: Cache,
    seed: int,
    paths: Sequence[Path],
    witnessed: Collection[End] | None,
) -> Collected:
    """The theorems of an operation, with the texts of all that is to be shown on its paths."""
    printer = Printer()
    theorems = _theorems(proof, operation, paths)
    for path in paths:
        for obligation in path.obligations:
            problem = _problem(printer, obligation, cache, seed)
            theorems[obligation.theorem].problems.append(problem)
    found = list(theorems.values())
    if witnessed is not None:
        found.append(_reachable(proof, operation, paths, witnessed, printer, cache, seed))
    name = f"{proof.subject.name}.{operation.name}"
    return Collected(name, found, frozenset().union(*(path.rests for path in paths)))


def _theorems(proof: Proof, operation: Operation, paths: Sequence[Path]) -> dict[str, Theorem]:
    """The theorems that some path met, with their obvious obligations counted."""
    found: dict[str, Theorem] = {}
    for path in paths:
        for theorem, sentence in path.shown.items():
            if theorem not in found:
                result = TheoremResult(theorem, proof.subject.name, operation.name, sentence, Verdict.PROVED)
                found[theorem] = Theorem(result)
            found[theorem].result.obvious += path.trivial.get(theorem, 0)
    return found


def _reachable(
    proof: Proof,
    operation: Operation,
    paths: Sequence[Path],
    witnessed: Collection[End],
    printer: Printer,
    cache: Cache,
    seed: int,
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
            theorem.problems.append(_problem(printer, last, cache, seed))
    if not theorem.result.obvious:
        theorem.result.verdict = Verdict.VACUOUS
        theorem.result.failures.append(Failure(REACHED, "", (), (), "no end was reached by running code"))
    return theorem


def _failed(proof: Proof, operation: Operation, error: Exception) -> Theorem:
    """The operation could not be executed at all."""
    text = "".join(traceback.format_exception_only(error)).strip()
    frames = traceback.extract_tb(error.__traceback__)
    where = next((f for f in reversed(frames) if f.filename == proof.module.__file__), frames[-1])
    return not_executed(proof, operation, f"{where.filename}:{where.lineno}", text)


def not_executed(proof: Proof, operation: Operation, line: str, reason: str) -> Theorem:
    """The theorem that stands for an operation that could not be executed."""
    name = proof.subject.name
    sentence = "the prover can execute the operation"
    result = TheoremResult(f"{name}.{operation.name}.executes", name, operation.name, sentence, Verdict.ERROR)
    result.failures.append(Failure(sentence, line, (), (), reason))
    return Theorem(result)


def _problem(printer: Printer, obligation: Obligation, cache: Cache, seed: int) -> Problem:
    """The obligation as text; without its rungs if the cache knows the answer."""
    rungs = _rungs(printer, obligation)
    key = Cache.key("\n".join(text.digest for text, _, _ in rungs[:2]), seed)
    if cache.get(key) is not None:
        return Problem(obligation.sentence, obligation.line, (), key)
    return Problem(
        obligation.sentence,
        obligation.line,
        obligation.decisions,
        key,
        rungs,
        tuple(name for name, _ in obligation.values),
        printer.shown(obligation.values),
    )


def _rungs(printer: Printer, obligation: Obligation) -> tuple[Rung, ...]:
    """The ladder of one obligation; without the sliced rungs if it does not say what it needs."""
    whole = printer.problem(obligation)
    sliced = None if obligation.needs is None else printer.problem(obligation, frozenset(obligation.needs))
    rungs = []
    for step in LADDER:
        text = sliced if step.sliced else whole
        if text is not None:
            rungs.append((text, step.mbqi, not step.sliced))
    return tuple(rungs)
