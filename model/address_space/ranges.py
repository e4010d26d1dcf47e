"""Ranges of pages: all of them or none."""

from __future__ import annotations

from typing import Any

from model.address_space.costs import PROTECT_COST, UNMAP_PAGE_COST
from model.address_space.pages import (
    FIND_COST,
    PROTECT_CHANGES,
    UNMAP_CHANGES,
    all_mapped,
    bytes_of_pages,
    cleared,
    flagged,
    given_back,
    only_freed,
)
from model.address_space.shared import BUT_HEADER, as_called, none_empty
from model.address_space.state import ADDRESSES, FLAGS, HALF, NO_ROOT, Space
from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies, negate
from model.language.machine import UNMAP_COST
from model.language.words import PAGE_SIZE, admitted, is_word, returned

# ---------------------------------------------------------------- what is refused


@clause("the space is called by its root")
def own_root(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    return arguments["root"] == space.root


@clause("no table but the root is empty")
def no_empty_table(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    return (space.root == NO_ROOT) | none_empty(state, space)


def words(t: Transition) -> Truth:
    """The address and the number of pages are machine words."""
    return is_word(t.address) & is_word(t.pages)


def canonical_range(address: Word, pages: Word) -> Truth:
    """The pages begin at the address of a page, are some, and lie in one half of the canonical addresses."""
    low = (address < HALF) & (address + pages * PAGE_SIZE <= HALF)
    high = (address >= ADDRESSES - HALF) & (address + pages * PAGE_SIZE <= ADDRESSES - PAGE_SIZE)
    return every([pages > 0, address % PAGE_SIZE == 0, low | high])


NO_RANGE = ("NoPages", "NotAligned", "NotCanonical", "LastPage")
"""What refuses a range that no address space has."""


def no_range(raised: str, address: Word, pages: Word) -> Truth:
    """The first fault of the range is the one that the error names: it has no page, begins inside a page, leaves the
    canonical addresses, or holds the last page of all."""
    end = address + pages * PAGE_SIZE
    whole = (pages > 0) & (address % PAGE_SIZE == 0)
    low, high = end <= HALF, (address >= ADDRESSES - HALF) & (end <= ADDRESSES)
    first = {"NoPages": pages == 0, "NotAligned": (pages > 0) & (address % PAGE_SIZE != 0)}
    then = {"NotCanonical": whole & negate(low | high), "LastPage": every([whole, high, end == ADDRESSES])}
    return {**first, **then}[raised]


@clause("a refused call changes nothing", covers="MEM-5")
def refused_whole(t: Transition) -> Truth:
    if not t.raised:
        return True
    old, new = t.ghost, t.ghost_after
    same = every([new.entry.same(old.entry), new.use.same(old.use), new.free_frames == old.free_frames])
    return t.new.same_memory(t.old) & same


REFUSED = (
    "ValueError for what is no word or flag; NoPages, NotAligned, NotCanonical or LastPage by the first fault of the "
    "range; NotMapped exactly if it has none and one of the pages is not mapped"
)


def _refused(t: Transition, flags: Truth) -> Truth:
    """ValueError, what is no range, or NotMapped, in this order, and for what each is the answer."""
    proper, alive = words(t) & flags, t.ghost.root != NO_ROOT
    there = canonical_range(t.address, t.pages)
    mapped = all_mapped(t.ghost, t.address, t.pages)
    return every(
        [
            (t.raised == "ValueError") == negate(proper),
            proper & no_range(t.raised, t.address, t.pages) if t.raised in NO_RANGE else True,
            implies(t.raised == "NotMapped", every([proper, there, negate(alive & mapped)])),
            implies(t.raised == "", every([proper, alive, there, mapped])),
        ]
    )


@clause(REFUSED, covers="MEM-5")
def unmap_refuses(t: Transition) -> Truth:
    return _refused(t, True)


@clause("afterwards none of the pages is mapped, and all others are as before", covers="MEM-5 MEM-10", when=returned)
def all_cleared(t: Transition) -> Truth:
    return cleared(t.ghost_after, t.ghost, t.address, t.pages)


@clause("only frames that this space had are freed, and none is taken", covers="MEM-9", when=returned)
def only_own_frames(t: Transition) -> Truth:
    return only_freed(t.ghost_after, t.ghost)


@clause(
    "every frame that this space has no more is free, or reserved again if it was borrowed: none is lost",
    covers="MEM-9",
    when=returned,
)
def frames_back(t: Transition) -> Truth:
    return given_back(t.ghost_after, t.ghost)


@clause(f"no byte changes outside what were tables, {BUT_HEADER}", when=returned)
def only_bytes_of_tables(t: Transition) -> Truth:
    return bytes_of_pages(t.new, t.old, t.ghost)


@clause("no table but the root is empty afterwards: all that this emptied were given back", covers="MEM-9")
def empty_tables_back(t: Transition) -> Truth:
    return (t.ghost.root == NO_ROOT) | none_empty(t.new, t.ghost_after)


@clause(
    f"the call costs at most {FIND_COST + UNMAP_PAGE_COST} loads and stores a page, "
    f"and no more than heaps count, {UNMAP_COST}",
    when=admitted,
)
def unmap_cost(t: Transition) -> Truth:
    return (t.cost <= (FIND_COST + UNMAP_PAGE_COST) * t.pages) & (t.cost <= UNMAP_COST * t.pages)


UNMAP = Operation(
    "unmap",
    ("root", "address", "pages"),
    as_called,
    (
        unmap_refuses,
        refused_whole,
        all_cleared,
        only_own_frames,
        frames_back,
        only_bytes_of_tables,
        empty_tables_back,
        unmap_cost,
    ),
    requires=(own_root, no_empty_table),
    raises=("ValueError", *NO_RANGE, "NotMapped"),
    changes=UNMAP_CHANGES,
)


@clause(REFUSED, covers="MEM-5")
def protect_refuses(t: Transition) -> Truth:
    return _refused(t, is_word(t.flags) & (t.flags & FLAGS == t.flags))


@clause(
    "the pages have the flags and show what they showed, and all others are as before",
    covers="MEM-5 MEM-10",
    when=returned,
)
def all_flagged(t: Transition) -> Truth:
    return flagged(t.ghost_after, t.ghost, t.address, t.pages, t.flags)


@clause(f"the call costs at most {FIND_COST + PROTECT_COST} loads and stores a page", when=admitted)
def protect_cost(t: Transition) -> Truth:
    return t.cost <= (FIND_COST + PROTECT_COST) * t.pages


PROTECT = Operation(
    "protect",
    ("root", "address", "pages", "flags"),
    as_called,
    (protect_refuses, refused_whole, all_flagged, empty_tables_back, protect_cost),
    requires=(own_root, no_empty_table),
    raises=("ValueError", *NO_RANGE, "NotMapped"),
    changes=PROTECT_CHANGES,
)
