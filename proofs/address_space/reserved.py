"""One page mapped to a reserved frame, and what holds while a range is.

The frames are lent before the first of them is mapped (lend.py), so that only tables take free frames.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.address_space.demand import demand, missing
from model.address_space.mapping import ONCE, bytes_of_free, only_lent, shown, shows_borrowed
from model.address_space.ranges import BUT, USES, in_range
from model.address_space.state import UNUSED, Space, frame_at, frame_of
from model.frame_allocator.single_frames import LENT
from model.language.contracts import costs
from model.language.logic import Loop, Operation, Transition, Truth, Word, clause, every, implies, mention
from model.language.words import PAGE_SIZE, as_advanced
from proofs.address_space.above import DIGITS_ABOVE, opens_way
from proofs.address_space.costs import LEND_COST, LOOK_COST, SET_COST
from proofs.address_space.frames import LINKS, alive
from proofs.address_space.leaves import (
    CHANGED,
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
from proofs.address_space.loops import still, where
from proofs.address_space.mapping import tables_opened
from proofs.address_space.pages import flags_in_place, flags_known, other_pages
from proofs.engine.helping import inner

# ---------------------------------------------------------------- _map_borrowed_page


@clause("a frame is free for every table that is missing")
def tables_free_still(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    return space.free_frames >= missing(way_in(state, space, arguments))


@clause("the frame is lent, and not mapped")
def frame_lent(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    frame = arguments["frame"]
    f = frame_at(frame)
    place = every([frame >= 0, frame % PAGE_SIZE == 0, frame < 2**52])
    return every([place, space.use[f] == LENT, space.role[f] == UNUSED])


def _mapped(t: Transition) -> Word:
    """The entry that the page has afterwards."""
    return t.ghost_after.entry[page_at(t.arguments)]


@clause("the page shows the frame, borrowed, with the flags", covers="MEM-11")
def shows_borrowed_frame(t: Transition) -> Truth:
    return shows_borrowed(_mapped(t), t.frame, t.flags)


@clause("the page's entry names that frame")
def names_frame(t: Transition) -> Truth:
    return frame_of(_mapped(t)) == frame_at(t.frame)


@clause("every other lent frame that was not mapped is not mapped now")
def others_wait(t: Transition) -> Truth:
    old, new, f = t.ghost, t.ghost_after, frame_at(t.frame)

    def waits(g: Word) -> Truth:
        waited = (old.use[g] == LENT) & (old.role[g] == UNUSED)
        return implies(waited, (g == f) | (new.role[g] == UNUSED))

    return new.use.everywhere(waits)


map_borrowed_cost = costs("map_borrowed_cost", SET_COST)


MAP_BORROWED_PAGE = Operation(
    "_map_borrowed_page",
    ("root", "address", "frame", "flags"),
    as_advanced,
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


# ---------------------------------------------------------------- map_reserved


@inner
@clause("the first and the last of the frames are looked at")
def ends_looked_at(t: Transition) -> Truth:
    first = t.base // PAGE_SIZE
    return mention(t.ghost.use[first], t.ghost.use[first + t.pages - 1])


# ---------------------------------------------------------------- the loop


def map_borrowed(space: Any, address: Word, done: Word, pages: Word, base: Word, flags: Word) -> Loop:
    """map_reserved: the pages passed show their frames, the others wait, and the frames left suffice for tables."""
    operating = space.memory.operation
    now, then, new, old = operating.now(), operating.entry, operating.ghost, operating.ghost_on_entry
    first = address // PAGE_SIZE

    def waits(f: Word) -> Truth:
        to_come = in_range(f, base + done * PAGE_SIZE, pages - done)
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
            ("left", "the frames taken are those that were counted", new.free_frames == left),
            ("cost", f"the loop costs at most {SET_COST} loads and stores a page", paid),
        ],
        pages - done,
        ("byte", "claimed.Entry", *LINKS, *USES),
    )
