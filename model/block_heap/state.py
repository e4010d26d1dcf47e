"""The abstract block heap: which allocation every block belongs to.

A block is named by the address of its table entry, so the blocks of a heap are [entries, end).

    entries                                  end
      | free | a    | b  ....  b | free | free |
    first: 0    itself  the first b   0      0
    last:       itself  the last b
    free_until: the next taken block at or after this one, ``end`` if there is none

``free_until`` is determined by the rest; it is kept because it answers the question of first fit:
a run of n free blocks begins at a exactly if free_until[a] - a >= n.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from model.language.logic import Transition, Truth, Word, every, when
from model.language.words import NULL, WORD_BYTES, fields_of
from model.library.room import vacant

BLOCK = 4096
FREE, TAKEN, IS_FIRST, HAS_NEXT = 0x00, 0x01, 0x40, 0x80
DESCRIPTOR = 2 * WORD_BYTES


@dataclass(frozen=True)
class BlockTable:
    """``total`` blocks whose bytes begin at ``saddr``; ``table`` is the address of the table's descriptor.

    ``first`` and ``last`` are the ends of the allocation that a block belongs to; first is NULL for a
    free block, whose last is never read.
    """

    table: Word
    entries: Word
    total: Word
    saddr: Word
    first: Any
    last: Any
    free_until: Any

    @property
    def end(self) -> Word:
        """The address behind the last entry."""
        return self.entries + self.total

    @property
    def pool_end(self) -> Word:
        """The address behind the last block."""
        return self.saddr + self.total * BLOCK

    def has(self, a: Word) -> Truth:
        """Whether ``a`` is a block."""
        return (self.entries <= a) & (a < self.end)

    def free(self, a: Word) -> Truth:
        """Whether block ``a`` belongs to nobody."""
        return self.first[a] == NULL

    def taken(self, a: Word) -> Truth:
        """Whether block ``a`` belongs to an allocation."""
        return self.first[a] != NULL

    def address(self, a: Word) -> Word:
        """Where the bytes of block ``a`` begin."""
        return self.saddr + (a - self.entries) * BLOCK

    def block(self, address: Word) -> Word:
        """The block that holds the byte at ``address``, which lies in the pool."""
        return self.entries + (address - self.saddr) // BLOCK

    def each(self, seen: Any, body: Callable[[Word], Truth]) -> Truth:
        """``body`` holds for every block; looked at wherever the map ``seen`` is read."""
        return seen.each(self.entries, self.end, body)

    def take(self, a: Word, count: Word) -> BlockTable:
        """The ``count`` blocks from ``a`` on, which are free, become one allocation."""
        until, behind = self.free_until, a + count
        return replace(
            self,
            first=self.first.over(a, behind, lambda x: a),
            last=self.last.over(a, behind, lambda x: behind - 1),
            free_until=until.over(self.entries, behind, lambda x: when(x >= a, x, when(until[x] > a, a, until[x]))),
        )

    def release(self, a: Word) -> BlockTable:
        """The allocation that begins at ``a`` becomes free."""
        until, behind = self.free_until, self.last[a] + 1
        return replace(
            self,
            first=self.first.over(a, behind, lambda x: NULL),
            free_until=until.over(self.entries, behind, lambda x: when(until[x] >= a, until[behind], until[x])),
        )

    def fresh(self, table: Word, entries: Word, total: Word, saddr: Word) -> BlockTable:
        """A new heap: every block is free."""
        end = entries + total
        return BlockTable(
            table,
            entries,
            total,
            saddr,
            self.first.over(entries, end, lambda x: NULL),
            self.last,
            self.free_until.over(entries, end + 1, lambda x: end),
        )


# ---------------------------------------------------------------- of a state


def entry(state: Any) -> Any:
    """The map from a block to the byte of its entry."""
    return state.fields("TableEntry").value


def code(blocks: BlockTable, a: Word) -> Word:
    """The entry that block ``a`` must have."""
    first = when(blocks.first[a] == a, IS_FIRST, 0)
    return when(blocks.free(a), FREE, TAKEN + first + when(blocks.last[a] == a, 0, HAS_NEXT))


def clear(state: Any, low: Word, high: Word) -> Truth:
    """No entry and no descriptor lies in [low, high)."""
    return vacant(state, low, high, TableEntry=1, HeapTable=DESCRIPTOR, BlockHeap=DESCRIPTOR)


def untouched(state: Any, since: Any, low: Word, high: Word) -> Truth:
    """No entry outside [low, high) differs from then."""
    now, then = entry(state), entry(since)
    return now.at(state.claimed("TableEntry"), lambda a: ((low <= a) & (a < high)) | (now[a] == then[a]))


def holds(state: Any, blocks: BlockTable, low: Word, high: Word, value: Word) -> Truth:
    """Every entry of [low, high) is ``value``."""
    now = entry(state)
    return now.each(low, high, lambda a: now[a] == value)


# ---------------------------------------------------------------- of a transition


def count_for(size: Word) -> Word:
    """How many blocks hold ``size`` bytes."""
    return (size + (BLOCK - 1)) // BLOCK


def begins(blocks: BlockTable, address: Word) -> Truth:
    """``address`` is where a block begins."""
    inside = (blocks.saddr <= address) & (address < blocks.pool_end)
    return inside & ((address - blocks.saddr) % BLOCK == 0)


def live(blocks: BlockTable, address: Word) -> Truth:
    """``address`` is where the first block of an allocation begins."""
    block = blocks.block(address)
    return begins(blocks, address) & (blocks.first[block] == block)


def overlap(low: Word, high: Word, start: Word, end: Word) -> Truth:
    """[low, high) and [start, end) share a byte."""
    return (low < end) & (start < high)


def same_claims(t: Transition, *structs: str) -> Truth:
    """No header of these types came or went."""
    return every([t.new.claimed(name).same_outside(t.old.claimed(name), 0, 0) for name in structs])


def same_descriptors(t: Transition, spared: Word = NULL) -> Truth:
    """No descriptor differs, but for the table's at ``spared``."""
    heaps, tables = fields_of(t, "BlockHeap", "table", "saddr"), fields_of(t, "HeapTable", "entries", "total")
    same_heaps = t.old.claimed("BlockHeap").all(lambda d: every([now[d] == then[d] for now, then in heaps]))
    return same_heaps & t.old.claimed("HeapTable").all(
        lambda d: (d == spared) | every([now[d] == then[d] for now, then in tables])
    )


def only_entries(t: Transition, low: Word, high: Word) -> Truth:
    """No entry outside [low, high) differs, and none came or went; no descriptor and no page mapping differs."""
    return every(
        [
            untouched(t.new, t.old, low, high),
            same_claims(t, "TableEntry", "HeapTable", "BlockHeap"),
            same_descriptors(t),
            t.new.mapped.same(t.old.mapped),
        ]
    )
