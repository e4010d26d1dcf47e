"""What holds at the head of the loops that go through a range of pages.

A range is given by its first address and the number of its pages, of which so many are done.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model.address_space.invariants import INVARIANTS
from model.address_space.ranges import (
    BUT_HEADER,
    PROTECT_CHANGES,
    UNMAP_CHANGES,
    all_mapped,
    bytes_of_pages,
    cleared,
    flagged,
    given_back,
    none_empty,
    only_freed,
)
from model.address_space.state import Space
from model.language.logic import Loop, Named, Word
from proofs.address_space.costs import FIND_COST, PROTECT_COST, UNMAP_PAGE_COST


def where(done: Word, pages: Word) -> Named:
    """So many pages are done."""
    return ("where", "the loop stands inside the range, or is over", (done >= 0) & (done <= pages))


def still(operating: Any) -> list[Named]:
    """What always holds does, and no table is empty."""
    now, heap, space = operating.now(), operating.heap, operating.ghost
    always: list[Named] = [(law.name, law.sentence, law.formula(now, heap, space)) for law in INVARIANTS]
    return [*always, ("no_table_empty", "no table but the root is empty", none_empty(now, space))]


def find_mapped(space: Any, address: Word, done: Word, pages: Word) -> Loop:
    """The look at every page before any is touched."""
    operating = space.memory.operation
    now = operating.now()
    return Loop(
        [
            where(done, pages),
            ("all_mapped", "every page passed is mapped", all_mapped(operating.ghost, address, done)),
            ("cost", f"the loop costs at most {FIND_COST} loads a page", now.cost <= FIND_COST * done),
        ],
        pages - done,
    )


def _range(
    space: Any, done: Word, pages: Word, cost: int, own: Callable[[Any, Space, Any, Space], list[Named]]
) -> list[Named]:
    """What the loops that write have in common, and their ``own``, told of memory and space now and on entry."""
    operating = space.memory.operation
    now, entry = operating.now(), operating.entry
    paid = now.cost <= FIND_COST * pages + cost * done
    return [
        where(done, pages),
        *still(operating),
        *own(now, operating.ghost, entry, operating.ghost_on_entry),
        ("cost", f"the loop costs at most {cost} loads and stores a page", paid),
    ]


def unmap_pages(space: Any, address: Word, done: Word, pages: Word) -> Loop:
    """unmap: the pages passed are gone, all others are as they were."""

    def own(now: Any, new: Space, then: Any, old: Space) -> list[Named]:
        return [
            ("cleared", "the pages passed are not mapped, all others as before", cleared(new, old, address, done)),
            ("only_freed", "only frames of this space were freed, and none was taken", only_freed(new, old)),
            ("back", "what this space has no more went back", given_back(new, old)),
            ("bytes", f"no byte changed outside what were tables, {BUT_HEADER}", bytes_of_pages(now, then, old)),
        ]

    return Loop(_range(space, done, pages, UNMAP_PAGE_COST, own), pages - done, UNMAP_CHANGES)


def protect_pages(space: Any, address: Word, done: Word, pages: Word, flags: Word) -> Loop:
    """protect: the pages passed have the flags, all others are as they were."""

    def own(now: Any, new: Space, then: Any, old: Space) -> list[Named]:
        told = flagged(new, old, address, done, flags)
        return [("flagged", "the pages passed have the flags, and all others what they had", told)]

    return Loop(_range(space, done, pages, PROTECT_COST, own), pages - done, PROTECT_CHANGES)
