"""What the documents promise, statement by statement: one short sentence for each id that clauses and tests cite.

A clause names the statements that it says with ``covers="SEG-4 SEG-5"``; a test names them in its
docstring.  ``drystone claims`` joins the three and fails on a statement that no theorem covers.  A subject's are
STATEMENTS in proofs/<subject>/statements.py.

    theorems   theorems that the prover states by itself, without a clause ("frame_allocator.free.relocatable")
    tested     why no theorem of the subject says it; then a test must
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Statement:
    """One documented statement."""

    id: str
    sentence: str
    theorems: tuple[str, ...] = ()
    tested: str = ""


Unnumbered = Callable[[str], Statement]
"""A statement that waits for its id."""


def numbered(prefix: str, *statements: str | Unnumbered) -> tuple[Statement, ...]:
    """Statements in the order of their numbers."""
    found = []
    for number, item in enumerate(statements, start=1):
        name = f"{prefix}-{number}"
        found.append(Statement(name, item) if isinstance(item, str) else item(name))
    return tuple(found)


def by_test(sentence: str, reason: str) -> Unnumbered:
    """A statement that no theorem says."""
    return lambda name: Statement(name, sentence, tested=reason)


def by_prover(sentence: str, *theorems: str) -> Unnumbered:
    """A statement that theorems say which the prover states by itself."""
    return lambda name: Statement(name, sentence, theorems)
