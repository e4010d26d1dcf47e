"""The loops of the block heap: what holds at their heads, and why they end."""

from __future__ import annotations

from typing import Any

from model.block_heap.contract import SCAN_COST, SEARCH_COST
from model.block_heap.state import FREE, HAS_NEXT, IS_FIRST, TAKEN, entry, holds, untouched
from model.language.logic import Loop, Word, every, negate
from model.language.words import NULL


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
            ("free_run", "the blocks of the run are free", blocks.first.each(here - run, here, blocks.free)),
            (
                "no_run_behind",
                "before the run no run begins that is long enough",
                until.each(
                    blocks.entries, here - run, lambda a: (until[a] < here - run) & negate(until[a] >= a + count)
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
            ("first_marked", "the first entry is 0xC1", entry(state)[first] == TAKEN + IS_FIRST + HAS_NEXT),
            (
                "middle_marked",
                "the entries passed are 0x81",
                holds(state, blocks, first + 1, current, TAKEN + HAS_NEXT),
            ),
            ("only_these", "no other entry was touched", untouched(state, operation.entry, first, current)),
            (
                "mark_cost",
                "the marking pays one store per entry",
                state.cost <= SCAN_COST + (last + 1 - blocks.entries) + (current - first),
            ),
        ],
        last - current,
        changes=("TableEntry.value",),
    )


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
            ("only_these", "no other entry was touched", untouched(state, operation.entry, first, current)),
            (
                "walk_cost",
                "the walk pays one load and one store per block",
                state.cost <= SEARCH_COST + 2 * (current - first),
            ),
        ],
        blocks.last[first] - current,
        changes=("TableEntry.value",),
    )
