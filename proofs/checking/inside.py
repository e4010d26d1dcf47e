"""A heap whose operations within others are seen by whoever checks it."""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

Run = Callable[..., Any]


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
