"""What create and kheap_init must do: accept exactly a pool and a table that fit, and touch nothing else."""

from __future__ import annotations

from typing import Any

from model.block_heap.state import (
    BLOCK,
    DESCRIPTOR,
    FREE,
    BlockTable,
    holds,
    overlap,
    same_claims,
    same_descriptors,
)
from model.language.contracts import changes_nothing, takes_words
from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies, negate, when
from model.language.machine import CANONICAL_END
from model.language.words import NULL, WORD_BYTES, WORD_LIMIT, is_word, returned, succeeded, touches_only, words_in

EINVARG = 2
KERNEL_POOL = 0x01000000
KERNEL_SIZE = 100 << 20
KERNEL_ENTRIES = 0x7E00
KERNEL_TOTAL = 25600


# ---------------------------------------------------------------- vocabulary


def _ends(t: Transition) -> tuple[Word, Word, Word, Word, Word]:
    """start, end, entries, total and the table's address, as create finds them."""
    if "start" in t.arguments:
        table = t.old.fields("HeapTable")
        return t.start, t.end, table.entries[t.table], table.total[t.table], t.table
    return KERNEL_POOL, KERNEL_POOL + KERNEL_SIZE, KERNEL_ENTRIES, KERNEL_TOTAL, t.heap + DESCRIPTOR


def acceptable(t: Transition) -> Truth:
    """What create demands of pool and table."""
    start, end, entries, total, table = _ends(t)
    table_end = entries + total
    descriptors = [
        negate(overlap(at, at + DESCRIPTOR, low, high))
        for at in (t.heap, table)
        for low, high in ((start, end), (entries, table_end))
    ]
    return every(
        [
            (start != NULL) & (start < end) & (entries != NULL),
            (start % BLOCK == 0) & (end % BLOCK == 0),
            total == (end - start) // BLOCK,
            t.old.mapped.covers(start, end) & t.old.mapped.covers(entries, table_end),
            negate(overlap(entries, table_end, start, end)),
            *descriptors,
        ]
    )


def _vacant(state: Any, heap: Word, table: Word, low: Word, high: Word) -> Truth:
    """No entry and no descriptor lies in [low, high), but for the two at hand, of which create takes care."""
    others = {"HeapTable": table, "BlockHeap": heap}
    return state.claimed("TableEntry").all(lambda a: (a < low) | (a >= high)) & every(
        [
            state.claimed(name).all(lambda d, own=own: (d == own) | (d + DESCRIPTOR <= low) | (d >= high))
            for name, own in others.items()
        ]
    )


def _descriptors(state: Any, heap: Word, table: Word) -> Truth:
    there = state.claimed("BlockHeap")[heap] & state.claimed("HeapTable")[table]
    return there & (heap + 2 * DESCRIPTOR <= CANONICAL_END) & (table + DESCRIPTOR <= CANONICAL_END)


@clause("both descriptors are there, and no other header lies in what is to become entries and pool")
def given_memory(state: Any, heap: Word, blocks: BlockTable, arguments: dict[str, Any]) -> Truth:
    table, ram = arguments["table"], state.fields("HeapTable")
    entries, total = ram.entries[table], ram.total[table]
    pool = _vacant(state, heap, table, arguments["start"], arguments["end"])
    vacant = _vacant(state, heap, table, entries, entries + total) & pool
    return _descriptors(state, heap, when(is_word(table), table, heap + DESCRIPTOR)) & implies(is_word(table), vacant)


@clause(given_memory.sentence)
def given_kernel_memory(state: Any, heap: Word, blocks: BlockTable, arguments: dict[str, Any]) -> Truth:
    table = heap + DESCRIPTOR
    entries = _vacant(state, heap, table, KERNEL_ENTRIES, KERNEL_ENTRIES + KERNEL_TOTAL)
    pool = _vacant(state, heap, table, KERNEL_POOL, KERNEL_POOL + KERNEL_SIZE)
    return every([_descriptors(state, heap, table), entries, pool])


