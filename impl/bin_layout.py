"""The layout of the bin heap: constants, the header of a block, and the tables behind the descriptor.

    block                                                                    payload
      | magic flags size | prev next list (free list) | prev next list (by address) | ...
      0                  16                           40                           64

    heap
      | lock | 4 words of bitmap | head by address | head of bin 0 | ... | head of bin 255 | head of mapped blocks |
      0      8                   40                64                                      6208                    6232

A list is circular and has a sentinel, its head.  Links lead to *entries*, not to blocks, and the head is an entry
like any other, so that no operation on a list asks where in it it stands.  The ``list`` of an entry is
the head of the list that it is in, NULL if in none; that of a head is the head itself.  An entry in no
list is linked to itself.

Every block is in one of two lists with its second entry: by address, or, if it was mapped for itself, among the
mapped ones.  So the ``list`` of that entry names the heap whose block it is.

Bin i stands in word i // 64 of the bitmap at bit 63 - i % 64: the first bin of a word is its highest bit.

The numbers above are those of words of 64 bits.  With words of 32 bits the fields are half as wide, the bitmap has
8 words of 32 bins, and a header keeps its 64 bytes, so that payloads are aligned all the same; 12 of them lie unused
between its two entries.
"""

from __future__ import annotations

from impl.arithmetic import PAGE_SIZE, WORD_BITS, WORD_BYTES, WORD_LIMIT
from impl.layout import Struct, pointer, u32, uword

ALIGNMENT = 64
MAGIC = 0xDEADBEEF
LARGE_ALLOC_THRESHOLD = 4 * PAGE_SIZE
NUM_BINS = LARGE_ALLOC_THRESHOLD // ALIGNMENT
ERR = WORD_LIMIT - 1
LARGEST_REQUEST = WORD_LIMIT - 2 * PAGE_SIZE
"""A larger request cannot be rounded up to pages within a machine word; no heap can serve it."""

UNLOCKED = 0
LOCKED = 1

ALLOCATED = 1
MAPPED = 2
ZEROED = 4

HEADER = 64
FREE_ENTRY = 8 + WORD_BYTES

BITMAP = WORD_BYTES
WORDS = NUM_BINS // WORD_BITS
LISTS = BITMAP + WORDS * WORD_BYTES
ADDRESS_ENTRY = LISTS
"""As far into a block as the head of its list is into the descriptor: what is listed before the first is the heap."""
NUM_LISTS = NUM_BINS + 2
ALL_ONES = WORD_LIMIT - 1


class BlockHeader(Struct, size=8 + WORD_BYTES, offsets={"magic": 0, "flags": 4, "size": 8}):
    """The first part of a header (BIN-3); ``size`` counts payload bytes.  Two entries follow."""

    __slots__ = ()

    magic = u32()
    flags = u32()
    size = uword()

    @classmethod
    def retired(cls, view: BlockHeader) -> bool:
        """A header that goes must not leave its magic behind."""
        return view.magic != MAGIC


class ListEntry(Struct, size=3 * WORD_BYTES, offsets={"prev": 0, "next": WORD_BYTES, "list": 2 * WORD_BYTES}):
    """One link of a circular list."""

    __slots__ = ()

    prev = pointer()
    next = pointer()
    list = pointer()


class BitmapWord(Struct, size=WORD_BYTES, offsets={"value": 0}):
    """As many bins as a word has bits."""

    __slots__ = ()

    value = uword()


MAPPED_LIST = LISTS + ListEntry.SIZE * (NUM_BINS + 1)
"""Where in the descriptor the head of the list of mapped blocks is."""
DESCRIPTOR = LISTS + ListEntry.SIZE * NUM_LISTS
"""Bytes of the descriptor with its tables: what the caller sets aside."""
