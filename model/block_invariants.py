"""The state of a block heap: what always holds of it, and what holds at the head of each loop.

Clauses are functions of (state, heap, blocks): the memory, the address of the descriptor, the
abstract heap (block_table.py).  They hold whatever users write into their blocks, because no
entry and no descriptor lies in the pool.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model.block_table import BLOCK, NULL, BlockTable
from model.block_vocabulary import FREE, HAS_NEXT, IS_FIRST, TAKEN, clear, code, entry, holds, untouched
from model.logic import Loop, Truth, Word, clause, every, implies, negate, when
from model.machine import CANONICAL_END

# ---------------------------------------------------------------- invariants


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
    return blocks.first.each(blocks.entries, blocks.end, lambda a: claimed[a], trigger=lambda a: claimed[a])


@clause("no entry and no descriptor lies in the pool")
def pool_clear(state: Any, heap: Word, blocks: BlockTable) -> Truth:
    return clear(state, blocks.saddr, blocks.pool_end)


@clause("every byte of the entries and of the pool is mapped")
def mapped(state: Any, heap: Word, blocks: BlockTable) -> Truth:
    return state.mapped.covers(blocks.entries, blocks.end) & state.mapped.covers(blocks.saddr, blocks.pool_end)


@clause("a taken block lies inside its allocation, and that inside the table")
def within(state: Any, heap: Word, blocks: BlockTable) -> Truth:
    first, last = blocks.first, blocks.last
    return first.each(
        blocks.entries,
        blocks.end,
        lambda a: implies(
            blocks.taken(a),
            every([blocks.entries <= first[a], first[a] <= a, a <= last[a], last[a] < blocks.end]),
        ),
    )


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
        blocks.entries,
        blocks.end,
        lambda a: (first[a], when(blocks.free(a), NULL, last[a] + 1)),
        body,
        trigger=lambda a, b: (first[a], first[b]),
    )


@clause(
    "an entry is 0x00 if its block is free; the entries of an allocation are 0x41, or 0xC1 (0x81)* 0x01",
    covers="BLK-1",
)
def shown(state: Any, heap: Word, blocks: BlockTable) -> Truth:
    value = entry(state)
    return blocks.first.each(
        blocks.entries, blocks.end, lambda a: value[a] == code(blocks, a), trigger=lambda a: value[a]
    )


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
    return until.pairwise(
        blocks.entries,
        blocks.end,
        lambda a: (a, until[a]),
        lambda a, b: blocks.free(b),
        trigger=lambda a, b: (until[a], first[b]),
    )


INVARIANTS = (
    descriptor,
    bounds,
    apart,
    claims,
    pool_clear,
    mapped,
    within,
    runs,
    ends,
    shown,
    room,
    room_free,
)

# ---------------------------------------------------------------- loops


SCAN_COST = 3
"""Loads of malloc before the scan."""


def scan_for_run(heap: Any, index: Word, run: Word, count: Word) -> Loop:
    """malloc's scan: ``run`` free blocks lie directly behind it, and no run that fits begins before those."""
    operation = heap.memory.operation
    state, blocks = operation.now(), operation.ghost
    here, until = blocks.entries + index, blocks.free_until
    return Loop(
        [
            (
                "inside",
                "the scan stands inside the table, behind a run that is shorter than asked for",
                every([index >= 0, index <= blocks.total, run >= 0, run < count, run <= index]),
            ),
            (
                "free_run",
                "the blocks of the run are free",
                blocks.first.each(here - run, here, blocks.free),
            ),
            (
                "no_run_behind",
                "before the run no run begins that is long enough",
                until.each(
                    blocks.entries, here - run, lambda a: (until[a] < here - run) & negate(blocks.fits(a, count))
                ),
            ),
            ("scan_cost", "the scan pays one load per entry", state.cost <= SCAN_COST + index),
        ],
        blocks.total - index,
    )


def mark_middle(heap: Any, first: Word, current: Word, last: Word) -> Loop:
    """malloc's marking: the first entry and those behind ``current`` are marked, no other was touched."""
    operation = heap.memory.operation
    state, blocks = operation.now(), operation.ghost
    return Loop(
        [
            ("inside", "the marking stands behind the first block", (first < current) & (current <= last)),
            (
                "first_marked",
                "the first entry is 0xC1",
                entry(state)[first] == TAKEN + IS_FIRST + HAS_NEXT,
            ),
            (
                "middle_marked",
                "the entries passed are 0x81",
                holds(state, blocks, first + 1, current, TAKEN + HAS_NEXT),
            ),
            (
                "only_these",
                "no other entry was touched",
                untouched(state, operation.entry, first, current),
            ),
            (
                "mark_cost",
                "the marking pays one store per entry",
                state.cost <= SCAN_COST + (last + 1 - blocks.entries) + (current - first),
            ),
        ],
        last - current,
        changes=("TableEntry.value",),
    )


SEARCH_COST = 5
"""Loads of free before it releases anything."""


def release_blocks(heap: Any, first: Word, current: Word) -> Loop:
    """free's walk: the blocks of the allocation behind ``current`` are free, no other was touched."""
    operation = heap.memory.operation
    state, blocks = operation.now(), operation.ghost
    return Loop(
        [
            (
                "inside",
                "the walk stands in the allocation that is freed",
                every([blocks.first[current] == first, first != NULL, first <= current, current <= blocks.last[first]]),
            ),
            ("released_behind", "the entries passed are free", holds(state, blocks, first, current, FREE)),
            (
                "only_these",
                "no other entry was touched",
                untouched(state, operation.entry, first, current),
            ),
            (
                "walk_cost",
                "the walk pays one load and one store per block",
                state.cost <= SEARCH_COST + 2 * (current - first),
            ),
        ],
        blocks.last[first] - current,
        changes=("TableEntry.value",),
    )


__all__ = ["INVARIANTS", "mark_middle", "release_blocks", "scan_for_run"]
