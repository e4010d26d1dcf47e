"""Pages of a virtual memory: where there is room for them, how they come, and which of them a program may use.

The window is where pages lie whose address nobody chose; a hole in it is so many pages side by side, none of them
mapped.  A page may be used if the entries of all levels grant it to this view.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.address_space.demand import first_of, lacking, tables_added_up
from model.address_space.invariants import values_in
from model.address_space.mapping import bytes_of_free, fresh, map_cost, only_taken, tables, zeroed
from model.address_space.ranges import canonical_range, none_mapped, unchanged_space, words
from model.address_space.state import NO_EXECUTE, NO_ROOT, USER, WRITABLE, present, proper, way_to
from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies, negate, when
from model.language.machine import PLACE_BASE, PLACE_END
from model.language.words import PAGE_SIZE, as_advanced, is_word, returned, unchanged
from model.virtual_memory.bytes import touches
from model.virtual_memory.state import WALK_LOADS, Translations, among, grants, held, may_use

FIRST_PLACE = PLACE_BASE // PAGE_SIZE
LAST_PLACE = PLACE_END // PAGE_SIZE
"""The window's first page, and the first one after it."""


# ---------------------------------------------------------------- vocabulary


def mapped(tlb: Translations, page: Word) -> Truth:
    """The abstract map maps the page."""
    return (tlb.root != NO_ROOT) & present(tlb.entry[page])


def hole(tlb: Translations, first: Word, pages: Word) -> Truth:
    """So many pages from that one on lie in the window; neither the first of them is mapped nor any other."""
    inside = every([pages > 0, first >= FIRST_PLACE, first + pages <= LAST_PLACE])
    free = tlb.entry.everywhere(lambda p: implies(among(p, first, pages), negate(mapped(tlb, p))))
    return every([inside, negate(mapped(tlb, first)), free])


def no_hole_between(tlb: Translations, low: Word, high: Word, pages: Word) -> Truth:
    """No hole of so many pages begins from the page ``low`` on and before ``high``."""
    return tlb.entry.everywhere(lambda s: implies((low <= s) & (s < high), negate(hole(tlb, s, pages))))


def usable(state: Any, tlb: Translations, page: Word) -> Truth:
    """The page is mapped, and where it is, the entries of all levels let this view read and write it."""
    entries = way_to(values_in(state), tlb.root, page).entries
    granted = [grants(tlb, entry, True) for entry in (tlb.entry[page], *entries)]
    there = mapped(tlb, page)
    return there & implies(there, proper(page) & every(granted))


def same_translations(t: Transition) -> Truth:
    """The TLB is what it was."""
    uses = zip(held(t.ghost_after), held(t.ghost), strict=True)
    return every([now.same(then) for new, old in uses for now, then in zip(new, old, strict=True)])


# ---------------------------------------------------------------- find_place


@clause("the entries at which the ways to pages end are counted right from page to page, and so never become fewer")
def entries_counted(state: Any, heap: Word, tlb: Translations, arguments: dict[str, Any]) -> Truth:
    ends = tlb.ends

    def counted(page: Word) -> Truth:
        more = ends[page + 1] == ends[page] + when(ends_with(state, tlb, page), 1, 0)
        return implies((page >= FIRST_PLACE) & (page < LAST_PLACE), more)

    def grows(page: Word) -> Truth:
        return ends.everywhere(lambda p: implies((p >= FIRST_PLACE) & (p <= page), ends[p] <= ends[page]))

    return tlb.entry.everywhere(counted) & ends.everywhere(lambda page: implies(page <= LAST_PLACE, grows(page)))


def ends_with(state: Any, tlb: Translations, page: Word) -> Truth:
    """The entry at which the way to the page ends is that of no page before it: the last entry, or one not present."""
    return first_of(page) >= lacking(state, tlb, page)


