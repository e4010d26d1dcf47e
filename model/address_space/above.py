"""The tables above a page: which of them are missing."""

from __future__ import annotations

from model.address_space.state import ENTRIES, Way, present
from model.language.logic import Word, defined, when

TABLES = 3
"""Tables above a page, but the root."""


def missing(way: Way) -> Word:
    """How many of the three tables on the way to a page there are not."""
    top, directory, table, _ = way.entries
    return when(present(top), when(present(directory), when(present(table), 0, 1), 2), 3)


def above(page: Word, level: int) -> Word:
    """The number of the table above the page that covers 512**level pages; at level 0 the page's own."""
    found: Word = defined(f"above_{level}", page, lambda p: above(p, level - 1) // ENTRIES) if level else page
    return found
