"""A range of pages mapped to frames that the frame allocator never hands out: all or none.

Those frames are lent before the first of them is mapped (space_lend.py), so that only tables take free frames.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.frame_contract import FREE, LENT, LIVE, NO_FRAME, RESERVED, is_word
from model.logic import Loop, Operation, Transition, Truth, Word, clause, every, implies, mention, negate, when
from model.page_tables import (
    ADDRESSES,
    BORROWED,
    FLAGS,
    NO_ROOT,
    PAGE_SIZE,
    PRESENT,
    UNUSED,
    Space,
    borrowed,
    frame_at,
    frame_of,
    present,
)
from model.space_above import DIGITS_ABOVE, missing, opens_way
from model.space_demand import demand, none_mapped, tables_added_up
from model.space_frames import BUT, LINKS, USES, alive, as_called
from model.space_leaves import (
    CHANGED,
    SET_COST,
    bytes_of_others,
    no_table_empty,
    page_at,
    proper_address,
    still_none_empty,
    takes_missing,
    takes_only_free,
    unmapped,
    way_in,
)
from model.space_lend import LEND_COST, all_reserved, in_frames, outer_frames
from model.space_loops import in_range, still, where
from model.space_map import bytes_of_free, tables_opened
from model.space_pages import LOOK_COST, flags_in_place, flags_known, other_pages
from model.space_ranges import canonical_range, empty_tables_back, no_empty_table, own_root, refused_whole, words

RANGE_COST = LOOK_COST + LEND_COST + SET_COST
"""Loads + stores a page at most, but three loads a range."""
ONCE = 3

# ---------------------------------------------------------------- _map_borrowed_page


@clause(
    "a frame is free for every table that is missing",
)
def tables_free_still(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    return space.free_frames >= missing(way_in(state, space, arguments))


@clause("the frame is lent, and not mapped")
def frame_lent(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    frame = arguments["frame"]
    f = frame_at(frame)
    place = every([frame >= 0, frame % PAGE_SIZE == 0, frame < 2**52])
    return every([place, space.use[f] == LENT, space.role[f] == UNUSED])


def shows_borrowed(entry: Word, frame: Word, flags: Word) -> Truth:
    """The entry is that of a page which borrows the frame at that address, with the flags."""
    return every([entry == frame + flags + BORROWED + PRESENT, present(entry), borrowed(entry)])


def _mapped(t: Transition) -> Word:
    """The entry that the page has afterwards."""
    return t.ghost_after.entry[page_at(t.arguments)]


@clause(
    "the page shows the frame, borrowed, with the flags",
    covers="MEM-11",
)
def shows_borrowed_frame(t: Transition) -> Truth:
    return shows_borrowed(_mapped(t), t.frame, t.flags)


@clause(
    "its entry names that frame",
)
def names_frame(t: Transition) -> Truth:
    return frame_of(_mapped(t)) == frame_at(t.frame)


@clause(
    "every other lent frame that was not mapped is not mapped now",
)
def others_wait(t: Transition) -> Truth:
    old, new, f = t.ghost, t.ghost_after, frame_at(t.frame)

    def waits(g: Word) -> Truth:
        waited = (old.use[g] == LENT) & (old.role[g] == UNUSED)
        return implies(waited, (g == f) | (new.role[g] == UNUSED))

    return new.use.everywhere(waits)


@clause(f"it costs at most {SET_COST} loads and stores")
def map_borrowed_cost(t: Transition) -> Truth:
    return t.cost <= SET_COST


MAP_BORROWED_PAGE = Operation(
    "_map_borrowed_page",
    ("root", "address", "frame", "flags"),
    as_called,
    (
        replace(shows_borrowed_frame, lemma=True),
        names_frame,
        other_pages,
        others_wait,
        takes_missing,
        takes_only_free,
        bytes_of_others,
        map_borrowed_cost,
        still_none_empty,
        *DIGITS_ABOVE,
        opens_way,
    ),
    requires=(alive, proper_address, unmapped, tables_free_still, frame_lent, flags_known, no_table_empty),
    raises=(),
    changes=CHANGED,
    lemmas=(flags_in_place,),
)

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


# ---------------------------------------------------------------- the loop


def map_borrowed(space: Any, address: Word, done: Word, pages: Word, base: Word, flags: Word) -> Loop:
    """map_reserved: the pages passed show their frames, the others wait, and the frames left suffice for tables."""
    operating = space.memory.operation
    now, then, new, old = operating.now(), operating.entry, operating.ghost, operating.ghost_on_entry
    first = address // PAGE_SIZE

    def waits(f: Word) -> Truth:
        to_come = in_frames(f, base + done * PAGE_SIZE, pages - done)
        return implies(mention(new.use[f], new.role[f]) & to_come, (new.use[f] == LENT) & (new.role[f] == UNUSED))

    left = old.free_frames - demand(then, old, first, done)
    paid = now.cost <= (LOOK_COST + LEND_COST) * pages + ONCE + SET_COST * done
    return Loop(
        [
            where(done, pages),
            *still(operating),
            (
                "shown",
                "the pages passed show their frames, all others as before",
                shown(new, old, address, done, base, flags),
            ),
            ("only_lent", "the frames are lent, else only free frames taken", only_lent(new, old, base, pages)),
            ("waiting", "the frames to come are lent and not mapped", new.use.everywhere(waits)),
            ("bytes", f"no byte changed outside frames that were free, {BUT}", bytes_of_free(now, then, old)),
            (
                "opened",
                "tables are above a page if they were, or are above one passed",
                tables_opened(now, new, then, old, first, done),
            ),
            (
                "left",
                "the frames taken are those that were counted",
                new.free_frames == left,
            ),
            ("cost", f"it costs at most {SET_COST} loads and stores a page", paid),
        ],
        pages - done,
        ("byte", "claimed.Entry", *LINKS, *USES),
    )


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
    looked = implies(outer_frames(t.ghost, t.base, t.pages), negate(all_reserved(t.ghost, t.base, t.pages)))
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
    "each page shows its frame, borrowed, with the flags, and all others are as before",
    covers="MEM-5 MEM-10 MEM-11",
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


@clause(
    "as many frames are taken as tables were missing: none leaks",
    covers="MEM-9",
)
def all_tables_counted(t: Transition) -> Truth:
    return True if t.raised else t.ghost_after.free_frames == t.ghost.free_frames - _needed(t)


@clause(f"it costs at most {RANGE_COST} loads and stores a page, and {ONCE}")
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