@clause("the result is NULL, or the address of the first page of a hole of so many pages in the window")
def finds_a_hole(t: Transition) -> Truth:
    there = (t.result % PAGE_SIZE == 0) & hole(t.ghost, t.result // PAGE_SIZE, t.pages)
    return (t.result == 0) | there


@clause("the result is NULL exactly if the window has no hole of so many pages: none or too many have no hole")
def null_exactly_if_none(t: Transition) -> Truth:
    return (t.result == 0) == no_hole_between(t.ghost, FIRST_PLACE, LAST_PLACE, t.pages)


@clause("from where the search begins there is no hole of so many pages before the result")
def finds_the_lowest(t: Transition) -> Truth:
    return (t.result == 0) | no_hole_between(t.ghost, t.ghost.lowest, t.result // PAGE_SIZE, t.pages)


@clause("nothing is changed: no byte, no entry, no place is used up")
def changes_nothing(t: Transition) -> Truth:
    return unchanged(t) & (t.ghost_after.lowest == t.ghost.lowest) & same_translations(t)


PER_ENTRY = 2 * WALK_LOADS


@clause(
    f"the search takes at most {PER_ENTRY} loads for each entry at which the way to a page of the window ends, "
    f"and {PER_ENTRY}"
)
def search_cost(t: Transition) -> Truth:
    return t.cost <= PER_ENTRY * (t.ghost.ends[LAST_PLACE] - t.ghost.ends[FIRST_PLACE] + 1)


FIND_PLACE = Operation(
    "find_place",
    ("pages",),
    lambda t: t.ghost,
    (finds_a_hole, null_exactly_if_none, finds_the_lowest, changes_nothing, search_cost),
    requires=(entries_counted,),
    raises=(),
)


# ---------------------------------------------------------------- map


def flags_of(tlb: Translations) -> Word:
    """The flags of the pages that a view maps."""
    return when(tlb.user_mode, WRITABLE | USER | NO_EXECUTE, WRITABLE | NO_EXECUTE)


@clause(
    "ValueError exactly for what is no word; else True exactly if there is a root, the range is pages of one canonical "
    "half, none of them is mapped, and the free frames suffice for them and for the tables that are missing"
)
def maps_exactly(t: Transition) -> Truth:
    known = words(t)
    if t.raised:
        return (t.raised == "ValueError") & negate(known)
    old, needed = t.ghost, t.pages + tables(t)
    there = every([old.root != NO_ROOT, canonical_range(t.address, t.pages), none_mapped(old, t.address, t.pages)])
    granted = every([there, t.pages <= old.free_frames, needed <= old.free_frames])
    return known & (t.result == granted)


@clause("where it does not return True, it changes nothing")
def refused_map_changes_nothing(t: Transition) -> Truth:
    return unchanged_space(t) if t.raised else t.result | unchanged_space(t)


def _mapped(t: Transition, said: Truth) -> Truth:
    """What is said of a call that returns True."""
    return True if t.raised else implies(t.result, said)


@clause("each page shows a frame that was free, with the flags of this view, and all others are as before")
def pages_are_fresh(t: Transition) -> Truth:
    return _mapped(t, fresh(t.ghost_after, t.ghost, t.address, t.pages, flags_of(t.ghost)))


@clause("every page reads zero; no byte changes outside frames that were free, which alone are taken")
def pages_read_zero(t: Transition) -> Truth:
    bytes_kept = bytes_of_free(t.new, t.old, t.ghost)
    zero = zeroed(t.new, t.ghost_after, t.address, t.pages)
    return _mapped(t, every([zero, bytes_kept, only_taken(t.ghost_after, t.ghost)]))


@clause(
    "the abstract map lets this view read and write each page: no load or store of it faults, and is_mapped says True "
    "of it, as long as every entry of a table grants everything"
)
def pages_are_granted(t: Transition) -> Truth:
    new, first = t.ghost_after, t.address // PAGE_SIZE
    mine = new.entry.everywhere(lambda p: implies(among(p, first, t.pages), may_use(new, p, True)))
    return _mapped(t, mine)


@clause("as many frames are taken as there are pages, and tables that were missing")
def frames_counted(t: Transition) -> Truth:
    return _mapped(t, t.ghost_after.free_frames == t.ghost.free_frames - (t.pages + tables(t)))


@clause("the TLB is what it was")
def leaves_translations(t: Transition) -> Truth:
    return same_translations(t)


@clause("the next search for a place begins behind the pages if it would have begun at them; else as before")
def search_goes_on(t: Transition) -> Truth:
    old, new = t.ghost.lowest, t.ghost_after.lowest
    return new == old if t.raised else new == when(t.result & (t.address == old * PAGE_SIZE), old + t.pages, old)


MAP = Operation(
    "map",
    ("address", "pages"),
    as_advanced,
    (
        *(maps_exactly, refused_map_changes_nothing, pages_are_fresh, pages_read_zero, pages_are_granted),
        *(frames_counted, leaves_translations, search_goes_on, replace(map_cost, covers=())),
    ),
    requires=(tables_added_up,),
    returns="flag",
)


# ---------------------------------------------------------------- is_mapped


@clause(
    "ValueError exactly for what is no word; else True exactly if this view may read and write each page of the range"
)
def is_mapped_exactly(t: Transition) -> Truth:
    known = is_word(t.address) & is_word(t.size)
    if t.raised:
        return (t.raised == "ValueError") & negate(known)
    old, state = t.ghost, t.old
    all_usable = old.entry.everywhere(lambda p: implies(touches(p, t.address, t.size), usable(state, old, p)))
    return known & (t.result == all_usable)


@clause(
    "True exactly if the abstract map lets this view do so, where every entry of a table grants everything",
    when=returned,
)
def true_of_what_is_mapped(t: Transition) -> Truth:
    old = t.ghost
    granted = old.entry.everywhere(lambda p: implies(touches(p, t.address, t.size), may_use(old, p, True)))
    return implies(old.granting, t.result == granted)


@clause("nothing is changed, and nothing is remembered")
def looks_only(t: Transition) -> Truth:
    return unchanged(t) & same_translations(t)


@clause(f"the walks take at most {WALK_LOADS} loads a page", when=returned)
def is_mapped_cost(t: Transition) -> Truth:
    first, end = t.address // PAGE_SIZE, (t.address + t.size + PAGE_SIZE - 1) // PAGE_SIZE
    return t.cost <= WALK_LOADS * (end - first)


IS_MAPPED = Operation(
    "is_mapped",
    ("address", "size"),
    lambda t: t.ghost,
    (is_mapped_exactly, true_of_what_is_mapped, looks_only, is_mapped_cost),
    returns="flag",
)
