"""Trials on other machines: a mutant travels with the names of what its trial needs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from model.language.logic import Operation
from proofs import registry
from proofs.command import CACHE, kept
from proofs.engine.cache import Cache
from proofs.mutation.mutants import Mutant
from proofs.mutation.running import broken_by_running, limit_memory
from proofs.mutation.trial import Target, Trial, texts_of, tried

Call = tuple[str, Mutant, tuple[str, ...], frozenset[str]]
"""A subject, a mutant of it, the operations that execute the changed function, the theorems of the sound subject."""


def call_of(target: Target, mutant: Mutant, operations: Sequence[Operation]) -> Call:
    """What a worker must be told of a trial."""
    return target.name, mutant, tuple(operation.name for operation in operations), target.theorems


def tried_there(name: str, mutant: Mutant, operations: Sequence[str], theorems: frozenset[str]) -> Trial:
    """A worker's side: the trial of one mutant; what the worker's own cache knows need not be proved again."""
    limit_memory()
    proof = registry.proof_of(name)
    target = Target(proof, texts_of(proof), theorems, partial(broken_by_running, name), {})
    chosen = [operation for operation in proof.subject.operations if operation.name in operations]
    return tried(target, mutant, chosen, Cache(kept(CACHE)()))


def each_there(scheduler: Any, calls: Sequence[Call], patience: float) -> Iterator[tuple[int, Any]]:
    """(number, Trial or what is said of a lost one) of each call, as they come."""
    found: Iterator[tuple[int, Any]] = scheduler.each(tried_there, calls, patience)
    return found
