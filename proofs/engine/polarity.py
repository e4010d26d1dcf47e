"""Whether a formula may say of a set that something is not in it.

TRUSTED: of mapped pages a proof knows those that specifications speak of; what denies that a page is mapped speaks
of the heap's own pages, and others may have mapped it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import z3

from proofs.engine import reading

Term = Any
Ast = Any
Stance = tuple[bool, bool]
"""Whether a part of a formula is affirmed, and whether it is denied, where the formula holds."""
AFFIRMED, BOTH = (True, False), (True, True)


def denied(formulas: Iterable[Term], members: Term) -> bool:
    """Whether the set occurs where a formula denies it, or where it is not clear what the formula does.

    What the formulas share is looked through once.
    """
    around = Around(members.ast)
    seen: set[tuple[int, Stance]] = set()
    return any(_denies(formula.ast, around, seen) for formula in formulas)


class Around:
    """Which terms hold the set: no other part of a formula is of interest."""

    def __init__(self, members: Ast) -> None:
        self.members = reading.identity(members)
        self._known: dict[int, bool] = {self.members: True}

    def holds(self, ast: Ast) -> bool:
        """Whether the set occurs in the term, patterns left aside: these say nothing."""
        key = reading.identity(ast)
        if key not in self._known:
            self._known[key] = any(self.holds(part) for part in _within(ast))
        return self._known[key]


def _within(ast: Ast) -> list[Ast]:
    kind = reading.kind(ast)
    if kind == z3.Z3_QUANTIFIER_AST:
        return [reading.body(ast)]
    return reading.operands(ast) if kind == z3.Z3_APP_AST else []


def _denies(formula: Ast, around: Around, seen: set[tuple[int, Stance]]) -> bool:
    left = [(formula, AFFIRMED)]
    while left:
        ast, stance = left.pop()
        key = reading.identity(ast), stance
        if key in seen or not around.holds(ast):
            continue
        seen.add(key)
        if key[0] == around.members and stance[1]:
            return True
        left.extend(_parts(ast, stance))
    return False


def _parts(ast: Ast, stance: Stance) -> Iterator[tuple[Ast, Stance]]:
    """The parts of a formula; what is no connective of truths is taken to affirm and to deny what it holds."""
    parts = _within(ast)
    if reading.kind(ast) == z3.Z3_QUANTIFIER_AST:
        return zip(parts, [stance], strict=True)
    turned = (stance[1], stance[0])
    stances = _STANCES.get(reading.function_kind(reading.function(ast)), _unclear) if parts else _unclear
    return zip(parts, stances(len(parts), stance, turned), strict=True)


def _unclear(count: int, stance: Stance, turned: Stance) -> list[Stance]:
    return [BOTH] * count


_STANCES = {
    z3.Z3_OP_AND: lambda count, stance, turned: [stance] * count,
    z3.Z3_OP_OR: lambda count, stance, turned: [stance] * count,
    z3.Z3_OP_NOT: lambda count, stance, turned: [turned],
    z3.Z3_OP_IMPLIES: lambda count, stance, turned: [turned, stance],
    z3.Z3_OP_ITE: lambda count, stance, turned: [BOTH, stance, stance],
    z3.Z3_OP_SELECT: lambda count, stance, turned: [stance, *[BOTH] * (count - 1)],
}
"""How the parts of each connective stand, if the whole stands so; ``turned`` is the other way round."""
