"""The entry of a page set, with the tables that it takes, or cleared, with those that become empty.

Between these operations no table is empty, so that those are given back which unmapping empties.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.frame_contract import FREE, LENT, LIVE, PAGE_SIZE, is_word
from model.logic import Operation, Transition, Truth, Word, clause, every, implies, mention, negate, when
from model.page_tables import (
    DIRECTORY,
    FRAME_LIMIT,
    ROOT,
    TABLE,
    TOP,
    UNUSED,
    Space,
    Way,
    borrowed,
    count_of,
    frame_at,
    frame_of,
    index_at,
    is_page,
    is_table,
    present,
    proper,
    way_to,
)
from model.space_above import makes_tables, missing
from model.space_frames import (
    BUT,
    BUT_HEADER,
    CLOSE_COST,
    ENTER_COST,
    FRAME_COST,
    LEAVE_COST,
    LINKS,
    OPEN_COST,
    USES,
    alive,
    as_called,
    in_hand,
    lemma,
)
from model.space_invariants import values_in
from model.space_steps import TO_THE_PAGE, none_empty
from model.space_way import ENTRY_LEMMAS

SET_COST = 3 * (OPEN_COST + FRAME_COST) + ENTER_COST
CLEAR_COST = 4 + LEAVE_COST + 3 * CLOSE_COST
CHANGED = ("byte", "claimed.Entry", *LINKS, *USES)

# ---------------------------------------------------------------- vocabulary


def page_at(arguments: dict[str, Any]) -> Word:
    """The page of the argument ``address``."""
    return arguments["address"] // PAGE_SIZE


def way_in(state: Any, space: Space, arguments: dict[str, Any]) -> Way:
    """The way to the page of the argument ``address``."""
    return way_to(values_in(state), space.root, page_at(arguments))


@clause("the address is that of a page of this space")
def proper_address(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    address = arguments["address"]
    return every([is_word(address), address % PAGE_SIZE == 0, proper(page_at(arguments))])


@clause("the page is not mapped")
def unmapped(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    return negate(present(space.entry[page_at(arguments)]))


@clause("the page is mapped")
def is_mapped(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    return present(space.entry[page_at(arguments)])


@clause("no table but the root is empty")
def no_table_empty(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    return none_empty(state, space)


@clause("a frame is free for every table that is missing")
def tables_free(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    return space.free_frames >= missing(way_in(state, space, arguments))


BITS = ("frame_of", "present", "borrowed")
MADE_ENTRY = ("made_entry.frame_bits", "made_entry.names", "made_entry.marked")


@clause(
    "the entry is present, and names a frame",
    needs=("_new_frame.takes_a_free_frame", "frame_lent", "flags_known", "frame_at", *MADE_ENTRY),
)
def frame_named(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    value = arguments["value"]
    f = frame_of(value)
    return every([is_word(value), present(value), f == value // PAGE_SIZE % FRAME_LIMIT, f >= 0, f < FRAME_LIMIT])


@clause(
    "the frame is allocated or lent, but neither mapped nor a table",
    needs=(
        *("_new_frame.takes_a_free_frame", "frame_lent", "owned", "tables_apart", "frame_at"),
        *MADE_ENTRY,
    ),
)
def frame_to_map(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    return in_hand(state, space, arguments["value"])


# ---------------------------------------------------------------- the way to a mapped page, on entry


@clause(
    "every entry on the way is present, and the last is that of the abstract map",
    needs=("alive", "proper_address", "is_mapped", "walked", "present"),
)
def way_mapped(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    way, entry = way_in(state, space, arguments), space.entry[page_at(arguments)]
    return every([*(present(at) for at in way.entries), way.entries[3] == entry])


@clause(
    "each table on the way is led to by the slot before",
    needs=(
        "alive",
        "rooted",
        "proper_address",
        "way_mapped",
        "bits_of_way",
        "parts_of_way",
        "tables_of_way",
        "leads_down",
        "owned",
    ),
)
def way_tables(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    way = way_in(state, space, arguments)
    roles = zip(way.slots, (ROOT, TOP, DIRECTORY, TABLE), strict=True)
    ups = [space.up[frame_of(entry)] == slot for slot, entry in zip(way.slots, way.entries, strict=True)]
    return every(
        [
            *(every([space.role[frame_at(slot)] == role, space.holds(slot), slot >= 0]) for slot, role in roles),
            *(frame_at(slot) == frame_of(entry) for slot, entry in zip(way.slots[1:], way.entries[:3], strict=True)),
            *ups,
            space.page_at(way.slots[3]) == page_at(arguments),
            is_page(space.role[frame_of(way.entries[3])]),
        ]
    )


TO_A_PAGE = (*ENTRY_LEMMAS, way_mapped, way_tables)
SAFE = dict.fromkeys(
    ("safety", "machine_width"),
    ("proper_address", "alive", "rooted", "range", "bits_of_way", "way_tables", "tables_in_place", "owned"),
)
"""What shows that the way to a mapped page stays in the tables."""
FOUND = ("alive", "proper_address", "bits_of_way", "way_mapped", "way_tables")

# ---------------------------------------------------------------- _set_leaf

ON_WAY = ("proper_address", "bits_of_way", "parts_of_way", "tables_of_way", "page_of_way", "alive", "rooted")


@clause(
    "the abstract map has the entry for the page, and for every other page what it had",
    needs=(*TO_THE_PAGE, "_enter.map_has_entry"),
    covers="MEM-10",
)
def page_has_entry(t: Transition) -> Truth:
    old, new, page = t.ghost, t.ghost_after, page_at(t.arguments)
    return new.entry.everywhere(lambda n: new.entry[n] == when(n == page, t.value, old.entry[n]))


@clause(
    "one free frame is taken for each table that was missing",
    needs=(
        "alive",
        "proper_address",
        "bits_of_way",
        "present",
        "_open.is_open",
        "_open.slot_below",
        "_open.other_entries_kept",
        "_open.opens_empty",
    ),
)
def takes_missing(t: Transition) -> Truth:
    return t.ghost_after.free_frames == t.ghost.free_frames - missing(way_in(t.old, t.ghost, t.arguments))


FRAMES_KEPT = ("_open.is_open", "_open.other_frames_kept", "_new_frame.*", "_set_leaf.*")


@clause("only free frames are taken, and no other is used otherwise", needs=FRAMES_KEPT)
def takes_only_free(t: Transition) -> Truth:
    old, new = t.ghost, t.ghost_after

    def kept(g: Word) -> Truth:
        return (new.use[g] == old.use[g]) | ((old.use[g] == FREE) & (new.use[g] == LIVE))

    return new.use.everywhere(kept)


@clause(
    "no frame is mapped but those that were, and that of the entry",
    needs=("_open.other_frames_kept", "_open.one_level_down", "_enter.frame_serves"),
)
def maps_that_frame(t: Transition) -> Truth:
    old, new, f = t.ghost, t.ghost_after, frame_of(t.value)
    return new.role.everywhere(lambda g: implies(is_page(new.role[g]), (g == f) | (new.role[g] == old.role[g])))


@clause(f"no byte changes outside frames that were free, {BUT}", needs=(*FRAMES_KEPT, "_open.bytes_outside_opened"))
def bytes_of_others(t: Transition) -> Truth:
    now, then, use = t.new.bytes, t.old.bytes, t.ghost.use
    return now.everywhere(lambda x: (now[x] == then[x]) | (use[x // PAGE_SIZE] == FREE))


@lemma
@clause(
    "the table that the entry lies in is not empty",
    needs=(
        *("leads_up", "counted", "index_at", "_enter.frame_serves", "_enter.entry_comes"),
        *("_open.one_level_down", "_open.slot_below", "alive", "rooted", "bits_of_way", "parts_of_way"),
    ),
)
def leaf_counted(t: Transition) -> Truth:
    new = t.ghost_after
    slot = new.up[frame_of(t.value)]
    below = mention(index_at(new.rank[slot]))
    return implies(below, count_of(values_in(t.new)[new.up[frame_at(slot)]]) != 0)


ENTERED = (
    *("_open.others_used_now", "_open.one_level_down", "_open.slot_below", "rooted", "parts_of_way"),
    *("_enter.frame_serves", "_enter.entry_comes", "calls._enter", "alive", "bits_of_way", "aligned"),
)
EMPTIED = ("_leave.used_unless_emptied", "_close.used_unless_emptied", "_leave.tells_emptied", "_close.tells_emptied")


@clause(
    "no table but the root is empty",
    needs=("leaf_counted", *ENTERED, *EMPTIED),
    covers="MEM-9",
)
def still_none_empty(t: Transition) -> Truth:
    return none_empty(t.new, t.ghost_after)


@clause(f"it costs at most {SET_COST} loads and stores")
def set_cost(t: Transition) -> Truth:
    return t.cost <= SET_COST


SET_LEAF = Operation(
    "_set_leaf",
    ("root", "address", "value"),
    as_called,
    (
        page_has_entry,
        takes_missing,
        takes_only_free,
        maps_that_frame,
        bytes_of_others,
        set_cost,
        leaf_counted,
        still_none_empty,
        makes_tables,
    ),
    requires=(alive, proper_address, unmapped, tables_free, frame_named, frame_to_map, no_table_empty),
    raises=(),
    changes=CHANGED,
    lemmas=ENTRY_LEMMAS,
)

# ---------------------------------------------------------------- _clear_leaf


@clause(
    "the abstract map has nothing for the page, and for every other page what it had",
    needs=(*FOUND, "_leave.map_has_no_entry", "_close.same_map"),
    covers="MEM-10",
)
def page_has_none(t: Transition) -> Truth:
    old, new, page = t.ghost, t.ghost_after, page_at(t.arguments)
    return new.entry.everywhere(lambda n: new.entry[n] == when(n == page, 0, old.entry[n]))


@clause("the result is the entry that the page had", needs=FOUND)
def tells_entry(t: Transition) -> Truth:
    return t.result == t.ghost.entry[page_at(t.arguments)]


@clause("it was mapped", needs=FOUND)
def was_mapped(t: Transition) -> Truth:
    return is_page(t.ghost.role[frame_of(t.result)])


@clause(
    "only frames of tables become free, and no other is used otherwise",
    needs=("_close.table_goes", "_leave.frame_serves_no_more"),
    covers="MEM-9",
)
def frees_only_tables(t: Transition) -> Truth:
    old, new = t.ghost, t.ghost_after

    def kept(g: Word) -> Truth:
        return (new.use[g] == old.use[g]) | (is_table(old.role[g]) & (new.use[g] == FREE))

    return every([new.free_frames >= old.free_frames, new.use.everywhere(kept)])


@clause("no frame is mapped that was not")
def maps_nothing(t: Transition) -> Truth:
    old, new = t.ghost, t.ghost_after
    return new.role.everywhere(lambda g: implies(new.role[g] != UNUSED, new.role[g] == old.role[g]))


@lemma
@clause("the frame of the page has no role any more", needs=("_leave.frame_serves_no_more", "_close.table_goes"))
def page_serves_no_more(t: Transition) -> Truth:
    return t.ghost_after.role[frame_of(t.result)] == UNUSED


@lemma
@clause(
    "the frame of the page is allocated or lent as before",
    needs=("was_mapped", "frees_only_tables", "owned", "leads_down", *FOUND),
)
def page_used_still(t: Transition) -> Truth:
    return t.ghost_after.use[frame_of(t.result)] == when(borrowed(t.result), LENT, LIVE)


@lemma
@clause("the frame of the page holds no entries", needs=("was_mapped", "tables_apart", "_close.its_entries_go"))
def page_without_entries(t: Transition) -> Truth:
    claimed = t.new.claimed("Entry")
    return claimed.everywhere(lambda s: implies(claimed[s], frame_at(s) != frame_of(t.result)))


@clause(
    "the frame of the page has no use in this space any more, and is allocated or lent as before",
    needs=("page_serves_no_more", "page_used_still", "page_without_entries", "tells_entry", "range"),
)
def frame_leaves(t: Transition) -> Truth:
    return every([is_word(t.result), in_hand(t.new, t.ghost_after, t.result)])


@clause(
    f"no byte changes outside frames of tables, {BUT_HEADER}",
    needs=("_close.bytes_outside_closed", "_close.table_goes", "_leave.frame_serves_no_more"),
)
def bytes_outside_tables(t: Transition) -> Truth:
    now, then, role = t.new.bytes, t.old.bytes, t.ghost.role
    return now.everywhere(lambda x: (now[x] == then[x]) | is_table(role[x // PAGE_SIZE]))


@clause(f"it costs at most {CLEAR_COST} loads and stores")
def clear_cost(t: Transition) -> Truth:
    return t.cost <= CLEAR_COST


CLEAR_LEAF = Operation(
    "_clear_leaf",
    ("root", "address"),
    as_called,
    (
        page_has_none,
        tells_entry,
        replace(was_mapped, lemma=True),
        replace(frees_only_tables, lemma=True),
        maps_nothing,
        page_serves_no_more,
        page_used_still,
        page_without_entries,
        frame_leaves,
        replace(bytes_outside_tables, lemma=True),
        clear_cost,
        still_none_empty,
    ),
    requires=(alive, proper_address, is_mapped, no_table_empty),
    raises=(),
    changes=("byte", "claimed.Entry", "Entry.value", "ghost.entry", "ghost.role", "ghost.rank", "ghost.at", *USES),
    returns="word",
    lemmas=TO_A_PAGE,
    needs=SAFE,
)
