"""How the abstract state of an address space moves: a frame is entered below a slot, or leaves it."""

from __future__ import annotations

from dataclasses import replace

from model.address_space.state import UNUSED, Space, _frame_bits, frame_at, frame_of, slot_in
from model.language.logic import Truth, Word, unfold, when


def frame_is_read(entry: Word) -> Truth:
    """Which bits of this entry name its frame."""
    return unfold("frame_of", entry, _frame_bits)


# ---------------------------------------------------------------- how the ghosts move


def entered(space: Space, slot: Word, count: Word, value: Word) -> Space:
    """The entry ``value`` comes to ``slot``, in a table that had ``count`` present entries."""
    frame, page = frame_of(value), space.page_at(slot)
    moved = ranked(space, slot, slot_in(frame_at(slot), count))
    return replace(
        moved,
        entry=space.entry.set(page, when(space.is_leaf(slot), value, space.entry[page])),
        role=space.role.set(frame, space.role_below(slot, value)),
        up=space.up.set(frame, slot),
        number=space.number.set(frame, space.number_at(slot)),
    )


def left(space: Space, slot: Word, count: Word, value: Word) -> Space:
    """The entry ``value`` at ``slot`` goes; its table has ``count`` present entries left."""
    page = space.page_at(slot)
    moved = ranked(space, slot, slot_in(frame_at(slot), count))
    return replace(
        moved,
        entry=space.entry.set(page, when(space.is_leaf(slot), 0, space.entry[page])),
        role=space.role.set(frame_of(value), UNUSED),
    )


def ranked(space: Space, slot: Word, place: Word) -> Space:
    """``slot`` changes places with the slot of its table whose rank is ``place``."""
    rank, at = space.rank, space.at
    other, before = at[place], rank[slot]
    return replace(space, rank=rank.set(other, before).set(slot, place), at=at.set(before, other).set(place, slot))
