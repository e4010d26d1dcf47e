"""How many tables a range of pages needs that are missing, counted page by page.

A table that is missing is counted at the first page of the range that it covers: at the range's own first page, or at
the page that is the first one below the table.  ``Space.begun`` adds up the latter over all pages, whatever the range:

    begun[page + 1] - begun[page]    tables above the page that are missing, and of whose pages it is the first
"""

from __future__ import annotations

from typing import Any

from model.address_space.invariants import values_in
from model.address_space.state import ENTRIES, Space, Way, present, proper, way_to
from model.language.logic import Truth, Word, clause, defined, implies, when

TABLES = 3
"""Tables above a page, but the root."""


def missing(way: Way) -> Word:
    """How many of the three tables on the way to a page there are not."""
    top, directory, table, _ = way.entries
    return when(present(top), when(present(directory), when(present(table), 0, 1), 2), 3)


def above(page: Word, level: int) -> Word:
    """The number of the table above the page that covers 512**level pages; at level 0 the page's own."""
    return defined(f"above_{level}", page, lambda p: above(p, level - 1) // ENTRIES) if level else page


def first_of(page: Word) -> Word:
    """Of how many of the three tables above it the page is the first."""
    begins = [above(page, level) % ENTRIES == 0 for level in range(TABLES)]
    return when(begins[0], when(begins[1], when(begins[2], 3, 2), 1), 0)


def lacking(state: Any, space: Space, page: Word) -> Word:
    """How many of the three tables above the page are missing."""
    return missing(way_to(values_in(state), space.root, page))


def begin_at(state: Any, space: Space, page: Word) -> Word:
    """How many of the missing tables above the page begin with it."""
    lacks, first = lacking(state, space, page), first_of(page)
    return when(first < lacks, first, lacks)


def demand(state: Any, space: Space, first: Word, pages: Word) -> Word:
    """How many tables are missing that so many pages need, from the page ``first`` on."""
    more = space.begun[first + pages] - space.begun[first + 1]
    return when(pages == 0, 0, lacking(state, space, first) + more)


@clause("the missing tables that begin below a page are added up right")
def tables_added_up(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    begun = space.begun

    def added(page: Word) -> Truth:
        return implies(proper(page), begun[page + 1] == begun[page] + begin_at(state, space, page))

    return space.entry.everywhere(added)
