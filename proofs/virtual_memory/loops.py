"""What holds at the head of the loop that makes the TLB forget pages."""

from __future__ import annotations

from typing import Any

from model.language.logic import Loop, Word
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
