"""A range of pages mapped to frames that the frame allocator never hands out: all or none.

Those frames are lent before the first of them is mapped, so that only tables take free frames.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model.address_space.costs import LEND_COST, LOOK_COST, SET_COST
from model.address_space.demand import demand, none_mapped, tables_added_up
from model.address_space.mapping import bytes_of_free
from model.address_space.pages import in_range
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
from model.address_space.state import (
    BORROWED,
    FLAGS,
    FRAME_LIMIT,
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
from model.language.words import PAGE_SIZE, admitted, is_word, returned

# ---------------------------------------------------------------- vocabulary


def in_frames(frame: Word, base: Word, pages: Word) -> Truth:
    """The frame is one of so many from the physical address ``base`` on."""
    first = base // PAGE_SIZE
    return (first <= frame) & (frame < first + pages)


def each_frame(space: Space, base: Word, pages: Word, has: Callable[[Word], Truth]) -> Truth:
    """Each of the frames has such a use."""
    return space.use.everywhere(lambda f: implies(in_frames(f, base, pages), has(space.use[f])))


def all_framed(space: Space, base: Word, pages: Word) -> Truth:
    """They are frames of the frame allocator's area, and the first begins at that address."""
    return (base % PAGE_SIZE == 0) & each_frame(space, base, pages, lambda use: use != NO_FRAME)


def all_reserved(space: Space, base: Word, pages: Word) -> Truth:
    """Each of the frames is one that the frame allocator never hands out, and is not mapped."""
    return (base % PAGE_SIZE == 0) & each_frame(space, base, pages, lambda use: use == RESERVED)


def refused_frame(raised: str, space: Space, base: Word, pages: Word) -> Truth:
    """One of the frames is lent, or one may be handed out: for what each is the answer."""
    if raised == "AlreadyLent":
        return negate(each_frame(space, base, pages, lambda use: use != LENT))
    return negate(each_frame(space, base, pages, lambda use: (use == RESERVED) | (use == LENT)))


UNLENT = ("NotReserved", "AlreadyLent")
"""What refuses to lend a frame of the area."""
RANGE_COST = LOOK_COST + LEND_COST + SET_COST
"""Loads + stores a page at most, but four loads a range."""
ONCE = 4


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


@clause("the frames that the frame allocator knows are those from its first to its last one, all below 2**52")
def frames_known(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    def known(f: Word) -> Truth:
        index = f - space.origin
        return (space.use[f] == NO_FRAME) == negate((space.start <= index) & (index < space.end))

    ends = every([space.origin >= 0, space.start >= 0, space.start <= space.end])
    return every([ends, space.origin + space.end <= FRAME_LIMIT, space.use.everywhere(known)])


def _needed(t: Transition) -> Word:
    """The tables that are missing."""
    return demand(t.old, t.ghost, t.address // PAGE_SIZE, t.pages)


@clause(
    "ValueError, or the first fault of the range; Destroyed; NoSuchFrame unless all frames are those of the area; "
    "AlreadyMapped if a page is mapped; PhysicalMemoryFull if the missing tables take more than the free frames; "
    "NotReserved or AlreadyLent exactly if not all frames are reserved: then one may be handed out, or one is lent",
    covers="MEM-5 MEM-11",
)
def map_reserved_refuses(t: Transition) -> Truth:
    known, meant = every([words(t), is_word(t.flags), t.flags & FLAGS == t.flags]), is_word(t.base)
    living, there = t.ghost.root != NO_ROOT, canonical_range(t.address, t.pages)
    asked = every([known, there, living])
    framed, vacant = all_framed(t.ghost, t.base, t.pages), none_mapped(t.ghost, t.address, t.pages)
    suffice = _needed(t) <= t.ghost.free_frames
    ready = every([asked, meant, framed, vacant, suffice])
    return every(
        [
            (t.raised == "ValueError") == (negate(known) | (asked & negate(meant))),
            known & no_range(t.raised, t.address, t.pages) if t.raised in NO_RANGE else True,
            implies(t.raised == "Destroyed", every([known, there, negate(living)])),
            implies(t.raised == "NoSuchFrame", every([asked, meant, negate(framed)])),
            implies(t.raised == "AlreadyMapped", every([asked, meant, framed, negate(vacant)])),
            implies(t.raised == "PhysicalMemoryFull", every([asked, meant, framed, vacant, negate(suffice)])),
            ready & refused_frame(t.raised, t.ghost, t.base, t.pages) if t.raised in UNLENT else True,
            implies(t.raised == "", ready & all_reserved(t.ghost, t.base, t.pages)),
        ]
    )


@clause(
    "each page shows its frame, borrowed, with the flags, and all others are as before",
    covers="MEM-5 MEM-10 MEM-11",
    when=returned,
)
def all_shown(t: Transition) -> Truth:
    return shown(t.ghost_after, t.ghost, t.address, t.pages, t.base, t.flags)


@clause(
    "each of the frames was reserved and is lent; only free frames are taken, and no other is used otherwise",
    covers="MEM-11",
    when=returned,
)
def all_lent(t: Transition) -> Truth:
    return only_lent(t.ghost_after, t.ghost, t.base, t.pages)


@clause(f"no byte changes outside frames that were free, {BUT}", when=returned)
def only_free_bytes(t: Transition) -> Truth:
    return bytes_of_free(t.new, t.old, t.ghost)


@clause("as many frames are taken as tables were missing: none leaks", covers="MEM-9", when=returned)
def all_tables_counted(t: Transition) -> Truth:
    return t.ghost_after.free_frames == t.ghost.free_frames - _needed(t)


@clause(f"the call costs at most {RANGE_COST} loads and stores a page, and {ONCE}", when=admitted)
def map_reserved_cost(t: Transition) -> Truth:
    return t.cost <= RANGE_COST * t.pages + ONCE


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
    raises=("ValueError", *NO_RANGE, "Destroyed", "NoSuchFrame", "AlreadyMapped", "PhysicalMemoryFull", *UNLENT),
)
