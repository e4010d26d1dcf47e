"""What an address space must do: the contract of each public operation against the abstract map (state.py).

invariants.py says what always holds.  How a space begins, walk, translate, and how it ends, are here; ranges are
unmapped and protected in ranges.py, mapped in mapping.py.

Clauses are functions of a Transition.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.address_space.invariants import INVARIANTS, in_memory, tables_apart, values_in
from model.address_space.mapping import MAP, MAP_RESERVED
from model.address_space.ranges import (
    PROTECT,
    UNMAP,
    UNMAP_CHANGES,
    frames_back,
    no_empty_table,
    only_bytes_of_tables,
    own_root,
)
from model.address_space.state import (
    ENTRIES,
    LEVELS,
    NO_ROOT,
    UNUSED,
    Space,
    aligned,
    canonical,
    frame_at,
    frame_of,
    present,
)
from model.frame_allocator.single_frames import FREE, LIVE
from model.language.contracts import beforehand, costs, takes_words
from model.language.logic import Operation, Subject, Transition, Truth, Word, clause, every, implies, negate, when
from model.language.words import PAGE_SIZE, as_advanced, is_word, returned, unchanged

# ---------------------------------------------------------------- the beginning: a root table in a frame that was free


@clause("the space has no root yet, no frame is its own, no page is mapped")
def nothing_yet(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    unused = space.role.everywhere(lambda f: space.role[f] == UNUSED)
    unmapped = space.entry.everywhere(lambda page: space.entry[page] == 0)
    ranks = space.rank.everywhere(lambda s: space.rank[s] == s) & space.at.everywhere(lambda r: space.at[r] == r)
    return every([space.root == NO_ROOT, unused, unmapped, ranks])


@clause("PhysicalMemoryFull exactly if no frame is free; then nothing is changed", covers="MEM-5")
def begin_refuses(t: Transition) -> Truth:
    refused = (t.raised == "PhysicalMemoryFull") == (t.ghost.free_frames == 0)
    return refused & unchanged(t) if t.raised else refused


@clause(
    "the root table lies in a frame that was free, and no other frame is used otherwise", covers="MEM-11", when=returned
)
def root_was_free(t: Transition) -> Truth:
    old, new, f = t.ghost, t.ghost_after, frame_at(t.ghost_after.root)
    others = new.use.everywhere(lambda g: (g == f) | (new.use[g] == old.use[g]))
    one_less = new.free_frames == old.free_frames - 1
    return every([new.root != NO_ROOT, old.use[f] == FREE, new.use[f] == LIVE, others, one_less])


@clause("no entry is present in it: nothing is mapped", covers="MEM-10", when=returned)
def maps_nothing_yet(t: Transition) -> Truth:
    new, values = t.ghost_after, values_in(t.new)
    root = frame_at(new.root)
    empty = values.everywhere(lambda s: implies((frame_at(s) == root) & aligned(s), values[s] == 0))
    return empty & new.entry.everywhere(lambda page: new.entry[page] == 0)


BEGIN = Operation(
    "_begin",
    ("root",),
    as_advanced,
    (begin_refuses, root_was_free, maps_nothing_yet, costs("begin_cost", 672)),
    requires=(own_root, nothing_yet, beforehand(in_memory), beforehand(tables_apart)),
    raises=("PhysicalMemoryFull",),
    establishes=True,
    established=returned,
)


# ---------------------------------------------------------------- walk and translate


def entry_for(space: Space, address: Word) -> Word:
    """The entry that maps the page of ``address``, or 0."""
    reachable = canonical(address) & (space.root != NO_ROOT)
    return when(reachable, space.entry[address // PAGE_SIZE], 0)


@clause("nothing is changed")
def changes_nothing(t: Transition) -> Truth:
    return unchanged(t)


at_most_four_loads = costs("at_most_four_loads", LEVELS, "loads", covers="MEM-13")
walk_raises = takes_words("walk_raises", "for an address that", "address")


@clause(
    "walk gives the entry of the page in the abstract map, 0 for a page that is not mapped or not canonical",
    when=returned,
)
def walk_reads_the_map(t: Transition) -> Truth:
    return t.result == entry_for(t.ghost, t.address)


@clause("NotMapped exactly for a word whose page the abstract map does not map", covers="MEM-10")
def translate_raises(t: Transition) -> Truth:
    known, mapped = is_word(t.address), present(entry_for(t.ghost, t.address))
    return ((t.raised == "ValueError") == negate(known)) & ((t.raised == "NotMapped") == (known & negate(mapped)))


@clause(
    "translate gives the same byte of the frame that the abstract map has for the page", covers="MEM-10", when=returned
)
def translate_reads_the_map(t: Transition) -> Truth:
    frame = frame_of(entry_for(t.ghost, t.address)) * PAGE_SIZE
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


# ---------------------------------------------------------------- the end: every frame goes back


PER_TABLE = 134919
"""Loads + stores at most for each frame that goes back: one for each entry that is looked at, and what it takes to give
back what it leads to."""


@clause("afterwards there is no root: nothing is mapped, and nothing can be", covers="MEM-9")
def ends_all_use(t: Transition) -> Truth:
    return (t.result == NO_ROOT) & (t.ghost_after.root == NO_ROOT)


@clause("no frame is left to it", covers="MEM-9")
def none_left(t: Transition) -> Truth:
    new = t.ghost_after
    return (t.ghost.root == NO_ROOT) | new.role.everywhere(lambda g: new.role[g] == UNUSED)


@clause(f"the call costs at most {1 + ENTRIES} loads and stores, and {PER_TABLE} for each frame that goes back")
def destroy_cost(t: Transition) -> Truth:
    return t.cost <= 1 + ENTRIES + PER_TABLE * (t.ghost_after.free_frames - t.ghost.free_frames)


all_back = replace(frames_back, name="all_back")
only_bytes_of_own_tables = replace(only_bytes_of_tables, name="only_bytes_of_own_tables")

DESTROY = Operation(
    "destroy",
    ("root",),
    as_advanced,
    (ends_all_use, all_back, none_left, only_bytes_of_own_tables, destroy_cost),
    requires=(own_root, no_empty_table),
    raises=(),
    changes=(*UNMAP_CHANGES, "ghost.root"),
    returns="word",
)
"""The result stands for the root that the address space has afterwards."""


# ---------------------------------------------------------------- every operation


@clause(
    "no byte changes but in frames that were free or live allocations of one frame: what is reserved, like the frame "
    "allocator's header, or belongs to a larger allocation, nobody writes but the frame allocator itself"
)
def reserved_left_alone(t: Transition) -> Truth:
    now, then, use = t.new.bytes, t.old.bytes, t.ghost.use

    def stays(x: Word) -> Truth:
        frame = x // PAGE_SIZE
        return (now[x] == then[x]) | (use[frame] == FREE) | (use[frame] == LIVE)

    return now.everywhere(stays)


def careful(operation: Operation) -> Operation:
    """The operation, which leaves alone what is reserved."""
    return operation if operation.stateless else replace(operation, ensures=(*operation.ensures, reserved_left_alone))


PUBLIC = Subject(
    "address_space",
    INVARIANTS,
    tuple(careful(operation) for operation in (BEGIN, WALK, TRANSLATE, MAP, MAP_RESERVED, UNMAP, PROTECT, DESTROY)),
)
