"""What only serves the proof of an operation, added to what it promises.

NOT TRUSTED: a subject is made only of operations that promise what its public ones do (``Subject.made_of``).

A step that only mentions a term holds whatever the code does: it is there so that the solver looks at that term.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from model.language.logic import Clause, Operation

Steps = Mapping[str, Sequence[Clause]]


def helped(operation: Operation, known: Collection[str] = (), steps: Steps | None = None) -> Operation:
    """The operation, its proof helped.

    The clauses whose names are ``known`` may be relied on by those after them, once they are shown.  ``steps`` are
    shown before the clause of that name, may be relied on from there on, and are no part of the contract.  KeyError
    for a name that no clause has.
    """
    steps = steps or {}
    if strange := sorted({*known, *steps} - {clause.name for clause in operation.ensures}):
        raise KeyError(f"{operation.name} ensures nothing called {', '.join(strange)}")
    return replace(operation, ensures=list(_in_order(operation, known, steps)))


def _in_order(operation: Operation, known: Collection[str], steps: Steps) -> Iterator[Clause]:
    for clause in operation.ensures:
        yield from map(inner, steps.get(clause.name, ()))
        yield replace(clause, lemma=True) if clause.name in known else clause


def inner(clause: Clause) -> Clause:
    """The same clause, for those after it to rely on, and nobody else."""
    return replace(clause, lemma=True, inner=True)
