"""The steps that set, clear or change one entry of an address space, and count it in the entry above.

Each keeps the invariants and says exactly what it changes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.address_space.invariants import values_in
from model.address_space.ranges import none_empty
from model.address_space.state import (
    BORROWED,
    COUNT_ONE,
    ENTRIES,
    NO_SLOT,
    UNUSED,
    Space,
    aligned,
    borrowed,
    count_of,
    frame_at,
    frame_of,
    grants_all,
    index_at,
    of_table,
    present,
    slot_in,
)
from model.frame_allocator.single_frames import LENT, LIVE
from model.language.contracts import costs
from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies, mention, negate, when
from model.language.words import PAGE_SIZE, is_word
from proofs.address_space.above import opens_ways
from proofs.address_space.costs import ENTER_COST, LEAVE_COST
from proofs.address_space.frames import LINKS, alive, of_this_space
from proofs.address_space.ghosts import entered, left
from proofs.address_space.way import UPWARDS, WAY
from proofs.engine.helping import inner as lemma

# ---------------------------------------------------------------- entries come: _enter


@clause("the entry is not present; of the entry of a page the abstract map says so")
def is_vacant(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    slot = arguments["slot"]
    entry = when(space.is_leaf(slot), space.entry[space.page_at(slot)], values_in(state)[slot])
    return negate(present(entry))


@clause("nothing lies at the slot")
def slot_vacant(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    return negate(present(values_in(state)[arguments["slot"]]))


@clause("the new entry of a page names a frame in hand, which nothing refers to")
def page_in_hand(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    value, claimed = arguments["value"], state.claimed("Entry")
    f, leaf = frame_of(value), space.is_leaf(arguments["slot"])
    slots = claimed.everywhere(lambda s: implies(leaf & claimed[s], frame_at(s) != f))
    use = space.use[f] == when(borrowed(value), LENT, LIVE)
    return slots & (negate(leaf) | every([is_word(value), present(value), space.role[f] == UNUSED, use]))


@clause("any other new entry names an empty table, which nothing refers to")
def table_in_hand(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    value, values, claimed = arguments["value"], values_in(state), state.claimed("Entry")
    f, leaf = frame_of(value), space.is_leaf(arguments["slot"])

    def inside(s: Word) -> Truth:
        return every([negate(leaf), frame_at(s) == f, aligned(s)])

    slots = claimed.everywhere(lambda s: implies(inside(s), claimed[s]))
    empty = values.everywhere(lambda s: implies(inside(s), values[s] == 0))
    word = every([is_word(value), present(value), value < COUNT_ONE, count_of(value) == 0])
    granted = negate(space.granting) | grants_all(value)
    return every([slots, empty, leaf | every([word, granted, space.role[f] == UNUSED, space.use[f] == LIVE])])


def _above_after(t: Transition, difference: int) -> Truth:
    """The entry above, if there is one, counts so many more."""
    now, then = values_in(t.new), values_in(t.old)
    return (t.above == NO_SLOT) | (now[t.above] == then[t.above] + difference)


def _other_entries(t: Transition) -> Truth:
    now, then = values_in(t.new), values_in(t.old)
    counting = t.above != NO_SLOT
    return now.everywhere(lambda s: every_or((s == t.slot), counting & (s == t.above), now[s] == then[s]))


def every_or(*truths: Truth) -> Truth:
    """At least one of them."""
    result: Truth = False
    for truth in truths:
        result = truth | result
    return result


@clause("the entry is there and counted above, and no other entry changes")
def entry_comes(t: Transition) -> Truth:
    return every([values_in(t.new)[t.slot] == t.value, _above_after(t, COUNT_ONE), _other_entries(t)])


@clause("the frame that the entry names has the role and the number that the entry gives it; all others keep theirs")
def frame_serves(t: Transition) -> Truth:
    old, new, f = t.ghost, t.ghost_after, frame_of(t.value)
    role = new.role.everywhere(lambda g: new.role[g] == when(g == f, old.role_below(t.slot, t.value), old.role[g]))
    up = new.up.everywhere(lambda g: new.up[g] == when(g == f, t.slot, old.up[g]))
    number = new.number.everywhere(lambda g: new.number[g] == when(g == f, old.number_at(t.slot), old.number[g]))
    return every([role, up, number])


@clause("if the entry is that of a page, the abstract map has it; no other page changes")
def map_has_entry(t: Transition) -> Truth:
    return map_changes(t, t.value)


def map_changes(t: Transition, value: Word) -> Truth:
    """The abstract map has that entry for the page of the slot, if it is one of a page; no other page changes."""
    old, new = t.ghost, t.ghost_after
    page = old.page_at(t.slot)
    return new.entry.everywhere(lambda n: new.entry[n] == when(old.is_leaf(t.slot) & (n == page), value, old.entry[n]))


enter_cost = costs("enter_cost", ENTER_COST)


def _entered(t: Transition) -> Space:
    """The entry takes the next rank in its table."""
    return entered(t.ghost, t.slot, _count(t), t.value)


def _count(t: Transition) -> Word:
    """How many entries of the table are present before, as far as that is counted."""
    return 0 if t.above == NO_SLOT else count_of(values_in(t.old)[t.above])


def _above(t: Transition) -> Truth:
    """The entry above is that of the table that the slot lies in."""
    above, space = values_in(t.old)[t.above], t.ghost
    place = every([t.above != t.slot, space.holds(t.above), negate(space.is_leaf(t.above))])
    return every([place, present(above), frame_of(above) == frame_at(t.slot), of_table(above)])


@lemma
@clause("the entry above is that of the table, which is not full")
def room(t: Transition) -> Truth:
    count = count_of(values_in(t.old)[t.above])
    full = mention(t.ghost.rank[t.slot], index_at(t.ghost.rank[t.slot])) & (count >= ENTRIES)
    return (t.above == NO_SLOT) | every([_above(t), negate(full), count >= 0])


def _recounted(t: Transition, difference: int) -> Truth:
    before, now = values_in(t.old)[t.above], values_in(t.old)[t.above] + difference * COUNT_ONE
    same_frame = (frame_of(now) == frame_of(before)) & (present(now) == present(before))
    same_use = (borrowed(now) == borrowed(before)) & (of_table(now))
    count = count_of(now) == count_of(before) + difference
    return (t.above == NO_SLOT) | every([same_frame, same_use, count])


@lemma
@clause("the entry above counts one more, and is else what it was")
def recounted(t: Transition) -> Truth:
    return _recounted(t, 1)


def _granting(t: Transition, difference: int) -> Truth:
    before, now = values_in(t.old)[t.above], values_in(t.old)[t.above] + difference * COUNT_ONE
    same = [now % PAGE_SIZE == before % PAGE_SIZE, grants_all(now) == grants_all(before)]
    return (t.above == NO_SLOT) | every(same)


@lemma
@clause("the entry above grants what it granted")
def still_grants(t: Transition) -> Truth:
    return _granting(t, 1)


def _place(t: Transition, count: Word) -> Truth:
    """The place with that index in the table, which no rank of another place is."""
    place, rank = slot_in(frame_at(t.slot), count), t.ghost.rank

    def only(s: Word) -> Truth:
        r = rank[s]
        there = every([frame_at(r) == frame_at(t.slot), aligned(r), index_at(r) == count])
        return implies(there, r == place)

    parts = every([frame_at(place) == frame_at(t.slot), index_at(place) == count, aligned(place)])
    return parts & rank.everywhere(only)


@lemma
@clause("a rank is an index")
def ranks_from_0(t: Transition) -> Truth:
    rank = t.ghost_after.rank
    return rank.everywhere(lambda s: index_at(rank[s]) >= 0)


@lemma
@clause("the next place in the table")
def next_place(t: Transition) -> Truth:
    return _place(t, _count(t))


ENTER = Operation(
    "_enter",
    ("root", "slot", "above", "value"),
    _entered,
    (
        room,
        recounted,
        still_grants,
        ranks_from_0,
        next_place,
        *WAY,
        entry_comes,
        frame_serves,
        map_has_entry,
        opens_ways,
        enter_cost,
    ),
    requires=(alive, of_this_space, is_vacant, page_in_hand, table_in_hand),
    raises=(),
    changes=LINKS,
    lemmas=(*UPWARDS, slot_vacant),
)


# ---------------------------------------------------------------- entries go: _leave


@clause("the entry is present, and that of a page or of an empty table")
def may_go(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    value = values_in(state)[arguments["slot"]]
    rank = space.rank[arguments["slot"]]
    goes = present(value) & (space.is_leaf(arguments["slot"]) | (count_of(value) == 0))
    return goes & mention(rank, index_at(rank))


@clause("the entry is gone and not counted above any more, and no other entry changes")
def entry_goes(t: Transition) -> Truth:
    return every([values_in(t.new)[t.slot] == 0, _above_after(t, -COUNT_ONE), _other_entries(t)])


@clause("the frame that the entry named has no role any more; all others keep theirs, and their numbers")
def frame_serves_no_more(t: Transition) -> Truth:
    old, new, f = t.ghost, t.ghost_after, frame_of(values_in(t.old)[t.slot])
    return new.role.everywhere(lambda g: new.role[g] == when(g == f, UNUSED, old.role[g]))


@clause("if the entry was that of a page, the abstract map has none there; no other page changes")
def map_has_no_entry(t: Transition) -> Truth:
    return map_changes(t, 0)


@clause("whether that was the last entry of a table that is not the root")
def tells_emptied(t: Transition) -> Truth:
    return t.result == ((t.above != NO_SLOT) & (count_of(values_in(t.new)[t.above]) == 0))


leave_cost = costs("leave_cost", LEAVE_COST)


def _left(t: Transition) -> Space:
    """The entry changes ranks with the last one of its table."""
    return left(t.ghost, t.slot, _last(t), values_in(t.old)[t.slot])


@lemma
@clause("the entry above is that of the table, and counts one entry at least")
def counts_one(t: Transition) -> Truth:
    count = count_of(values_in(t.old)[t.above])
    empty = mention(t.ghost.rank[t.slot], index_at(t.ghost.rank[t.slot])) & (count < 1)
    enough = (values_in(t.old)[t.above] >= COUNT_ONE) & (count <= ENTRIES)
    return (t.above == NO_SLOT) | every([_above(t), negate(empty), enough])


@lemma
@clause("counting one less moves no lower bit of the entry above")
def shifted(t: Transition) -> Truth:
    before = values_in(t.old)[t.above]
    now = before - COUNT_ONE
    same = [now // unit == before // unit - COUNT_ONE // unit for unit in (PAGE_SIZE, BORROWED, COUNT_ONE)]
    return (t.above == NO_SLOT) | every(same)


@lemma
@clause("the entry above counts one less, and is else what it was")
def counted_less(t: Transition) -> Truth:
    return _recounted(t, -1)


@lemma
@clause("the entry above, which counts one less, grants what it granted")
def grants_still(t: Transition) -> Truth:
    return _granting(t, -1)


def _last(t: Transition) -> Word:
    """The index of the last rank of a present entry, as far as that is counted."""
    return 0 if t.above == NO_SLOT else count_of(values_in(t.old)[t.above]) - 1


@lemma
@clause("what the entry leads to has the role of what lies below its table")
def role_below(t: Transition) -> Truth:
    entry = values_in(t.old)[t.slot]
    return t.ghost.role[frame_of(entry)] == t.ghost.role_below(t.slot, entry)


@lemma
@clause("the last place in the table that is taken")
def last_place(t: Transition) -> Truth:
    return _place(t, _last(t))


@lemma
@clause("no entry in the table that goes is present")
def empty_below(t: Transition) -> Truth:
    space, values, f = t.ghost, values_in(t.old), frame_of(values_in(t.old)[t.slot])

    def absent(s: Word) -> Truth:
        there = every([negate(space.is_leaf(t.slot)), frame_at(s) == f, aligned(s)])
        return implies(there & mention(index_at(space.rank[s])), values[s] == 0)

    return values.everywhere(absent)


@clause("no table is empty, but maybe the root and the one below the slot")
def used_but_below(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    return none_empty(state, space, arguments["slot"])


@clause("no table is empty, but maybe the root, and the one that the slot lies in if the result says so")
def used_unless_emptied(t: Transition) -> Truth:
    return none_empty(t.new, t.ghost_after, when(t.result, t.above, NO_SLOT))


LEAVE = Operation(
    "_leave",
    ("root", "slot", "above"),
    _left,
    (
        counts_one,
        shifted,
        counted_less,
        grants_still,
        last_place,
        empty_below,
        *WAY,
        replace(entry_goes, lemma=True),
        replace(frame_serves_no_more, lemma=True),
        map_has_no_entry,
        replace(tells_emptied, lemma=True),
        used_unless_emptied,
        leave_cost,
    ),
    requires=(alive, of_this_space, may_go, used_but_below),
    raises=(),
    changes=("Entry.value", "ghost.entry", "ghost.role", "ghost.rank", "ghost.at"),
    returns="flag",
    lemmas=UPWARDS,
)
