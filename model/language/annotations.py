"""The three annotations that implementations borrow from the model.  In an ordinary run they do nothing.

Each says a specification by its name, a string; what the name stands for, the record of the subject's proof defines.

``loop("specification", ...)`` stands first in the body of a ``while`` and says what holds at the
loop's head.  In a checked run the observer evaluates it on every iteration.  The prover
replaces it by the cut of the loop.

``advance("step", ...)`` moves the abstract state, where that cannot be done at the end of the
operation because a loop lies between.  Only the prover keeps an abstract state while code runs.

``hold("claim", ...)`` says what follows from the code so far, so that the prover need not find it anew
wherever it is used.  Only the prover reads it: it shows the claim, and then relies on it.

``@by_contract`` marks an operation that the prover does not execute where it is called: there it uses the
contract, which it proves of the operation on its own.

TRUSTED: it hands the claims and steps that a program names to the prover, each where it stands.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

Operation = TypeVar("Operation", bound=Callable[..., Any])
Observer = Callable[[str, tuple[Any, ...]], None]
"""What is called with the name of a specification, and with what the program says of its state."""

_observers: dict[str, Observer | None] = {"loop": None, "advance": None, "hold": None}
"""One for all annotations of a kind, so that ordinary runs pay one test."""


def loop(specification: str, *state: Any) -> None:
    """What the ``specification`` says of ``state`` (a ``Loop``, logic.py) holds here, at the head of the loop."""
    if (observer := _observers["loop"]) is not None:
        observer(specification, state)


def advance(step: str, *state: Any) -> None:
    """The abstract state becomes what the ``step`` makes of it and of ``state``."""
    if (observer := _observers["advance"]) is not None:
        observer(step, state)


def hold(claim: str, *state: Any) -> None:
    """What the ``claim`` says of ``state``, triples (name, sentence, truth) as of a ``Loop``, holds."""
    if (observer := _observers["hold"]) is not None:
        observer(claim, state)


def by_contract(operation: Operation) -> Operation:
    """Callers of ``operation`` rely on its contract alone.  Only the prover makes use of that."""
    return operation


@contextmanager
def _told(kind: str, observer: Observer) -> Iterator[None]:
    """Call ``observer(name, state)`` at every annotation of that kind inside the ``with`` block."""
    previous, _observers[kind] = _observers[kind], observer
    try:
        yield
    finally:
        _observers[kind] = previous


observed, advancing, claiming = partial(_told, "loop"), partial(_told, "advance"), partial(_told, "hold")
