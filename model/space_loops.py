"""What holds at the head of the loops that go through a range of pages.

A range is given by its first address and the number of its pages, of which so many are done.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model.logic import Loop, Named, Truth, Word, every, implies, when
from model.page_tables import BORROWED, FRAME_MASK, PAGE_SIZE, PRESENT, UNUSED, Space, is_table, present
from model.space_frames import BUT_HEADER
from model.space_invariants import INVARIANTS
from model.space_pages import PROTECT_COST, UNMAP_PAGE_COST
from model.space_steps import none_empty

FIND_COST = 4
UNMAP_CHANGES = (
    *("byte", "claimed.Entry", "Entry.value", "ghost.entry", "ghost.role", "ghost.rank", "ghost.at"),
    *("ghost.use", "ghost.free_frames"),
)
PROTECT_CHANGES = ("Entry.value", "ghost.entry")


def in_range(page: Word, address: Word, pages: Word) -> Truth:
    """The page is one of so many from the address on."""
    first = address // PAGE_SIZE
    return (first <= page) & (page < first + pages)


def all_mapped(space: Space, address: Word, pages: Word) -> Truth:
    """Each of the pages is mapped."""
    return space.entry.everywhere(lambda n: implies(in_range(n, address, pages), present(space.entry[n])))


def cleared(new: Space, old: Space, address: Word, pages: Word) -> Truth:
    """Those pages are not mapped, and all others are what they were."""
    return new.entry.everywhere(lambda n: new.entry[n] == when(in_range(n, address, pages), 0, old.entry[n]))


def with_flags(entry: Word, flags: Word) -> Word:
    """The entry with other flags."""
    return (entry & (FRAME_MASK | BORROWED | PRESENT)) + flags


def flagged(new: Space, old: Space, address: Word, pages: Word, flags: Word) -> Truth:
    """Those pages have the flags, and are else what they were; and so are all others."""

    def one(n: Word) -> Truth:
        return new.entry[n] == when(in_range(n, address, pages), with_flags(old.entry[n], flags), old.entry[n])

    return new.entry.everywhere(one)


def only_freed(new: Space, old: Space) -> Truth:
    """No frame is used otherwise but those that this space had, and none comes to it."""
    uses = new.use.everywhere(lambda g: (new.use[g] == old.use[g]) | (old.role[g] != UNUSED))
    roles = new.role.everywhere(lambda g: implies(new.role[g] != UNUSED, new.role[g] == old.role[g]))
    return every([new.free_frames >= old.free_frames, uses, roles])


def bytes_of_pages(now: Any, then: Any, old: Space) -> Truth:
    """No byte changes outside what were tables, but for the frame allocator's header."""
    return now.bytes.everywhere(lambda x: (now.bytes[x] == then.bytes[x]) | is_table(old.role[x // PAGE_SIZE]))


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
            ("cost", f"it costs at most {FIND_COST} loads a page", now.cost <= FIND_COST * done),
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
        ("cost", f"it costs at most {cost} loads and stores a page", paid),
    ]


def unmap_pages(space: Any, address: Word, done: Word, pages: Word) -> Loop:
    """unmap: the pages passed are gone, all others are as they were."""

    def own(now: Any, new: Space, then: Any, old: Space) -> list[Named]:
        return [
            ("cleared", "the pages passed are not mapped, all others as before", cleared(new, old, address, done)),
            ("only_freed", "only frames of this space were freed, and none was taken", only_freed(new, old)),
            ("bytes", f"no byte changed outside what were tables, {BUT_HEADER}", bytes_of_pages(now, then, old)),
        ]

    return Loop(_range(space, done, pages, UNMAP_PAGE_COST, own), pages - done, UNMAP_CHANGES)


def protect_pages(space: Any, address: Word, done: Word, pages: Word, flags: Word) -> Loop:
    """protect: the pages passed have the flags, all others are as they were."""

    def own(now: Any, new: Space, then: Any, old: Space) -> list[Named]:
        told = flagged(new, old, address, done, flags)
        return [("flagged", "the pages passed have the flags, and all others what they had", told)]

    return Loop(_range(space, done, pages, PROTECT_COST, own), pages - done, PROTECT_CHANGES)
