"""What an address space must do: the contract of each operation against the abstract map (page_tables.py).

map_model.py is the same specification as a program.  Clauses are functions of a Transition.
"""

from __future__ import annotations

from typing import Any

from model.logic import Operation, Subject, Transition, Truth, Word, clause, every, implies, mention, negate, when
from model.page_tables import (
    ADDRESSES,
    FRAME_MASK,
    NO_ROOT,
    PAGE_SIZE,
    Map,
    canonical,
    path_in_place,
    present,
    walk,
)

WORD_LIMIT = 2**64
WALK_LOADS = 4

# ---------------------------------------------------------------- vocabulary


def is_word(value: Word) -> Truth:
    """``value`` is a machine word."""
    return (value >= 0) & (value < WORD_LIMIT)


def entry_for(space: Map, address: Word) -> Word:
    """The entry that maps the page of ``address``, or 0."""
    reachable = canonical(address) & (space.root != NO_ROOT)
    return when(reachable, space.entry[address], 0)


# ---------------------------------------------------------------- invariants


@clause("the root is the address of a frame, or the space was destroyed")
def rooted(state: Any, heap: Word, space: Map) -> Truth:
    inside = every([space.root >= 0, space.root % PAGE_SIZE == 0, space.root < WORD_LIMIT])
    return inside | (space.root == NO_ROOT)


@clause("on the path of every address each entry that is read lies in a table", covers="MEM-2")
def tables_in_place(state: Any, heap: Word, space: Map) -> Truth:
    claimed, values = state.claimed("Entry"), state.fields("Entry").value
    return space.entry.each(
        0, ADDRESSES, lambda a: (space.root == NO_ROOT) | path_in_place(claimed, values, space.root, a)
    )


@clause("the tables say of every address what the abstract map says")
def tables_say_the_map(state: Any, heap: Word, space: Map) -> Truth:
    values = state.fields("Entry").value
    return space.entry.each(
        0, ADDRESSES, lambda a: (space.root == NO_ROOT) | (space.entry[a] == walk(values, space.root, a))
    )


INVARIANTS = (rooted, tables_in_place, tables_say_the_map)

# ---------------------------------------------------------------- walk and translate


@clause("the space is called by its root")
def own_root(state: Any, heap: Word, space: Map, arguments: dict[str, Any]) -> Truth:
    return (arguments["root"] == space.root) & mention(space.entry[arguments["address"]])


@clause("nothing is changed")
def changes_nothing(t: Transition) -> Truth:
    return t.new.same_memory(t.old)


@clause(f"a walk is at most {WALK_LOADS} loads", covers="MEM-13")
def at_most_four_loads(t: Transition) -> Truth:
    return t.cost <= WALK_LOADS


@clause("ValueError exactly for an address that is no machine word")
def walk_raises(t: Transition) -> Truth:
    return every([(t.raised == "ValueError") == negate(is_word(t.address)), t.raised in ("", "ValueError")])


@clause("walk gives the entry of the page in the abstract map, 0 for a page that is not mapped or not canonical")
def walk_reads_the_map(t: Transition) -> Truth:
    if t.raised:
        return True
    return t.result == entry_for(t.ghost, t.address)


@clause("NotMapped exactly for a word whose page the abstract map does not map", covers="MEM-10")
def translate_raises(t: Transition) -> Truth:
    mapped = present(entry_for(t.ghost, t.address))
    return every(
        [
            (t.raised == "ValueError") == negate(is_word(t.address)),
            (t.raised == "NotMapped") == (is_word(t.address) & negate(mapped)),
        ]
    )


@clause("translate gives the same byte of the frame that the abstract map has for the page", covers="MEM-10")
def translate_reads_the_map(t: Transition) -> Truth:
    if t.raised:
        return True
    frame = entry_for(t.ghost, t.address) & FRAME_MASK
    return every([t.result == frame + t.address % PAGE_SIZE, implies(is_word(t.address), t.result < 2**52)])


WALK = Operation(
    "walk",
    ("root", "address"),
    lambda t: t.ghost,
    (walk_raises, walk_reads_the_map, changes_nothing, at_most_four_loads),
    requires=(own_root,),
)

TRANSLATE = Operation(
    "translate",
    ("root", "address"),
    lambda t: t.ghost,
    (translate_raises, translate_reads_the_map, changes_nothing, at_most_four_loads),
    requires=(own_root,),
    raises=("ValueError", "NotMapped"),
)

SUBJECT = Subject("address_space", INVARIANTS, (WALK, TRANSLATE))
