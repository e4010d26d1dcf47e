"""A range of pages mapped to frames that the frame allocator never hands out: all or none.

Those frames are lent before the first of them is mapped, so that only tables take free frames.
"""

from __future__ import annotations

from typing import Any

from model.address_space.costs import LEND_COST, LOOK_COST, SET_COST
from model.address_space.demand import demand, none_mapped, tables_added_up
from model.address_space.mapping import bytes_of_free
from model.address_space.pages import in_range
from model.address_space.ranges import (
    canonical_range,
    empty_tables_back,
    no_empty_table,
    own_root,
    refused_whole,
    words,
)
from model.address_space.shared import BUT, as_called
from model.address_space.state import (
    ADDRESSES,
    BORROWED,
    FLAGS,
    NO_ROOT,
    PRESENT,
    Space,
    borrowed,
    frame_at,
    frame_of,
    present,
)
from model.frame_allocator.single_frames import FREE, LENT, LIVE, NO_FRAME, RESERVED
from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies, negate, when
from model.language.words import PAGE_SIZE, is_word

# ---------------------------------------------------------------- vocabulary


def in_frames(frame: Word, base: Word, pages: Word) -> Truth:
    """The frame is one of so many from the physical address ``base`` on."""
    first = base // PAGE_SIZE
    return (first <= frame) & (frame < first + pages)


def all_reserved(space: Space, base: Word, pages: Word) -> Truth:
    """Each of the frames is one that the frame allocator never hands out, and is not mapped."""

    def reserved(f: Word) -> Truth:
        return implies(in_frames(f, base, pages), space.use[f] == RESERVED)

    return (base % PAGE_SIZE == 0) & space.use.everywhere(reserved)


RANGE_COST = LOOK_COST + LEND_COST + SET_COST
"""Loads + stores a page at most, but three loads a range."""
ONCE = 3


def shows_borrowed(entry: Word, frame: Word, flags: Word) -> Truth:
    """The entry is that of a page which borrows the frame at that address, with the flags."""
    return every([entry == frame + flags + BORROWED + PRESENT, present(entry), borrowed(entry)])


# ---------------------------------------------------------------- what becomes of pages and frames


def shown(new: Space, old: Space, address: Word, pages: Word, base: Word, flags: Word) -> Truth:
    """Those pages show the frames from ``base`` on, in their order, and all others are what they were."""
    first = address // PAGE_SIZE

    def shows(n: Word) -> Truth:
        entry, frame = new.entry[n], base + (n - first) * PAGE_SIZE
        return shows_borrowed(entry, frame, flags) & (frame_of(entry) == frame_at(frame))

    return new.entry.everywhere(lambda n: when(in_range(n, address, pages), shows(n), new.entry[n] == old.entry[n]))


def only_lent(new: Space, old: Space, base: Word, pages: Word) -> Truth:
    """Those frames are lent that were reserved, and no other is used otherwise but some that were free."""

    def kept(f: Word) -> Truth:
        same = (new.use[f] == old.use[f]) | ((old.use[f] == FREE) & (new.use[f] == LIVE))
        return when(in_frames(f, base, pages), (old.use[f] == RESERVED) & (new.use[f] == LENT), same)

    return new.use.everywhere(kept)


# ---------------------------------------------------------------- map_reserved


@clause("the frames that the frame allocator knows are those from its first to its last one")
def frames_known(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    def known(f: Word) -> Truth:
        index = f - space.origin
        return (space.use[f] == NO_FRAME) | ((space.start <= index) & (index < space.end))

    ends = every([space.start >= 0, space.start <= space.end, space.end < ADDRESSES])
    return ends & space.use.everywhere(known)


def _needed(t: Transition) -> Word:
    """The tables that are missing."""
    return demand(t.old, t.ghost, t.address // PAGE_SIZE, t.pages)


@clause(
    "ValueError, NotMapped, NotCanonical; NotValid for more pages than there are frames; AlreadyMapped if one of them "
    "is mapped; PhysicalMemoryFull if the missing tables take more than the free frames; ValueError for a base that is "
    "no word; NotValid exactly unless every frame is reserved and not mapped",
    covers="MEM-5 MEM-11",
)
def map_reserved_refuses(t: Transition) -> Truth:
    known = every([words(t), is_word(t.flags), t.flags & FLAGS == t.flags])
    there = canonical_range(t.address, t.pages)
    living = t.ghost.root != NO_ROOT
    few = t.pages <= t.ghost.end - t.ghost.start
    vacant = none_mapped(t.ghost, t.address, t.pages)
    suffice = _needed(t) <= t.ghost.free_frames
    meant = is_word(t.base)
    looked = negate(all_reserved(t.ghost, t.base, t.pages))
    asked = every([known, living, there])
    ready = every([asked, few, vacant, suffice])
    return every(
        [
            (t.raised == "ValueError") == (negate(known) | (ready & negate(meant))),
            implies(t.raised == "NotMapped", known & negate(living)),
            implies(t.raised == "NotCanonical", every([known, living, negate(there)])),
            implies(t.raised == "AlreadyMapped", every([asked, few, negate(vacant)])),
            implies(t.raised == "PhysicalMemoryFull", every([asked, few, vacant, negate(suffice)])),
            implies(t.raised == "NotValid", every([asked, negate(few) | (ready & meant), looked])),
            implies(t.raised == "", every([ready, meant, all_reserved(t.ghost, t.base, t.pages)])),
        ]
    )


@clause(
    "each page shows its frame, borrowed, with the flags, and all others are as before", covers="MEM-5 MEM-10 MEM-11"
)
def all_shown(t: Transition) -> Truth:
    return True if t.raised else shown(t.ghost_after, t.ghost, t.address, t.pages, t.base, t.flags)


@clause(
    "each of the frames was reserved and is lent; only free frames are taken, and no other is used otherwise",
    covers="MEM-11",
)
def all_lent(t: Transition) -> Truth:
    return True if t.raised else only_lent(t.ghost_after, t.ghost, t.base, t.pages)


@clause(f"no byte changes outside frames that were free, {BUT}")
def only_free_bytes(t: Transition) -> Truth:
    return True if t.raised else bytes_of_free(t.new, t.old, t.ghost)


@clause("as many frames are taken as tables were missing: none leaks", covers="MEM-9")
def all_tables_counted(t: Transition) -> Truth:
    return True if t.raised else t.ghost_after.free_frames == t.ghost.free_frames - _needed(t)


@clause(f"the call costs at most {RANGE_COST} loads and stores a page, and {ONCE}")
def map_reserved_cost(t: Transition) -> Truth:
    return True if t.raised == "ValueError" else t.cost <= RANGE_COST * t.pages + ONCE


MAP_RESERVED = Operation(
    "map_reserved",
    ("root", "address", "base", "pages", "flags"),
    as_called,
    (
        map_reserved_refuses,
        refused_whole,
        all_shown,
        all_lent,
        only_free_bytes,
        all_tables_counted,
        empty_tables_back,
        map_reserved_cost,
    ),
    requires=(own_root, no_empty_table, tables_added_up, frames_known),
    raises=("ValueError", "NotMapped", "NotCanonical", "NotValid", "PhysicalMemoryFull", "AlreadyMapped"),
)
