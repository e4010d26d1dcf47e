"""The abstract state of an address space: which page has which entry, and what every frame is for.

The number of a page is its address // 4096.  An entry lies at a physical address, its slot, and a frame f at the
physical address 4096 * f:

    root --slot--> table --slot--> table --slot--> table --slot--> frame of the page
    role ROOT      TOP             DIRECTORY       TABLE           PAGE, or BORROWED_PAGE

``up`` leads back: from a frame that is used to the slot whose entry leads to it.  That both directions agree is
why no frame has two uses, and no two pages meet in a table by accident.

How many entries of a table are present is told by a bijection instead of a sum: ``rank`` permutes the slots of
each table so that those of the present entries come first.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from model.language.logic import Truth, Word, defined, every, when
from model.language.words import PAGE_SIZE

PRESENT = 1
BORROWED = 1 << 9
WRITABLE = 1 << 1
USER = 1 << 2
NO_EXECUTE = 1 << 63
FLAGS = WRITABLE | USER | NO_EXECUTE
"""What a caller may choose for a page: writable, user, no-execute."""
FRAME_MASK = 0x000F_FFFF_FFFF_F000
COUNT_ONE = 1 << 52
COUNT_LIMIT = 1 << 10
ENTRIES = 512
ENTRY_SIZE = 8
LEVELS = 4
ADDRESSES = 2**64
FRAME_LIMIT = 2**40
"""What an entry can name: frames below 2**52 bytes."""
LARGEST_TABLE_ENTRY = 2**62
HALF = 2**47
"""Addresses in either half of the canonical ones."""
NO_ROOT = 2**64 - 1
NO_SLOT = 2**64 - 1

UNUSED, TABLE, DIRECTORY, TOP, ROOT, PAGE, BORROWED_PAGE = range(7)
"""Roles of a frame in this address space; what the entries of a table lead to has a role one less."""


@dataclass(frozen=True)
class Space:
    """``entry``: number of a page -> the entry that maps it, 0 if it is not mapped.  ``root`` is a physical address.

    By frame: its ``role``, the slot ``up`` whose entry leads to it, and the ``number`` that its table has among
    those of its level.  By slot: its ``rank`` in its table, and by rank the slot ``at`` it, ranks being slots, too.
    ``use`` and ``free_frames`` are what the frame allocator says (model/frame_allocator/single_frames.py).
    The frame allocator knows the frames from ``start`` to before ``end``, counted from frame ``origin``, and no others.
    ``begun``, of a page, is how many missing tables begin below it, as ``map`` finds them (demand.py).
    ``granting``: every entry that leads to a table grants everything, as all do that the code makes.  Of other tables
    nothing of the kind is known: what is proved of the hardware is proved of any.
    """

    root: Word
    entry: Any
    role: Any
    number: Any
    up: Any
    rank: Any
    at: Any
    use: Any
    free_frames: Word
    begun: Any
    origin: Word
    start: Word
    end: Word
    granting: Truth

    def holds(self, slot: Word) -> Truth:
        """An entry of this space lies at ``slot``."""
        return is_table(self.role[frame_at(slot)]) & aligned(slot)

    def is_leaf(self, slot: Word) -> Truth:
        """The entry at ``slot`` is that of a page."""
        return self.role[frame_at(slot)] == TABLE

    def number_at(self, slot: Word) -> Word:
        """The number that the entry at ``slot`` has among those of its level."""
        return self.number[frame_at(slot)] * ENTRIES + index_at(slot)

    def page_at(self, slot: Word) -> Word:
        """The page whose entry lies at ``slot``, in a last table."""
        return page_of(self.number_at(slot))

    def role_below(self, slot: Word, entry: Word) -> Word:
        """The role of the frame that the ``entry`` at ``slot`` leads to."""
        return when(self.is_leaf(slot), when(borrowed(entry), BORROWED_PAGE, PAGE), self.role[frame_at(slot)] - 1)


# ---------------------------------------------------------------- addresses and slots


def canonical(address: Word) -> Truth:
    """The address lies in one of the two halves."""
    return (address < HALF) | (address >= ADDRESSES - HALF)


def proper(page: Word) -> Truth:
    """The number of a page of canonical addresses."""
    low, high = HALF // PAGE_SIZE, ADDRESSES // PAGE_SIZE
    return every([page >= 0, page < high, (page < low) | (page >= high - low)])


def page_of(number: Word) -> Word:
    """The page whose entry has that number among those of its level."""
    half, gap = HALF // PAGE_SIZE, (ADDRESSES - 2 * HALF) // PAGE_SIZE
    return defined("page_of", number, lambda n: when(n < half, n, n + gap))


def digit(page: Word, level: int) -> Word:
    """The index of the entry for a page in its table of that level, of which there are four: 0 is the last."""
    return defined(f"digit_{level}", page, lambda p: _number(p, level) % ENTRIES)


def _number(page: Word, level: int) -> Word:
    return page if level == 0 else _number(page, level - 1) // ENTRIES


def frame_at(slot: Word) -> Word:
    """The frame that a slot lies in."""
    return defined("frame_at", slot, lambda s: s // PAGE_SIZE)


def index_at(slot: Word) -> Word:
    """The index of a slot in its table."""
    return defined("index_at", slot, lambda s: s % PAGE_SIZE // ENTRY_SIZE)


def aligned(slot: Word) -> Truth:
    """A slot is the address of a word."""
    return defined("aligned", slot, lambda s: s % ENTRY_SIZE == 0)


def slot_in(frame: Word, index: Word) -> Word:
    """The slot with that index in a table."""
    return frame * PAGE_SIZE + index * ENTRY_SIZE


@dataclass(frozen=True)
class Way:
    """The way to a page: the four slots, that of the root first, and the entries that lie there."""

    slots: tuple[Word, Word, Word, Word]
    entries: tuple[Word, Word, Word, Word]


def way_to(values: Any, root: Word, page: Word) -> Way:
    """The way to that page, as ``values`` say; it means something as far as entries are present."""
    top = slot_in(frame_at(root), digit(page, 3))
    directory = slot_in(frame_of(values[top]), digit(page, 2))
    table = slot_in(frame_of(values[directory]), digit(page, 1))
    leaf = slot_in(frame_of(values[table]), digit(page, 0))
    return Way((top, directory, table, leaf), (values[top], values[directory], values[table], values[leaf]))


# ---------------------------------------------------------------- entries


def present(entry: Word) -> Truth:
    """The entry leads somewhere."""
    return defined("present", entry, lambda e: e & PRESENT != 0)


def borrowed(entry: Word) -> Truth:
    """The frame of the entry is lent by the frame allocator."""
    return defined("borrowed", entry, lambda e: e & BORROWED != 0)


def frame_of(entry: Word) -> Word:
    """The number of the frame that the entry names."""
    return defined("frame_of", entry, _frame_bits)


def _frame_bits(entry: Word) -> Word:
    return entry // PAGE_SIZE % FRAME_LIMIT


def count_of(entry: Word) -> Word:
    """How many entries of the table that it leads to are present, as the entry says."""
    return defined("count_of", entry, lambda e: e // COUNT_ONE % COUNT_LIMIT)


def of_table(entry: Word) -> Truth:
    """The bit above the count is clear: the count may grow by one, and what stands above it is untouched."""
    forbidding = (entry >= NO_EXECUTE) & (entry < NO_EXECUTE + LARGEST_TABLE_ENTRY)
    return (entry < LARGEST_TABLE_ENTRY) | forbidding


def grants_all(entry: Word) -> Truth:
    """The entry of a table grants everything, as the code makes it: present, writable, of users, not forbidding."""
    low = PRESENT | WRITABLE | USER
    return defined("grants_all", entry, lambda e: every([e >= 0, e % PAGE_SIZE == low, e < LARGEST_TABLE_ENTRY]))


def is_table(role: Word) -> Truth:
    """A frame of that role holds entries."""
    return (role >= TABLE) & (role <= ROOT)


def is_page(role: Word) -> Truth:
    """A frame of that role is mapped."""
    return (role == PAGE) | (role == BORROWED_PAGE)
