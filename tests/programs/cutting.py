"""What the prover knows behind a loop that is cut: less than what happened, but nothing that did not."""

from __future__ import annotations

from typing import Any

import z3

from proofs.engine.values import SymBool, term_of
from tests.programs.concrete import PLACES, Input, Outcome, plain
from tests.programs.program import STRUCTS
from tests.programs.symbolic import Ended, Explored, first

PATIENCE = 2_000
"""Milliseconds; what is not decided by then counts as possible."""


def is_possible(explored: Explored, given: Input, seen: Outcome) -> bool:
    """Whether some path may have come to the end that CPython came to."""
    return any(_may_be(end, given, seen) for end in explored.ended if end.raised == seen.raised)


def _may_be(end: Ended, given: Input, seen: Outcome) -> bool:
    same = _same(_numbers(end.result), seen.result)
    if same is None:
        return False
    solver = z3.Solver()
    solver.set("timeout", PATIENCE)
    solver.add(*[fact.term for fact in end.path.facts if not _has_quantifier(fact.term)])
    solver.add(*_beginning(given), *same, *_end(end, seen))
    return bool(solver.check() != z3.unsat)


def _numbers(result: Any) -> Any:
    """The result, its numbers as terms beside whether they are truths."""

    def number(value: Any) -> Any:
        return Said(term_of(value), isinstance(value, SymBool | bool)) if value is not None else None

    return plain(result, number)


class Said:
    """A number or a truth."""

    def __init__(self, term: Any, truth: bool) -> None:
        self.term, self.truth = term, truth


def _same(said: Any, seen: Any) -> list[Any] | None:
    """The equations that make of what is said what was seen; None if it is of another shape."""
    if isinstance(said, Said):
        fits = isinstance(seen, bool) == said.truth and isinstance(seen, int)
        return [said.term == term_of(seen)] if fits else None
    if isinstance(said, tuple) and isinstance(seen, tuple) and len(said) == len(seen):
        parts = [_same(one, other) for one, other in zip(said, seen, strict=True)]
        return None if None in parts else [one for part in parts if part is not None for one in part]
    return [] if said == seen else None


def _beginning(given: Input) -> list[Any]:
    """The input, of the constants of a path's beginning."""
    equations = [z3.Int(first(name)) == value for name, value in zip("nm", given.arguments, strict=True)]
    equations.append(z3.Int(first("log_length")) == 0)
    for struct, fields in STRUCTS.items():
        there = [address for name, address in PLACES if name == struct]
        claimed = z3.Array(first(f"claimed.{struct}"), z3.IntSort(), z3.BoolSort())
        equations += [z3.Select(claimed, address) for address in there]
        for name, bits in fields.items():
            array = z3.Array(first(f"{struct}.{name}"), z3.IntSort(), z3.BoolSort() if bits == 0 else z3.IntSort())
            equations += [z3.Select(array, at) == term_of(given.fields[struct, at, name]) for at in there]
    return equations


def _end(end: Ended, seen: Outcome) -> list[Any]:
    """Memory and log at the end are what was seen; so are the loads and stores."""
    equations = [
        term_of(end.memory.arrays[f"{struct}.{name}"][address]) == term_of(value)
        for (struct, address, name), value in seen.fields.items()
    ]
    log = end.memory.arrays["log"].array
    equations += [z3.Select(log, at) == value for at, value in enumerate(seen.log) if value is not None]
    return [*equations, term_of(end.memory.log_length) == len(seen.log), term_of(end.memory.cost) == seen.cost]


def _has_quantifier(term: Any) -> bool:
    return z3.is_quantifier(term) or any(_has_quantifier(part) for part in term.children())
