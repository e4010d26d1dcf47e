"""Values for a failed obligation: what a state that breaks it may look like.

When the solver has no certain model it still has a candidate.  If it did not get so far it is asked
again about the facts without quantifiers, which say what is known of the path.

NOT TRUSTED: what it finds is only told, beside an obligation that is not proved.
"""

from __future__ import annotations

from typing import Any

import z3

from proofs.engine.discharge import solver_in
from proofs.engine.theorem import Problem

BUDGET = 500_000


def explain(problem: Problem) -> tuple[tuple[str, str], ...]:
    """(name, value) for the words that the path shows; none if the solver has no candidate at all."""
    text = str(problem.rungs[-1][0])
    known = set(text.splitlines())
    extra = [line for line in problem.shown.splitlines() if line not in known]
    declarations = [line for line in extra if line.startswith("(declare")]
    definitions = [line for line in extra if not line.startswith("(declare")]
    solver = solver_in(z3.Context(), False, 0, BUDGET)
    solver.from_string("\n".join([*declarations, text, *definitions]))
    model = _model(solver) or _model(_ground(solver))
    if model is None:
        return ()
    values = {declaration.name(): model[declaration] for declaration in model.decls() if declaration.arity() == 0}
    return tuple(
        (name, readable(values[f"shown!{number}"]))
        for number, name in enumerate(problem.names)
        if f"shown!{number}" in values
    )


def _model(solver: Any) -> Any:
    """The solver's model or candidate, None if it has none."""
    solver.check()
    try:
        return solver.model()
    except z3.Z3Exception:
        return None


def _ground(solver: Any) -> Any:
    """A solver for what ``solver`` asserts without quantifiers; a negated one is only a fresh constant."""
    ground = solver_in(solver.ctx, False, 0, BUDGET)
    for assertion in solver.assertions():
        negated = z3.is_not(assertion) and z3.is_quantifier(assertion.arg(0))
        if assertion.sexpr().count("(forall") <= negated:
            ground.add(assertion)
    return ground


def readable(value: object) -> str:
    """Small numbers in decimal, large ones in hexadecimal."""
    if isinstance(value, z3.IntNumRef):
        number = value.as_long()
        return str(number) if abs(number) < 4096 else hex(number)
    return str(value)
