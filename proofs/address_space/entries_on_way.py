"""The way to a page through the tables: its slots, and what the entries on it say."""

from __future__ import annotations

from typing import Any

from model.address_space.invariants import agrees, values_in
from model.address_space.state import (
    DIRECTORY,
    ENTRIES,
    FRAME_LIMIT,
    LEVELS,
    NO_ROOT,
    NO_SLOT,
    PRESENT,
    ROOT,
    TABLE,
    TOP,
    Space,
    Way,
    aligned,
    digit,
    frame_at,
    frame_of,
    index_at,
    is_page,
    page_of,
    present,
    proper,
    way_to,
)
from model.language.logic import Clause, Named, Transition, Truth, Word, clause, every, implies, mention
from model.language.words import PAGE_SIZE
from proofs.engine.helping import inner as lemma


def made_of(space: Space, page: Word, way: Way) -> Truth:
    """The slots on the way to the page lie in the tables that it leads through, at the page's indexes."""
    return every([_in_table(space, page, way, level) for level in (3, 2, 1, 0)])


def _in_table(space: Space, page: Word, way: Way, level: int) -> Truth:
    """The slot of that level lies in the table that the level above names, at the page's index."""
    frames = (frame_at(space.root), *(frame_of(entry) for entry in way.entries[:3]))
    slot, frame = way.slots[3 - level], frames[3 - level]
    return every([frame_at(slot) == frame, index_at(slot) == digit(page, level), aligned(slot)])


def _of_digits(page: Word) -> Truth:
    """The page is the number that its four indexes make."""
    three, two, one, zero = (digit(page, level) for level in (3, 2, 1, 0))
    number = ((three * ENTRIES + two) * ENTRIES + one) * ENTRIES + zero
    return implies(proper(page), page_of(number) == page)


def _for_page(space: Space, page: Word, way: Way, premise: Truth) -> Truth:
    """The tables on the way to the page are those for that page, as far as there are any."""
    levels = zip(way.slots, way.entries, (ROOT, TOP, DIRECTORY, TABLE), strict=True)
    there = proper(page) & premise
    found: Truth = True
    for slot, entry, role in levels:
        found = found & implies(there, space.holds(slot) & (space.role[frame_at(slot)] == role))
        there = there & present(entry) if role != TABLE else there
    return found & implies(there, space.page_at(way.slots[3]) == page)


def _parts(t: Transition, values: Any) -> Truth:
    """What the slots on the way to a page are made of."""
    space = t.ghost_after

    def parts(page: Word) -> Truth:
        way = way_to(values, space.root, page)
        return made_of(space, page, way)

    return space.entry.everywhere(parts)


@lemma
@clause("the slots on the way to a page lie in the tables on that way")
def way(t: Transition) -> Truth:
    return _parts(t, values_in(t.old))


# ---------------------------------------------------------------- the way to one page, on entry


def _way_of(state: Any, space: Space, arguments: dict[str, Any]) -> tuple[Word, Way]:
    """The page of the argument ``address``, and the way to it."""
    page = arguments["address"] // PAGE_SIZE
    return page, way_to(values_in(state), space.root, page)


@clause("what the entries on the way say, and which they are, bit by bit")
def bits_of_way(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    page, way = _way_of(state, space, arguments)
    numbers = [page, page // ENTRIES, page // ENTRIES // ENTRIES, page // ENTRIES // ENTRIES // ENTRIES]
    indexes = [digit(page, level) == numbers[level] % ENTRIES for level in range(LEVELS)]
    entries = [
        (frame_of(entry) == entry // PAGE_SIZE % FRAME_LIMIT) & (present(entry) == (entry & PRESENT != 0))
        for entry in way.entries
    ]
    return every([(space.root == NO_ROOT) | (space.root == frame_at(space.root) * PAGE_SIZE), *indexes, *entries])


def _part_of_way(level: int) -> Clause:
    """One slot on the way lies in its table."""

    def formula(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
        page, way = _way_of(state, space, arguments)
        return _in_table(space, page, way, level)

    sentence = f"the slot of level {level} on the way lies in the table on that way"
    return Clause(f"part_{level}_of_way", sentence, formula)


PARTS_OF_WAY = tuple(_part_of_way(level) for level in (3, 2, 1, 0))


@clause("the slots on the way lie in the tables on that way")
def parts_of_way(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    page, way = _way_of(state, space, arguments)
    return made_of(space, page, way)


@clause("the tables on the way are for that page, as far as there are any")
def tables_of_way(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    page, way = _way_of(state, space, arguments)
    return (space.root == NO_ROOT) | _for_page(space, page, way, True)


@clause("a page is the number that its four indexes make")
def page_of_way(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    page, _ = _way_of(state, space, arguments)
    return _of_digits(page)


@clause("the abstract map has what the tables say for that page")
def walked_here(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    page = arguments["address"] // PAGE_SIZE
    return mention(space.entry[page]) & agrees(state, space, page)


ENTRY_LEMMAS = (bits_of_way, *PARTS_OF_WAY, parts_of_way, page_of_way, tables_of_way)
"""What is shown first where the argument ``address`` says which page is meant."""


def way_found(space: Any, top: Word, directory: Word, table: Word, leaf: Word) -> list[Named]:
    """_clear_leaf: the entries on the way to a mapped page, and how each leads to the next."""
    operating = space.memory.operation
    g, values = operating.ghost, values_in(operating.now())
    slots, kinds = (top, directory, table, leaf), ("top", "directory", "table", "leaf")

    def lies(slot: Word, role: int) -> Truth:
        return every([slot >= 0, slot != NO_SLOT, g.role[frame_at(slot)] == role, aligned(slot)])

    def leads(upper: Word, lower: Word) -> Truth:
        entry = values[upper]
        return every([present(entry), frame_of(entry) == frame_at(lower), g.up[frame_at(lower)] == upper])

    ends = present(values[leaf]) & is_page(g.role[frame_of(values[leaf])])
    return [
        *(
            (kind, f"the {kind} entry lies in a table of its level", lies(slot, ROOT - depth))
            for depth, (kind, slot) in enumerate(zip(kinds, slots, strict=True))
        ),
        *(
            (f"below_{kind}", f"the {kind} entry leads to the table of the next", leads(upper, lower))
            for kind, upper, lower in zip(kinds, slots, slots[1:], strict=False)
        ),
        ("page", "the last entry leads to a page", ends),
    ]
