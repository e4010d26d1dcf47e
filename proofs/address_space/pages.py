"""One page at a time: mapped to a fresh frame, unmapped, or given other flags."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.address_space.demand import missing
from model.address_space.ranges import given_back
from model.address_space.state import (
    BORROWED,
    FLAGS,
    FRAME_LIMIT,
    FRAME_MASK,
    PRESENT,
    Space,
    borrowed,
    frame_of,
    is_page,
    is_table,
    present,
)
from model.frame_allocator.single_frames import FREE, LIVE, RESERVED
from model.language.contracts import costs
from model.language.logic import Operation, Transition, Truth, Word, clause, every, when
from model.language.machine import MAP_COST
from model.language.words import PAGE_SIZE, as_advanced, is_word
from proofs.address_space.above import DIGITS_ABOVE, opens_way
from proofs.address_space.costs import LOOK_COST, MAP_PAGE_COST, PROTECT_COST, UNMAP_PAGE_COST
from proofs.address_space.entries import HIGHEST_FLAG
from proofs.address_space.frames import alive
from proofs.address_space.ghosts import frame_is_read
from proofs.address_space.leaves import (
    CHANGED,
    CLEAR_LEAF,
    TO_A_PAGE,
    bytes_of_others,
    bytes_outside_tables,
    is_mapped,
    maps_nothing,
    no_table_empty,
    page_at,
    page_has_none,
    proper_address,
    still_none_empty,
    takes_only_free,
    unmapped,
    way_in,
)

# ---------------------------------------------------------------- _map_page


@clause("a frame is free for the page, and one for every table that is missing")
def frames_free(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    return space.free_frames >= 1 + missing(way_in(state, space, arguments))


@clause("the flags are among those that a page can have")
def flags_known(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    flags = arguments["flags"]
    return is_word(flags) & (flags == flags & FLAGS)


@clause("what the flags are made of")
def flags_in_place(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    flags = arguments["flags"]
    last = flags // HIGHEST_FLAG
    low = flags - last * HIGHEST_FLAG
    return every([(last == 0) | (last == 1), low % 2 == 0, low >= 0, low <= 6])


def _mapped(t: Transition) -> Word:
    """The entry that the page has afterwards."""
    return t.ghost_after.entry[page_at(t.arguments)]


@clause("the page shows a frame that was free, and is a live allocation now; its entry has the flags", covers="MEM-11")
def shows_fresh_frame(t: Transition) -> Truth:
    entry, old, new = _mapped(t), t.ghost, t.ghost_after
    f = frame_of(entry)
    place = every([f >= 0, f < FRAME_LIMIT, entry == f * PAGE_SIZE + t.flags + PRESENT])
    return every([place, present(entry), old.use[f] == FREE, new.use[f] == LIVE])


@clause("every other page is mapped as before", covers="MEM-10")
def other_pages(t: Transition) -> Truth:
    old, new, page = t.ghost, t.ghost_after, page_at(t.arguments)
    return new.entry.everywhere(lambda n: (n == page) | (new.entry[n] == old.entry[n]))


@clause("the page reads zero, where no entry lies: none does in a page (tables_apart)", covers="MEM-8")
def page_reads_zero(t: Transition) -> Truth:
    start = frame_of(_mapped(t)) * PAGE_SIZE
    return t.new.bytes.holds(start, start + PAGE_SIZE, 0)


@clause("one free frame is taken for the page, and one for each table that was missing")
def takes_all_frames(t: Transition) -> Truth:
    return t.ghost_after.free_frames == t.ghost.free_frames - 1 - missing(way_in(t.old, t.ghost, t.arguments))


@clause(f"the call costs at most {MAP_PAGE_COST} loads and stores; heaps count {MAP_COST}, with the look before")
def map_page_cost(t: Transition) -> Truth:
    return (t.cost <= MAP_PAGE_COST) & (MAP_PAGE_COST + LOOK_COST <= MAP_COST)


MAP_PAGE = Operation(
    "_map_page",
    ("root", "address", "flags"),
    as_advanced,
    (
        replace(shows_fresh_frame, lemma=True),
        other_pages,
        page_reads_zero,
        takes_all_frames,
        takes_only_free,
        bytes_of_others,
        map_page_cost,
        still_none_empty,
        *DIGITS_ABOVE,
        opens_way,
    ),
    requires=(alive, proper_address, unmapped, frames_free, flags_known, no_table_empty),
    raises=(),
    changes=CHANGED,
    lemmas=(flags_in_place,),
)


# ---------------------------------------------------------------- _unmap_page


@clause("the frame of the page is free, or reserved again if it was borrowed", covers="MEM-9")
def frame_is_back(t: Transition) -> Truth:
    entry = t.ghost.entry[page_at(t.arguments)]
    return t.ghost_after.use[frame_of(entry)] == when(borrowed(entry), RESERVED, FREE)


@clause("no frame is used otherwise but that of the page and those of tables, and none is taken")
def frees_its_own(t: Transition) -> Truth:
    old, new = t.ghost, t.ghost_after
    f = frame_of(old.entry[page_at(t.arguments)])

    def kept(g: Word) -> Truth:
        mine = ((g == f) & is_page(old.role[g])) | (is_table(old.role[g]) & (new.use[g] == FREE))
        return mine | (new.use[g] == old.use[g])

    return every([new.free_frames >= old.free_frames, new.use.everywhere(kept)])


@clause("what this space has no more went back, all else is as it was")
def page_goes_back(t: Transition) -> Truth:
    return given_back(t.ghost_after, t.ghost)


unmap_page_cost = costs("unmap_page_cost", UNMAP_PAGE_COST)


UNMAP_PAGE = Operation(
    "_unmap_page",
    ("root", "address"),
    as_advanced,
    (
        page_has_none,
        frame_is_back,
        frees_its_own,
        page_goes_back,
        maps_nothing,
        bytes_outside_tables,
        unmap_page_cost,
        still_none_empty,
    ),
    requires=(alive, proper_address, is_mapped, no_table_empty),
    raises=(),
    changes=CLEAR_LEAF.changes,
)


# ---------------------------------------------------------------- _protect_page


@clause(
    "the page shows the same frame, as much borrowed as before, with the new flags; every other page is what it was",
    covers="MEM-10",
)
def page_has_flags(t: Transition) -> Truth:
    old, new, page = t.ghost, t.ghost_after, page_at(t.arguments)
    kept = old.entry[page] & (FRAME_MASK | BORROWED | PRESENT)
    return new.entry.everywhere(lambda n: new.entry[n] == when(n == page, kept + t.flags, old.entry[n]))


protect_page_cost = costs("protect_page_cost", PROTECT_COST)


def _other_flags(state: Any, space: Space, arguments: dict[str, Any]) -> tuple[Word, Word]:
    """The entry of the page, and the same with other flags."""
    before = way_in(state, space, arguments).entries[3]
    return before, (before & (FRAME_MASK | BORROWED | PRESENT)) + arguments["flags"]


@clause("the bits of an offset, and those above them, of the entry with other flags")
def flags_added(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    before, entry = _other_flags(state, space, arguments)
    flags = arguments["flags"]
    last = flags // HIGHEST_FLAG
    high = before // PAGE_SIZE % FRAME_LIMIT + last * (HIGHEST_FLAG // PAGE_SIZE)
    return every(
        [
            entry // PAGE_SIZE == high,
            entry % PAGE_SIZE == (before & (BORROWED | PRESENT)) + (flags - last * HIGHEST_FLAG),
        ]
    )


@clause("other flags leave the bits of the frame")
def frame_bits_kept(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    before, entry = _other_flags(state, space, arguments)
    return entry // PAGE_SIZE % FRAME_LIMIT == before // PAGE_SIZE % FRAME_LIMIT


@clause("other flags leave the lower bits")
def low_bits_kept(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    before, entry = _other_flags(state, space, arguments)
    same = [(entry & bit != 0) == (before & bit != 0) for bit in (BORROWED, PRESENT)]
    return every([is_word(entry), *same])


@clause("the entry with other flags names the same frame")
def frame_kept(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    before, entry = _other_flags(state, space, arguments)
    return every([frame_is_read(entry), frame_is_read(before), frame_of(entry) == frame_of(before)])


@clause("the entry stays present if it was, and borrowed if it was")
def bits_kept(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    before, entry = _other_flags(state, space, arguments)
    return (present(entry) == present(before)) & (borrowed(entry) == borrowed(before))


@clause("other flags leave what else the entry says")
def flags_apart(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    before, entry = _other_flags(state, space, arguments)
    same = (frame_of(entry) == frame_of(before)) & (borrowed(entry) == borrowed(before))
    return every([is_word(entry), present(entry), same])


OTHER_FLAGS = (flags_in_place, flags_added, frame_bits_kept, low_bits_kept, frame_kept, bits_kept, flags_apart)
"""What the entry with other flags says, step by step."""

PROTECT_PAGE = Operation(
    "_protect_page",
    ("root", "address", "flags"),
    as_advanced,
    (page_has_flags, still_none_empty, protect_page_cost),
    requires=(alive, proper_address, is_mapped, flags_known, no_table_empty),
    raises=(),
    changes=("Entry.value", "ghost.entry"),
    lemmas=(*TO_A_PAGE, *OTHER_FLAGS),
)
