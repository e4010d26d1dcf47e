"""The abstract dispenser: how many tickets it has given out, and how many there are."""

from __future__ import annotations

from dataclasses import dataclass, replace

from model.language.logic import Word


@dataclass(frozen=True)
class Dispenser:
    """0 <= ``given`` <= ``limit`` < 2**64."""

    given: Word
    limit: Word

    def with_given(self, given: Word) -> Dispenser:
        """The same tickets, so many of them given out."""
        return replace(self, given=given)
