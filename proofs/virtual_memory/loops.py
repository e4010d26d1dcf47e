"""What holds at the head of the loops that make the TLB forget pages, and look whether pages may be used."""

from __future__ import annotations

from typing import Any

from model.language.logic import Loop, Named, Word, every, implies, mention
from model.language.words import PAGE_SIZE
from model.virtual_memory.pages import WALK_LOADS, usable
from model.virtual_memory.shared import kept_keys


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


def granted_pages(memory: Any, address: Word, page: Word, end: Word) -> Loop:
    """is_mapped: this view may read and write the pages passed."""
    operating = memory.space.memory.operation
    now, tlb, first = operating.now(), operating.ghost, address // PAGE_SIZE
    where = every([first <= page, page <= end, mention(tlb.entry[page])])
    passed = tlb.entry.everywhere(lambda p: implies((first <= p) & (p < page), usable(now, tlb, p)))
    return Loop(
        [
            ("where", "the loop stands inside the range", where),
            ("usable", "this view may read and write the pages passed", passed),
            ("cost", "the walks take so many loads a page", now.cost <= WALK_LOADS * (page - first)),
        ],
        end - page,
    )


def page_granted(memory: Any, page: Word) -> list[Named]:
    """is_mapped: the walk did not fault, so this view may read and write the page."""
    operating = memory.space.memory.operation
    now, tlb = operating.now(), operating.ghost
    return [("usable", "this view may read and write the page", usable(now, tlb, page))]
