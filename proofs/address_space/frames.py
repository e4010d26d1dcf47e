"""Steps of an address space that take frames from the frame allocator or give them back.

Each keeps the invariants and says exactly what it changes.  Here is also what all steps share.
"""

from __future__ import annotations

from typing import Any

from model.address_space.invariants import values_in
from model.address_space.ranges import BUT_HEADER, USES
from model.address_space.state import (
    FRAME_LIMIT,
    NO_ROOT,
    NO_SLOT,
    ROOT,
    UNUSED,
    Space,
    aligned,
    borrowed,
    frame_at,
    frame_of,
)
from model.frame_allocator.single_frames import FREE, FREE_COST, LENT, LIVE, RESERVED
from model.language.contracts import costs
from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies, negate, when
from model.language.words import PAGE_SIZE, as_advanced
from proofs.address_space.costs import FRAME_COST

WORD_LIMIT = 2**64


LINKS = ("Entry.value", "ghost.entry", "ghost.role", "ghost.number", "ghost.up", "ghost.rank", "ghost.at")


def is_word(value: Word) -> Truth:
    """``value`` is a machine word."""
    return (value >= 0) & (value < WORD_LIMIT)


# ---------------------------------------------------------------- what steps require


@clause("the space is called by its root, which there is")
def alive(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    return (arguments["root"] == space.root) & (space.root != NO_ROOT)


@clause("a frame is free")
def one_free(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    return space.free_frames >= 1


def counted_in(space: Space, slot: Word, above: Word) -> Truth:
    """``above`` is where the table that ``slot`` lies in is counted: nowhere, if it is the root."""
    frame = frame_at(slot)
    root = space.role[frame] == ROOT
    return when(root, above == NO_SLOT, (above == space.up[frame]) & (above != NO_SLOT))


@clause("an entry lies at the slot, and is counted above")
def of_this_space(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    slot = arguments["slot"]
    return every([slot >= 0, space.holds(slot), counted_in(space, slot, arguments["above"])])


@clause("the entry is not that of a page")
def above_pages(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    return negate(space.is_leaf(arguments["slot"]))


# ---------------------------------------------------------------- frames come: _new_frame, _new_table


def _frame(t: Transition) -> Word:
    """The number of the frame that is returned."""
    return frame_at(t.result)


@clause("the frame was free and is a live allocation now, and one frame less is free")
def takes_a_free_frame(t: Transition) -> Truth:
    old, new, f = t.ghost, t.ghost_after, _frame(t)
    place = every([t.result >= 0, t.result % PAGE_SIZE == 0, t.result < 2**52])
    return every([place, old.use[f] == FREE, new.use[f] == LIVE, new.free_frames == old.free_frames - 1])


@clause("no other frame is used otherwise than before")
def takes_no_other(t: Transition) -> Truth:
    old, new, f = t.ghost, t.ghost_after, _frame(t)
    return new.use.everywhere(lambda g: (g == f) | (new.use[g] == old.use[g]))


@clause("every byte of the frame is 0", covers="MEM-8")
def reads_zero(t: Transition) -> Truth:
    return t.new.bytes.filled(t.result, t.result + PAGE_SIZE, 0)


@clause(f"no byte outside the frame changes, {BUT_HEADER}")
def no_other_byte(t: Transition) -> Truth:
    return t.new.bytes.unchanged_outside(t.old, t.result, t.result + PAGE_SIZE)


frame_cost = costs("frame_cost", FRAME_COST)


NEW_FRAME = Operation(
    "_new_frame",
    ("root",),
    as_advanced,
    (takes_a_free_frame, takes_no_other, reads_zero, no_other_byte, frame_cost),
    requires=(one_free,),
    raises=(),
    changes=("byte", *USES),
    returns="word",
)


@clause("entries lie in the frame now, and wherever they lay before")
def entries_come(t: Transition) -> Truth:
    now, then, f = t.new.claimed("Entry"), t.old.claimed("Entry"), _frame(t)
    return now.everywhere(lambda s: now[s] == (then[s] | ((frame_at(s) == f) & aligned(s))))


@clause("the entries in the frame are 0, all others what they were")
def entries_are_zero(t: Transition) -> Truth:
    now, then, f = values_in(t.new), values_in(t.old), _frame(t)

    def one(s: Word) -> Truth:
        inside = (frame_at(s) == f) & aligned(s)
        return (inside | (now[s] == then[s])) & (negate(inside) | (now[s] == 0))

    return now.everywhere(one)


# ---------------------------------------------------------------- frames go: _free_table, _give_back


@clause("no entry leads to the table, which is a live allocation of one frame")
def table_unused(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    table = arguments["table"]
    f = frame_at(table)
    place = every([table >= 0, table % PAGE_SIZE == 0, table < 2**52, f == table // PAGE_SIZE])
    return every([place, space.role[f] == UNUSED, space.use[f] == LIVE])


@clause("every slot of the table holds an entry")
def entries_there(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    f, claimed = frame_at(arguments["table"]), state.claimed("Entry")
    return claimed.everywhere(lambda s: implies((frame_at(s) == f) & aligned(s), claimed[s]))


def _given(use: Any, f: Word, t: Transition) -> Truth:
    old, new = t.ghost, t.ghost_after
    others = new.use.everywhere(lambda g: (g == f) | (new.use[g] == old.use[g]))
    return (new.use[f] == use) & others


@clause("the frame of the table is free, and no other is used otherwise", covers="MEM-9")
def table_is_free(t: Transition) -> Truth:
    more = t.ghost_after.free_frames == t.ghost.free_frames + 1
    return _given(FREE, frame_at(t.table), t) & more


@clause("no entries lie in the table any more, but wherever else they lay")
def entries_go(t: Transition) -> Truth:
    now, then, f = t.new.claimed("Entry"), t.old.claimed("Entry"), frame_at(t.table)
    return now.everywhere(lambda s: now[s] == (then[s] & (frame_at(s) != f)))


@clause(f"no byte outside the table changes, {BUT_HEADER}")
def bytes_outside_table(t: Transition) -> Truth:
    return t.new.bytes.unchanged_outside(t.old, t.table, t.table + PAGE_SIZE)


free_table_cost = costs("free_table_cost", FREE_COST)


@clause("the former entry names a frame that nothing refers to and no entry lies in, a live allocation or lent")
def frame_in_hand(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    leaf = arguments["leaf"]
    return every([is_word(leaf), frame_of(leaf) == leaf // PAGE_SIZE % FRAME_LIMIT, in_hand(state, space, leaf)])


def in_hand(state: Any, space: Space, entry: Word) -> Truth:
    """The frame that the entry of a page names has no role and holds no entries; it is live, or lent."""
    f, claimed = frame_of(entry), state.claimed("Entry")
    free_of_entries = claimed.everywhere(lambda s: implies(claimed[s], frame_at(s) != f))
    return every([space.role[f] == UNUSED, space.use[f] == when(borrowed(entry), LENT, LIVE), free_of_entries])


@clause("the frame is free, or reserved again if it was borrowed; no other is used otherwise", covers="MEM-9")
def frame_goes_back(t: Transition) -> Truth:
    given = _given(when(borrowed(t.leaf), RESERVED, FREE), frame_of(t.leaf), t)
    return given & (t.ghost_after.free_frames == t.ghost.free_frames + when(borrowed(t.leaf), 0, 1))


GIVE_BACK = Operation(
    "_give_back",
    ("root", "leaf"),
    as_advanced,
    (frame_goes_back, free_table_cost),
    requires=(frame_in_hand,),
    raises=(),
    changes=USES,
)