@clause("no block of the heap is live: it is new, or every block was freed")
def no_live_block(state: Any, heap: Word, blocks: BlockTable, arguments: dict[str, Any]) -> Truth:
    return blocks.each(blocks.first, blocks.free)


create_raises = takes_words("create_raises", "for an argument that", "start", "end", "table")


@clause(
    "0 exactly if the pool is block-aligned and has one entry for each block, all of it is mapped,"
    " and nothing overlaps; else -EINVARG",
    covers="BLK-4",
    when=returned,
)
def refuses_exactly(t: Transition) -> Truth:
    return acceptable(t) if succeeded(t) else (t.result == -EINVARG) & negate(acceptable(t))


refusal_changes_nothing = changes_nothing(
    "refusal_changes_nothing",
    "a refusal changes nothing: not a byte of the descriptor, no entry, no page",
    succeeded,
    covers="BLK-4",
)


@clause("a refusal changes nothing but the table's descriptor, and is logged", covers="BLK-7")
def failure_is_logged(t: Transition) -> Truth:
    if succeeded(t):
        return t.new.log_length == t.old.log_length
    return every(
        [
            t.new.log_length == t.old.log_length + 1,
            same_claims(t, "TableEntry", "HeapTable", "BlockHeap"),
            same_descriptors(t, t.heap + DESCRIPTOR),
            t.new.bytes.unchanged(t.old, 0, WORD_LIMIT),
            t.new.mapped.same(t.old.mapped),
        ]
    )


@clause("all entries start FREE", covers="BLK-4", when=succeeded)
def starts_free(t: Transition) -> Truth:
    blocks = t.ghost_after
    return holds(t.new, blocks, blocks.entries, blocks.end, FREE)


@clause(
    "the pool begins at 0x01000000 and has 100 MiB, its 25600 entries begin at 0x7E00", covers="BLK-7", when=succeeded
)
def documented_constants(t: Transition) -> Truth:
    blocks, table = t.ghost_after, t.new.fields("HeapTable")
    return every(
        [
            table.entries[t.heap + DESCRIPTOR] == KERNEL_ENTRIES,
            table.total[t.heap + DESCRIPTOR] == KERNEL_TOTAL,
            t.new.fields("BlockHeap").saddr[t.heap] == KERNEL_POOL,
            blocks.pool_end == KERNEL_POOL + KERNEL_SIZE,
        ]
    )


@clause("creation touches nothing but the two descriptors and the entries", covers="BLK-4")
def creates_only(t: Transition) -> Truth:
    _, _, entries, total, table = _ends(t)
    descriptors = [(at, at + DESCRIPTOR) for at in (t.heap, table)]
    return touches_only(t, (entries, entries + total), *descriptors)


CREATE_COST = 6


@clause(f"creation costs at most {CREATE_COST} loads and stores and one store per {WORD_BYTES} entries")
def create_cost(t: Transition) -> Truth:
    return t.cost <= CREATE_COST + (words_in(t.ghost_after.total) if succeeded(t) else 0)


def _after_create(t: Transition) -> BlockTable:
    blocks: BlockTable = t.ghost
    start, _, entries, total, table = _ends(t)
    return blocks.fresh(table, entries, total, start) if succeeded(t) else blocks


CREATE = Operation(
    "create",
    ("start", "end", "table"),
    _after_create,
    (create_raises, refuses_exactly, refusal_changes_nothing, starts_free, creates_only, create_cost),
    requires=(no_live_block, given_memory),
    establishes=True,
    established=succeeded,
)

KHEAP_INIT = Operation(
    "kheap_init",
    (),
    _after_create,
    (refuses_exactly, failure_is_logged, documented_constants, starts_free, creates_only, create_cost),
    requires=(no_live_block, given_kernel_memory),
    establishes=True,
    established=succeeded,
)
