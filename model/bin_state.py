"""The abstract state of the bin heap: what RAM says, and what ghosts add to it.

    heap
      | lock | bitmap | head 0: by address | head 1: bin 0 | ... | head 256: bin 255 |
      0      8        40                   64

    block: | header | entry in a bin | entry by address | payload ... |
           0        16               40                 64

Flags, sizes, links and bits are read out of RAM.  The ghosts say what no field says: which addresses are
blocks, which are entries of lists and whose, and the number of each entry in its list.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from model.ghost import GhostMap, GhostSet
from model.logic import Truth, Word, implies, when

NULL = 0
ALIGNMENT = 64
MAGIC = 0xDEADBEEF
THRESHOLD = 16384
NUM_BINS = 256
ERR = 2**64 - 1
ALL_ONES = 2**64 - 1
WORD_LIMIT = 2**64

ALLOCATED = 1
MAPPED = 2
ZEROED = 4

HEADER = 64
FREE_ENTRY = 16
ADDRESS_ENTRY = 40
ENTRY = 24

BITMAP = 8
LISTS = 40
WORDS = 4
DESCRIPTOR = LISTS + ENTRY * (NUM_BINS + 1)


@dataclass(frozen=True)
class Blocks:
    """``headers``: the blocks.  ``entries``: the heads of the lists, and two entries of each block.

    ``owner``: entry -> its block, NULL for a head.  ``position``: entry -> its number in its list, from 0;
    -1 for a head.  ``length``: head -> number of entries in the list.
    """

    headers: Any
    entries: Any
    owner: Any
    position: Any
    length: Any

    def inserted(self, head: Word, before: Word, entry: Word, lists: Any) -> Blocks:
        """``entry`` comes into the list at ``head``, after ``before``; ``lists`` tells which list an entry is in."""
        at = self.position[before] + 1
        shifted = self.position.redefined(
            lambda e: self.position[e] + when((lists[e] == head) & (self.position[e] >= at), 1, 0)
        )
        return replace(self, position=shifted.set(entry, at), length=self.length.set(head, self.length[head] + 1))

    def unlinked(self, head: Word, entry: Word, lists: Any) -> Blocks:
        """``entry`` goes out of the list at ``head``."""
        at = self.position[entry]
        shifted = self.position.redefined(
            lambda e: self.position[e] - when((lists[e] == head) & (self.position[e] > at), 1, 0)
        )
        return replace(self, position=shifted, length=self.length.set(head, self.length[head] - 1))

    def with_block(self, block: Word) -> Blocks:
        """A block comes into being, in no list."""
        free, kept = block + FREE_ENTRY, block + ADDRESS_ENTRY
        return replace(
            self,
            headers=self.headers.set(block, True),
            entries=self.entries.set(free, True).set(kept, True),
            owner=self.owner.set(free, block).set(kept, block),
        )

    def without_block(self, block: Word) -> Blocks:
        """A block goes."""
        gone = self.entries.set(block + FREE_ENTRY, False).set(block + ADDRESS_ENTRY, False)
        return replace(self, headers=self.headers.set(block, False), entries=gone)


def no_blocks() -> Blocks:
    """The abstract state before init."""
    return Blocks(GhostSet(), GhostSet(), GhostMap(), GhostMap(default=-1), GhostMap())


# ---------------------------------------------------------------- tables


def by_address(heap: Word) -> Word:
    """The head of the list of blocks by address."""
    return heap + LISTS


def tables_end(heap: Word) -> Word:
    """Where the tables of the descriptor end."""
    return heap + DESCRIPTOR


def is_head(heap: Word, e: Word) -> Truth:
    """``e`` is the head of a list."""
    return (heap + LISTS <= e) & (e < heap + DESCRIPTOR) & ((e - (heap + LISTS)) % ENTRY == 0)


def is_bin(heap: Word, e: Word) -> Truth:
    """``e`` is the head of a bin."""
    return is_head(heap, e) & (e != by_address(heap))


def number_of(heap: Word, e: Word) -> Word:
    """The bin whose head is ``e``."""
    return (e - (heap + LISTS)) // ENTRY - 1


def bin_for(heap: Word, size: Word) -> Word:
    """The head of the bin of blocks of ``size`` bytes, a multiple of 64."""
    return heap + LISTS + ENTRY * (size // ALIGNMENT)


def bit_of(state: Any, heap: Word, index: Word) -> Truth:
    """The bit of a bin is set."""
    word = state.fields("BitmapWord").value[heap + BITMAP + 8 * (index // 64)]
    return (word >> (63 - index % 64)) % 2 == 1


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


def is_word(value: Word) -> Truth:
    """``value`` is a machine word."""
    return (value >= 0) & (value < WORD_LIMIT)


def empty_from(state: Any, heap: Word, g: Blocks, first: Word, end: Word) -> Truth:
    """Every bin of [first, end) is empty."""
    links = state.fields("ListEntry").next
    return g.entries.all(
        lambda e: implies(is_bin(heap, e) & (number_of(heap, e) >= first) & (number_of(heap, e) < end), links[e] == e),
        trigger=lambda e: links[e],
    )
