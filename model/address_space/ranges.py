"""Ranges of pages: what is refused, and what it means that all of them are mapped, cleared, or have other flags.

A range is given by its first address and the number of its pages.  unmap and protect are here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from model.address_space.invariants import values_in
from model.address_space.state import (
    ADDRESSES,
    BORROWED,
    BORROWED_PAGE,
    FLAGS,
    FRAME_MASK,
    HALF,
    NO_ROOT,
    NO_SLOT,
    PRESENT,
    UNUSED,
    Space,
    count_of,
    is_table,
    present,
)
from model.frame_allocator.single_frames import FREE, RESERVED
from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies, negate, when
from model.language.machine import UNMAP_COST
from model.language.words import PAGE_SIZE, admitted, as_advanced, is_word, returned, unchanged

USES = ("ghost.use", "ghost.free_frames")
UNMAP_CHANGES = ("byte", "claimed.Entry", "Entry.value", "ghost.entry", "ghost.role", "ghost.rank", "ghost.at", *USES)
MAP_CHANGES = (*UNMAP_CHANGES, "ghost.number", "ghost.up")
PROTECT_CHANGES = ("Entry.value", "ghost.entry")


# ---------------------------------------------------------------- what is relied on


@clause("the space is called by its root")
def own_root(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    return arguments["root"] == space.root


def none_empty(state: Any, space: Space, but: Word = NO_SLOT) -> Truth:
    """Every table has a present entry, but maybe the root and the one below the slot ``but``."""
    values = values_in(state)

    def used(s: Word) -> Truth:
        above = every([space.holds(s), negate(space.is_leaf(s)), values[s] != 0])
        return implies(above & (s != but), count_of(values[s]) != 0)

    return values.everywhere(used)


@clause("no table but the root is empty")
def no_empty_table(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    return (space.root == NO_ROOT) | none_empty(state, space)


# ---------------------------------------------------------------- what is refused


Check = tuple[Truth, Mapping[str, Truth]]
"""Whether all is well, and what is wrong if an error names it."""


def first_fault(t: Transition, *checks: Check) -> Truth:
    """The call raises what the first of the checks names that fails, and nothing if all is well."""
    well, told = True, False
    for passed, faults in checks:
        told = told | (well & faults.get(t.raised, False))
        well = well & passed
    return told if t.raised else well


def check(passed: Truth, error: str) -> Check:
    """The one error that names all that can be wrong."""
    return passed, {error: negate(passed)}


def words(t: Transition) -> Truth:
    """The address and the number of pages are machine words."""
    return is_word(t.address) & is_word(t.pages)


def words_and_flags(t: Transition) -> Truth:
    """So are the flags, and a caller may choose them."""
    return every([words(t), is_word(t.flags), t.flags & FLAGS == t.flags])


def canonical_range(address: Word, pages: Word) -> Truth:
    """The pages begin at the address of a page, are some, and lie in one half of the canonical addresses."""
    low = (address < HALF) & (address + pages * PAGE_SIZE <= HALF)
    high = (address >= ADDRESSES - HALF) & (address + pages * PAGE_SIZE <= ADDRESSES - PAGE_SIZE)
    return every([pages > 0, address % PAGE_SIZE == 0, low | high])


NO_RANGE = ("NoPages", "NotAligned", "NotCanonical", "LastPage")
"""What refuses a range that no address space has."""


def check_range(t: Transition) -> Check:
    """The first fault of the range is the one that the error names: it has no page, begins inside a page, leaves the
    canonical addresses, or holds the last page of all."""
    end = t.address + t.pages * PAGE_SIZE
    some, whole = t.pages > 0, t.address % PAGE_SIZE == 0
    low, high = end <= HALF, (t.address >= ADDRESSES - HALF) & (end <= ADDRESSES)
    outside, last = negate(low | high), high & (end == ADDRESSES)
    faults = (t.pages == 0, some & negate(whole), every([some, whole, outside]), every([some, whole, last]))
    return canonical_range(t.address, t.pages), dict(zip(NO_RANGE, faults, strict=True))


def unchanged_space(t: Transition) -> Truth:
    """No byte, no entry of a page and no use of a frame differs."""
    old, new = t.ghost, t.ghost_after
    same = every([new.entry.same(old.entry), new.use.same(old.use), new.free_frames == old.free_frames])
    return unchanged(t) & same


@clause("a refused call changes nothing", covers="MEM-5")
def refused_whole(t: Transition) -> Truth:
    return unchanged_space(t) if t.raised else True


# ---------------------------------------------------------------- pages


def in_range(number: Word, address: Word, pages: Word) -> Truth:
    """The page, or frame, of that number is one of so many from the address on."""
    first = address // PAGE_SIZE
    return (first <= number) & (number < first + pages)


def all_mapped(space: Space, address: Word, pages: Word) -> Truth:
    """Each of the pages is mapped."""
    return space.entry.everywhere(lambda n: implies(in_range(n, address, pages), present(space.entry[n])))


def none_mapped(space: Space, address: Word, pages: Word) -> Truth:
    """None of the pages is mapped."""
    return space.entry.everywhere(lambda n: implies(in_range(n, address, pages), negate(present(space.entry[n]))))


def cleared(new: Space, old: Space, address: Word, pages: Word) -> Truth:
    """Those pages are not mapped, and all others are what they were."""
    return new.entry.everywhere(lambda n: new.entry[n] == when(in_range(n, address, pages), 0, old.entry[n]))


def flagged(new: Space, old: Space, address: Word, pages: Word, flags: Word) -> Truth:
    """Those pages have the flags, and are else what they were; and so are all others."""

    def one(n: Word) -> Truth:
        entry = old.entry[n]
        kept = entry & (FRAME_MASK | BORROWED | PRESENT)
        return new.entry[n] == when(in_range(n, address, pages), kept + flags, entry)

    return new.entry.everywhere(one)


def only_freed(new: Space, old: Space) -> Truth:
    """No frame is used otherwise but those that this space had, and none comes to it."""
    uses = new.use.everywhere(lambda g: (new.use[g] == old.use[g]) | (old.role[g] != UNUSED))
    roles = new.role.everywhere(lambda g: implies(new.role[g] != UNUSED, new.role[g] == old.role[g]))
    return every([new.free_frames >= old.free_frames, uses, roles])


def given_back(new: Space, old: Space) -> Truth:
    """Every frame has the use and the role that it had; or it had one here, has none now, and went back."""

    def one(g: Word) -> Truth:
        kept = (new.role[g] == old.role[g]) & (new.use[g] == old.use[g])
        back = new.use[g] == when(old.role[g] == BORROWED_PAGE, RESERVED, FREE)
        return kept | every([new.role[g] == UNUSED, old.role[g] != UNUSED, back])

    return new.role.everywhere(one) & new.use.everywhere(one)


BUT_HEADER = "but for the frame allocator's header"
BUT = "but for entries of tables and the frame allocator's header"
"""What clauses about bytes do not speak of: an entry is spoken of by its slot, the header by what it says (``use``)."""


def bytes_of_pages(now: Any, then: Any, old: Space) -> Truth:
    """No byte changes outside what were tables, but for the frame allocator's header."""
    return now.bytes.everywhere(lambda x: (now.bytes[x] == then.bytes[x]) | is_table(old.role[x // PAGE_SIZE]))


# ---------------------------------------------------------------- unmap and protect


@clause(
    "ValueError for what is no word or flag; NoPages, NotAligned, NotCanonical or LastPage by the first fault of the "
    "range; NotMapped exactly if it has none and one of the pages is not mapped",
    covers="MEM-5",
)
def unmap_refuses(t: Transition) -> Truth:
    known = words_and_flags(t) if "flags" in t.arguments else words(t)
    mapped = (t.ghost.root != NO_ROOT) & all_mapped(t.ghost, t.address, t.pages)
    return first_fault(t, check(known, "ValueError"), check_range(t), check(mapped, "NotMapped"))


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


UNMAP_PAGES = 1055
"""Loads + stores a page at most: the look at it, its entry, and three tables that it may leave empty."""


@clause(
    f"the call costs at most {UNMAP_PAGES} loads and stores a page, and no more than heaps count, {UNMAP_COST}",
    when=admitted,
)
def unmap_cost(t: Transition) -> Truth:
    return (t.cost <= UNMAP_PAGES * t.pages) & (t.cost <= UNMAP_COST * t.pages)


UNMAP = Operation(
    "unmap",
    ("root", "address", "pages"),
    as_advanced,
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


protect_refuses = replace(unmap_refuses, name="protect_refuses")


@clause(
    "the pages have the flags and show what they showed, and all others are as before",
    covers="MEM-5 MEM-10",
    when=returned,
)
def all_flagged(t: Transition) -> Truth:
    return flagged(t.ghost_after, t.ghost, t.address, t.pages, t.flags)


PROTECT_PAGES = 9


@clause(f"the call costs at most {PROTECT_PAGES} loads and stores a page", when=admitted)
def protect_cost(t: Transition) -> Truth:
    return t.cost <= PROTECT_PAGES * t.pages


PROTECT = Operation(
    "protect",
    ("root", "address", "pages", "flags"),
    as_advanced,
    (protect_refuses, refused_whole, all_flagged, empty_tables_back, protect_cost),
    requires=(own_root, no_empty_table),
    raises=("ValueError", *NO_RANGE, "NotMapped"),
    changes=PROTECT_CHANGES,
)
