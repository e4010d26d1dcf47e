"""Evaluates what a specification says; a mistake in it is told with its own file and line, and what to write instead.

TRUSTED: what a specification says is a truth, and nothing else counts as one.

Whatever Python raises in a specification is the specification's mistake: no error of the program, and none of the tool.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from types import TracebackType
from typing import Any

from model.language.logic import Loop, Only
from proofs.engine.errors import EngineError
from proofs.engine.places import is_of_the_prover
from proofs.engine.values import SymBool, SymInt, term_of

LOOP = "return Loop([(name, sentence, truth), ...], measure, changes)"
NEAREST = 4
"""So many names are told where one is not known, those that look most like it."""


class Misstated(EngineError):
    """A specification is wrong in itself: ``place`` is the file and line where, ``str()`` tells what is."""

    def __init__(self, place: str, what: str) -> None:
        super().__init__(what)
        self.place = place


def nearest(name: str, known: Iterable[str]) -> str:
    """The known names that look most like ``name``, in words."""
    names = sorted(known)
    near = get_close_matches(name, names, NEAREST, 0)
    more = len(names) - len(near)
    return ", ".join(near or ["none"]) + (f" and {more} more" if more else "")


def stated(what: str, specification: Callable[..., Any], *given: Any) -> Any:
    """``specification(*given)``; Misstated if that cannot be evaluated.  ``what`` says which specification it is."""
    try:
        return specification(*given)
    except Misstated:
        raise
    except EngineError as error:
        place = place_in(error.__traceback__)
        if not place:  # the prover's own: it could not go on, whatever the specification says
            raise
        raise Misstated(place, f"{what}: {error}") from error
    except Exception as error:
        raise Misstated(place_in(error.__traceback__) or defined_at(specification), told(what, error)) from error


def truth(what: str, specification: Any, value: Any) -> Any:
    """The term of what a specification stated; Misstated if that is no truth."""
    if type(value) in (bool, SymBool):
        return term_of(value)
    if value is None:
        found = "returns nothing: write `return` before the formula"
    elif type(value) in (int, SymInt):
        found = "returns a number, not a truth: state what holds of it, with ==, <= or <"
    else:
        found = f"returns a {type(value).__name__}, not a truth: state a formula"
    raise Misstated(defined_at(specification), f"{what} {found}")


def said(clause: Any, *given: Any) -> Any:
    """The term of what a clause states of what it is given."""
    what = f"the clause {clause.name}"
    return truth(what, clause.formula, stated(what, clause.formula, *given))


def triples(what: str, specification: Any, parts: Any) -> tuple[tuple[str, str, Any], ...]:
    """The (name, sentence, truth) triples that a specification returned, each truth as its term."""
    found = []
    for part in stated(what, tuple, parts):
        if not (isinstance(part, tuple) and len(part) == 3 and isinstance(part[0], str) and isinstance(part[1], str)):
            raise Misstated(
                defined_at(specification), f"{what} holds a {type(part).__name__} among (name, sentence, truth) triples"
            )
        found.append((part[0], part[1], truth(f"{part[0]} of {what}", specification, part[2])))
    return tuple(found)


def shape_of_loop(loop: Any) -> str:
    """What is wrong with what a loop's specification returned, "" if nothing."""
    if not isinstance(loop, Loop):
        return f"returns {type(loop).__name__}: {LOOP}"
    if isinstance(loop.changes, str):
        return f"changes a string: write ({loop.changes!r},)"
    if type(loop.measure) not in (int, SymInt):
        return f"has no number for its measure: {LOOP}"
    return ""


def told(what: str, error: Exception) -> str:
    """What went wrong in a specification, in words, and what to write instead."""
    if isinstance(error, ZeroDivisionError):
        return f"{what} divides by what may be 0: multiply instead (q * d <= n), or divide by a constant"
    if isinstance(error, RecursionError):
        return f"{what} calls itself without end: write a ghost map, and an invariant about it"
    if isinstance(error, AttributeError) and error.name and error.obj is not None:
        kind, names = type(error.obj).__name__, [one for one in dir(error.obj) if not one.startswith("_")]
        names += getattr(error.obj, "arguments", {}) if kind == "Transition" else ()
        return f"{what}: {kind} has no {error.name}; it has {nearest(error.name, names)}"
    return f"{what}: {type(error).__name__}: {error}"


def place_in(trace: TracebackType | None) -> str:
    """The innermost line in a trace that a specification stands on, as file:line; "" if none does."""
    found = ""
    while trace is not None:
        frame = trace.tb_frame
        if not is_of_the_prover(frame) and frame.f_globals.get("__drystone_subject__") is None:
            found = f"{frame.f_code.co_filename}:{trace.tb_lineno}"
        trace = trace.tb_next
    return found


def defined_at(specification: Any) -> str:
    """Where a specification is written, as file:line; "" if that cannot be told."""
    written = specification.formula if isinstance(specification, Only) else specification
    code = getattr(getattr(written, "func", written), "__code__", None)
    return f"{code.co_filename}:{code.co_firstlineno}" if code is not None else ""
