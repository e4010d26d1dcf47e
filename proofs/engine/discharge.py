"""Solving one text alone, in a fresh solver, budgeted by resource count.

TRUSTED: only the answer ``unsat`` of the solver on the obligation's own text counts as proved.
"""

from __future__ import annotations

from dataclasses import dataclass

import z3

BUDGET = 2_000_000
"""Resource units for the longest try; an obligation that is well triggered needs a hundredth of it."""


@dataclass(frozen=True)
class Rung:
    """One way to try an obligation: with only the facts that it needs or all of them, with MBQI or without."""

    sliced: bool
    mbqi: bool


LADDER = (Rung(True, False), Rung(False, False), Rung(False, True))

MBQI_BUDGET = 1_000_000
"""Resource units for the last rung."""

BRIEF_BUDGET = 200_000
"""Resource units for the last rung where a theorem is not proved anyway, but might be refuted."""

MOST_LOOKS = 6
"""After so many open obligations of a theorem the rest is not looked at."""

MOST_FAILURES = 3
"""So many obligations of a theorem are tried with MBQI: more would say nothing new."""


@dataclass(frozen=True)
class Way:
    """How the solver goes about a text: by Z3's ``older`` arithmetic or the newer; with which terms it instantiates.

    The older arithmetic takes a third less time for most proofs, and misses some.  Mostly only those terms count that
    the case at hand needs (relevancy); that is quick, but where a fact is wanted of a term that no case needs, the
    solver ends without a proof.  With ``all_terms`` it does not, if it does not drown.
    """

    older: bool = False
    all_terms: bool = False


NEWER, OLDER, ALL_TERMS = Way(), Way(older=True), Way(older=True, all_terms=True)


@dataclass(frozen=True)
class Answer:
    """What the solver said: "unsat" (proved), "sat" (refuted, with a model) or "unknown"."""

    answer: str
    resources: int
    reason: str = ""


def solver_in(context: z3.Context, mbqi: bool, seed: int, budget: int, way: Way = NEWER) -> z3.SimpleSolver:
    """A solver as every obligation has it; ``budget`` is in resource units."""
    solver = z3.SimpleSolver(ctx=context)
    solver.set("auto_config", False)
    solver.set("mbqi", mbqi)
    solver.set("rlimit", budget)
    solver.set("arith.enable_hnf", False)  # it takes a third of the solver's time, and proves nothing here
    if way.older:
        solver.set("arith.solver", 2)
    if way.all_terms:
        solver.set("relevancy", 0)
    if seed:
        solver.set("random_seed", seed)
    return solver


def solve(text: str, mbqi: bool, seed: int = 0, budget: int = BUDGET, way: Way = NEWER) -> Answer:
    """Solve one SMT-LIB text in a context of its own."""
    solver = solver_in(z3.Context(), mbqi, seed, budget, way)
    solver.from_string(text)
    answer = str(solver.check())
    reason = solver.reason_unknown() if answer == "unknown" else ""
    return Answer(answer, resources_of(solver.statistics()), reason)


def resources_of(statistics: z3.Statistics) -> int:
    """The resource units that were spent so far."""
    try:
        return int(statistics.get_key_value("rlimit count"))
    except z3.Z3Exception:  # nothing was counted
        return 0
