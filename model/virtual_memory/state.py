"""The abstract state of a virtual memory: that of the address space, and what the TLBs hold.

The invariants are those of the address space, which its operations keep, and that the TLBs agree with the abstract map.
There may be any number of TLBs: this one, and others, of which any one is looked at (``other``).
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

from model.address_space.invariants import INVARIANTS as SPACE_INVARIANTS
from model.address_space.ranges import none_empty
from model.address_space.state import (
    NO_EXECUTE,
    NO_ROOT,
    USER,
    WRITABLE,
    Space,
    frame_of,
    present,
    proper,
)
from model.language.logic import Clause, Truth, Word, clause, defined, each, every, implies, negate
from model.language.words import PAGE_SIZE

WALK_LOADS = 4


@dataclass(frozen=True)
class Translations(Space):
    """``readable``: the pages of which the TLB holds a translation for reads; ``read_by``: page -> by how much the
    physical address differs from the virtual one; ``reads_held``: how many there are.  The same for writes, and for
    fetches, of which the numbers are not told.

    ``lowest``: the page at which the search for a place begins.  ``ends``, of a page: at how many entries the ways to
    pages below it end (pages.py).
    ``tlbs``: how many TLBs the space has; ``mine``: the number of this one.  ``other``: any number; if it is that of
    another TLB of the space, what that one holds are the parts whose names begin so.
    ``tlb_entries``: for how many pages there is room.  ``user_mode``: the user bit counts.  ``ram_size``: bytes of RAM.
    """

    readable: Any
    read_by: Any
    reads_held: Word
    writable: Any
    write_by: Any
    executable: Any
    execute_by: Any
    tlb_entries: Word
    user_mode: Truth
    ram_size: Word
    lowest: Word
    ends: Any
    tlbs: Word
    mine: Word
    other: Word
    other_user_mode: Truth
    other_readable: Any
    other_read_by: Any
    other_writable: Any
    other_write_by: Any
    other_executable: Any
    other_execute_by: Any


@dataclass(frozen=True)
class Other:
    """What another TLB holds, by the names of this one's parts."""

    user_mode: Truth
    readable: Any
    read_by: Any
    writable: Any
    write_by: Any
    executable: Any
    execute_by: Any


def other_of(tlb: Translations) -> Other:
    """The other TLB."""
    return Other(*(getattr(tlb, f"other_{part.name}") for part in fields(Other)))


def held(tlb: Any) -> tuple[tuple[Any, Any], ...]:
    """For reads, for writes and for fetches: the pages that a TLB holds, and by how much the addresses differ."""
    return (tlb.readable, tlb.read_by), (tlb.writable, tlb.write_by), (tlb.executable, tlb.execute_by)


# ---------------------------------------------------------------- vocabulary


def writable(entry: Word) -> Truth:
    """The entry lets its page be written."""
    return defined("writable", entry, lambda e: e & WRITABLE != 0)


def of_user(entry: Word) -> Truth:
    """The entry lets its page be used in user mode."""
    return defined("of_user", entry, lambda e: e & USER != 0)


def no_execute(entry: Word) -> Truth:
    """The entry forbids that its page is executed."""
    return defined("no_execute", entry, lambda e: e & NO_EXECUTE != 0)


def grants(tlb: Translations | Other, entry: Word, write: Truth, execute: Truth = False) -> Truth:
    """The entry is that of a page, and lets it be read, or written, or executed."""
    asked = (negate(write) | writable(entry)) & negate(execute & no_execute(entry))
    return every([present(entry), asked, negate(tlb.user_mode) | of_user(entry)])


def may_use(tlb: Translations, page: Word, write: Truth) -> Truth:
    """The abstract map lets this view read, or write, the page."""
    return every([proper(page), tlb.root != NO_ROOT, grants(tlb, tlb.entry[page], write)])


def shows(space: Space, tlb: Translations | Other, page: Word, difference: Word, *asked: Truth) -> Truth:
    """The abstract map maps the page, lets it be so used, and to the frame that the difference leads to."""
    entry = space.entry[page]
    place = difference == (frame_of(entry) - page) * PAGE_SIZE
    return every([proper(page), space.root != NO_ROOT, grants(tlb, entry, *asked), place])


