"""All cases of the gallery, and what asks them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

from proofs.doubt import (
    allocators,
    asking,
    computing,
    contracts,
    errors,
    going,
    holding,
    inside,
    keeping,
    loading,
    memory,
    names,
    pairs,
    reading,
    seen,
    specification,
    state,
)
from proofs.doubt.case import KINDS, Answer, Case, Finding, found
from proofs.engine.workers import Pool

PATIENCE = 300
"""Seconds after which a case counts as lost: the prover hangs on it."""
PROGRAMS: tuple[Any, ...] = (
    state,
    holding,
    names,
    seen,
    errors,
    memory,
    going,
    asking,
    contracts,
    pairs,
    specification,
    reading,
    loading,
    inside,
    computing,
    keeping,
)
"""Modules of small programs, in the order of their kinds."""
OTHERS: tuple[Any, ...] = (keeping, allocators)
"""Modules of cases that are more than a small program."""


class UnknownCase(Exception):
    """A name that is neither a kind nor a case."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no case is called {name!r}; the kinds are: {', '.join(KINDS)}")


@cache
def cases() -> tuple[Case, ...]:
    """Every case, kind by kind."""
    small = (toy.case(module.KIND) for module in PROGRAMS for toy in module.TOYS)
    return (*small, *(case for module in OTHERS for case in module.CASES))


def chosen(patterns: Sequence[str]) -> list[Case]:
    """The cases of these kinds, or of these ids; all of them without a pattern."""
    known = {case.id for case in cases()} | KINDS.keys()
    for pattern in patterns:
        if pattern not in known:
            raise UnknownCase(pattern)
    return [case for case in cases() if not patterns or case.id in patterns or case.kind in patterns]


def doubt(
    patterns: Sequence[str],
    jobs: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
    workers: Any = None,
) -> list[Finding]:
    """What became of every chosen case; ``workers`` of a scheduler look into them in place of processes here."""
    picked, results = chosen(patterns), []

    def lost(position: int, reason: str, hung: bool) -> Finding:
        case = picked[position]
        return Finding(case.id, case.kind, case.statement, Answer.NOT_PROVED.value, f"lost: {reason}", "")

    with Pool(jobs, PATIENCE) if workers is None else workers.pool(PATIENCE, 1) as pool:
        for finding in pool.each(looked_into, [(case.id,) for case in picked], lost):
            if finding is not None:
                results.append(finding)
            progress(len(results), len(picked))
    return results


def looked_into(name: str) -> Finding:
    """One case, which a worker knows by its name; a case that cannot even be put is broken."""
    case = next(case for case in cases() if case.id == name)
    try:
        return found(case)
    except Exception as error:
        why = f"the case is broken: {type(error).__name__}: {error}"
        return Finding(case.id, case.kind, case.statement, Answer.NOT_PROVED.value, why, "")
