"""Functions that a specification defines, and the predicate that only mentions a value.

TRUSTED: a definition that is none would be an axiom.  Each is closed: it depends on its value and on nothing that
a formula around it has bound, and not on itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import z3

from proofs.engine import names, reading, terms
from proofs.engine import path as paths

Term = Any


def function(name: str, formula: Callable[[Any], Any], meaning_of: Callable[[Term], Term]) -> Any:
    """The function of that name, which is ``formula``; ``meaning_of`` gives its term."""
    known, key = paths.current().definitions, _written(name, formula)
    if key not in known:
        known[key] = (_defined(name, meaning_of), formula)  # kept alive: its identity is part of the key
    return known[key][0]


def _written(name: str, formula: Callable[[Any], Any]) -> Any:
    """What tells definitions apart without working them out: the function's code and globals, and plain values in it.

    A formula that holds anything else, or is no plain function, equals no other: it is worked out each time.
    """
    code = getattr(formula, "__code__", None)
    if code is None or formula.__defaults__ or formula.__kwdefaults__:
        return object()
    cells = tuple(cell.cell_contents for cell in formula.__closure__ or ())
    return (name, code, id(formula.__globals__), cells) if all(type(cell) in (int, str) for cell in cells) else object()


def _defined(name: str, meaning_of: Callable[[Term], Term]) -> Any:
    """The function of that name, its law known on this path; a name has one definition."""
    path, symbol = paths.current(), names.defined(name)
    with path.definition(name) as x:
        meaning = meaning_of(x)
        function = z3.Function(symbol, z3.IntSort(), meaning.sort())
        value = terms.applied(function, x)
        law = terms.universal([x], terms.eq(value, meaning), [value])
    path.refuse_open(law)
    theory = f"{symbol} as {_number_of(meaning)}"
    if any(known.startswith(f"{symbol} as ") and known != theory for known in path.theories):
        raise paths.EngineError(f"{name} has two definitions: a definition may depend on its value alone")
    path.introduce(theory, lambda: [(name, law)])
    return function


_meanings: dict[int, Term] = {}
"""The meanings of all definitions, kept alive, so that no identity goes to another."""


def _number_of(meaning: Term) -> int:
    """What tells a meaning from every other one: Z3 keeps equal terms once."""
    number = reading.identity(meaning.ast)
    _meanings.setdefault(number, meaning)
    return number


MENTIONED = z3.Function("mentioned", z3.IntSort(), z3.BoolSort())


def mention_law() -> list[tuple[str, Term]]:
    """Everything is mentioned: the predicate means nothing, it only holds terms."""
    x = z3.Int("x?")
    return [("", z3.ForAll([x], MENTIONED(x), patterns=[MENTIONED(x)]))]
