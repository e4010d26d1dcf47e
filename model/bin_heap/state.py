"""The abstract state of the bin heap: what RAM says, and what ghosts add to it.

    heap
      | lock | bitmap | head 0: by address | head 1: bin 0 | ... | head 256: bin 255 | head 257: mapped |
      0      8        40                   64                                          6208

    block: | header | entry in a bin | entry by address | payload ... |
           0        16               40                 64

Flags, sizes, links and bits are read out of RAM.  The ghosts say what no field says: which addresses are
blocks, which are entries of lists and whose, and the number of each entry in its list.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from model.language.logic import Truth, Word
from model.language.words import NULL, WORD_BITS, WORD_BYTES

ALIGNMENT = 64
MAGIC = 0xDEADBEEF
THRESHOLD = 16384
NUM_BINS = 256


MAPPED = 2
ZEROED = 4

HEADER = 64
FREE_ENTRY = 8 + WORD_BYTES
ENTRY = 3 * WORD_BYTES

BITMAP = WORD_BYTES
WORDS = NUM_BINS // WORD_BITS
LISTS = BITMAP + WORDS * WORD_BYTES
ADDRESS_ENTRY = LISTS
MAPPED_LIST = LISTS + ENTRY * (NUM_BINS + 1)
DESCRIPTOR = MAPPED_LIST + ENTRY


@dataclass(frozen=True)
class Blocks:
    """``headers``: the blocks.  ``entries``: the heads of the lists, and two entries of each block.

    ``owner``: entry -> its block, NULL for a head.  ``position``: entry -> its number in its list, from 0;
    -1 for a head.  ``length``: head -> number of entries in the list.  ``word``, ``place``: head of a bin -> where
    in the bitmap its bit is.  ``pages``: the numbers of the pages that the heap has mapped.  ``cover``: address in one
    of them -> the block in which it lies.
    """

    headers: Any
    entries: Any
    owner: Any
    position: Any
    length: Any
    word: Any
    place: Any
    pages: Any
    cover: Any

    def is_bin(self, heap: Word, e: Word) -> Truth:
        """The entry ``e`` is the head of a bin."""
        return (self.owner[e] == NULL) & (e != heap + LISTS) & (e != heap + MAPPED_LIST)

    def number(self, e: Word) -> Word:
        """The bin whose head is ``e``."""
        return WORD_BITS * self.word[e] + (WORD_BITS - 1) - self.place[e]


# ---------------------------------------------------------------- tables


def by_address(heap: Word) -> Word:
    """The head of the list of blocks by address."""
    return heap + LISTS


def mapped_list(heap: Word) -> Word:
    """The head of the list of blocks that were mapped for themselves."""
    return heap + MAPPED_LIST


def tables_end(heap: Word) -> Word:
    """Where the tables of the descriptor end."""
    return heap + DESCRIPTOR


def is_head(heap: Word, e: Word) -> Truth:
    """``e`` is the head of a list."""
    return (heap + LISTS <= e) & (e < heap + DESCRIPTOR) & ((e - (heap + LISTS)) % ENTRY == 0)


def bin_for(heap: Word, size: Word) -> Word:
    """The head of the bin of blocks of ``size`` bytes, a multiple of 64."""
    return heap + LISTS + ENTRY * (size // ALIGNMENT)


def bit_of(state: Any, heap: Word, g: Blocks, e: Word) -> Truth:
    """The bit of the bin with head ``e`` is set."""
    word = state.fields("BitmapWord").value[heap + BITMAP + WORD_BYTES * g.word[e]]
    return (word >> g.place[e]) % 2 == 1


# ---------------------------------------------------------------- blocks


def live(state: Any, b: Word) -> Truth:
    """The block at ``b`` is allocated."""
    return state.fields("BlockHeader").flags[b] % 2 == 1


def mapped_alone(state: Any, b: Word) -> Truth:
    """The block at ``b`` was mapped for itself."""
    return state.fields("BlockHeader").flags[b] // MAPPED % 2 == 1


def zeroed(state: Any, b: Word) -> Truth:
    """The block at ``b`` is marked as all zero."""
    return state.fields("BlockHeader").flags[b] // ZEROED % 2 == 1


def size_of(state: Any, b: Word) -> Word:
    """Payload bytes of the block at ``b``."""
    return state.fields("BlockHeader").size[b]


def end_of(state: Any, b: Word) -> Word:
    """Where the block at ``b`` ends."""
    return b + HEADER + size_of(state, b)


def rounded(size: Word) -> Word:
    """``size`` rounded up to granules."""
    return (size + (ALIGNMENT - 1)) // ALIGNMENT * ALIGNMENT
