"""Unsat cores: the pieces of a text that the solver used to prove it.

NOT TRUSTED: a core is only asked of another solver; what follows from a part of the facts follows from all of them.
"""

from __future__ import annotations

import z3

from proofs.engine.discharge import BUDGET, NEWER, Way, solver_in
from proofs.engine.text import Text


def core_of(text: Text, seed: int = 0, budget: int = BUDGET, way: Way = NEWER) -> Text | None:
    """The pieces of ``text`` that Z3 used to prove it, in their order; None if it does not prove it in ``budget``."""
    context = z3.Context()
    solver = solver_in(context, False, seed, budget, way)
    for number, assertion in enumerate(z3.parse_smt2_string(str(text), ctx=context)):
        solver.assert_and_track(assertion, z3.Bool(f"piece!{number}", context))
    if solver.check() != z3.unsat:
        return None
    used = {int(str(name).removeprefix("piece!")) for name in solver.unsat_core()}
    return Text(tuple(piece for number, piece in enumerate(text.pieces) if number in used))
