"""A short history that shows a violation, with small numbers: its journal, run again with less and less.

To shrink the choices that a history was made of instead takes many times as long: most of them say what is not called.
"""

from __future__ import annotations

import ast
import types
from collections.abc import Callable
from typing import Any

from proofs.checking.script import violated_in
from proofs.checking.stage import Stage
from proofs.checking.violation import Violation

MOST_TRIES, CLOSER = 40, 6
"""Histories that are run for smaller numbers, at most; and for one number, which need not be the smallest."""

Shows = Callable[[list[str]], bool]


def shortened(
    world: Stage, violation: Violation, edition: types.ModuleType | None, lower: bool = True
) -> tuple[list[str], Violation]:
    """Fewer statements of the journal of ``world`` that show the violation, and what they show; ``lower`` its numbers.

    The theorem stays the same; what is seen of the heap is that of the shorter history.
    """
    seen: list[Violation] = []

    def shows(fewer: list[str]) -> bool:
        found = violated_in(type(world)(world.frames, edition), fewer)
        if found is None or found.theorem != violation.theorem:
            return False
        seen.append(found)
        return True

    steps = fewest(world.journal, shows)
    smaller = lowered(steps, shows) if lower else steps
    steps = fewest(smaller, shows) if smaller != steps else steps  # smaller numbers may need fewer statements
    return steps, seen[-1] if seen else violation


def fewest(journal: list[str], shows: Shows) -> list[str]:
    """The statements without those that are not needed; many at a time first.

    Few statements run quickly, so the last ones are tried by themselves before anything is left out of all of them.
    """
    steps = list(journal)
    ends = (ending(steps, 2**power) for power in range(len(steps).bit_length()))
    steps = next((end for end in ends if len(end) < len(steps) and shows(end)), steps)
    size = len(steps) // 2
    while size:
        end = len(steps) - 1
        while end > 0:
            start = max(end - size, 0)
            fewer = without(steps, start, end)
            if fewer[-1:] == steps[-1:] and shows(fewer):
                steps = fewer
            end = min(start, len(steps) - 1)
        size //= 2
    return steps


def without(steps: list[str], start: int, end: int) -> list[str]:
    """The statements but those from ``start`` up to ``end``, and those that use a name that one left out gives."""
    kept, gone = steps[:start], set()
    for place, step in enumerate(steps[start:], start):
        names = [node for node in ast.walk(ast.parse(step)) if isinstance(node, ast.Name)]
        if place < end or any(node.id in gone for node in names):
            gone |= {node.id for node in names if isinstance(node.ctx, ast.Store)}
        else:
            kept.append(step)
    return kept


def ending(steps: list[str], count: int) -> list[str]:
    """The last ``count`` statements, and those before them that give the names that they use."""
    kept: list[str] = []
    wanted: set[str] = set()
    for place, step in enumerate(reversed(steps)):
        names = [node for node in ast.walk(ast.parse(step)) if isinstance(node, ast.Name)]
        if place < count or any(node.id in wanted for node in names if isinstance(node.ctx, ast.Store)):
            kept.append(step)
            wanted |= {node.id for node in names if isinstance(node.ctx, ast.Load)} - {"world"}
    return kept[::-1]


def lowered(steps: list[str], shows: Shows) -> list[str]:
    """The same statements with small numbers that show the violation, too; what is hexadecimal is an address."""
    tries = 0
    for number in range(len(steps)):
        for place, found in enumerate(_numbers(steps[number])):
            fails, value, middle, ends = -1, found.value, 0, min(tries + CLOSER, MOST_TRIES)
            while value - fails > 1 and tries < ends:
                changed = _with_number(steps[number], place, middle)
                fewer = [*steps[:number], changed, *steps[number + 1 :]]
                tries += 1
                if shows(fewer):
                    steps, value = fewer, middle
                else:
                    fails = middle
                middle = (fails + value) // 2
    return steps


def _numbers(statement: str) -> list[Any]:
    """The decimal numbers of a statement, as nodes of its tree, in the order in which they stand."""
    nodes = [node for node in ast.walk(ast.parse(statement)) if isinstance(node, ast.Constant)]
    found = [node for node in nodes if type(node.value) is int and _text(statement, node).isdecimal()]
    return sorted(found, key=lambda node: node.col_offset)


def _text(statement: str, node: ast.Constant) -> str:
    return statement[node.col_offset : node.end_col_offset]


def _with_number(statement: str, place: int, value: int) -> str:
    """The statement with that value as its number at that place."""
    node = _numbers(statement)[place]
    return f"{statement[: node.col_offset]}{value}{statement[node.end_col_offset :]}"
