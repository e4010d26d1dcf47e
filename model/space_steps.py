"""The steps that set or clear one entry of an address space, and count it in the entry above.

Each keeps the invariants (space_invariants.py) and says exactly what it changes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.frame_contract import FREE, LENT, LIVE, PAGE_SIZE, is_word
from model.logic import Operation, Transition, Truth, Word, clause, every, implies, mention, negate, when
from model.page_tables import (
    BORROWED,
    COUNT_ONE,
    ENTRIES,
    LARGEST_TABLE_ENTRY,
    NO_SLOT,
    UNUSED,
    Space,
    aligned,
    borrowed,
    count_of,
    entered,
    frame_at,
    frame_of,
    index_at,
    is_table,
    left,
    present,
    slot_in,
)
from model.space_frames import (
    CLOSE_COST,
    ENTER_COST,
    FRAME_COST,
    LEAVE_COST,
    LINKS,
    OPEN_COST,
    USES,
    above_pages,
    alive,
    as_called,
    entries_are_zero,
    entries_come,
    frame_cost,
    lemma,
    no_other_byte,
    of_this_space,
    one_free,
    takes_a_free_frame,
    takes_no_other,
)
from model.space_invariants import SLOTS, values_in
from model.space_way import STILL, WAY

# ---------------------------------------------------------------- _new_table


NEW_TABLE = Operation(
    "_new_table",
    ("root",),
    as_called,
    (
        takes_a_free_frame,
        takes_no_other,
        replace(entries_come, lemma=True),
        replace(entries_are_zero, lemma=True),
        *STILL,
        no_other_byte,
        frame_cost,
    ),
    requires=(alive, one_free),
    raises=(),
    changes=("byte", "Entry.value", "claimed.Entry", *USES),
    returns="word",
)

# ---------------------------------------------------------------- entries come: _enter


@clause("the entry is not present")
def is_vacant(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    return negate(present(values_in(state)[arguments["slot"]]))


IN_HAND = ("above_pages", "of_this_space", "owned", "tables_apart", "_new_table.*", "value_in_hand", "_open.*")
DECODING = ("frame_of", "present", "borrowed", "count_of")


@clause(
    "the new entry names a frame in hand: for a page, or an empty table that nothing refers to",
    needs=(*IN_HAND, *DECODING, "frame_at"),
)
def entry_in_hand(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    value, values, claimed = arguments["value"], values_in(state), state.claimed("Entry")
    f, leaf = frame_of(value), space.is_leaf(arguments["slot"])
    slots = claimed.everywhere(
        lambda s: (
            implies(negate(leaf) & (frame_at(s) == f) & aligned(s), claimed[s])
            & implies(leaf & claimed[s], frame_at(s) != f)
        )
    )
    empty = values.everywhere(lambda s: implies(negate(leaf) & (frame_at(s) == f) & aligned(s), values[s] == 0))
    use = space.use[f] == when(leaf & borrowed(value), LENT, LIVE)
    word = every([is_word(value), present(value), leaf | ((value < COUNT_ONE) & (count_of(value) == 0))])
    return every([word, space.role[f] == UNUSED, use, slots, empty])


def _above_after(t: Transition, difference: int) -> Truth:
    """The entry above, if there is one, counts so many more."""
    now, then = values_in(t.new), values_in(t.old)
    return (t.above == NO_SLOT) | (now[t.above] == then[t.above] + difference)


def _other_entries(t: Transition) -> Truth:
    now, then = values_in(t.new), values_in(t.old)
    return now.everywhere(lambda s: every_or((s == t.slot), (s == t.above), now[s] == then[s]))


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
    return _map_changes(t, t.value)


def _map_changes(t: Transition, value: Word) -> Truth:
    old, new = t.ghost, t.ghost_after
    page = old.page_at(t.slot)
    return new.entry.everywhere(lambda n: new.entry[n] == when(old.is_leaf(t.slot) & (n == page), value, old.entry[n]))


@clause(f"it costs at most {ENTER_COST} loads and stores")
def enter_cost(t: Transition) -> Truth:
    return t.cost <= ENTER_COST


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
    return every([place, present(above), frame_of(above) == frame_at(t.slot), above < LARGEST_TABLE_ENTRY])


@lemma
@clause(
    "the entry above is that of the table, which is not full",
    needs=("of_this_space", "is_vacant", "leads_up", "leads_down", "ranks", "counted", "index_at", "count_of"),
)
def room(t: Transition) -> Truth:
    count = count_of(values_in(t.old)[t.above])
    full = mention(t.ghost.rank[t.slot], index_at(t.ghost.rank[t.slot])) & (count >= ENTRIES)
    return (t.above == NO_SLOT) | every([_above(t), negate(full), count >= 0])


def _recounted(t: Transition, difference: int) -> Truth:
    before, now = values_in(t.old)[t.above], values_in(t.old)[t.above] + difference * COUNT_ONE
    same_frame = (frame_of(now) == frame_of(before)) & (present(now) == present(before))
    same_use = (borrowed(now) == borrowed(before)) & (now < LARGEST_TABLE_ENTRY)
    count = count_of(now) == count_of(before) + difference
    return (t.above == NO_SLOT) | every([same_frame, same_use, count])


@lemma
@clause("the entry above counts one more, and is else what it was", needs=("room", "range", *DECODING))
def recounted(t: Transition) -> Truth:
    return _recounted(t, 1)


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
@clause("a rank is an index", needs=("index_at",))
def ranks_from_0(t: Transition) -> Truth:
    rank = t.ghost_after.rank
    return rank.everywhere(lambda s: index_at(rank[s]) >= 0)


@lemma
@clause("the next place in the table", needs=("room", *SLOTS))
def next_place(t: Transition) -> Truth:
    return _place(t, _count(t))


ENTER = Operation(
    "_enter",
    ("root", "slot", "above", "value"),
    _entered,
    (room, recounted, ranks_from_0, next_place, *WAY, entry_comes, frame_serves, map_has_entry, enter_cost),
    requires=(alive, of_this_space, is_vacant, entry_in_hand),
    raises=(),
    changes=LINKS,
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
    return _map_changes(t, 0)


@clause("whether that was the last entry of a table that is not the root")
def tells_emptied(t: Transition) -> Truth:
    return t.result == ((t.above != NO_SLOT) & (count_of(values_in(t.new)[t.above]) == 0))


@clause(f"it costs at most {LEAVE_COST} loads and stores")
def leave_cost(t: Transition) -> Truth:
    return t.cost <= LEAVE_COST


def _left(t: Transition) -> Space:
    """The entry changes ranks with the last one of its table."""
    return left(t.ghost, t.slot, _last(t), values_in(t.old)[t.slot])


@lemma
@clause(
    "the entry above is that of the table, and counts one entry at least",
    needs=("of_this_space", "may_go", "leads_up", "leads_down", "ranks", "counted", "index_at", "count_of", "range"),
)
def counts_one(t: Transition) -> Truth:
    count = count_of(values_in(t.old)[t.above])
    empty = mention(t.ghost.rank[t.slot], index_at(t.ghost.rank[t.slot])) & (count < 1)
    enough = (values_in(t.old)[t.above] >= COUNT_ONE) & (count <= ENTRIES)
    return (t.above == NO_SLOT) | every([_above(t), negate(empty), enough])


@lemma
@clause("counting one less moves no lower bit of the entry above", needs=("counts_one", "range"))
def shifted(t: Transition) -> Truth:
    before = values_in(t.old)[t.above]
    now = before - COUNT_ONE
    same = [now // unit == before // unit - COUNT_ONE // unit for unit in (PAGE_SIZE, BORROWED, COUNT_ONE)]
    return (t.above == NO_SLOT) | every(same)


@lemma
@clause("the entry above counts one less, and is else what it was", needs=("counts_one", "shifted", "range", *DECODING))
def counted_less(t: Transition) -> Truth:
    return _recounted(t, -1)


def _last(t: Transition) -> Word:
    """The index of the last rank of a present entry, as far as that is counted."""
    return 0 if t.above == NO_SLOT else count_of(values_in(t.old)[t.above]) - 1


@lemma
@clause(
    "what the entry leads to has the role of what lies below its table", needs=("of_this_space", "may_go", "leads_down")
)
def role_below(t: Transition) -> Truth:
    entry = values_in(t.old)[t.slot]
    return t.ghost.role[frame_of(entry)] == t.ghost.role_below(t.slot, entry)


@lemma
@clause("the last place in the table that is taken", needs=("counts_one", *SLOTS))
def last_place(t: Transition) -> Truth:
    return _place(t, _last(t))


@lemma
@clause(
    "no entry in the table that goes is present",
    needs=("of_this_space", "may_go", "leads_down", "counted", "ranks", "index_at", "vacant"),
)
def empty_below(t: Transition) -> Truth:
    space, values, f = t.ghost, values_in(t.old), frame_of(values_in(t.old)[t.slot])

    def absent(s: Word) -> Truth:
        there = every([negate(space.is_leaf(t.slot)), frame_at(s) == f, aligned(s)])
        return implies(there & mention(index_at(space.rank[s])), values[s] == 0)

    return values.everywhere(absent)


LEAVE = Operation(
    "_leave",
    ("root", "slot", "above"),
    _left,
    (
        counts_one,
        shifted,
        counted_less,
        last_place,
        empty_below,
        *WAY,
        entry_goes,
        frame_serves_no_more,
        map_has_no_entry,
        tells_emptied,
        leave_cost,
    ),
    requires=(alive, of_this_space, may_go),
    raises=(),
    changes=("Entry.value", "ghost.entry", "ghost.role", "ghost.rank", "ghost.at"),
    returns="flag",
    needs={"machine_width": (*(counts_one.needs or ()), "alive")},
)


# ---------------------------------------------------------------- _open


OPENING = (*IN_HAND, *DECODING, "frame_at", "alive", "can_open", "_enter.*", "range")


@clause("an entry is present there, or a frame is free for a table")
def can_open(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    return present(values_in(state)[arguments["slot"]]) | (space.free_frames >= 1)


def _missing(t: Transition) -> Truth:
    return negate(present(values_in(t.old)[t.slot]))


def _opened(t: Transition) -> Word:
    """The frame of the table that lies below afterwards."""
    return frame_of(values_in(t.new)[t.slot])


@clause("afterwards there is a table; if it was missing it was a free frame, and is empty", needs=OPENING)
def is_open(t: Transition) -> Truth:
    old, new, entry, f = t.ghost, t.ghost_after, values_in(t.new)[t.slot], _opened(t)
    made = every([old.use[f] == FREE, new.use[f] == LIVE, old.role[f] == UNUSED, count_of(entry) == 0])
    free = new.free_frames == old.free_frames - when(_missing(t), 1, 0)
    return every([present(entry), implies(_missing(t), made), free])


@clause(
    "no frame but that of a table that was missing is used otherwise, or has another role, slot or number",
    needs=OPENING,
)
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


@clause("entries lie in a table that was missing, and wherever they lay before", needs=OPENING)
def entries_of_table(t: Transition) -> Truth:
    now, then, f = t.new.claimed("Entry"), t.old.claimed("Entry"), _opened(t)
    return now.everywhere(lambda s: now[s] == (then[s] | every([_missing(t), frame_at(s) == f, aligned(s)])))


def _inside(t: Transition, s: Word) -> Truth:
    """A slot of a table that was missing."""
    return every([_missing(t), frame_at(s) == _opened(t), aligned(s)])


@clause("a table that was missing is empty", needs=(*OPENING, "leads_up"))
def opens_empty(t: Transition) -> Truth:
    now = values_in(t.new)
    return now.everywhere(lambda s: implies(_inside(t, s), now[s] == 0))


@clause("no entry changes but that which leads to a table that was missing, that above, and those in it", needs=OPENING)
def other_entries_kept(t: Transition) -> Truth:
    now, then = values_in(t.new), values_in(t.old)

    def kept(s: Word) -> Truth:
        changed = _missing(t) & ((s == t.slot) | (s == t.above))
        return every_or(changed, _inside(t, s), now[s] == then[s])

    return now.everywhere(kept)


@clause(
    "a table that was missing is counted above",
    needs=(
        "alive",
        "of_this_space",
        "above_pages",
        "owned",
        "leads_up",
        "_new_table.*",
        "_enter.*",
        "present",
        "aligned",
    ),
)
def counts_above(t: Transition) -> Truth:
    more = values_in(t.new)[t.above] == values_in(t.old)[t.above] + COUNT_ONE
    return implies(_missing(t) & (t.above != NO_SLOT), more)


@clause("the abstract map is the same")
def same_map(t: Transition) -> Truth:
    old, new = t.ghost, t.ghost_after
    return new.entry.everywhere(lambda page: new.entry[page] == old.entry[page])


@clause("no byte outside a table that was missing changes", needs=OPENING)
def bytes_outside_opened(t: Transition) -> Truth:
    start = _opened(t) * PAGE_SIZE
    return t.new.bytes.unchanged_outside(t.old, start, start + PAGE_SIZE)


@clause(f"it costs at most {OPEN_COST} loads and stores, and a fresh frame if the table was missing")
def open_cost(t: Transition) -> Truth:
    return t.cost <= OPEN_COST + when(_missing(t), FRAME_COST, 0)


OPEN = Operation(
    "_open",
    ("root", "slot", "above"),
    as_called,
    (
        is_open,
        other_frames_kept,
        entries_of_table,
        opens_empty,
        other_entries_kept,
        counts_above,
        same_map,
        bytes_outside_opened,
        open_cost,
    ),
    requires=(alive, of_this_space, above_pages, can_open),
    raises=(),
    changes=("byte", "claimed.Entry", *LINKS, *USES),
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
    return every([is_table(old.role[f]), uses, roles, new.free_frames == old.free_frames + 1])


@clause("no entries lie in the table any more, but wherever else they lay")
def its_entries_go(t: Transition) -> Truth:
    now, then, f = t.new.claimed("Entry"), t.old.claimed("Entry"), _closed(t)
    return now.everywhere(lambda s: now[s] == (then[s] & (frame_at(s) != f)))


@clause("no byte outside the table changes")
def bytes_outside_closed(t: Transition) -> Truth:
    start = _closed(t) * PAGE_SIZE
    return t.new.bytes.unchanged_outside(t.old, start, start + PAGE_SIZE)


@clause(f"it costs at most {CLOSE_COST} loads and stores")
def close_cost(t: Transition) -> Truth:
    return t.cost <= CLOSE_COST


CLOSE = Operation(
    "_close",
    ("root", "slot", "above"),
    as_called,
    (entry_goes, table_goes, its_entries_go, same_map, tells_emptied, bytes_outside_closed, close_cost),
    requires=(alive, of_this_space, above_pages, can_close),
    raises=(),
    changes=("byte", "claimed.Entry", "Entry.value", "ghost.entry", "ghost.role", "ghost.rank", "ghost.at", *USES),
    returns="flag",
)
