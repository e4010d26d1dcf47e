"""What always holds of an address space, also between the steps that set or clear the entry of a page.

Clauses about entries are instantiated where ``Entry.value`` is read, and lead downwards; those about frames where
the ghost that they speak of is read, and lead upwards.  Neither makes new terms for the other.
"""

from __future__ import annotations

from typing import Any

from model.address_space.state import (
    BORROWED_PAGE,
    ENTRIES,
    FRAME_LIMIT,
    NO_ROOT,
    ROOT,
    UNUSED,
    Space,
    aligned,
    count_of,
    frame_at,
    frame_of,
    grants_all,
    index_at,
    is_page,
    of_table,
    present,
    proper,
    way_to,
)
from model.frame_allocator.single_frames import LENT, LIVE, NO_FRAME
from model.language.logic import Truth, Word, clause, clauses_of, each, every, everywhere, implies, negate, when
from model.language.words import PAGE_SIZE


def values_in(state: Any) -> Any:
    """The word at every slot."""
    return state.fields("Entry").value


# ---------------------------------------------------------------- frames


@clause("the root is a table of its own, the only one without an entry that leads to it, or there is none")
def rooted(state: Any, heap: Word, space: Space) -> Truth:
    f = frame_at(space.root)
    place = every([space.root >= 0, space.root % PAGE_SIZE == 0, space.role[f] == ROOT, space.number[f] == 0])
    only = space.role.everywhere(lambda g: implies(space.role[g] == ROOT, (space.root != NO_ROOT) & (g == f)))
    return ((space.root == NO_ROOT) | place) & only


@everywhere(
    "role",
    "a frame of this space is a live allocation of one frame, or lent: none is free, none is another's",
    covers="MEM-11",
)
def owned(state: Any, heap: Word, space: Space, f: Word) -> Truth:
    role = space.role[f]
    known = every([f >= 0, f < FRAME_LIMIT, role >= UNUSED, role <= BORROWED_PAGE])
    return (role == UNUSED) | (known & (space.use[f] == when(role == BORROWED_PAGE, LENT, LIVE)))


@clause("the frames of the frame allocator lie in RAM, below 2**52")
def in_memory(state: Any, heap: Word, space: Space) -> Truth:
    def inside(f: Word) -> Truth:
        return (space.use[f] == NO_FRAME) | every([f >= 0, f < FRAME_LIMIT, state.mapped[f]])

    return (space.free_frames >= 0) & space.use.everywhere(inside)


def place(state: Any, heap: Word, space: Space) -> Any:
    """Each place where an entry may lie."""
    return state.claimed("Entry").everywhere


@each(place, "every slot of a table holds an entry", covers="MEM-2")
def tables_in_place(state: Any, heap: Word, space: Space, s: Word) -> Truth:
    return implies(space.holds(s), state.claimed("Entry")[s])


@each(
    place,
    "no entry lies in a page, or in a frame that is not allocated: tables are never reachable as data",
    covers="MEM-12",
)
def tables_apart(state: Any, heap: Word, space: Space, s: Word) -> Truth:
    f = frame_at(s)
    apart = every([aligned(s), space.use[f] == LIVE, negate(is_page(space.role[f]))])
    return implies(state.claimed("Entry")[s], apart)


# ---------------------------------------------------------------- entries


def slot(state: Any, heap: Word, space: Space) -> Any:
    """Each slot, looked at where its entry is read."""
    return values_in(state).everywhere


@each(
    slot,
    "a present entry leads to a frame of its own, for that purpose alone: no frame is mapped twice",
    covers="MEM-11",
)
def leads_down(state: Any, heap: Word, space: Space, s: Word) -> Truth:
    entry = values_in(state)[s]
    f = frame_of(entry)
    known = every([space.role[f] == space.role_below(s, entry), space.up[f] == s])
    table = every([space.number[f] == space.number_at(s), of_table(entry), count_of(entry) <= ENTRIES])
    return implies(space.holds(s) & present(entry), known & (space.is_leaf(s) | table))


@each(slot, "every entry that leads to a table grants everything: that of the page decides", covers="MEM-3")
def tables_grant(state: Any, heap: Word, space: Space, s: Word) -> Truth:
    entry = values_in(state)[s]
    above = every([space.holds(s), negate(space.is_leaf(s)), present(entry)])
    return implies(space.granting & above, grants_all(entry))


@each(slot, "an entry that is not present is 0")
def vacant(state: Any, heap: Word, space: Space, s: Word) -> Truth:
    entry = values_in(state)[s]
    return implies(space.holds(s), present(entry) | (entry == 0))


@everywhere("up", "every frame of this space but the root is what an entry leads to: none is lost")
def leads_up(state: Any, heap: Word, space: Space, f: Word) -> Truth:
    s = space.up[f]
    entry = values_in(state)[s]
    there = every([space.holds(s), present(entry), frame_of(entry) == f])
    known = there & (space.role[f] == space.role_below(s, entry))
    return (space.role[f] == UNUSED) | (space.role[f] == ROOT) | known


def agrees(state: Any, space: Space, page: Word) -> Truth:
    """The abstract map has what the tables say for that page."""
    top, directory, table, leaf = way_to(values_in(state), space.root, page).entries
    said = when(every([present(top), present(directory), present(table)]), leaf, 0)
    return implies(proper(page) & (space.root != NO_ROOT), space.entry[page] == said)


@everywhere("entry", "the abstract map is what the tables say", covers="MEM-10")
def walked(state: Any, heap: Word, space: Space, page: Word) -> Truth:
    return agrees(state, space, page)


# ---------------------------------------------------------------- counting


def _undone(one: Any, other: Any, s: Word) -> Truth:
    """``one`` leads from the slot to one of the same table, and ``other`` leads back."""
    r = one[s]
    return every([frame_at(r) == frame_at(s), aligned(r) == aligned(s), other[r] == s])


@everywhere("rank", "each slot has a rank in its table")
def ranks(state: Any, heap: Word, space: Space, s: Word) -> Truth:
    return _undone(space.rank, space.at, s)


@everywhere("at", "each rank is that of a slot")
def places(state: Any, heap: Word, space: Space, r: Word) -> Truth:
    return _undone(space.at, space.rank, r)


@everywhere("rank", "the entry of a table counts exactly the present entries in it")
def counted(state: Any, heap: Word, space: Space, s: Word) -> Truth:
    values, f = values_in(state), frame_at(s)
    before = index_at(space.rank[s]) < count_of(values[space.up[f]])
    below_root = space.holds(s) & (space.role[f] != ROOT)
    return implies(below_root, present(values[s]) == before)


INVARIANTS = clauses_of(__name__)
