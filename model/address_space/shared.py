"""What the operations of an address space share: the frames that they may use, the bytes that they leave alone."""

from __future__ import annotations

from typing import Any

from model.address_space.invariants import values_in
from model.address_space.state import NO_SLOT, Space, count_of
from model.language.logic import Transition, Truth, Word, every, implies, negate

USES = ("ghost.use", "ghost.free_frames")
BUT_HEADER = "but for the frame allocator's header"
BUT = "but for entries of tables and the frame allocator's header"
"""What clauses about bytes do not speak of: an entry is spoken of by its slot, the header by what it says (``use``)."""


def as_called(t: Transition) -> Space:
    """The abstract state is what the calls made of it."""
    space: Space = t.ghost_after
    return space


def none_empty(state: Any, space: Space, but: Word = NO_SLOT) -> Truth:
    """Every table has a present entry, but maybe the root and the one below the slot ``but``."""
    values = values_in(state)

    def used(s: Word) -> Truth:
        above = every([space.holds(s), negate(space.is_leaf(s)), values[s] != 0])
        return implies(above & (s != but), count_of(values[s]) != 0)

    return values.everywhere(used)
