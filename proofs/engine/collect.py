"""From an operation to plain text: everything that must be solved, without a Z3 term left in it.

What is collected here can be sent to another process and kept in a cache.

TRUSTED: no obligation is left out, and no operation is taken for executed that was not.
"""

from __future__ import annotations

import multiprocessing
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import Any

from model.language.logic import Clause, Operation
from proofs.checking.ends import End
from proofs.engine import depends, program
from proofs.engine.asking import Asking
from proofs.engine.cache import Cache
from proofs.engine.lineage import files_of
from proofs.engine.operation import Proof, verify
from proofs.engine.path import EngineError, Path
from proofs.engine.reached import not_executed
from proofs.engine.refusal import Refused
from proofs.engine.specification import digest_of
from proofs.engine.stating import Misstated, defined_at
from proofs.engine.theorem import Collected, Problem, Theorem
from proofs.engine.verdict import TheoremResult, Verdict

Promise = tuple[Operation, tuple[Clause, ...]]
"""An operation that is proved, with the invariants of its subject."""
Proved = Callable[[str], Promise | None]
"""The operation of that name ("segment_heap.free") as it is proved; None if there is none."""


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
    variants: Mapping[str, str] | None = None,
    proved: Proved = lambda name: None,
    checked: bool = False,
) -> Collected:
    """Execute one operation symbolically; its theorems in the order in which they were first met, and its ends.

    ``proved`` tells which operation goes by a name, so that contracts can be compared with what is proved.
    The specifications are ``checked`` where the process that was forked for this call has inherited that they pass.
    Whatever is raised on the way is an ERROR; only the user can interrupt.
    """
    try:
        return _collected(proof, operation, cache, seed, source, variants, proved, checked)
    except BaseException as error:
        if isinstance(error, KeyboardInterrupt) and multiprocessing.parent_process() is None:
            raise
        name = f"{proof.subject.name}.{operation.name}"
        return Collected(name, [_failed(name, proof, operation, error)])


def _collected(
    proof: Proof,
    operation: Operation,
    cache: Cache,
    seed: int,
    source: str | None,
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
    rests = frozenset[str]().union(*(path.rests for path in paths))
    contracts, disagreements = _compared([contract for path in paths for contract in path.contracts], proved)
    return Collected(
        name,
        list(theorems.values()),
        rests | {called for called, _ in contracts},
        contracts,
        disagreements,
        _loaded_since(before),
        ran=tuple(depends.ran()),
        batches=asking.batches(),
        met=tuple(_ends(paths, asking)),
        baseless=any(path.baseless for path in paths),
    )


def _ends(paths: Sequence[Path], asking: Asking) -> Iterator[tuple[End, Problem]]:
    """The ends that executions come to, each with the obligation that none does."""
    for path in paths:
        if path.end is not None and path.last is not None:
            last = replace(path.last, line=" < ".join(reversed(path.end)))
            yield path.end, asking.alone(last)


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


def _failed(name: str, proof: Proof, operation: Operation, error: BaseException) -> Theorem:
    """The operation could not be executed at all."""
    text = str(error) if isinstance(error, EngineError) else "".join(traceback.format_exception_only(error)).strip()
    frames = traceback.extract_tb(error.__traceback__)
    where = next((f for f in reversed(frames) if f.filename in files_of(proof.module)), None)
    if isinstance(error, Refused | Misstated):
        mistake = "program" if isinstance(error, Refused) else "specification"
        return not_executed(name, error.place, str(error), mistake)
    if where is None and isinstance(error, EngineError):  # the program is not to blame: its contract is nearest
        return not_executed(name, defined_at(operation.after), text)
    where = where or frames[-1]
    return not_executed(name, f"{where.filename}:{where.lineno}", text)
