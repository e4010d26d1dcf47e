"""Every entry cleared, every frame given back, page by page and table by table: the steps and loops of destroy.

Each step is one that a living space takes, so the invariants hold between any two of them.  Of the tables that are
not touched it is enough to say on which level they lie: what becomes of a table leaves all alone that lie higher.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from model.address_space.contract import DESTROY, PER_TABLE
from model.address_space.invariants import INVARIANTS, values_in
from model.address_space.ranges import BUT_HEADER, USES, bytes_of_pages, given_back, none_empty
from model.address_space.ranges import UNMAP_CHANGES as CHANGED
from model.address_space.state import (
    DIRECTORY,
    ENTRIES,
    FRAME_LIMIT,
    NO_ROOT,
    NO_SLOT,
    ROOT,
    TABLE,
    TOP,
    UNUSED,
    Space,
    aligned,
    count_of,
    frame_at,
    frame_of,
    index_at,
    present,
    slot_in,
)
from model.language.contracts import costs
from model.language.logic import (
    Clause,
    Loop,
    Named,
    Operation,
    Transition,
    Truth,
    Word,
    clause,
    every,
    implies,
    mention,
)
from model.language.words import PAGE_SIZE, as_advanced
from proofs.address_space.costs import DROP_COST, TABLE_COST
from proofs.address_space.frames import alive, of_this_space
from proofs.address_space.steps import entry_goes, every_or
from proofs.engine.helping import inner as lemma


def higher_kept(new: Space, old: Space, level: int) -> Truth:
    """A table of that level, or above it, has the role that it had."""
    return new.role.everywhere(
        lambda g: implies((old.role[g] >= level) & (old.role[g] <= ROOT), new.role[g] == old.role[g])
    )


def entries_kept(now: Any, then: Any, old: Space, level: int, slot: Word) -> Truth:
    """No entry of a table above that level changes but the one at the slot."""
    values, before = values_in(now), values_in(then)

    def kept(s: Word) -> Truth:
        role = old.role[frame_at(s)]
        return every_or(s == slot, role <= level, role > ROOT, values[s] == before[s])

    return values.everywhere(kept)


# ---------------------------------------------------------------- _drop


@clause("the entry is that of a page, and is present")
def page_there(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    slot = arguments["slot"]
    rank = space.rank[slot]
    return every([space.is_leaf(slot), present(values_in(state)[slot]), mention(rank, index_at(rank))])


@clause("no table but the root is empty")
def none_is_empty(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    return none_empty(state, space)


@clause("the frame that it names is that of a page, and no entry lies in it")
def frame_of_page(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    slot, claimed = arguments["slot"], state.claimed("Entry")
    value = values_in(state)[slot]
    f = frame_of(value)
    apart = claimed.everywhere(lambda s: implies(claimed[s], frame_at(s) != f))
    return every([apart, space.role[f] == space.role_below(slot, value), space.up[f] == slot])


@clause("the frame of the page went back, and no other is used otherwise or has another role")
def page_goes_back(t: Transition) -> Truth:
    return given_back(t.ghost_after, t.ghost)


@clause("every table has the role that it had")
def tables_stay(t: Transition) -> Truth:
    return higher_kept(t.ghost_after, t.ghost, TABLE)


@clause("no table is empty, but maybe the root and the one that the slot lay in")
def used_but_above(t: Transition) -> Truth:
    return none_empty(t.new, t.ghost_after, t.above)


drop_cost = costs("drop_cost", DROP_COST)


@clause("no frame is taken")
def none_taken(t: Transition) -> Truth:
    return t.ghost_after.free_frames >= t.ghost.free_frames


DROP = Operation(
    "_drop",
    ("root", "slot", "above"),
    as_advanced,
    (entry_goes, page_goes_back, tables_stay, used_but_above, none_taken, drop_cost),
    requires=(alive, of_this_space, page_there, none_is_empty),
    raises=(),
    changes=("Entry.value", "ghost.entry", "ghost.role", "ghost.rank", "ghost.at", *USES),
    lemmas=(frame_of_page,),
)


# ---------------------------------------------------------------- the loops


def _still(operating: Any) -> list[Named]:
    """What always holds does."""
    now, heap, space = operating.now(), operating.heap, operating.ghost
    return [(law.name, law.sentence, law.formula(now, heap, space)) for law in INVARIANTS]


def _cleared(values: Any, f: Word, number: Word) -> Truth:
    """The first entries of the table in that frame are gone."""

    def gone(s: Word) -> Truth:
        there = every([frame_at(s) == f, aligned(s), index_at(s) < number])
        return implies(there, values[s] == 0)

    return values.everywhere(gone)


def entry_below(space: Any, slot: Word, below: Word, number: Word) -> list[Named]:
    """The entry with that number in the table below the slot, or in the root if that is none."""
    operating = space.memory.operation
    root = bool(slot == NO_SLOT)
    f = frame_at(operating.ghost.root) if root else frame_of(values_in(operating.entry)[slot])
    parts = [frame_at(below) == f, index_at(below) == number, aligned(below), below >= 0, below != NO_SLOT]
    return [("place", "the entry lies in the table, at that index", every(parts))]


def most_of_pages(number: Word, back: Word) -> Word:
    """The most that looking at so many entries of pages costs, however few frames went ``back``."""
    return (1 + DROP_COST) * number


def most_of_tables(number: Word, back: Word) -> Word:
    """The most that looking at so many entries of tables costs, where so many frames went ``back``."""
    return number + PER_TABLE * back


Most = Callable[[Word, Word], Word]


def _common(operating: Any, f: Word, number: Word, level: int, most: Most) -> list[Named]:
    """What the loops through the entries of a table have in common."""
    now, then, new, old = operating.now(), operating.entry, operating.ghost, operating.ghost_on_entry
    back = new.free_frames - old.free_frames
    return [
        ("where", "the loop stands inside the table, or is over", (number >= 0) & (number <= ENTRIES)),
        *_still(operating),
        ("passed", "the entries passed are gone", _cleared(values_in(now), f, number)),
        ("back", "what has no use here any more went back, all else is as it was", given_back(new, old)),
        ("higher", "tables that lie no lower are what they were", higher_kept(new, old, level)),
        ("bytes", f"no byte changed outside what were tables, {BUT_HEADER}", bytes_of_pages(now, then, old)),
        ("freed", "no frame was taken", back >= 0),
        (
            "cost",
            "the call costs no more than the entries passed, and the frames that went back",
            now.cost <= 1 + most(number, back),
        ),
    ]


def _drain(space: Any, slot: Word, table: Word, number: Word, level: int, most: Most) -> Loop:
    """The loop through the entries of a table of that level, below the entry at the slot."""
    operating = space.memory.operation
    now, then, new, old = operating.now(), operating.entry, operating.ghost, operating.ghost_on_entry
    f = frame_of(values_in(then)[slot])
    entry = values_in(now)[slot]
    named = every([table == f * PAGE_SIZE, f >= 0, f < FRAME_LIMIT])
    kept = [new.role[f] == level, new.up[f] == slot, new.holds(slot)]
    above = [present(entry), frame_of(entry) == f, new.role[frame_at(slot)] == level + 1, slot >= 0, slot != NO_SLOT]
    higher = entries_kept(now, then, old, level, slot)
    return Loop(
        [
            *_common(operating, f, number, level, most),
            ("named", "the table is the frame that the entry at the slot named", named),
            ("kept", "the table is still there, below the entry at the slot", every([*kept, *above])),
            ("entries", "no entry of a higher table changed, but the one at the slot", higher),
            ("used", "no table is empty, but maybe the root and this one", none_empty(now, new, slot)),
        ],
        ENTRIES - number,
        CHANGED,
    )


def drain_table(space: Any, slot: Word, table: Word, number: Word) -> Loop:
    """_drain_table: the entries passed are gone, with the pages."""
    return _drain(space, slot, table, number, TABLE, most_of_pages)


def drain_directory(space: Any, slot: Word, table: Word, number: Word) -> Loop:
    """_drain_directory: the entries passed are gone, with the tables of pages below them."""
    return _drain(space, slot, table, number, DIRECTORY, most_of_tables)


def drain_top(space: Any, slot: Word, table: Word, number: Word) -> Loop:
    """_drain_top: the entries passed are gone, with all that is below them."""
    return _drain(space, slot, table, number, TOP, most_of_tables)


def drain_root(space: Any, number: Word) -> Loop:
    """destroy: the entries of the root passed are gone, with all that is below them."""
    operating = space.memory.operation
    now, new = operating.now(), operating.ghost
    f = frame_at(new.root)
    return Loop(
        [
            *_common(operating, f, number, ROOT, most_of_tables),
            ("named", "the root is a frame", every([new.root == f * PAGE_SIZE, f >= 0, f < FRAME_LIMIT])),
            ("kept", "the root is there", every([new.root != NO_ROOT, new.root == space.root, new.role[f] == ROOT])),
            ("used", "no table but the root is empty", none_empty(now, new)),
        ],
        ENTRIES - number,
        CHANGED,
    )


# ---------------------------------------------------------------- _drain_table, _drain_directory, _drain_top


def _drainable(level: int) -> Clause:
    """A table of that level lies below the slot."""

    def formula(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
        slot, values = arguments["slot"], values_in(state)
        rank = space.rank[slot]
        lies = [slot >= 0, slot != NO_SLOT, space.holds(slot), space.role[frame_at(slot)] == level + 1]
        return every([*lies, present(values[slot]), mention(rank, index_at(rank))])

    sentence = "there is a table below the entry, of the level that is meant"
    return Clause("drainable", sentence, formula)


@lemma
@clause("the first of the entries that the table counts is not present, so none is")
def first_rank(t: Transition) -> Truth:
    space, entry = t.ghost_after, values_in(t.new)[t.slot]
    first = slot_in(frame_of(entry), 0)
    s = space.at[first]
    return implies(mention(s, space.rank[s], values_in(t.new)[s]), count_of(entry) == 0)


@clause("the entry still leads to the table, which is empty")
def drained(t: Transition) -> Truth:
    entry = values_in(t.new)[t.slot]
    return every([present(entry), frame_of(entry) == frame_of(values_in(t.old)[t.slot]), count_of(entry) == 0])


@clause("what had a use below the entry went back, and all else is as it was")
def all_below_back(t: Transition) -> Truth:
    return given_back(t.ghost_after, t.ghost)


@clause(f"no byte changes outside what were tables, {BUT_HEADER}")
def bytes_of_tables(t: Transition) -> Truth:
    return bytes_of_pages(t.new, t.old, t.ghost)


@clause("no table is empty, but maybe the root and the one below the slot")
def used_but_drained(t: Transition) -> Truth:
    return none_empty(t.new, t.ghost_after, t.slot)


none_back_taken = none_taken
FEW = f"{TABLE_COST} loads and stores"
MANY = f"{1 + ENTRIES} loads and stores, and {PER_TABLE} for each frame that goes back"


def _drain_of(name: str, level: int, said: str, most: Most) -> Operation:
    """The contract of draining a table of that level."""
    kept = Clause(
        "higher_stay",
        "tables that lie no lower are what they were",
        lambda t: higher_kept(t.ghost_after, t.ghost, level),
    )
    entries = Clause(
        "higher_entries",
        "no entry of a higher table changes, but the one at the slot",
        lambda t: entries_kept(t.new, t.old, t.ghost, level, t.slot),
    )
    cost = Clause(
        "drain_cost",
        f"the call costs at most {said}",
        lambda t: t.cost <= 1 + most(ENTRIES, t.ghost_after.free_frames - t.ghost.free_frames),
    )
    return Operation(
        name,
        ("root", "slot"),
        as_advanced,
        (first_rank, drained, all_below_back, kept, entries, bytes_of_tables, used_but_drained, none_back_taken, cost),
        requires=(alive, _drainable(level), none_is_empty),
        raises=(),
        changes=CHANGED,
    )


DRAIN_TABLE = _drain_of("_drain_table", TABLE, FEW, most_of_pages)
DRAIN_DIRECTORY = _drain_of("_drain_directory", DIRECTORY, MANY, most_of_tables)
DRAIN_TOP = _drain_of("_drain_top", TOP, MANY, most_of_tables)


# ---------------------------------------------------------------- destroy


def nothing_left(space: Any) -> list[Named]:
    """destroy: when the root has no entry any more, nothing but the root is left, level by level."""
    new = space.memory.operation.ghost

    def none_of(name: str, role: int) -> Named:
        gone = new.role.everywhere(lambda g: implies(mention(new.up[g]), new.role[g] != role))
        return (name, f"no table of level {role} is left", gone)

    f = frame_at(new.root)
    pages = new.role.everywhere(lambda g: implies(mention(new.up[g]), (g == f) | (new.role[g] == UNUSED)))
    return [
        none_of("tops", TOP),
        none_of("directories", DIRECTORY),
        none_of("tables", TABLE),
        ("pages", "no frame but that of the root is left", pages),
    ]


def uprooted(space: Space) -> Space:
    """The root is none any more."""
    return replace(space, root=NO_ROOT, role=space.role.set(frame_at(space.root), UNUSED))


DRAINS = (DROP, DRAIN_TABLE, DRAIN_DIRECTORY, DRAIN_TOP, DESTROY)
