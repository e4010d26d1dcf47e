"""The bytes that a program sees: those of RAM, through these page tables.

The byte at a virtual address is the byte of RAM at its ``place``: the same byte of the frame that the abstract map has
for the page.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model.address_space.invariants import values_in
from model.address_space.state import NO_ROOT, frame_at, frame_of, is_page, present, proper, way_to
from model.language.logic import Truth, Word, every, implies, negate, when
from model.language.words import PAGE_SIZE
from model.virtual_memory.state import Translations, grants, no_execute, of_user, writable

MOST = 8
"""Bytes of the widest word."""


def place(tlb: Translations, address: Word) -> Word:
    """Where in RAM the byte at a virtual address lies, if its page is mapped."""
    return frame_of(tlb.entry[address // PAGE_SIZE]) * PAGE_SIZE + address % PAGE_SIZE


def byte_at(state: Any, tlb: Translations, address: Word) -> Word:
    """The byte at a virtual address."""
    return state.bytes[place(tlb, address)]


def word_at(state: Any, tlb: Translations, address: Word, width: Word) -> Word:
    """The little-endian word of ``width`` bytes at a virtual address."""
    total: Word = 0
    for number in range(MOST):
        total = total + when(number < width, byte_at(state, tlb, address + number) * 256**number, 0)
    return total


def shown_at(tlb: Translations, where: Word) -> Word:
    """The virtual address of the byte of RAM at ``where``, if a page shows it."""
    return tlb.page_at(tlb.up[frame_at(where)]) * PAGE_SIZE + where % PAGE_SIZE


def shown_in(tlb: Translations, where: Word, address: Word, size: Word) -> Truth:
    """The byte of RAM at ``where`` is one of those that the range [address, address + size) shows."""
    seen = shown_at(tlb, where)
    return every([address <= seen, seen < address + size, place(tlb, seen) == where])


def touches(page: Word, address: Word, size: Word) -> Truth:
    """A byte of [address, address + size) lies in the page."""
    return every([size > 0, address < (page + 1) * PAGE_SIZE, page * PAGE_SIZE < address + size])


def all_granted(tlb: Translations, which: Callable[[Word], Truth], write: Truth) -> Truth:
    """The abstract map grants the access to each of the pages, all of which there can be."""

    def one(page: Word) -> Truth:
        return implies(which(page), grants(tlb, tlb.entry[page], write))

    def there(page: Word) -> Truth:
        return implies(which(page) & grants(tlb, tlb.entry[page], write), proper(page) & (tlb.root != NO_ROOT))

    return tlb.entry.everywhere(one) & tlb.entry.everywhere(there)


def its_own(tlb: Translations, page: Word) -> Truth:
    """The frame that the page shows is shown by no other page, and holds no table."""
    frame = frame_of(tlb.entry[page])
    return is_page(tlb.role[frame]) & (tlb.page_at(tlb.up[frame]) == page)


def all_levels_grant(state: Any, tlb: Translations, page: Word, write: Truth, execute: Truth = False) -> Truth:
    """The entries of all levels on the way to the page grant the access."""
    entries = way_to(values_in(state), tlb.root, page).entries
    there = every([proper(page), tlb.root != NO_ROOT, *(present(entry) for entry in entries)])
    may_write = negate(write) | every([writable(entry) for entry in entries])
    may_execute = negate(execute & negate(every([negate(no_execute(entry)) for entry in entries])))
    may_use = negate(tlb.user_mode) | every([of_user(entry) for entry in entries])
    return every([there, may_write, may_execute, may_use])