def has_other(tlb: Translations) -> Truth:
    """The other number is that of a TLB of the space."""
    return every([tlb.other >= 0, tlb.other < tlb.tlbs, tlb.other != tlb.mine])


# ---------------------------------------------------------------- what is kept when some pages are forgotten


def among(page: Word, first: Word, pages: Word) -> Truth:
    """The page is one of so many from the first on."""
    return (first <= page) & (page < first + pages)


def kept_keys(new: Any, old: Any, first: Word, pages: Word) -> Truth:
    """The new set of pages is the old one without those."""
    return new.everywhere(lambda p: new[p] == (old[p] & negate(among(p, first, pages))))


def forgotten(new: Any, old: Any, first: Word, pages: Word) -> Truth:
    """The TLB holds what it held, but for those pages."""
    pairs = list(zip(held(new), held(old), strict=True))
    keys = [kept_keys(now, then, first, pages) for (now, _), (then, _) in pairs]
    return every([*keys, *(now.same(then) for (_, now), (_, then) in pairs)])


def none_among(tlb: Any, first: Word, pages: Word) -> Truth:
    """None of the pages is in the TLB."""
    return every([keys.all(lambda p: negate(among(p, first, pages))) for keys, _ in held(tlb)])


# ---------------------------------------------------------------- invariants


@clause("no table but the root is empty")
def no_table_empty(state: Any, heap: Word, tlb: Translations) -> Truth:
    return (tlb.root == NO_ROOT) | none_empty(state, tlb)


@clause("the memory that the page tables speak of is RAM")
def in_ram(state: Any, heap: Word, tlb: Translations) -> Truth:
    return state.mapped.all(lambda p: every([p >= 0, (p + 1) * PAGE_SIZE <= tlb.ram_size]))


@each("readable", "every translation for reads is what the page tables say, with their rights", covers="MEM-4")
def reads_agree(state: Any, heap: Word, tlb: Translations, p: Word) -> Truth:
    return shows(tlb, tlb, p, tlb.read_by[p], False)


@each("writable", "every translation for writes is what the page tables say, with their rights", covers="MEM-4")
def writes_agree(state: Any, heap: Word, tlb: Translations, p: Word) -> Truth:
    return shows(tlb, tlb, p, tlb.write_by[p], True)


@each(
    "executable", "every translation for fetches is what the page tables say, with their rights", covers="MEM-3 MEM-4"
)
def fetches_agree(state: Any, heap: Word, tlb: Translations, p: Word) -> Truth:
    return shows(tlb, tlb, p, tlb.execute_by[p], False, True)


@clause("the TLB has a number among those of the space")
def numbered(state: Any, heap: Word, tlb: Translations) -> Truth:
    return (tlb.mine >= 0) & (tlb.mine < tlb.tlbs)


@clause(
    "every translation of any other TLB of the space is what the page tables say, with their rights", covers="MEM-4"
)
def others_agree(state: Any, heap: Word, tlb: Translations) -> Truth:
    other, asked = other_of(tlb), ((False,), (True,), (False, True))
    uses = zip(held(other), asked, strict=True)
    shown = [pages.all(lambda p, by=by, use=use: shows(tlb, other, p, by[p], *use)) for (pages, by), use in uses]
    return implies(has_other(tlb), every(shown))


@clause("the TLB holds no more translations for reads than there is room for")
def room_for_reads(state: Any, heap: Word, tlb: Translations) -> Truth:
    return (tlb.reads_held <= tlb.tlb_entries) & (tlb.tlb_entries >= 1)


@clause("every page that is held for writes or fetches is held for reads: so there are no more of those")
def all_are_read(state: Any, heap: Word, tlb: Translations) -> Truth:
    return tlb.writable.all(lambda p: tlb.readable[p]) & tlb.executable.all(lambda p: tlb.readable[p])


OF_THIS_TLB = (reads_agree, writes_agree, fetches_agree, room_for_reads, all_are_read)
TLB_INVARIANTS = (*OF_THIS_TLB, numbered, others_agree)

INVARIANTS: tuple[Clause, ...] = (
    *(replace(law, covers=()) for law in SPACE_INVARIANTS),
    no_table_empty,
    in_ram,
    *TLB_INVARIANTS,
)
