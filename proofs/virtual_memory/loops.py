"""What holds at the heads of loops over pages: of those that forget, find, load and store."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model.address_space.state import frame_of
from model.language.logic import Loop, Named, Truth, Word, every, implies, mention
from model.language.words import PAGE_SIZE
from model.virtual_memory.access import TLB
from model.virtual_memory.bytes import all_granted, byte_at, its_own, place, shown_at, shown_in
from model.virtual_memory.shared import kept_keys
from model.virtual_memory.state import TLB_INVARIANTS


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


def find_pages(memory: Any, address: Word, size: Word, write: Truth, where: Word, found: Any) -> Loop:
    """_differences: for the pages passed it is known by how much their bytes lie further on in RAM."""
    operating = memory.space.memory.operation
    tlb, first, reached = operating.ghost, address // PAGE_SIZE, where // PAGE_SIZE

    def told(number: Word) -> Truth:
        page = first + number
        return found.items[number] == (frame_of(tlb.entry[page]) - page) * PAGE_SIZE

    def passed(page: Word) -> Truth:
        return (first <= page) & (page < reached)

    owned = tlb.entry.everywhere(lambda page: implies(passed(page), its_own(tlb, page)))

    at_page = (where == address) | (where % PAGE_SIZE == 0)
    inside = every([address <= where, at_page, where < address + size + PAGE_SIZE])
    return Loop(
        [
            ("where", "the loop stands at the start of the range, or at a page of it", inside),
            ("many", "as many differences are known as pages were passed", found.size == reached - first),
            ("told", "each is that of its page", found.items.each(0, found.size, told)),
            ("granted", "the pages passed grant the access", all_granted(tlb, passed, write)),
            ("owned", "they show frames of their own", owned),
            ("here", "the entry of the page at which the loop stands is looked at", mention(tlb.entry[reached])),
            *((law.name, law.sentence, law.formula(operating.now(), None, tlb)) for law in TLB_INVARIANTS),
        ],
        address + size - where,
        TLB,
    )


def load_pages(memory: Any, address: Word, size: Word, done: Word, data: Any) -> Loop:
    """_load_raw: what was loaded so far are the bytes of the pages passed."""
    operating = memory.space.memory.operation
    state, tlb = operating.now(), operating.ghost
    there = data.items.each(0, done, lambda i: data.items[i] == byte_at(state, tlb, address + i))
    return Loop(
        [
            ("where", "the loop stands inside the range", (done >= 0) & (done <= size)),
            ("many", "so many bytes were loaded", data.size == done),
            ("loaded", "they are those of the pages passed", there),
        ],
        size - done,
        costless=True,
    )


def store_pages(memory: Any, address: Word, data: Any, done: Word) -> Loop:
    """_store_raw: the bytes of the pages passed were stored, and no others."""
    return _stored_so_far(memory, address, data.size, done, lambda number: data.items[number])


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


def fill_pages(memory: Any, address: Word, size: Word, byte: Word, done: Word) -> Loop:
    """Fill: the bytes of the pages passed were stored, and no others."""
    return _stored_so_far(memory, address, size, done, lambda number: byte)


def _stored_so_far(memory: Any, address: Word, size: Word, done: Word, content: Callable[[Word], Word]) -> Loop:
    """The first ``done`` bytes of the range are the content; every other byte of RAM is what it was."""
    operating = memory.space.memory.operation
    new, old, tlb = operating.now().bytes, operating.entry.bytes, operating.ghost

    def there(where: Word) -> Truth:
        stored = new[where] == content(shown_at(tlb, where) - address)
        return implies(shown_in(tlb, where, address, done), stored)

    def elsewhere(where: Word) -> Truth:
        return shown_in(tlb, where, address, done) | (new[where] == old[where])

    return Loop(
        [
            ("where", "the loop stands inside the range", (done >= 0) & (done <= size)),
            ("stored", "the bytes of RAM that the range shows so far are stored", new.everywhere(there)),
            ("kept", "no other byte of RAM changed", new.everywhere(elsewhere)),
        ],
        size - done,
        ("byte",),
        costless=True,
    )
