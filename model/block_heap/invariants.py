"""What always holds of a block heap.

Clauses are functions of (state, heap, blocks): the memory, the address of the descriptor, the
abstract heap (state.py).  They hold whatever users write into their blocks, because no
entry and no descriptor lies in the pool.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model.block_heap.state import BLOCK, BlockTable, clear, code, entry
from model.language.logic import Truth, Word, clause, every, implies, when
from model.language.machine import CANONICAL_END
from model.language.words import NULL


@clause("the descriptors hold the pool's start, the entries' address and their number", covers="BLK-2 BLK-3")
def descriptor(state: Any, heap: Word, blocks: BlockTable) -> Truth:
    ram, table = state.fields("BlockHeap"), state.fields("HeapTable")
    return every(
        [
            state.claimed("BlockHeap")[heap],
            state.claimed("HeapTable")[blocks.table],
            ram.table[heap] == blocks.table,
            ram.saddr[heap] == blocks.saddr,
            table.entries[blocks.table] == blocks.entries,
            table.total[blocks.table] == blocks.total,
        ]
    )


@clause("there is a block, the pool begins block-aligned, and neither pool nor entries lie at NULL")
def bounds(state: Any, heap: Word, blocks: BlockTable) -> Truth:
    return every(
        [
            blocks.total > 0,
            blocks.entries > NULL,
            blocks.end <= CANONICAL_END,
            blocks.saddr > NULL,
            blocks.saddr % BLOCK == 0,
            blocks.pool_end <= CANONICAL_END,
        ]
    )


@clause("the entries and the pool do not overlap", covers="BLK-4")
def apart(state: Any, heap: Word, blocks: BlockTable) -> Truth:
    return (blocks.end <= blocks.saddr) | (blocks.pool_end <= blocks.entries)


@clause("every entry of the table is there")
def claims(state: Any, heap: Word, blocks: BlockTable) -> Truth:
    claimed = state.claimed("TableEntry")
    return blocks.each(claimed, lambda a: claimed[a])


@clause("no entry and no descriptor lies in the pool")
def pool_clear(state: Any, heap: Word, blocks: BlockTable) -> Truth:
    return clear(state, blocks.saddr, blocks.pool_end)


@clause("every byte of the entries and of the pool is mapped")
def mapped(state: Any, heap: Word, blocks: BlockTable) -> Truth:
    return state.mapped.covers(blocks.entries, blocks.end) & state.mapped.covers(blocks.saddr, blocks.pool_end)


@clause("a taken block lies inside its allocation, and that inside the table")
def within(state: Any, heap: Word, blocks: BlockTable) -> Truth:
    first, last = blocks.first, blocks.last

    def inside(a: Word) -> Truth:
        return every([blocks.entries <= first[a], first[a] <= a, a <= last[a], last[a] < blocks.end])

    return blocks.each(first, lambda a: implies(blocks.taken(a), inside(a)))


@clause("an allocation is a run of blocks, and no two allocations overlap")
def runs(state: Any, heap: Word, blocks: BlockTable) -> Truth:
    return _in_runs(blocks, lambda a, b: blocks.first[b] == blocks.first[a])


@clause("all blocks of an allocation have the same last block")
def ends(state: Any, heap: Word, blocks: BlockTable) -> Truth:
    first, last = blocks.first, blocks.last
    return _in_runs(blocks, lambda a, b: implies(first[b] == first[a], last[b] == last[a]))


def _in_runs(blocks: BlockTable, body: Callable[[Word, Word], Truth]) -> Truth:
    """``body(a, b)`` for each taken block a and each block b between the ends of a's allocation."""
    first, last = blocks.first, blocks.last
    return first.pairwise(
        blocks.entries, blocks.end, lambda a: (first[a], when(blocks.free(a), NULL, last[a] + 1)), body
    )


@clause(
    "an entry is 0x00 if its block is free; the entries of an allocation are 0x41, or 0xC1 (0x81)* 0x01", covers="BLK-1"
)
def shown(state: Any, heap: Word, blocks: BlockTable) -> Truth:
    value = entry(state)
    return blocks.each(value, lambda a: value[a] == code(blocks, a))


@clause("from every block on, the blocks are free up to the next taken one or the end")
def room(state: Any, heap: Word, blocks: BlockTable) -> Truth:
    until, end = blocks.free_until, blocks.end
    return until.each(
        blocks.entries,
        end + 1,
        lambda a: every([a <= until[a], until[a] <= end, (until[a] == end) | blocks.taken(until[a])]),
    )


@clause("no block before the next taken one is taken")
def room_free(state: Any, heap: Word, blocks: BlockTable) -> Truth:
    until, first = blocks.free_until, blocks.first
    return until.pairwise(blocks.entries, blocks.end, lambda a: (a, until[a]), lambda a, b: blocks.free(b), first)


INVARIANTS = (descriptor, bounds, apart, claims, pool_clear, mapped, within, runs, ends, shown, room, room_free)
