"""The abstract state of a virtual memory: that of the address space, and what the TLB holds.

The invariants are those of the address space, which its operations keep, and that the TLB agrees with the abstract map.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from model.address_space.invariants import INVARIANTS as SPACE_INVARIANTS
from model.address_space.shared import none_empty
from model.address_space.state import NO_ROOT, Space, frame_of, present, proper
from model.language.logic import Clause, Truth, Word, clause, defined, every, negate
from model.language.words import PAGE_SIZE

WRITABLE = 1 << 1
USER = 1 << 2
WALK_LOADS = 4


@dataclass(frozen=True)
class Translations(Space):
    """``readable``: the pages of which the TLB holds a translation for reads; ``read_by``: page -> by how much the
    physical address differs from the virtual one; ``reads_held``: how many there are.  The same for writes, of which
    the number is not told.

    ``lowest``: the page at which the search for a place begins.  ``ends``, of a page: at how many entries the ways to
    pages below it end (pages.py).
    ``tlb_entries``: for how many pages there is room.  ``user_mode``: the user bit counts.  ``ram_size``: bytes of RAM.
    """

    readable: Any
    read_by: Any
    reads_held: Word
    writable: Any
    write_by: Any
    tlb_entries: Word
    user_mode: Truth
    ram_size: Word
    lowest: Word
    ends: Any


# ---------------------------------------------------------------- vocabulary


def writable(entry: Word) -> Truth:
    """The entry lets its page be written."""
    return defined("writable", entry, lambda e: e & WRITABLE != 0)


def of_user(entry: Word) -> Truth:
    """The entry lets its page be used in user mode."""
    return defined("of_user", entry, lambda e: e & USER != 0)


def grants(tlb: Translations, entry: Word, write: Truth) -> Truth:
    """The entry is that of a page, and lets it be read, or written."""
    return every([present(entry), negate(write) | writable(entry), negate(tlb.user_mode) | of_user(entry)])


def shows(tlb: Translations, page: Word, difference: Word, write: Truth) -> Truth:
    """The abstract map maps the page, lets it be so used, and to the frame that the difference leads to."""
    entry = tlb.entry[page]
    place = difference == (frame_of(entry) - page) * PAGE_SIZE
    return every([proper(page), tlb.root != NO_ROOT, grants(tlb, entry, write), place])


# ---------------------------------------------------------------- invariants


@clause("no table but the root is empty")
def no_table_empty(state: Any, heap: Word, tlb: Translations) -> Truth:
    return (tlb.root == NO_ROOT) | none_empty(state, tlb)


@clause("the memory that the page tables speak of is RAM")
def in_ram(state: Any, heap: Word, tlb: Translations) -> Truth:
    return state.mapped.all(lambda p: every([p >= 0, (p + 1) * PAGE_SIZE <= tlb.ram_size]))


@clause("every translation for reads is what the page tables say, with their rights", covers="MEM-4")
def reads_agree(state: Any, heap: Word, tlb: Translations) -> Truth:
    return tlb.readable.all(lambda p: shows(tlb, p, tlb.read_by[p], False))


@clause("every translation for writes is what the page tables say, with their rights", covers="MEM-4")
def writes_agree(state: Any, heap: Word, tlb: Translations) -> Truth:
    return tlb.writable.all(lambda p: shows(tlb, p, tlb.write_by[p], True))


@clause("the TLB holds no more translations for reads than there is room for")
def room_for_reads(state: Any, heap: Word, tlb: Translations) -> Truth:
    return (tlb.reads_held <= tlb.tlb_entries) & (tlb.tlb_entries >= 1)


@clause("every page that is held for writes is held for reads: so there are no more of those")
def writes_are_read(state: Any, heap: Word, tlb: Translations) -> Truth:
    return tlb.writable.all(lambda p: tlb.readable[p])


TLB_INVARIANTS = (reads_agree, writes_agree, room_for_reads, writes_are_read)

INVARIANTS: tuple[Clause, ...] = (
    *(replace(law, covers=()) for law in SPACE_INVARIANTS),
    no_table_empty,
    in_ram,
    *TLB_INVARIANTS,
)
