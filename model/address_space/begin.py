"""The beginning of an address space: a root table in a frame that was free; then the invariants hold, from nothing.

Before it there are the frames, and the entries of other spaces.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.address_space.costs import FRAME_COST
from model.address_space.invariants import in_memory, tables_apart, values_in
from model.address_space.ranges import own_root
from model.address_space.shared import as_called
from model.address_space.state import NO_ROOT, UNUSED, Space, aligned, frame_at
from model.frame_allocator.single_frames import FREE, LIVE
from model.language.logic import Clause, Operation, Transition, Truth, Word, clause, every, implies

BEGIN_COST = FRAME_COST + 1
"""Loads + stores: a frame, and the look at how many are free."""


@clause("the space has no root yet, no frame is its own, no page is mapped")
def nothing_yet(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    unused = space.role.everywhere(lambda f: space.role[f] == UNUSED)
    unmapped = space.entry.everywhere(lambda page: space.entry[page] == 0)
    ranks = space.rank.everywhere(lambda s: space.rank[s] == s) & space.at.everywhere(lambda r: space.at[r] == r)
    return every([space.root == NO_ROOT, unused, unmapped, ranks])


def _beforehand(law: Clause) -> Clause:
    """What is so of frames, and of the entries of others, without this space."""
    return replace(law, formula=lambda state, heap, space, arguments: law.formula(state, heap, space), covers=())


@clause("PhysicalMemoryFull exactly if no frame is free; then nothing is changed", covers="MEM-5")
def begin_refuses(t: Transition) -> Truth:
    refused = (t.raised == "PhysicalMemoryFull") == (t.ghost.free_frames == 0)
    return refused & t.new.same_memory(t.old) if t.raised else refused


@clause("the root table lies in a frame that was free, and no other frame is used otherwise", covers="MEM-11")
def root_was_free(t: Transition) -> Truth:
    if t.raised:
        return True
    old, new, f = t.ghost, t.ghost_after, frame_at(t.ghost_after.root)
    others = new.use.everywhere(lambda g: (g == f) | (new.use[g] == old.use[g]))
    one_less = new.free_frames == old.free_frames - 1
    return every([new.root != NO_ROOT, old.use[f] == FREE, new.use[f] == LIVE, others, one_less])


@clause("no entry is present in it: nothing is mapped", covers="MEM-10")
def maps_nothing_yet(t: Transition) -> Truth:
    if t.raised:
        return True
    new, values = t.ghost_after, values_in(t.new)
    root = frame_at(new.root)
    empty = values.everywhere(lambda s: implies((frame_at(s) == root) & aligned(s), values[s] == 0))
    return empty & new.entry.everywhere(lambda page: new.entry[page] == 0)


@clause(f"the call costs at most {BEGIN_COST} loads and stores")
def begin_cost(t: Transition) -> Truth:
    return t.cost <= BEGIN_COST


BEGIN = Operation(
    "_begin",
    ("root",),
    as_called,
    (begin_refuses, root_was_free, maps_nothing_yet, begin_cost),
    requires=(own_root, nothing_yet, _beforehand(in_memory), _beforehand(tables_apart)),
    raises=("PhysicalMemoryFull",),
    establishes=True,
    established=lambda t: not t.raised,
)
