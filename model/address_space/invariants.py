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
from model.language.logic import Clause, Truth, Word, clause, every, implies, negate, when
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


@clause(
    "a frame of this space is a live allocation of one frame, or lent: none is free, none is another's", covers="MEM-11"
)
def owned(state: Any, heap: Word, space: Space) -> Truth:
    def one(f: Word) -> Truth:
        role = space.role[f]
        known = every([f >= 0, f < FRAME_LIMIT, role >= UNUSED, role <= BORROWED_PAGE])
        return (role == UNUSED) | (known & (space.use[f] == when(role == BORROWED_PAGE, LENT, LIVE)))

    return space.role.everywhere(one)


@clause("the frames of the frame allocator lie in RAM, below 2**52")
def in_memory(state: Any, heap: Word, space: Space) -> Truth:
    def inside(f: Word) -> Truth:
        return (space.use[f] == NO_FRAME) | every([f >= 0, f < FRAME_LIMIT, state.mapped[f]])

    return (space.free_frames >= 0) & space.use.everywhere(inside)


@clause("every slot of a table holds an entry", covers="MEM-2")
def tables_in_place(state: Any, heap: Word, space: Space) -> Truth:
    claimed = state.claimed("Entry")
    return claimed.everywhere(lambda s: implies(space.holds(s), claimed[s]))


@clause(
    "no entry lies in a page, or in a frame that is not allocated: tables are never reachable as data", covers="MEM-12"
)
def tables_apart(state: Any, heap: Word, space: Space) -> Truth:
    def apart(s: Word) -> Truth:
        f = frame_at(s)
        return every([aligned(s), space.use[f] == LIVE, negate(is_page(space.role[f]))])

    claimed = state.claimed("Entry")
    return claimed.everywhere(lambda s: implies(claimed[s], apart(s)))


# ---------------------------------------------------------------- entries


@clause(
    "a present entry leads to a frame of its own, for that purpose alone: no frame is mapped twice", covers="MEM-11"
)
def leads_down(state: Any, heap: Word, space: Space) -> Truth:
    values = values_in(state)

    def leads(s: Word) -> Truth:
        entry = values[s]
        f = frame_of(entry)
        known = every([space.role[f] == space.role_below(s, entry), space.up[f] == s])
        table = every([space.number[f] == space.number_at(s), of_table(entry), count_of(entry) <= ENTRIES])
        return implies(space.holds(s) & present(entry), known & (space.is_leaf(s) | table))

    return values.everywhere(leads)


@clause("every entry that leads to a table grants everything: that of the page decides", covers="MEM-3")
def tables_grant(state: Any, heap: Word, space: Space) -> Truth:
    values = values_in(state)

    def one(s: Word) -> Truth:
        above = every([space.holds(s), negate(space.is_leaf(s)), present(values[s])])
        return implies(space.granting & above, grants_all(values[s]))

    return values.everywhere(one)


@clause("an entry that is not present is 0")
def vacant(state: Any, heap: Word, space: Space) -> Truth:
    values = values_in(state)
    return values.everywhere(lambda s: implies(space.holds(s), present(values[s]) | (values[s] == 0)))


@clause("every frame of this space but the root is what an entry leads to: none is lost")
def leads_up(state: Any, heap: Word, space: Space) -> Truth:
    values = values_in(state)

    def led(f: Word) -> Truth:
        s = space.up[f]
        entry = values[s]
        there = every([space.holds(s), present(entry), frame_of(entry) == f])
        known = there & (space.role[f] == space.role_below(s, entry))
        return (space.role[f] == UNUSED) | (space.role[f] == ROOT) | known

    return space.up.everywhere(led)


def agrees(state: Any, space: Space, page: Word) -> Truth:
    """The abstract map has what the tables say for that page."""
    top, directory, table, leaf = way_to(values_in(state), space.root, page).entries
    said = when(every([present(top), present(directory), present(table)]), leaf, 0)
    return implies(proper(page) & (space.root != NO_ROOT), space.entry[page] == said)


@clause("the abstract map is what the tables say", covers="MEM-10")
def walked(state: Any, heap: Word, space: Space) -> Truth:
    return space.entry.everywhere(lambda page: agrees(state, space, page))


# ---------------------------------------------------------------- counting


def _undone(one: Any, other: Any) -> Truth:
    """``one`` leads from each slot to one of the same table, and ``other`` leads back."""

    def leads(s: Word) -> Truth:
        r = one[s]
        return every([frame_at(r) == frame_at(s), aligned(r) == aligned(s), other[r] == s])

    return one.everywhere(leads)


@clause("each slot has a rank in its table")
def ranks(state: Any, heap: Word, space: Space) -> Truth:
    return _undone(space.rank, space.at)


@clause("each rank is that of a slot")
def places(state: Any, heap: Word, space: Space) -> Truth:
    return _undone(space.at, space.rank)


@clause("the entry of a table counts exactly the present entries in it")
def counted(state: Any, heap: Word, space: Space) -> Truth:
    values, rank = values_in(state), space.rank

    def told(s: Word) -> Truth:
        f = frame_at(s)
        before = index_at(rank[s]) < count_of(values[space.up[f]])
        below_root = space.holds(s) & (space.role[f] != ROOT)
        return implies(below_root, present(values[s]) == before)

    return rank.everywhere(told)


INVARIANTS: tuple[Clause, ...] = (
    rooted,
    owned,
    in_memory,
    tables_in_place,
    tables_apart,
    leads_down,
    tables_grant,
    vacant,
    leads_up,
    walked,
    ranks,
    places,
    counted,
)
