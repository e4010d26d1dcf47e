"""Evaluates specifications on a live machine; a mistake in one is told with its own file and line.

The prover's own words for it are those of proofs/engine/stating.py, which evaluates the same functions over symbols.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model.language.logic import Loop
from proofs.checking.violation import PreconditionError, SpecificationError, Violation
from proofs.engine.stating import defined_at, place_in, shape_of_loop, told

OWN = (Violation, PreconditionError, SpecificationError)
"""What a specification may end with besides an answer: RAM shows no state of which it could speak."""


def stated(what: str, specification: Callable[..., Any], *given: Any) -> Any:
    """``specification(*given)``; SpecificationError, with the place, if that cannot be evaluated."""
    try:
        return specification(*given)
    except OWN:
        raise
    except Exception as error:
        place = place_in(error.__traceback__) or defined_at(specification)
        raise SpecificationError(f"{place}: {told(what, error)}") from error


def said(clause: Any, *given: Any) -> bool:
    """Whether what a clause states of what it is given holds; SpecificationError if it states no truth."""
    value = stated(f"the clause {clause.name}", clause.formula, *given)
    if not isinstance(value, bool):
        returned = "nothing" if value is None else f"a {type(value).__name__}"
        raise SpecificationError(
            f"{defined_at(clause.formula)}: the clause {clause.name} returns {returned}, not a truth: return a formula"
        )
    return value


def loop_of(specification: Callable[..., Any], state: tuple[Any, ...]) -> Loop:
    """What a loop's specification says of the state at its head."""
    what = f"the loop specification {specification.__name__}"
    loop = stated(what, specification, *state)
    if wrong := shape_of_loop(loop):
        raise SpecificationError(f"{defined_at(specification)}: {what} {wrong}")
    return loop  # type: ignore[no-any-return]
