"""Values for a failed obligation: what a state that breaks it may look like.

When the solver has no certain model it still has a candidate; its values are shown as such, and
the report says so.
"""

from __future__ import annotations

import z3

from proofs.engine.path import Obligation
from proofs.engine.smtlib import Printer

BUDGET = 500_000


def explain(printer: Printer, obligation: Obligation) -> tuple[tuple[str, str], ...]:
    """(name, value) for the words that the path shows, in hexadecimal where they are large."""
    text = printer.problem(obligation)
    definitions = []
    for number, (_, term) in enumerate(obligation.values):
        definitions.append(f"(declare-const shown!{number} Int)")
        definitions.append(f"(assert (= shown!{number} {printer.text(term)}))")
    missing = [
        line
        for _, term in obligation.values
        for line in sorted(printer.declarations(term))
        if line not in text
    ]
    context = z3.Context()
    solver = z3.SimpleSolver(ctx=context)
    solver.set("auto_config", False)
    solver.set("mbqi", False)
    solver.set("rlimit", BUDGET)
    solver.from_string("\n".join([*dict.fromkeys(missing), text, *definitions]))
    solver.check()
    try:
        model = solver.model()
    except z3.Z3Exception:
        return ()
    values = {declaration.name(): model[declaration] for declaration in model.decls() if declaration.arity() == 0}
    return tuple(
        (name, readable(values[f"shown!{number}"]))
        for number, (name, _) in enumerate(obligation.values)
        if f"shown!{number}" in values
    )


def readable(value: object) -> str:
    """Small numbers in decimal, large ones in hexadecimal."""
    if isinstance(value, z3.IntNumRef):
        number = value.as_long()
        return str(number) if abs(number) < 4096 else hex(number)
    return str(value)
