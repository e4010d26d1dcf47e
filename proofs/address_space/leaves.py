"""The entry of a page set, with the tables that it takes, or cleared, with those that become empty.

Between these operations no table is empty, so that those are given back which unmapping empties.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.address_space.demand import missing
from model.address_space.invariants import values_in
from model.address_space.ranges import BUT, BUT_HEADER, USES, none_empty
from model.address_space.state import (
    BORROWED_PAGE,
    DIRECTORY,
    FRAME_LIMIT,
    PAGE,
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
from model.frame_allocator.single_frames import FREE, LENT, LIVE
from model.language.contracts import costs
from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies, mention, negate, when
from model.language.words import PAGE_SIZE, as_advanced, is_word
from proofs.address_space.above import makes_tables
from proofs.address_space.costs import CLEAR_COST, SET_COST
from proofs.address_space.entries_on_way import ENTRY_LEMMAS
from proofs.address_space.frames import LINKS, alive, in_hand
from proofs.engine.helping import inner as lemma

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


@clause("the entry is present, and names a frame")
def frame_named(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    value = arguments["value"]
    f = frame_of(value)
    return every([is_word(value), present(value), f == value // PAGE_SIZE % FRAME_LIMIT, f >= 0, f < FRAME_LIMIT])


@clause("the frame is allocated or lent, but neither mapped nor a table")
def frame_to_map(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    return in_hand(state, space, arguments["value"])


# ---------------------------------------------------------------- the way to a mapped page, on entry


@clause("every entry on the way is present, and the last is that of the abstract map")
def way_mapped(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    way, entry = way_in(state, space, arguments), space.entry[page_at(arguments)]
    return every([*(present(at) for at in way.entries), way.entries[3] == entry])


@clause("each table on the way is led to by the slot before")
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


# ---------------------------------------------------------------- _set_leaf


@clause("the abstract map has the entry for the page, and for every other page what it had", covers="MEM-10")
def page_has_entry(t: Transition) -> Truth:
    old, new, page = t.ghost, t.ghost_after, page_at(t.arguments)
    return new.entry.everywhere(lambda n: new.entry[n] == when(n == page, t.value, old.entry[n]))


@clause("one free frame is taken for each table that was missing")
def takes_missing(t: Transition) -> Truth:
    return t.ghost_after.free_frames == t.ghost.free_frames - missing(way_in(t.old, t.ghost, t.arguments))


@clause("only free frames are taken, and no other is used otherwise")
def takes_only_free(t: Transition) -> Truth:
    old, new = t.ghost, t.ghost_after

    def kept(g: Word) -> Truth:
        return (new.use[g] == old.use[g]) | ((old.use[g] == FREE) & (new.use[g] == LIVE))

    return new.use.everywhere(kept)


@clause("no frame is mapped but those that were, and that of the entry")
def maps_that_frame(t: Transition) -> Truth:
    old, new, f = t.ghost, t.ghost_after, frame_of(t.value)
    return new.role.everywhere(lambda g: implies(is_page(new.role[g]), (g == f) | (new.role[g] == old.role[g])))


@clause(f"no byte changes outside frames that were free, {BUT}")
def bytes_of_others(t: Transition) -> Truth:
    now, then, use = t.new.bytes, t.old.bytes, t.ghost.use
    return now.everywhere(lambda x: (now[x] == then[x]) | (use[x // PAGE_SIZE] == FREE))


@lemma
@clause("the table that the entry lies in is not empty")
def leaf_counted(t: Transition) -> Truth:
    new = t.ghost_after
    slot = new.up[frame_of(t.value)]
    below = mention(index_at(new.rank[slot]))
    return implies(below, count_of(values_in(t.new)[new.up[frame_at(slot)]]) != 0)


@clause("no table but the root is empty", covers="MEM-9")
def still_none_empty(t: Transition) -> Truth:
    return none_empty(t.new, t.ghost_after)


set_cost = costs("set_cost", SET_COST)


SET_LEAF = Operation(
    "_set_leaf",
    ("root", "address", "value"),
    as_advanced,
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


@clause("the abstract map has nothing for the page, and for every other page what it had", covers="MEM-10")
def page_has_none(t: Transition) -> Truth:
    old, new, page = t.ghost, t.ghost_after, page_at(t.arguments)
    return new.entry.everywhere(lambda n: new.entry[n] == when(n == page, 0, old.entry[n]))


@clause("the result is the entry that the page had")
def tells_entry(t: Transition) -> Truth:
    return t.result == t.ghost.entry[page_at(t.arguments)]


@clause("the page was mapped")
def was_mapped(t: Transition) -> Truth:
    return is_page(t.ghost.role[frame_of(t.result)])


@clause("the frame of the page was a borrowed one exactly if its entry says so")
def was_borrowed(t: Transition) -> Truth:
    return t.ghost.role[frame_of(t.result)] == when(borrowed(t.result), BORROWED_PAGE, PAGE)


@clause("each frame but that of the page has the use and the role that it had; or it held a table, and is free")
def tables_go_back(t: Transition) -> Truth:
    old, new = t.ghost, t.ghost_after

    def one(g: Word) -> Truth:
        kept = (new.role[g] == old.role[g]) & (new.use[g] == old.use[g])
        gone = every([new.role[g] == UNUSED, is_table(old.role[g]), new.use[g] == FREE])
        return (g == frame_of(t.result)) | kept | gone

    return new.role.everywhere(one) & new.use.everywhere(one)


@clause("only frames of tables become free, and no other is used otherwise", covers="MEM-9")
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
@clause("the frame of the page has no role any more")
def page_serves_no_more(t: Transition) -> Truth:
    return t.ghost_after.role[frame_of(t.result)] == UNUSED


@lemma
@clause("the frame of the page is allocated or lent as before")
def page_used_still(t: Transition) -> Truth:
    return t.ghost_after.use[frame_of(t.result)] == when(borrowed(t.result), LENT, LIVE)


@lemma
@clause("the frame of the page holds no entries")
def page_without_entries(t: Transition) -> Truth:
    claimed = t.new.claimed("Entry")
    return claimed.everywhere(lambda s: implies(claimed[s], frame_at(s) != frame_of(t.result)))


@clause("the frame of the page has no use in this space any more, and is allocated or lent as before")
def frame_leaves(t: Transition) -> Truth:
    return every([is_word(t.result), in_hand(t.new, t.ghost_after, t.result)])


@clause(f"no byte changes outside frames of tables, {BUT_HEADER}")
def bytes_outside_tables(t: Transition) -> Truth:
    now, then, role = t.new.bytes, t.old.bytes, t.ghost.role
    return now.everywhere(lambda x: (now[x] == then[x]) | is_table(role[x // PAGE_SIZE]))


clear_cost = costs("clear_cost", CLEAR_COST)


CLEAR_LEAF = Operation(
    "_clear_leaf",
    ("root", "address"),
    as_advanced,
    (
        page_has_none,
        tells_entry,
        replace(was_mapped, lemma=True),
        replace(was_borrowed, lemma=True),
        replace(frees_only_tables, lemma=True),
        maps_nothing,
        tables_go_back,
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
)
