"""The end of an address space: destroy gives every frame back, in time linear in their number."""

from __future__ import annotations

from model.address_space.costs import CLOSE_COST, LEAVE_COST
from model.address_space.pages import bytes_of_pages, given_back
from model.address_space.ranges import no_empty_table, own_root
from model.address_space.shared import BUT_HEADER, USES, as_called
from model.address_space.state import ENTRIES, NO_ROOT, UNUSED
from model.frame_allocator.single_frames import FREE_COST
from model.language.logic import Operation, Transition, Truth, Word, clause

DROP_COST = 1 + LEAVE_COST + FREE_COST
TABLE_COST = 1 + ENTRIES * (1 + DROP_COST)
PER_TABLE = TABLE_COST + CLOSE_COST
"""Loads + stores at most: one for each entry that is looked at, and what it takes to give back what it leads to.

A table of pages costs no more than ``TABLE_COST``, however few pages there are; what lies above it costs no more than
``PER_TABLE`` for each frame that goes back, and what it takes to look at the entries of one table.
"""
CHANGED = (*("byte", "claimed.Entry", "Entry.value", "ghost.entry", "ghost.role", "ghost.rank", "ghost.at"), *USES)


# ---------------------------------------------------------------- what becomes of frames, entries and bytes


def most_of_tables(number: Word, back: Word) -> Word:
    """The most that looking at so many entries of tables costs, where so many frames went ``back``."""
    return number + PER_TABLE * back


def _back(t: Transition) -> Word:
    """How many frames went back."""
    back: Word = t.ghost_after.free_frames - t.ghost.free_frames
    return back


@clause("afterwards there is no root: nothing is mapped, and nothing can be", covers="MEM-9")
def ends_all_use(t: Transition) -> Truth:
    return (t.result == NO_ROOT) & (t.ghost_after.root == NO_ROOT)


@clause(
    "every frame that this space had is free, or reserved again if it was borrowed; no other is used otherwise",
    covers="MEM-9",
)
def all_back(t: Transition) -> Truth:
    return given_back(t.ghost_after, t.ghost)


@clause("no frame is left to it", covers="MEM-9")
def none_left(t: Transition) -> Truth:
    new = t.ghost_after
    gone = new.role.everywhere(lambda g: new.role[g] == UNUSED)
    return (t.ghost.root == NO_ROOT) | gone


@clause(f"no byte changes outside what were tables, {BUT_HEADER}")
def only_bytes_of_own_tables(t: Transition) -> Truth:
    return bytes_of_pages(t.new, t.old, t.ghost)


@clause(f"the call costs at most {1 + ENTRIES} loads and stores, and {PER_TABLE} for each frame that goes back")
def destroy_cost(t: Transition) -> Truth:
    return t.cost <= 1 + most_of_tables(ENTRIES, _back(t))


DESTROY = Operation(
    "destroy",
    ("root",),
    as_called,
    (ends_all_use, all_back, none_left, only_bytes_of_own_tables, destroy_cost),
    requires=(own_root, no_empty_table),
    raises=(),
    changes=(*CHANGED, "ghost.root"),
    returns="word",
)
"""The result stands for the root that the address space has afterwards."""
