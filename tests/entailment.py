"""What the tests of the prover ask Z3 directly: whether something follows from the facts of a path."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import z3

from proofs.engine import path as paths
from proofs.engine.facts import Obligation
from proofs.engine.path import Path

PATIENCE = 20_000
"""Milliseconds; what does not follow may take them all."""


def follows(facts: Iterable[Any], goal: Any, patience: int = PATIENCE) -> bool:
    """Whether ``goal`` holds wherever ``facts`` do, by a solver without any of the prover's settings."""
    solver = z3.Solver()
    solver.set("timeout", patience)
    solver.add(*[fact.term for fact in facts])
    solver.add(z3.Not(goal))
    return bool(solver.check() == z3.unsat)


def entailed(path: Path, goal: Any) -> bool:
    """Whether ``goal`` follows from what the path knows."""
    return follows(path.facts, goal)


def holds(obligation: Obligation, patience: int = PATIENCE) -> bool:
    """Whether an obligation's goal follows from the facts that it may use."""
    return follows(obligation.facts[: obligation.known], obligation.goal, patience)


def single_path(run: Callable[[Path], None]) -> Path:
    """The path of ``run``, which must have exactly one."""
    (path,) = paths.explore("subject.operation", run)
    return path
