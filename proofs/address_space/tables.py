"""The steps that make a table below an entry, or give it back.

Each keeps the invariants and says exactly what it changes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.address_space.invariants import values_in
from model.address_space.ranges import BUT, USES, none_empty
from model.address_space.state import (
    COUNT_ONE,
    ENTRIES,
    NO_SLOT,
    UNUSED,
    Space,
    aligned,
    count_of,
    frame_at,
    frame_of,
    index_at,
    is_table,
    present,
    slot_in,
)
from model.frame_allocator.single_frames import FREE, LIVE
from model.language.contracts import costs
from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies, mention, negate, when
from model.language.words import PAGE_SIZE, as_advanced, is_word
from proofs.address_space.above import LEADS_BELOW, leads_to_result, opens_ways, same_ways
from proofs.address_space.costs import CLOSE_COST, FRAME_COST, OPEN_COST
from proofs.address_space.entries_on_way import way
from proofs.address_space.frames import (
    LINKS,
    above_pages,
    alive,
    entries_are_zero,
    entries_come,
    frame_cost,
    no_other_byte,
    of_this_space,
    one_free,
    takes_a_free_frame,
    takes_no_other,
)
from proofs.address_space.steps import entry_goes, every_or, tells_emptied, used_but_below, used_unless_emptied
from proofs.address_space.way import STILL, digits, way_down, way_now
from proofs.engine.helping import inner as lemma

# ---------------------------------------------------------------- _new_table


NEW_TABLE = Operation(
    "_new_table",
    ("root",),
    as_advanced,
    (
        takes_a_free_frame,
        takes_no_other,
        replace(entries_come, lemma=True),
        replace(entries_are_zero, lemma=True),
        *STILL,
        same_ways,
        no_other_byte,
        frame_cost,
    ),
    requires=(alive, one_free),
    raises=(),
    changes=("byte", "Entry.value", "claimed.Entry", *USES),
    returns="word",
)


# ---------------------------------------------------------------- _open


@clause("an entry is present there, or a frame is free for a table")
def can_open(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    return present(values_in(state)[arguments["slot"]]) | (space.free_frames >= 1)


def _missing(t: Transition) -> Truth:
    return negate(present(values_in(t.old)[t.slot]))


def _opened(t: Transition) -> Word:
    """The frame of the table that lies below afterwards."""
    return frame_of(values_in(t.new)[t.slot])


@clause("afterwards there is a table; if it was missing it was a free frame, and is empty")
def is_open(t: Transition) -> Truth:
    old, new, entry, f = t.ghost, t.ghost_after, values_in(t.new)[t.slot], _opened(t)
    made = every([old.use[f] == FREE, new.use[f] == LIVE, old.role[f] == UNUSED, count_of(entry) == 0])
    free = new.free_frames == old.free_frames - when(_missing(t), 1, 0)
    return every([present(entry), implies(_missing(t), made), free])


@clause("no frame but that of a table that was missing is used otherwise, or has another role, slot or number")
def other_frames_kept(t: Transition) -> Truth:
    old, new, f, missing = t.ghost, t.ghost_after, _opened(t), _missing(t)
    entry = values_in(t.new)[t.slot]

    def kept(g: Word) -> Truth:
        return missing & (g == f)

    return every(
        [
            new.use.everywhere(lambda g: kept(g) | (new.use[g] == old.use[g])),
            new.role.everywhere(lambda g: new.role[g] == when(kept(g), old.role_below(t.slot, entry), old.role[g])),
            new.up.everywhere(lambda g: new.up[g] == when(kept(g), t.slot, old.up[g])),
            new.number.everywhere(lambda g: new.number[g] == when(kept(g), old.number_at(t.slot), old.number[g])),
        ]
    )


@clause("entries lie in a table that was missing, and wherever they lay before")
def entries_of_table(t: Transition) -> Truth:
    now, then, f = t.new.claimed("Entry"), t.old.claimed("Entry"), _opened(t)
    return now.everywhere(lambda s: now[s] == (then[s] | every([_missing(t), frame_at(s) == f, aligned(s)])))


def _inside(t: Transition, s: Word) -> Truth:
    """A slot of a table that was missing."""
    return every([_missing(t), frame_at(s) == _opened(t), aligned(s)])


@clause("a table that was missing is empty")
def opens_empty(t: Transition) -> Truth:
    now = values_in(t.new)
    return now.everywhere(lambda s: implies(_inside(t, s), now[s] == 0))


@clause("no entry changes but that which leads to a table that was missing, that above, and those in it")
def other_entries_kept(t: Transition) -> Truth:
    now, then = values_in(t.new), values_in(t.old)

    def kept(s: Word) -> Truth:
        changed = _missing(t) & ((s == t.slot) | (s == t.above))
        return every_or(changed, _inside(t, s), now[s] == then[s])

    return now.everywhere(kept)


@clause("a table that was missing is counted above")
def counts_above(t: Transition) -> Truth:
    more = values_in(t.new)[t.above] == values_in(t.old)[t.above] + COUNT_ONE
    return implies(_missing(t) & (t.above != NO_SLOT), more)


@clause("the abstract map is the same")
def same_map(t: Transition) -> Truth:
    old, new = t.ghost, t.ghost_after
    return new.entry.everywhere(lambda page: new.entry[page] == old.entry[page])


@clause(f"no byte outside a table that was missing changes, {BUT}")
def bytes_outside_opened(t: Transition) -> Truth:
    now, then, f = t.new.bytes, t.old.bytes, _opened(t)
    return now.everywhere(lambda x: (now[x] == then[x]) | (_missing(t) & (x // PAGE_SIZE == f)))


@clause(f"the call costs at most {OPEN_COST} loads and stores, and a fresh frame if the table was missing")
def open_cost(t: Transition) -> Truth:
    return t.cost <= OPEN_COST + when(_missing(t), FRAME_COST, 0)


@clause("the number is a machine word")
def numbered(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    return is_word(arguments["number"])


@clause("the slot lies in the table that is below afterwards, at the index of the number")
def slot_below(t: Transition) -> Truth:
    f, index = _opened(t), t.number % ENTRIES
    parts = [frame_at(t.result) == f, index_at(t.result) == index, aligned(t.result)]
    return every([t.result == slot_in(f, index), t.result >= 0, t.result < NO_SLOT, *parts])


@clause("the table that is opened is the one below the entry, one level further down")
def one_level_down(t: Transition) -> Truth:
    old, new, f, above = t.ghost, t.ghost_after, _opened(t), frame_at(t.slot)
    kept = [new.role[above] == old.role[above], new.up[above] == old.up[above]]
    return every(
        [
            *kept,
            is_table(new.role[f]),
            new.role[f] == old.role[above] - 1,
            new.up[f] == t.slot,
            new.number[f] == old.number_at(t.slot),
        ]
    )


@clause("no table is empty, but maybe the root and the one that the slot lies in")
def others_used(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    return none_empty(state, space, arguments["above"])


@lemma
@clause("the table that the slot lies in has a present entry now")
def slot_counted(t: Transition) -> Truth:
    below = mention(index_at(t.ghost_after.rank[t.slot]))
    return implies(below, (t.above == NO_SLOT) | (count_of(values_in(t.new)[t.above]) != 0))


@clause("no table is empty, but maybe the root and the one below the slot")
def others_used_now(t: Transition) -> Truth:
    return none_empty(t.new, t.ghost_after, t.slot)


OPEN = Operation(
    "_open",
    ("root", "slot", "above", "number"),
    as_advanced,
    (
        replace(is_open, lemma=True),
        replace(other_frames_kept, lemma=True),
        replace(slot_below, lemma=True),
        replace(one_level_down, lemma=True),
        entries_of_table,
        replace(opens_empty, lemma=True),
        replace(other_entries_kept, lemma=True),
        slot_counted,
        others_used_now,
        counts_above,
        same_map,
        replace(opens_ways, lemma=True),
        *(way, way_now, digits, way_down),
        *LEADS_BELOW,
        leads_to_result,
        bytes_outside_opened,
        open_cost,
    ),
    requires=(alive, of_this_space, above_pages, can_open, numbered, others_used),
    raises=(),
    changes=("byte", "claimed.Entry", *LINKS, *USES),
    returns="word",
)


# ---------------------------------------------------------------- _close


@clause("there is a table below, and it is empty")
def can_close(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    entry = values_in(state)[arguments["slot"]]
    return present(entry) & (count_of(entry) == 0)


def _closed(t: Transition) -> Word:
    """The frame of the table that goes."""
    return frame_of(values_in(t.old)[t.slot])


@clause("the frame of the table is free and has no role any more; no other is used otherwise or has another role")
def table_goes(t: Transition) -> Truth:
    old, new, f = t.ghost, t.ghost_after, _closed(t)
    uses = new.use.everywhere(lambda g: new.use[g] == when(g == f, FREE, old.use[g]))
    roles = new.role.everywhere(lambda g: new.role[g] == when(g == f, UNUSED, old.role[g]))
    role = old.role[f] == old.role[frame_at(t.slot)] - 1
    return every([is_table(old.role[f]), role, uses, roles, new.free_frames == old.free_frames + 1])


@clause("no entries lie in the table any more, but wherever else they lay")
def its_entries_go(t: Transition) -> Truth:
    now, then, f = t.new.claimed("Entry"), t.old.claimed("Entry"), _closed(t)
    return now.everywhere(lambda s: now[s] == (then[s] & (frame_at(s) != f)))


@clause(f"no byte outside the table changes, {BUT}")
def bytes_outside_closed(t: Transition) -> Truth:
    now, then, f = t.new.bytes, t.old.bytes, _closed(t)
    return now.everywhere(lambda x: (now[x] == then[x]) | (x // PAGE_SIZE == f))


close_cost = costs("close_cost", CLOSE_COST)


CLOSE = Operation(
    "_close",
    ("root", "slot", "above"),
    as_advanced,
    (
        entry_goes,
        table_goes,
        its_entries_go,
        same_map,
        tells_emptied,
        used_unless_emptied,
        bytes_outside_closed,
        close_cost,
    ),
    requires=(alive, of_this_space, above_pages, can_close, used_but_below),
    raises=(),
    changes=("byte", "claimed.Entry", "Entry.value", "ghost.entry", "ghost.role", "ghost.rank", "ghost.at", *USES),
    returns="flag",
)
