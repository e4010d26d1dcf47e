"""What holds at the heads of the loops that make TLBs forget pages, and look whether pages may be used."""

from __future__ import annotations

from typing import Any

from model.language.logic import Loop, Named, Truth, Word, every, implies, mention, when
from model.language.words import PAGE_SIZE
from model.virtual_memory.contract import holds_nothing
from model.virtual_memory.pages import WALK_LOADS, usable
from model.virtual_memory.shared import kept_keys
from model.virtual_memory.state import has_other, other_of

THIS = ("ghost.readable", "ghost.reads_held", "ghost.writable", "ghost.executable")
OTHERS = ("ghost.other_readable", "ghost.other_writable", "ghost.other_executable")
"""What changes of this TLB, and of the other, when pages are forgotten."""


HELD = "the TLB holds what it held, but for the pages passed"


def forget_pages(memory: Any, first: Word, done: Word, pages: Word) -> Loop:
    """invalidate: the pages passed are forgotten, and no others."""
    operating = memory.space.memory.operation
    new, old = operating.ghost, operating.ghost_on_entry
    return Loop(
        [
            (
                "where",
                "the loop stands inside the range, or there is none",
                (done == 0) | ((done > 0) & (done <= pages)),
            ),
            *((use, f"for {use} {HELD}", kept) for use, kept in _forgotten(new, old, first, done).items()),
            ("fewer", "no translation was added", new.reads_held <= old.reads_held),
        ],
        pages - done,
        THIS,
        costless=True,
    )


def _forgotten(new: Any, old: Any, first: Word, pages: Word) -> dict[str, Truth]:
    """A TLB holds what it held, but for those pages: for each use."""
    pairs = {
        "reads": (new.readable, old.readable),
        "writes": (new.writable, old.writable),
        "fetches": (new.executable, old.executable),
    }
    return {use: kept_keys(*pair, first, pages) for use, pair in pairs.items()}


def tell_all(memory: Any, first: Word, pages: Word, number: Word) -> Loop:
    """_shoot_down: the TLBs passed have forgotten the pages."""
    return _told(memory, first, pages, number, 0, memory.tlbs.count() - number)


def tell_one(memory: Any, first: Word, pages: Word, number: Word, done: Word) -> Loop:
    """_shoot_down: the TLBs passed have forgotten the pages, and this one some of them."""
    return _told(memory, first, pages, number, done, pages - done)


def _told(memory: Any, first: Word, pages: Word, number: Word, done: Word, left: Word) -> Loop:
    operating = memory.space.memory.operation
    new, old = operating.ghost, operating.ghost_on_entry
    where_other = when(has_other(old), old.other - number, 1)
    inside = every([number >= 0, number <= memory.tlbs.count(), done >= 0, (done == 0) | (done <= pages)])
    return Loop(
        [
            ("where", "the loop stands at a TLB of the space, and inside the range", inside),
            *_at("this", old.mine - number, new, old, first, pages, done),
            *_at("other", where_other, other_of(new), other_of(old), first, pages, done),
            ("fewer", "no translation was added", new.reads_held <= old.reads_held),
        ],
        left,
        (*THIS, *OTHERS),
        costless=True,
    )


def _at(whose: str, place: Word, new: Any, old: Any, first: Word, pages: Word, done: Word) -> list[Named]:
    """A TLB that stands at this place, seen from the one that is told: all pages, some, or none are forgotten."""
    passed, here, ahead = (_forgotten(new, old, first, count) for count in (pages, done, 0))
    told = f"{'this' if whose == 'this' else 'the other'} TLB holds what it held, but for the pages that it was told of"
    return [
        (
            f"{whose}_{use}",
            f"for {use} {told}",
            every([implies(place < 0, passed[use]), implies(place == 0, here[use]), implies(place > 0, ahead[use])]),
        )
        for use in passed
    ]


def flush_tlbs(memory: Any, number: Word) -> Loop:
    """flush_all: the TLBs passed hold nothing."""
    operating = memory.space.memory.operation
    new, old = operating.ghost, operating.ghost_on_entry
    others = implies(has_other(old) & (old.other < number), holds_nothing(other_of(new)))
    return Loop(
        [
            ("where", "the loop stands at a TLB of the space", (number >= 0) & (number <= memory.tlbs.count())),
            ("mine", "this TLB holds nothing, if it was passed", implies(old.mine < number, holds_nothing(new))),
            ("others", "the other TLB holds nothing, if it was passed", others),
            ("room", "there is room for what this TLB holds", new.reads_held <= new.tlb_entries),
        ],
        memory.tlbs.count() - number,
        (*THIS, *OTHERS),
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
