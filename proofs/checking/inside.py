"""A heap whose operations within others are seen by whoever checks it."""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from proofs.checking.bench import Bench
from proofs.checking.violation import Violation

Run = Callable[..., Any]
RELIED_ON = "what the operation relies on holds where it is called"


def looked_at(heap: type[Any], names: Sequence[str], inside: Callable[..., Any]) -> type[Any]:
    """The class ``heap``, whose operations called ``names`` run as ``inside(name, run, *arguments)`` has it."""
    if not names:
        return heap

    def within(name: str, plain: Run) -> Run:
        return lambda view, *arguments: inside(name, partial(plain, view), *arguments)

    members = {name: within(name, getattr(heap, name)) for name in names}
    seen: type[Any] = types.new_class(heap.__name__, (heap,), {}, lambda body: body.update(members))
    return seen


def unseen(specified: str, state: tuple[Any, ...]) -> None:
    """An observer of the loops of an operation that is not checked: what they say is about its own beginning."""


def shown_amid(bench: Bench, state: Any, address: int, called: tuple[str, str]) -> Any:
    """The abstract state that RAM shows in the middle of an operation, where it calls another.

    ``called`` is the id of the theorem on that call, and the call: a Violation of it if RAM shows no heap.
    """
    try:
        return (bench.amid or bench.extract)(state, address)
    except Violation:
        raise
    except Exception as error:
        detail = f"{called[1]}\n{type(error).__name__}: {error}"
        raise Violation(called[0], f"{RELIED_ON}: RAM shows a heap", detail) from error
