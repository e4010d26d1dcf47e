"""A range of pages mapped to fresh frames: all or none, and refused exactly if the frames do not suffice.

The frames that pages and tables take are counted before the first is mapped (space_demand.py).  That the count is
right for every page when its turn comes follows from which tables there are after some pages were mapped: those that
there were, and those above a page from the first to the last one mapped, an interval at each level.
"""

from __future__ import annotations

from typing import Any

from model.frame_contract import FREE, LIVE, is_word
from model.logic import Loop, Named, Operation, Transition, Truth, Word, clause, every, implies, mention, negate, when
from model.machine import MAP_COST
from model.page_tables import (
    FLAGS,
    FRAME_LIMIT,
    NO_ROOT,
    PAGE_SIZE,
    PRESENT,
    Space,
    frame_of,
    present,
    proper,
)
from model.space_above import TABLES, above, tables_above
from model.space_demand import begin_at, demand, first_of, lacking, none_mapped, tables_added_up
from model.space_frames import BUT, LINKS, USES, as_called
from model.space_loops import in_range, still, where
from model.space_pages import LOOK_COST, MAP_PAGE_COST
from model.space_ranges import canonical_range, empty_tables_back, no_empty_table, own_root, refused_whole, words

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


# ---------------------------------------------------------------- the loop


def _passed(first: Word, done: Word, page: Word, level: int) -> Truth:
    """The table of that level above the page is above one of the pages passed, too."""
    number = above(page, level)
    between = (above(first, level) <= number) & (number <= above(first + done - 1, level))
    return (done > 0) & between


def tables_opened(now: Any, new: Space, then: Any, old: Space, first: Word, done: Word) -> Truth:
    """The tables that there are: those that there were, and those above the pages passed."""

    def there(page: Word) -> Truth:
        levels = zip(tables_above(then, old, page)[1:], tables_above(now, new, page)[1:], strict=True)
        found = [
            after == (before | _passed(first, done, page, TABLES - depth))
            for depth, (before, after) in enumerate(levels)
        ]
        return implies(proper(page) & mention(new.entry[page]), every(found))

    return new.entry.everywhere(there)


def next_page(space: Any, address: Word, done: Word) -> list[Named]:
    """map: what the next page takes is what was counted for it."""
    operating = space.memory.operation
    now, then, new, old = operating.now(), operating.entry, operating.ghost, operating.ghost_on_entry
    first = address // PAGE_SIZE
    page, last = first + done, first + done - 1

    def beside(level: int) -> Truth:
        before, here = above(last, level), above(page, level)
        same = here == when(first_of(page) >= level, before + 1, before)
        return (above(first, level) <= here) & implies(done > 0, same & (above(first, level) <= before))

    lacks = when(done == 0, lacking(then, old, page), begin_at(then, old, page))
    counted = demand(then, old, first, done + 1) - demand(then, old, first, done)

    said = "its table is that of the page before, or the next one"
    seen = mention(new.entry[page], old.entry[page])
    return [
        ("proper", "it is a page of this half", proper(page)),
        *((f"beside_{level}", said, beside(level)) for level in (1, 2, 3)),
        (
            "tables",
            "of the tables above it those are missing that were, and of which it is the first",
            implies(seen, lacking(now, new, page) == lacks),
        ),
        (
            "counted",
            "as many tables are missing as were counted for it",
            implies(seen, lacking(now, new, page) == counted),
        ),
    ]


ZEROED = (
    *("zeroed", "fresh", "where", "_map_page.shows_fresh_frame", "_map_page.page_reads_zero"),
    *("_map_page.other_pages", "_map_page.bytes_of_others", "_map_page.takes_only_free"),
)


def map_pages(space: Any, address: Word, done: Word, pages: Word, flags: Word) -> Loop:
    """map: the pages passed are mapped, all others are as they were, and the frames left suffice."""
    operating = space.memory.operation
    now, then, new, old = operating.now(), operating.entry, operating.ghost, operating.ghost_on_entry
    first = address // PAGE_SIZE
    left = old.free_frames - done - demand(then, old, first, done)
    return Loop(
        [
            where(done, pages),
            *still(operating),
            (
                "fresh",
                "the pages passed show fresh frames, all others as before",
                fresh(new, old, address, done, flags),
            ),
            ("zeroed", "the pages passed read zero", zeroed(now, new, address, done)),
            ("only_taken", "only free frames were taken", only_taken(new, old)),
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
            (
                "cost",
                f"it costs at most {MAP_PAGE_COST} loads and stores a page",
                now.cost <= LOOK_COST * pages + 1 + MAP_PAGE_COST * done,
            ),
        ],
        pages - done,
        ("byte", "claimed.Entry", *LINKS, *USES),
    )


# ---------------------------------------------------------------- map


def _needed(t: Transition) -> Word:
    """The frames that the pages and the tables take that are missing."""
    return t.pages + demand(t.old, t.ghost, t.address // PAGE_SIZE, t.pages)


@clause(
    "ValueError, NotMapped, NotCanonical; PhysicalMemoryFull if fewer frames than pages are free; AlreadyMapped if one "
    "of them is mapped; PhysicalMemoryFull exactly if fewer frames are free than pages and missing tables take",
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
            implies(t.raised == "NotMapped", known & negate(alive)),
            implies(t.raised == "NotCanonical", every([known, alive, negate(there)])),
            implies(t.raised == "AlreadyMapped", every([asked, enough, negate(vacant)])),
            implies(t.raised == "PhysicalMemoryFull", asked & (negate(enough) | (vacant & negate(suffice)))),
            implies(t.raised == "", every([asked, enough, vacant, suffice])),
        ]
    )


@clause(
    "each page shows a frame that was free, with the flags, and all others are as before",
    covers="MEM-5 MEM-10 MEM-11",
)
def all_fresh(t: Transition) -> Truth:
    return True if t.raised else fresh(t.ghost_after, t.ghost, t.address, t.pages, t.flags)


@clause("every page reads zero", covers="MEM-8")
def all_zeroed(t: Transition) -> Truth:
    return True if t.raised else zeroed(t.new, t.ghost_after, t.address, t.pages)


@clause(
    "only free frames are taken, and no other is used otherwise",
    covers="MEM-11",
)
def only_free_taken(t: Transition) -> Truth:
    return True if t.raised else only_taken(t.ghost_after, t.ghost)


@clause(f"no byte changes outside frames that were free, {BUT}")
def only_free_bytes(t: Transition) -> Truth:
    return True if t.raised else bytes_of_free(t.new, t.old, t.ghost)


@clause(
    "as many frames are taken as there are pages, and tables that were missing: none leaks",
    covers="MEM-9",
)
def all_counted(t: Transition) -> Truth:
    return True if t.raised else t.ghost_after.free_frames == t.ghost.free_frames - _needed(t)


@clause(f"it costs at most {RANGE_COST} loads and stores a page, and one; and no more than heaps count, {MAP_COST}")
def map_cost(t: Transition) -> Truth:
    if t.raised == "ValueError":
        return True
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
    raises=("ValueError", "NotMapped", "NotCanonical", "PhysicalMemoryFull", "AlreadyMapped"),
)
