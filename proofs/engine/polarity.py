"""Whether a formula may say of a set that something is not in it.

TRUSTED: of mapped pages a proof knows those that specifications speak of; what denies that a page is mapped speaks
of the heap's own pages, and others may have mapped it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import z3

Term = Any
Stance = tuple[bool, bool]
"""Whether a part of a formula is affirmed, and whether it is denied, where the formula holds."""
BOTH = (True, True)


def denies(formula: Term, members: Term) -> bool:
    """Whether the set occurs where the formula denies it, or where it is not clear what the formula does."""
    seen: set[tuple[int, Stance]] = set()
    left: list[tuple[Term, Stance]] = [(formula, (True, False))]
    while left:
        term, stance = left.pop()
        if (term.get_id(), stance) in seen:
            continue
        seen.add((term.get_id(), stance))
        if term.eq(members) and stance[1]:
            return True
        left.extend(_parts(term, stance))
    return False


def _parts(term: Term, stance: Stance) -> Iterator[tuple[Term, Stance]]:
    """The parts of a formula; what is no connective of truths is taken to affirm and to deny what it holds."""
    turned = (stance[1], stance[0])
    if z3.is_quantifier(term):
        yield term.body(), stance
    elif z3.is_and(term) or z3.is_or(term):
        yield from ((part, stance) for part in term.children())
    elif z3.is_not(term):
        yield term.arg(0), turned
    elif z3.is_implies(term):
        yield term.arg(0), turned
        yield term.arg(1), stance
    elif z3.is_app_of(term, z3.Z3_OP_ITE):
        yield from ((term.arg(0), BOTH), (term.arg(1), stance), (term.arg(2), stance))
    elif z3.is_select(term):
        yield from ((term.arg(0), stance), (term.arg(1), BOTH))
    else:
        yield from ((part, BOTH) for part in term.children())
