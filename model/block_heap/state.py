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

from dataclasses import dataclass, replace
from typing import Any

from model.language.logic import Truth, Word, when
from model.language.words import NULL

BLOCK = 4096


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

    def fits(self, a: Word, count: Word) -> Truth:
        """Whether ``count`` free blocks begin at ``a``."""
        return self.free_until[a] >= a + count

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
