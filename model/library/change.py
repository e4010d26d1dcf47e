"""A change of a ready part as an operation that executes nothing: from laws that hold to laws that hold afterwards."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from model.language.logic import Clause, Operation, Transition
from model.library.state import Parts


def laws_of(part: str, laws: Sequence[Clause]) -> tuple[Clause, ...]:
    """The laws of a part, as laws of all parts."""
    return tuple(_law(part, law) for law in laws)


def _law(part: str, law: Clause) -> Clause:
    return replace(law, formula=lambda parts: law.formula(getattr(parts, part)))


def change(
    name: str,
    arguments: tuple[str, ...],
    laws: Sequence[Clause],
    into: Callable[[Transition], Parts],
    ensures: Sequence[Clause],
    requires: Sequence[Clause] = (),
) -> Operation:
    """The operation that leads ``into`` other parts: the ``laws`` hold before it, and hold afterwards."""
    before = tuple(map(_before, laws))
    kept = tuple(map(_afterwards, laws))
    return Operation(name, arguments, into, (*kept, *ensures), (*before, *requires), raises=())


def _before(law: Clause) -> Clause:
    return replace(law, formula=lambda state, heap, parts, arguments: law.formula(parts))


def _afterwards(law: Clause) -> Clause:
    return replace(law, sentence=f"afterwards {law.sentence}", formula=lambda t: law.formula(t.ghost_after))
