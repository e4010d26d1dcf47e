"""The words in which the block heap is specified.

On a live heap they compute, over symbolic state they build formulas (model/language/logic.py).
"""

from __future__ import annotations

from typing import Any

from model.block_heap.state import BLOCK, BlockTable
from model.language.logic import Transition, Truth, Word, every, when
from model.language.words import NULL, WORD_BYTES

FREE, TAKEN, IS_FIRST, HAS_NEXT = 0x00, 0x01, 0x40, 0x80
TABLE_DESCRIPTOR = 2 * WORD_BYTES
HEAP_DESCRIPTOR = 2 * WORD_BYTES


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
    sizes = {"TableEntry": 1, "HeapTable": TABLE_DESCRIPTOR, "BlockHeap": HEAP_DESCRIPTOR}
    return every(
        [state.claimed(name).all(lambda a, size=size: (a + size <= low) | (a >= high)) for name, size in sizes.items()]
    )


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


def same_descriptors(t: Transition, spared: Word = NULL, spared_table: Word = NULL) -> Truth:
    """No descriptor differs, but for the heap's at ``spared`` and the table's at ``spared_table``."""
    heap, heap_then = t.new.fields("BlockHeap"), t.old.fields("BlockHeap")
    table, table_then = t.new.fields("HeapTable"), t.old.fields("HeapTable")
    return t.old.claimed("BlockHeap").all(
        lambda d: (d == spared) | ((heap.table[d] == heap_then.table[d]) & (heap.saddr[d] == heap_then.saddr[d]))
    ) & t.old.claimed("HeapTable").all(
        lambda d: (
            (d == spared_table)
            | ((table.entries[d] == table_then.entries[d]) & (table.total[d] == table_then.total[d]))
        )
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
