"""What holds at the head of the loop that makes the TLB forget pages."""

from __future__ import annotations

from typing import Any

from model.logic import Loop, Truth, Word, every, negate


def among(page: Word, first: Word, pages: Word) -> Truth:
    """The page is one of so many from the first on."""
    return (first <= page) & (page < first + pages)


def kept_keys(new: Any, old: Any, first: Word, pages: Word) -> Truth:
    """The new set of pages is the old one without those."""
    return new.everywhere(lambda p: new[p] == (old[p] & negate(among(p, first, pages))))


def forgotten(new: Any, old: Any, first: Word, pages: Word) -> Truth:
    """The TLB holds what it held, but for those pages."""
    keys = [kept_keys(*pair, first, pages) for pair in ((new.readable, old.readable), (new.writable, old.writable))]
    return every([*keys, new.read_by.same(old.read_by), new.write_by.same(old.write_by)])


def forget_pages(memory: Any, first: Word, done: Word, pages: Word) -> Loop:
    """invalidate: the pages passed are forgotten, and no others."""
    operating = memory.space.memory.operation
    new, old = operating.ghost, operating.ghost_on_entry
    reads, writes = (
        kept_keys(new.readable, old.readable, first, done),
        kept_keys(new.writable, old.writable, first, done),
    )
    return Loop(
        [
            (
                "where",
                "the loop stands inside the range, or there is none",
                (done == 0) | ((done > 0) & (done <= pages)),
            ),
            ("reads", "for reads the TLB holds what it held, but for the pages passed", reads),
            ("fewer", "no translation was added", new.reads_held <= old.reads_held),
            ("writes", "for writes the TLB holds what it held, but for the pages passed", writes),
        ],
        pages - done,
        ("ghost.readable", "ghost.reads_held", "ghost.writable"),
        costless=True,
    )
