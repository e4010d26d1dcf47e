"""How a ready part is used: its laws become invariants of the subject whose abstract state it is a part of.

A part is a frozen dataclass: a piece of an abstract state.  Beside it stand its ``LAWS``, clauses over the part alone,
which hold of it between any two calls, and which every change that the part offers keeps.  What memory shows of a part
is a clause of the subject, in one line; the part has a method that states it of the maps of RAM.

    @dataclass(frozen=True)
    class Pool:
        free: Counted

    FREE = invariants("free", counted.LAWS, lambda pool: pool.free)
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from model.language.logic import Clause, Truth, Word


def invariants(
    called: str,
    laws: Sequence[Clause],
    part: Callable[[Any], Any],
    covers: Mapping[str, str] = MappingProxyType({}),
) -> tuple[Clause, ...]:
    """The laws of the ``part`` of an abstract state that is ``called`` so, as invariants: ``<called>_<law>``.

    A state that is nothing but that part may call it "".  ``covers`` lists documented statements: law -> "SEG-4 SEG-5".
    """
    return tuple(_invariant(called, law, part, tuple(covers.get(law.name, "").split())) for law in laws)


def _invariant(called: str, law: Clause, part: Callable[[Any], Any], covers: tuple[str, ...]) -> Clause:
    name, sentence = (f"{called}_{law.name}", f"{called}: {law.sentence}") if called else (law.name, law.sentence)
    return Clause(name, sentence, OfPart(law, part), covers)


@dataclass(frozen=True)
class OfPart:
    """The formula of an invariant that states a law of a part."""

    law: Clause
    part: Callable[[Any], Any]

    def __call__(self, state: Any, heap: Word, ghost: Any) -> Truth:
        """The law, of that part of this abstract state."""
        return self.law.formula(self.part(ghost))
