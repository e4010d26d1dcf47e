"""Values for a failed obligation: what a state that breaks it may look like.

When the solver has no certain model it still has a candidate; its values are shown as such, and
the report says so.
"""

from __future__ import annotations

import z3

from proofs.engine.theorem import Problem

BUDGET = 500_000


def explain(problem: Problem) -> tuple[tuple[str, str], ...]:
    """(name, value) for the words that the path shows; none if the solver has no candidate at all."""
    text = problem.rungs[-1][0]
    known = set(text.splitlines())
    extra = [line for line in problem.shown.splitlines() if line not in known]
    declarations = [line for line in extra if line.startswith("(declare")]
    definitions = [line for line in extra if not line.startswith("(declare")]
    context = z3.Context()
    solver = z3.SimpleSolver(ctx=context)
    solver.set("auto_config", False)
    solver.set("mbqi", False)
    solver.set("rlimit", BUDGET)
    solver.from_string("\n".join([*declarations, text, *definitions]))
    solver.check()
    try:
        model = solver.model()
    except z3.Z3Exception:
        return ()
    values = {declaration.name(): model[declaration] for declaration in model.decls() if declaration.arity() == 0}
    return tuple(
        (name, readable(values[f"shown!{number}"]))
        for number, name in enumerate(problem.names)
        if f"shown!{number}" in values
    )


def readable(value: object) -> str:
    """Small numbers in decimal, large ones in hexadecimal."""
    if isinstance(value, z3.IntNumRef):
        number = value.as_long()
        return str(number) if abs(number) < 4096 else hex(number)
    return str(value)
