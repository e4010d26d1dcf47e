"""Errors of the prover, how a path ends, and errors that the program under proof raises itself.

TRUSTED: an error of the prover that passed for one of the program would be an end that the contract may allow.
"""

from __future__ import annotations

from typing import Any

ENDLESS = (
    'nothing known bounds its rounds: begin the loop with loop("specification", ...), which says what holds at its '
    "head; of a recursion make such a loop"
)
DECIDES = (
    "decides at once, by and, or, not, if, in, min, max, any, all, a chained comparison or a quotient by an unknown; "
    "write &, |, negate, implies, when, (a <= b) & (b < c), and multiply instead of dividing"
)


class PathEnd(BaseException):
    """The path is complete: a cut loop came round, or its condition cannot hold."""


class EngineError(Exception):
    """The prover cannot go on: the subject uses something that it does not model."""


class Unsupported(EngineError):
    """The program did something with a symbolic value that the prover does not model."""


def program_error(error: Any) -> Any:
    """The error, marked as one that the program under proof raises itself."""
    error.__drystone_program__ = True
    return error


def programs_own(error: BaseException | None) -> bool:
    """Whether an error is one that the program under proof raised itself."""
    return getattr(error, "__drystone_program__", False) is True
