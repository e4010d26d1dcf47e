"""What holds while a range of pages is mapped: the tables that there are after each page.

The frames that pages and tables take are counted before the first is mapped (demand.py).  That the count is
right for every page when its turn comes follows from which tables there are after some pages were mapped: those that
there were, and those above a page from the first to the last one mapped, an interval at each level.
"""

from __future__ import annotations

from typing import Any

from model.address_space.demand import TABLES, above, begin_at, demand, first_of, lacking
from model.address_space.mapping import bytes_of_free, fresh, only_taken, zeroed
from model.address_space.ranges import BUT, USES
from model.address_space.state import Space, proper
from model.language.logic import Loop, Named, Truth, Word, every, implies, mention, when
from model.language.words import PAGE_SIZE
from proofs.address_space.above import tables_above
from proofs.address_space.costs import LOOK_COST, MAP_PAGE_COST
from proofs.address_space.frames import LINKS
from proofs.address_space.loops import still, where

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

    said = "the next page's table is that of the page before, or the next one"
    seen = mention(new.entry[page], old.entry[page])
    return [
        ("proper", "the next page is one of this half", proper(page)),
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
            ("left", "the frames taken are those that were counted", new.free_frames == left),
            (
                "cost",
                f"the loop costs at most {MAP_PAGE_COST} loads and stores a page",
                now.cost <= LOOK_COST * pages + 1 + MAP_PAGE_COST * done,
            ),
        ],
        pages - done,
        ("byte", "claimed.Entry", *LINKS, *USES),
    )
