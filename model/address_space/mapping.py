"""A range of pages mapped to fresh frames: all or none, and refused exactly if the frames do not suffice.

The frames that suffice are those of the pages and those of the tables that are missing (demand.py).
"""

from __future__ import annotations

from typing import Any

from model.address_space.costs import LOOK_COST, MAP_PAGE_COST
from model.address_space.demand import demand, none_mapped, tables_added_up
from model.address_space.pages import MAP_CHANGES, in_range
from model.address_space.ranges import (
    NO_RANGE,
    canonical_range,
    empty_tables_back,
    no_empty_table,
    no_range,
    own_root,
    refused_whole,
    words,
)
from model.address_space.shared import BUT, as_called
from model.address_space.state import FLAGS, FRAME_LIMIT, NO_ROOT, PRESENT, Space, frame_of, present
from model.frame_allocator.single_frames import FREE, LIVE
from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies, negate, when
from model.language.machine import MAP_COST
from model.language.words import PAGE_SIZE, admitted, is_word, returned

RANGE_COST = LOOK_COST + MAP_PAGE_COST
"""Loads + stores a page at most, but one load a range."""


# ---------------------------------------------------------------- what becomes of the pages


def fresh(new: Space, old: Space, address: Word, pages: Word, flags: Word) -> Truth:
    """Those pages show frames that were free, with the flags, and all others are what they were."""

    def shows(n: Word) -> Truth:
        entry = new.entry[n]
        f = frame_of(entry)
        named = every([f >= 0, f < FRAME_LIMIT, entry == f * PAGE_SIZE + flags + PRESENT, present(entry)])
        return every([named, old.use[f] == FREE, new.use[f] == LIVE])

    return new.entry.everywhere(lambda n: when(in_range(n, address, pages), shows(n), new.entry[n] == old.entry[n]))


def zeroed(state: Any, space: Space, address: Word, pages: Word) -> Truth:
    """Every byte of those pages is 0, where no entry lies: none does in a page."""

    def zero(n: Word) -> Truth:
        start = frame_of(space.entry[n]) * PAGE_SIZE
        return implies(in_range(n, address, pages), state.bytes.holds(start, start + PAGE_SIZE, 0))

    return space.entry.everywhere(zero)


def only_taken(new: Space, old: Space) -> Truth:
    """No frame is used otherwise but some that were free."""

    def kept(f: Word) -> Truth:
        return (new.use[f] == old.use[f]) | ((old.use[f] == FREE) & (new.use[f] == LIVE))

    return new.use.everywhere(kept)


def bytes_of_free(now: Any, then: Any, old: Space) -> Truth:
    """No byte changes outside frames that were free, but for entries of tables and the frame allocator's header."""
    return now.bytes.everywhere(lambda x: (now.bytes[x] == then.bytes[x]) | (old.use[x // PAGE_SIZE] == FREE))


# ---------------------------------------------------------------- map


def _needed(t: Transition) -> Word:
    """The frames that the pages and the tables take that are missing."""
    return t.pages + demand(t.old, t.ghost, t.address // PAGE_SIZE, t.pages)


@clause(
    "ValueError, or the first fault of the range; Destroyed; PhysicalMemoryFull if fewer frames than pages are free; "
    "AlreadyMapped if a page is mapped; PhysicalMemoryFull exactly if fewer frames are free than pages and tables take",
    covers="MEM-5",
)
def map_refuses(t: Transition) -> Truth:
    known = every([words(t), is_word(t.flags), t.flags & FLAGS == t.flags])
    alive, there = t.ghost.root != NO_ROOT, canonical_range(t.address, t.pages)
    enough, vacant = t.pages <= t.ghost.free_frames, none_mapped(t.ghost, t.address, t.pages)
    suffice = _needed(t) <= t.ghost.free_frames
    asked = every([known, alive, there])
    return every(
        [
            (t.raised == "ValueError") == negate(known),
            known & no_range(t.raised, t.address, t.pages) if t.raised in NO_RANGE else True,
            implies(t.raised == "Destroyed", every([known, there, negate(alive)])),
            implies(t.raised == "AlreadyMapped", every([asked, enough, negate(vacant)])),
            implies(t.raised == "PhysicalMemoryFull", asked & (negate(enough) | (vacant & negate(suffice)))),
            implies(t.raised == "", every([asked, enough, vacant, suffice])),
        ]
    )


@clause(
    "each page shows a frame that was free, with the flags, and all others are as before",
    covers="MEM-5 MEM-10 MEM-11",
    when=returned,
)
def all_fresh(t: Transition) -> Truth:
    return fresh(t.ghost_after, t.ghost, t.address, t.pages, t.flags)


@clause("every page reads zero", covers="MEM-8", when=returned)
def all_zeroed(t: Transition) -> Truth:
    return zeroed(t.new, t.ghost_after, t.address, t.pages)


@clause("only free frames are taken, and no other is used otherwise", covers="MEM-11", when=returned)
def only_free_taken(t: Transition) -> Truth:
    return only_taken(t.ghost_after, t.ghost)


@clause(f"no byte changes outside frames that were free, {BUT}", when=returned)
def only_free_bytes(t: Transition) -> Truth:
    return bytes_of_free(t.new, t.old, t.ghost)


@clause(
    "as many frames are taken as there are pages, and tables that were missing: none leaks",
    covers="MEM-9",
    when=returned,
)
def all_counted(t: Transition) -> Truth:
    return t.ghost_after.free_frames == t.ghost.free_frames - _needed(t)


@clause(
    f"the call costs at most {RANGE_COST} loads and stores a page, and one; and no more than heaps count, {MAP_COST}",
    when=admitted,
)
def map_cost(t: Transition) -> Truth:
    return (t.cost <= RANGE_COST * t.pages + 1) & implies(t.pages > 0, t.cost <= MAP_COST * t.pages)


MAP = Operation(
    "map",
    ("root", "address", "pages", "flags"),
    as_called,
    (
        map_refuses,
        refused_whole,
        all_fresh,
        all_zeroed,
        only_free_taken,
        only_free_bytes,
        all_counted,
        empty_tables_back,
        map_cost,
    ),
    requires=(own_root, no_empty_table, tables_added_up),
    raises=("ValueError", *NO_RANGE, "Destroyed", "PhysicalMemoryFull", "AlreadyMapped"),
    changes=MAP_CHANGES,
)
