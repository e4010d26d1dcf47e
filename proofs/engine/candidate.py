"""The state that the solver proposes against an obligation: what each part of it would be, in a small window of memory.

NOT TRUSTED: what it finds is a proposal.  Whoever calls it a state evaluates the invariants there (standing.py).

The solver is asked once more, with all words small, so that what it proposes can be laid out on a machine.  An array
is read wherever its address lies in the window.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import z3

from proofs.engine.discharge import solver_in

WINDOW = 4096
"""All addresses and words of the proposal lie below."""
BUDGET = 6_000_000
FIRST = re.compile(r"\(declare-fun ([\w.]+)\$0 \(\) (Int|Bool|\(Array Int (?:Int|Bool)\))\)")
"""What an operation starts from are the first constants of their names."""


@dataclass(frozen=True)
class Proposal:
    """By the names of what an operation starts from: words, truths, maps in the window with what is elsewhere."""

    values: Mapping[str, int | bool] = field(default_factory=dict)
    maps: Mapping[str, tuple[Mapping[int, int | bool], int | bool]] = field(default_factory=dict)


def proposals(text: str, free: tuple[str, ...] = ()) -> list[Proposal]:
    """What the solver proposes against the SMT-LIB ``text``: with all words small, then those ``free`` of any size."""
    found = [_proposal(text, ()), _proposal(text, free) if free else None]
    return [one for one in found if one is not None]


def _proposal(text: str, free: tuple[str, ...]) -> Proposal | None:
    solver = solver_in(z3.Context(), True, 0, BUDGET)
    declared = dict(FIRST.findall(text))
    small = [name for name, sort in declared.items() if sort == "Int" and name not in free]
    solver.from_string("\n".join([text, *(f"(assert (and (<= 0 {name}$0) (< {name}$0 {WINDOW})))" for name in small)]))
    solver.check()
    try:
        model = solver.model()
    except z3.Z3Exception:
        return None
    known = {one.name().removesuffix("$0"): one for one in model.decls() if one.name().endswith("$0")}
    terms = {name: known[name]() for name in declared if name in known and known[name].arity() == 0}
    values = {name: _value(model, term) for name, term in terms.items() if not z3.is_array(term)}
    return Proposal(values, {name: _map(model, term) for name, term in terms.items() if z3.is_array(term)})


def _value(model: Any, term: Any) -> int | bool:
    """The value of a word or a truth; 0 where the model leaves it open."""
    found = model.eval(term, model_completion=True)
    if z3.is_int_value(found):
        return int(found.as_long())
    return bool(z3.is_true(found))


def _map(model: Any, term: Any) -> tuple[dict[int, int | bool], int | bool]:
    """What an array holds inside the window, and what is most common there."""
    found = {address: _value(model, z3.Select(term, address)) for address in range(WINDOW)}
    common = max(set(found.values()), key=list(found.values()).count)
    return {address: value for address, value in found.items() if value != common}, common
