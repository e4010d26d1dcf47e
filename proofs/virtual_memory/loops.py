"""What holds at the heads of loops over pages: of those that forget, find, load and store, and ask about rights."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model.address_space.state import frame_of
from model.language.logic import Loop, Named, Truth, Word, every, implies, mention, when
from model.language.words import PAGE_SIZE
from model.virtual_memory.access import TLB
from model.virtual_memory.bytes import all_granted, byte_at, its_own, place, shown_at, shown_in
from model.virtual_memory.contract import holds_nothing
from model.virtual_memory.pages import usable
from model.virtual_memory.state import TLB_INVARIANTS, WALK_LOADS, has_other, kept_keys, other_of

THIS = ("ghost.readable", "ghost.reads_held", "ghost.writable", "ghost.executable")
OTHERS = ("ghost.other_readable", "ghost.other_writable", "ghost.other_executable")
"""What changes of this TLB, and of the other, when pages are forgotten."""


def starts_at(tlb: Any, address: Word, found: Any) -> Callable[[Word], Truth]:
    """What is told of each page of a range: where in RAM what it shows of the range begins."""

    def told(number: Word) -> Truth:
        frame = frame_of(tlb.entry[address // PAGE_SIZE + number])
        return found.items[number] == frame * PAGE_SIZE + when(number == 0, address % PAGE_SIZE, 0)

    return told


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


def find_pages(memory: Any, address: Word, write: Truth, page: Word, last: Word, found: Any) -> Loop:
    """_starts: for the pages passed it is known where in RAM what they show of the range begins."""
    operating = memory.space.memory.operation
    tlb, first = operating.ghost, address // PAGE_SIZE
    where = every([first < page, page <= last + 1, mention(tlb.entry[page])])

    def owned(number: Word) -> Truth:
        return implies((first <= number) & (number < page), its_own(tlb, number))

    return Loop(
        [
            ("where", "the loop stands at a page of the range, or behind it", where),
            ("many", "as many starts are known as pages were passed", found.size == page - first),
            ("told", "each is that of its page", found.items.each(0, found.size, starts_at(tlb, address, found))),
            ("owned", "the pages passed show frames of their own", tlb.entry.everywhere(owned)),
            *_passed(operating, first, page, write),
        ],
        last + 1 - page,
        TLB,
    )


def _passed(operating: Any, first: Word, page: Word, write: Truth) -> list[Named]:
    """The pages passed were granted, and the TLB is sound."""
    tlb = operating.ghost

    def passed(number: Word) -> Truth:
        return (first <= number) & (number < page)

    return [
        ("granted", "the pages passed grant the access", all_granted(tlb, passed, write)),
        *((law.name, law.sentence, law.formula(operating.now(), None, tlb)) for law in TLB_INVARIANTS),
    ]


def load_pages(memory: Any, address: Word, page: Word, last: Word, data: Any) -> Loop:
    """_load_raw: what was loaded so far are the bytes of the pages passed."""
    operating = memory.space.memory.operation
    state, tlb, first = operating.now(), operating.ghost, address // PAGE_SIZE
    done = page * PAGE_SIZE - address
    there = data.items.each(0, done, lambda i: data.items[i] == byte_at(state, tlb, address + i))
    near = (first + 1) * PAGE_SIZE - address
    begun = data.items.each(0, near, lambda i: place(tlb, address + i) == place(tlb, address) + i)
    whole = data.items.each(
        done, done + PAGE_SIZE, lambda i: place(tlb, address + i) == frame_of(tlb.entry[page]) * PAGE_SIZE + i - done
    )
    where = every([first < page, page <= last, mention(tlb.entry[page])])
    return Loop(
        [
            ("where", "the loop stands at a page of the range, not the first one", where),
            ("many", "so many bytes were loaded", data.size == done),
            ("begun", "the bytes of the first page lie side by side in RAM", begun),
            ("whole", "so do those of the page at which the loop stands", whole),
            ("loaded", "what was loaded are the bytes of the pages passed", there),
            *_passed(operating, first, page, False),
        ],
        last - page,
        TLB,
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


def store_pages(memory: Any, address: Word, data: Any, done: Word, number: Word, last: Word) -> Loop:
    """_store_raw: the bytes of the pages passed were stored, and no others."""
    return _stored_so_far(memory, address, done, number, last, lambda place: data.items[place])


def stands_at(memory: Any, address: Word, where: Word, size: Word) -> tuple[Named, ...]:
    """A store: that part of a page lies there in RAM, in a frame that the page alone shows."""
    operating = memory.space.memory.operation
    tlb, content = operating.ghost, operating.now().bytes

    def piece(x: Word) -> Truth:
        return (shown_at(tlb, x) == address + (x - where)) & shown_in(tlb, x, address, size)

    def others(x: Word) -> Truth:
        return implies(shown_in(tlb, x, address, size), (where <= x) & (x < where + size))

    return (
        ("place", "the first byte lies there in RAM", where == place(tlb, address)),
        ("own", "the page shows a frame of its own", its_own(tlb, address // PAGE_SIZE)),
        ("seen", "the page shows that byte at that address", shown_at(tlb, where) == address),
        ("piece", "the page shows each of the bytes", content.each(where, where + size, piece)),
        ("others", "that part of the page shows no other byte", content.everywhere(others)),
    )


def fill_pages(memory: Any, address: Word, size: Word, byte: Word, done: Word, number: Word, last: Word) -> Loop:
    """Fill: the bytes of the pages passed were stored, and no others."""
    return _stored_so_far(memory, address, done, number, last, lambda place: byte)


def _stored_so_far(
    memory: Any, address: Word, done: Word, number: Word, last: Word, content: Callable[[Word], Word]
) -> Loop:
    """The first ``done`` bytes of the range are the content; every other byte of RAM is what it was."""
    operating = memory.space.memory.operation
    new, old, tlb = operating.now().bytes, operating.entry.bytes, operating.ghost
    page = address // PAGE_SIZE + number
    where = every([number > 0, number <= last, address + done == page * PAGE_SIZE, mention(tlb.entry[page])])

    def there(where: Word) -> Truth:
        stored = new[where] == content(shown_at(tlb, where) - address)
        return implies(shown_in(tlb, where, address, done), stored)

    def elsewhere(where: Word) -> Truth:
        return shown_in(tlb, where, address, done) | (new[where] == old[where])

    return Loop(
        [
            ("where", "the loop stands at a page of the range, not the first one", where),
            ("stored", "the bytes of RAM that the range shows so far are stored", new.everywhere(there)),
            ("kept", "no other byte of RAM changed", new.everywhere(elsewhere)),
        ],
        last - number,
        ("byte",),
        costless=True,
    )
