"""A range of pages mapped to fresh frames, or to frames that the frame allocator never hands out: all or none.

The frames that suffice are those of fresh pages, and those of the tables that are missing (demand.py).  Reserved frames
are lent before the first of them is mapped, so that only tables take free frames.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model.address_space.demand import demand, tables_added_up
from model.address_space.ranges import (
    BUT,
    MAP_CHANGES,
    NO_RANGE,
    Check,
    check,
    check_range,
    empty_tables_back,
    first_fault,
    in_range,
    no_empty_table,
    none_mapped,
    own_root,
    refused_whole,
    words_and_flags,
)
from model.address_space.state import (
    BORROWED,
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
from model.language.machine import MAP_COST
from model.language.words import PAGE_SIZE, admitted, as_advanced, is_word, returned

# ---------------------------------------------------------------- what is refused


def tables(t: Transition) -> Word:
    """How many tables are missing."""
    return demand(t.old, t.ghost, t.address // PAGE_SIZE, t.pages)


def no_root(t: Transition) -> Check:
    """The space must have a root."""
    return check(t.ghost.root != NO_ROOT, "Destroyed")


def occupied(t: Transition) -> Check:
    """No page may be mapped."""
    return check(none_mapped(t.ghost, t.address, t.pages), "AlreadyMapped")


def too_few(t: Transition, frames: Word) -> Check:
    """So many frames must be free."""
    return check(frames <= t.ghost.free_frames, "PhysicalMemoryFull")


# ---------------------------------------------------------------- map


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


def kept_or_taken(new: Space, old: Space, f: Word) -> Truth:
    """The frame is used as it was, or was free and is taken."""
    return (new.use[f] == old.use[f]) | ((old.use[f] == FREE) & (new.use[f] == LIVE))


def only_taken(new: Space, old: Space) -> Truth:
    """No frame is used otherwise but some that were free."""
    return new.use.everywhere(lambda f: kept_or_taken(new, old, f))


def bytes_of_free(now: Any, then: Any, old: Space) -> Truth:
    """No byte changes outside frames that were free, but for entries of tables and the frame allocator's header."""
    return now.bytes.everywhere(lambda x: (now.bytes[x] == then.bytes[x]) | (old.use[x // PAGE_SIZE] == FREE))


@clause(
    "ValueError, or the first fault of the range; Destroyed; PhysicalMemoryFull if fewer frames than pages are free; "
    "AlreadyMapped if a page is mapped; PhysicalMemoryFull exactly if fewer frames are free than pages and tables take",
    covers="MEM-5",
)
def map_refuses(t: Transition) -> Truth:
    return first_fault(
        t,
        check(words_and_flags(t), "ValueError"),
        check_range(t),
        no_root(t),
        too_few(t, t.pages),
        occupied(t),
        too_few(t, t.pages + tables(t)),
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
    return t.ghost_after.free_frames == t.ghost.free_frames - (t.pages + tables(t))


MAP_PAGES = 2706
"""Loads + stores a page at most, but one load a range: which tables are missing, a frame, and three tables."""


@clause(
    f"the call costs at most {MAP_PAGES} loads and stores a page, and one; and no more than heaps count, {MAP_COST}",
    when=admitted,
)
def map_cost(t: Transition) -> Truth:
    return (t.cost <= MAP_PAGES * t.pages + 1) & implies(t.pages > 0, t.cost <= MAP_COST * t.pages)


MAP = Operation(
    "map",
    ("root", "address", "pages", "flags"),
    as_advanced,
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


# ---------------------------------------------------------------- map_reserved


@clause("the frames that the frame allocator knows are those from its first to its last one, all below 2**52")
def frames_known(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    def known(f: Word) -> Truth:
        index = f - space.origin
        return (space.use[f] == NO_FRAME) == negate((space.start <= index) & (index < space.end))

    ends = every([space.origin >= 0, space.start >= 0, space.start <= space.end])
    return every([ends, space.origin + space.end <= FRAME_LIMIT, space.use.everywhere(known)])


def each_frame(space: Space, base: Word, pages: Word, has: Callable[[Word], Truth]) -> Truth:
    """Each of the frames has such a use."""
    return space.use.everywhere(lambda f: implies(in_range(f, base, pages), has(space.use[f])))


def all_framed(space: Space, base: Word, pages: Word) -> Truth:
    """They are frames of the frame allocator's area, and the first begins at that address."""
    return (base % PAGE_SIZE == 0) & each_frame(space, base, pages, lambda use: use != NO_FRAME)


def all_reserved(space: Space, base: Word, pages: Word) -> Truth:
    """Each of the frames is one that the frame allocator never hands out, and is not mapped."""
    return (base % PAGE_SIZE == 0) & each_frame(space, base, pages, lambda use: use == RESERVED)


UNLENT = ("NotReserved", "AlreadyLent")
"""What refuses to lend a frame of the area."""


def check_lent(space: Space, base: Word, pages: Word) -> Check:
    """One of the frames may be handed out, or one is lent: for what each is the answer."""
    reserved = each_frame(space, base, pages, lambda use: (use == RESERVED) | (use == LENT))
    unlent = each_frame(space, base, pages, lambda use: use != LENT)
    return all_reserved(space, base, pages), dict(zip(UNLENT, (negate(reserved), negate(unlent)), strict=True))


def shows_borrowed(entry: Word, frame: Word, flags: Word) -> Truth:
    """The entry is that of a page which borrows the frame at that address, with the flags."""
    return every([entry == frame + flags + BORROWED + PRESENT, present(entry), borrowed(entry)])


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
        lent = (old.use[f] == RESERVED) & (new.use[f] == LENT)
        return when(in_range(f, base, pages), lent, kept_or_taken(new, old, f))

    return new.use.everywhere(kept)


@clause(
    "ValueError, or the first fault of the range; Destroyed; NoSuchFrame unless all frames are those of the area; "
    "AlreadyMapped if a page is mapped; PhysicalMemoryFull if the missing tables take more than the free frames; "
    "NotReserved or AlreadyLent exactly if not all frames are reserved: then one may be handed out, or one is lent",
    covers="MEM-5 MEM-11",
)
def map_reserved_refuses(t: Transition) -> Truth:
    return first_fault(
        t,
        check(words_and_flags(t), "ValueError"),
        check_range(t),
        no_root(t),
        check(is_word(t.base), "ValueError"),
        check(all_framed(t.ghost, t.base, t.pages), "NoSuchFrame"),
        occupied(t),
        too_few(t, tables(t)),
        check_lent(t.ghost, t.base, t.pages),
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


@clause("as many frames are taken as tables were missing: none leaks", covers="MEM-9", when=returned)
def all_tables_counted(t: Transition) -> Truth:
    return t.ghost_after.free_frames == t.ghost.free_frames - tables(t)


RESERVED_PAGES = 2051
"""Loads + stores a page at most, but four loads a range: which tables are missing, the lending, and three tables."""
ONCE = 4


@clause(f"the call costs at most {RESERVED_PAGES} loads and stores a page, and {ONCE}", when=admitted)
def map_reserved_cost(t: Transition) -> Truth:
    return t.cost <= RESERVED_PAGES * t.pages + ONCE


MAP_RESERVED = Operation(
    "map_reserved",
    ("root", "address", "base", "pages", "flags"),
    as_advanced,
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
