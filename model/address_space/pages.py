"""What it means of the pages of a range that all of them are mapped, cleared, or have other flags.

A range is given by its first address and the number of its pages.
"""

from __future__ import annotations

from typing import Any

from model.address_space.state import BORROWED, BORROWED_PAGE, FRAME_MASK, PRESENT, UNUSED, Space, is_table, present
from model.frame_allocator.single_frames import FREE, RESERVED
from model.language.logic import Truth, Word, every, implies, when
from model.language.words import PAGE_SIZE

FIND_COST = 4
MAP_CHANGES = (
    *("byte", "claimed.Entry", "Entry.value", "ghost.entry", "ghost.role", "ghost.number", "ghost.up", "ghost.rank"),
    *("ghost.at", "ghost.use", "ghost.free_frames"),
)
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


def given_back(new: Space, old: Space) -> Truth:
    """Every frame has the use and the role that it had; or it had one here, has none now, and went back."""

    def one(g: Word) -> Truth:
        kept = (new.role[g] == old.role[g]) & (new.use[g] == old.use[g])
        back = new.use[g] == when(old.role[g] == BORROWED_PAGE, RESERVED, FREE)
        return kept | every([new.role[g] == UNUSED, old.role[g] != UNUSED, back])

    return new.role.everywhere(one) & new.use.everywhere(one)


def bytes_of_pages(now: Any, then: Any, old: Space) -> Truth:
    """No byte changes outside what were tables, but for the frame allocator's header."""
    return now.bytes.everywhere(lambda x: (now.bytes[x] == then.bytes[x]) | is_table(old.role[x // PAGE_SIZE]))
