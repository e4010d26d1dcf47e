"""One program after another, run by CPython and by the prover; where they differ is told in words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from proofs.engine.path import EngineError
from tests.programs import concrete, symbolic
from tests.programs.concrete import Input, Outcome
from tests.programs.cutting import is_possible
from tests.programs.mutation import mutant
from tests.programs.program import Program, program

INPUTS = 4


@dataclass
class Comparison:
    """What came of it: the differences, and how often the two readings ended how."""

    differences: list[str] = field(default_factory=list)
    ends: Counter[str] = field(default_factory=Counter)

    def note(self, one: Program, given: Input, said: Outcome | str, seen: Outcome) -> None:
        """What the prover said of one input, and what CPython did."""
        if isinstance(said, str):
            self.differ(one, given, f"{said}; CPython: {seen}")
        elif said.fault:
            self.ends["not proved" if seen.fault else "not proved without need"] += 1
        elif seen.fault:
            self.differ(one, given, f"nothing is wrong for the prover, but {seen.fault}")
        elif _typed(said) != _typed(seen):
            self.differ(one, given, f"the prover: {said}; CPython: {seen}")
        else:
            self.ends[seen.raised or "returned"] += 1

    def differ(self, one: Program, given: Input | None, words: str) -> None:
        """One difference."""
        self.differences.append(f"program {one.seed}, input {given}: {words}\n{one.text}")


def _typed(outcome: Outcome) -> tuple[str, Outcome]:
    """An outcome that tells True from 1."""
    return repr((outcome.result, outcome.raised, sorted(outcome.fields.items()), outcome.log)), outcome


def inputs(one: Program) -> Iterator[Input]:
    """Some inputs of a program."""
    return (concrete.random_input(one.seed * 1_000 + number) for number in range(INPUTS))


def on_symbols(seeds: Iterable[int], decisions: int = 6) -> Comparison:
    """All paths are explored; for each input the one path that is its own tells what the prover says."""
    found = Comparison()
    for one in (program(seed, decisions) for seed in seeds):
        explored = _explored(found, one)
        for given in inputs(one) if explored else ():
            found.note(one, given, _said(explored, given), concrete.run(one, given))
    return found


def on_constants(seeds: Iterable[int], decisions: int = 14) -> Comparison:
    """The prover knows the input; every second time its arguments are literal numbers."""
    found = Comparison()
    for one in (program(seed, decisions) for seed in seeds):
        given = concrete.random_input(one.seed)
        explored = _explored(found, one, given)
        if explored:
            found.note(one, given, _said(explored, given), concrete.run(one, given))
    return found


def behind_cuts(seeds: Iterable[int], decisions: int = 4) -> Comparison:
    """Loops are cut; what the prover then knows is true of what CPython did."""
    found = Comparison()
    for one in (program(seed, decisions, cut=True) for seed in seeds):
        explored = _explored(found, one)
        for given in inputs(one) if explored else ():
            _note_cut(found, one, given, explored)
    return found


def on_mutants(seeds: Iterable[int]) -> Comparison:
    """Programs with something in the wrong place: the prover refuses them, or it ends as CPython does."""
    found = Comparison()
    for one in (mutant(seed) for seed in seeds):
        given = concrete.random_input(one.seed)
        seen = _seen(one, given)
        explored = None if seen is None else _attempted(one, given)
        if seen is None or explored is None:
            found.ends["refused"] += 1
        else:
            found.note(one, given, _said(explored, given), seen)
    return found


def _seen(one: Program, given: Input) -> Outcome | None:
    """What CPython does; None if it does not take the text, or does not end."""
    try:
        return concrete.run(one, given)
    except (SyntaxError, TypeError, RecursionError, concrete.Endless):
        return None


def _attempted(one: Program, given: Input) -> symbolic.Explored | None:
    """All paths; None if the prover ends with an error of any kind."""
    try:
        return symbolic.explore(one, given, literal=one.seed % 2 == 0)
    except Exception:
        return None


def _note_cut(found: Comparison, one: Program, given: Input, explored: symbolic.Explored) -> None:
    seen = concrete.run(one, given)
    if seen.fault:
        found.ends["not compared"] += 1
    elif is_possible(explored, given, seen):
        found.ends[seen.raised or "returned"] += 1
    else:
        found.differ(one, given, f"the prover knows better than CPython, which came to {seen}")


def _explored(found: Comparison, one: Program, given: Input | None = None) -> symbolic.Explored | None:
    """All paths; None if there are too many, or the prover has refused the program."""
    try:
        return symbolic.explore(one, given, literal=one.seed % 2 == 0)
    except symbolic.TooMany:
        found.ends["too many paths"] += 1
    except EngineError as error:
        found.ends["refused"] += 1
        found.ends[f"refused: {error}"] += 1
    return None


def _said(explored: symbolic.Explored, given: Input) -> Outcome | str:
    try:
        return symbolic.outcome(explored, given)
    except LookupError as error:
        return str(error)
