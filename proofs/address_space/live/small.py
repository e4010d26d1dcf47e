"""Contracts of the page tables' arithmetic, for every address: indexes, canonical addresses, ranges."""

from __future__ import annotations

from impl.address_space import HIGH_END, first_in, is_canonical_range
from impl.arithmetic import PAGE_SIZE, WORD_LIMIT
from impl.page_tables import (
    DIRECTORY_SPAN,
    ENTRIES,
    ENTRY_SIZE,
    HIGH_START,
    PAGE_SPAN,
    TABLE_SPAN,
    TOP_SPAN,
    is_canonical,
    slot_of,
)
from impl.reach import LOW_END
from proofs.crosshair.contract import case, contract

__all__ = ["ENTRIES", "HIGH_END", "HIGH_START", "LOW_END", "WORD_LIMIT"]  # conditions mention them

SPANS = (PAGE_SPAN, TABLE_SPAN, DIRECTORY_SPAN, TOP_SPAN)


@contract("slot_of.inside_table")
def slot_of_is_inside_table(table: int, address: int, level: int) -> int:
    """At each level the entry of an address is one of the table's 512, at a multiple of 8.

    pre: 0 <= table and 0 <= address < WORD_LIMIT and 0 <= level < 4
    post: table <= _ < table + PAGE_SIZE and (_ - table) % 8 == 0
    """
    return slot_of(table, address // SPANS[case(level, 4)])


@contract("slot_of.index_recomposes")
def slot_of_recomposes(address: int, level: int) -> tuple[int, int, int]:
    """At each level the index, and the address below it, make up the address within the table.

    pre: 0 <= address < WORD_LIMIT and 0 <= level < 4
    post: _[0] * _[1] + address % _[1] == address % (ENTRIES * _[1])
    """
    span = SPANS[case(level, 4)]
    return slot_of(0, address // span) // ENTRY_SIZE, span, address


@contract("slot_of.four_indexes")
def slot_of_gives_four_indexes(top: int, directory: int, table: int, page: int, offset: int) -> list[int]:
    """An address composed of four indexes and an offset is walked by these four indexes.

    pre: 0 <= top < ENTRIES and 0 <= directory < ENTRIES and 0 <= table < ENTRIES and 0 <= page < ENTRIES
    pre: 0 <= offset < PAGE_SIZE
    post: _ == [top, directory, table, page]
    """
    address = top * TOP_SPAN + directory * DIRECTORY_SPAN + table * TABLE_SPAN + page * PAGE_SPAN + offset
    return [slot_of(0, address // span) // ENTRY_SIZE for span in reversed(SPANS)]


@contract("is_canonical.sign_extended")
def is_canonical_iff_sign_extended(address: int) -> bool:
    """An address is canonical exactly if bits 47 to 63 are all equal.

    pre: 0 <= address < WORD_LIMIT
    post: _ == (address // 2**47 == 0 or address // 2**47 == 2**17 - 1)
    """
    return is_canonical(address)


@contract("is_canonical_range.one_half")
def is_canonical_range_is_in_one_half(address: int, pages: int) -> tuple[bool, bool, int]:
    """A range is accepted exactly if it is aligned, not empty, and in one half of the canonical addresses.

    pre: 0 <= address < WORD_LIMIT and 0 <= pages < WORD_LIMIT
    post: _[0] == (_[1] and (_[2] <= LOW_END or HIGH_START <= address and _[2] <= HIGH_END))
    """
    proper = address % PAGE_SIZE == 0 and pages > 0
    return is_canonical_range(address, pages), proper, address + pages * PAGE_SIZE


@contract("first_in.counts_tables")
def first_in_counts_tables(page: int) -> int:
    """A page is the first in its table, directory or top-level entry exactly if the lower indexes are all 0.

    pre: 0 <= page < WORD_LIMIT // PAGE_SIZE
    post: (_ >= 1) == (page % ENTRIES == 0) and (_ >= 2) == (page % ENTRIES**2 == 0)
    post: (_ >= 3) == (page % ENTRIES**3 == 0) and 0 <= _ <= 3
    """
    return first_in(page * PAGE_SIZE)
