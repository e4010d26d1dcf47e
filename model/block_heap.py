"""What the block heap must do: the contract of each operation.

Clauses are functions of a Transition; its ghost is the abstract heap of block_table.py.  malloc is
first fit, stated on the entries in RAM: it returns the lowest run of free blocks that is long enough,
and NULL exactly if there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from model.block_invariants import FREE, INVARIANTS, SCAN_COST, SEARCH_COST, clear, entry, holds, untouched
from model.block_table import BLOCK, NULL, BlockTable, no_blocks
from model.logic import Clause, Operation, Subject, Transition, Truth, Word, clause, every, implies, negate, when
from model.machine import CANONICAL_END

WORD_LIMIT = 2**64
LARGEST_REQUEST = 2**64 - BLOCK
EINVARG = 2
DESCRIPTOR = 16
KERNEL_POOL = 0x01000000
KERNEL_SIZE = 100 << 20
KERNEL_ENTRIES = 0x7E00
KERNEL_TOTAL = 25600

# ---------------------------------------------------------------- vocabulary


def is_word(value: Word) -> Truth:
    """``value`` is a machine word."""
    return (value >= 0) & (value < WORD_LIMIT)


def unchanged(t: Transition) -> Truth:
    """No byte of RAM, no entry, no descriptor and no page mapping differs."""
    return t.new.same_memory(t.old)


def count_for(size: Word) -> Word:
    """How many blocks hold ``size`` bytes."""
    return (size + (BLOCK - 1)) // BLOCK


def live(blocks: BlockTable, address: Word) -> Truth:
    """``address`` is where the first block of an allocation begins."""
    block = blocks.block(address)
    inside = (blocks.saddr <= address) & (address < blocks.pool_end)
    return inside & ((address - blocks.saddr) % BLOCK == 0) & (blocks.first[block] == block)


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


# ---------------------------------------------------------------- create and kheap_init


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


def created(t: Transition) -> bool:
    """Whether the call accepted its arguments (decided on every path)."""
    return not t.raised and bool(t.result == 0)


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
    vacant = _vacant(state, heap, table, entries, entries + total) & _vacant(
        state, heap, table, arguments["start"], arguments["end"]
    )
    return _descriptors(state, heap, when(is_word(table), table, heap + DESCRIPTOR)) & implies(is_word(table), vacant)


@clause("both descriptors are there, and no other header lies in what is to become entries and pool")
def given_kernel_memory(state: Any, heap: Word, blocks: BlockTable, arguments: dict[str, Any]) -> Truth:
    table = heap + DESCRIPTOR
    return every(
        [
            _descriptors(state, heap, table),
            _vacant(state, heap, table, KERNEL_ENTRIES, KERNEL_ENTRIES + KERNEL_TOTAL),
            _vacant(state, heap, table, KERNEL_POOL, KERNEL_POOL + KERNEL_SIZE),
        ]
    )


@clause("ValueError exactly for an argument that is no machine word; then nothing changes")
def create_raises(t: Transition) -> Truth:
    raised = t.raised == "ValueError"
    bad = negate(is_word(t.start) & is_word(t.end) & is_word(t.table))
    return (raised == bad) & implies(raised, unchanged(t))


@clause(
    "0 exactly if the pool is block-aligned and has one entry for each block, all of it is mapped,"
    " and nothing overlaps; else -EINVARG",
    covers="BLK-4",
)
def refuses_exactly(t: Transition) -> Truth:
    if t.raised:
        return True
    return acceptable(t) if created(t) else (t.result == -EINVARG) & negate(acceptable(t))


@clause("a refusal changes nothing: not a byte of the descriptor, no entry, no page", covers="BLK-4")
def refusal_changes_nothing(t: Transition) -> Truth:
    return True if created(t) else unchanged(t)


@clause("a refusal changes nothing but the table's descriptor, and is logged", covers="BLK-7")
def failure_is_logged(t: Transition) -> Truth:
    if created(t):
        return t.new.log_length == t.old.log_length
    return every(
        [
            t.new.log_length == t.old.log_length + 1,
            same_claims(t, "TableEntry", "HeapTable", "BlockHeap"),
            same_descriptors(t, spared_table=t.heap + DESCRIPTOR),
            t.new.bytes.unchanged(t.old, 0, WORD_LIMIT),
            t.new.mapped.same(t.old.mapped),
        ]
    )


@clause("all entries start FREE", covers="BLK-4")
def starts_free(t: Transition) -> Truth:
    if not created(t):
        return True
    blocks = t.ghost_after
    return holds(t.new, blocks, blocks.entries, blocks.end, FREE)


@clause("the pool begins at 0x01000000 and has 100 MiB, its 25600 entries begin at 0x7E00", covers="BLK-7")
def documented_constants(t: Transition) -> Truth:
    if not created(t):
        return True
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
    if not created(t):
        return True
    blocks = t.ghost_after
    return every(
        [
            t.new.bytes.unchanged_outside(t.old, blocks.entries, blocks.end),
            t.new.claimed("TableEntry").same_outside(t.old.claimed("TableEntry"), blocks.entries, blocks.end),
            same_claims(t, "HeapTable", "BlockHeap"),
            same_descriptors(t, spared=t.heap, spared_table=blocks.table),
            t.new.mapped.same(t.old.mapped),
        ]
    )


CREATE_COST = 6


@clause(f"creation costs at most {CREATE_COST} loads and stores and one store per 8 entries")
def create_cost(t: Transition) -> Truth:
    return t.cost <= CREATE_COST + ((t.ghost_after.total + 7) // 8 if created(t) else 0)


def _after_create(t: Transition) -> BlockTable:
    if not created(t):
        return t.ghost  # type: ignore[no-any-return]
    start, _, entries, total, table = _ends(t)
    blocks: BlockTable = t.ghost
    return blocks.fresh(table, entries, total, start)


CREATE = Operation(
    "create",
    ("start", "end", "table"),
    _after_create,
    (create_raises, refuses_exactly, refusal_changes_nothing, starts_free, creates_only, create_cost),
    requires=(given_memory,),
    establishes=True,
    established=created,
)

KHEAP_INIT = Operation(
    "kheap_init",
    (),
    _after_create,
    (refuses_exactly, failure_is_logged, documented_constants, starts_free, creates_only, create_cost),
    requires=(given_kernel_memory,),
    establishes=True,
    established=created,
)

# ---------------------------------------------------------------- malloc, kmalloc, kzalloc


def granted(t: Transition) -> bool:
    """Whether the call returned a block (decided on every path)."""
    return not t.raised and bool(t.result != NULL)


def _run(t: Transition) -> tuple[Word, Word]:
    """The first block that was taken, and how many."""
    return t.ghost.block(t.result), count_for(t.size)


@clause("ValueError exactly for a size that is no machine word; then nothing changes")
def malloc_raises(t: Transition) -> Truth:
    raised = t.raised == "ValueError"
    return (raised == negate(is_word(t.size))) & implies(raised, unchanged(t))


@clause("the result is the beginning of as many blocks as hold the size, all of them free before", covers="BLK-5")
def takes_free_blocks(t: Transition) -> Truth:
    if not granted(t):
        return True
    blocks, (a, count) = t.ghost, _run(t)
    return every(
        [
            t.result == blocks.address(a),
            blocks.entries <= a,
            a + count <= blocks.end,
            count * BLOCK >= t.size,
            (count - 1) * BLOCK < t.size,
            holds(t.old, blocks, a, a + count, FREE),
        ]
    )


def _no_run(t: Transition, low: Word, high: Word, count: Word) -> Truth:
    """Every run of ``count`` blocks that begins in [low, high) meets a taken block or the table's end."""
    blocks: BlockTable = t.ghost
    until, value = blocks.free_until, entry(t.old)
    return until.each(
        low,
        high,
        lambda a: every([a <= until[a], until[a] < a + count, (until[a] == blocks.end) | (value[until[a]] != FREE)]),
    )


@clause("no run of free blocks that is long enough begins below the result", covers="BLK-5")
def lowest_run(t: Transition) -> Truth:
    if not granted(t):
        return True
    a, count = _run(t)
    return _no_run(t, t.ghost.entries, a, count)


@clause("NULL only if the size is 0 or too large, or no run of free blocks is long enough", covers="BLK-5")
def null_only_if(t: Transition) -> Truth:
    if t.raised or granted(t):
        return True
    nothing = _no_run(t, t.ghost.entries, t.ghost.end, count_for(t.size))
    return (t.size == 0) | (t.size > LARGEST_REQUEST) | nothing


@clause("size 0 and sizes that cannot be rounded up to blocks give NULL")
def refuses(t: Transition) -> Truth:
    return negate((t.size == 0) | (t.size > LARGEST_REQUEST)) if granted(t) else True


@clause("NULL changes nothing: no byte, no entry, no page")
def null_changes_nothing(t: Transition) -> Truth:
    return True if t.raised or granted(t) else unchanged(t)


@clause("the marking touches exactly the entries of the blocks that it takes", covers="BLK-5")
def marks_only_its_own(t: Transition) -> Truth:
    if not granted(t):
        return True
    a, count = _run(t)
    return only_entries(t, a, a + count)


@clause("every live block stays where it is, in the same allocation")
def live_blocks_kept(t: Transition) -> Truth:
    old, new = t.ghost, t.ghost_after
    spared = old.block(t.address) if "address" in t.arguments else NULL
    return old.first.each(
        old.entries,
        old.end,
        lambda a: implies(
            old.taken(a) & (old.first[a] != spared), (new.first[a] == old.first[a]) & (new.last[a] == old.last[a])
        ),
    )


@clause("no byte of the pool, nor any other, is touched")
def bytes_kept(t: Transition) -> Truth:
    return t.new.bytes.unchanged(t.old, 0, WORD_LIMIT)


@clause("all bytes asked for are zero", covers="BLK-8")
def zeroed(t: Transition) -> Truth:
    return t.new.bytes.filled(t.result, t.result + t.size, 0) if granted(t) else True


@clause("no byte but those asked for is touched", covers="BLK-8")
def zeroes_only_its_own(t: Transition) -> Truth:
    if not granted(t):
        return t.new.bytes.unchanged(t.old, 0, WORD_LIMIT)
    return t.new.bytes.unchanged_outside(t.old, t.result, t.result + t.size)


@clause("no byte of any live block is touched")
def payloads_kept(t: Transition) -> Truth:
    blocks: BlockTable = t.ghost
    return blocks.first.each(
        blocks.entries,
        blocks.end,
        lambda a: implies(
            blocks.taken(a),
            t.new.bytes.unchanged(t.old, blocks.address(a), blocks.address(a) + BLOCK),
        ),
    )


def _malloc_cost(t: Transition) -> Word:
    """Loads of the descriptors, of the entries up to the end of the run, and a store for each of its blocks."""
    if not granted(t):
        return SCAN_COST + t.ghost.total
    a, count = _run(t)
    return SCAN_COST + 1 + (a + count - t.ghost.entries) + count


@clause(
    f"malloc costs at most {SCAN_COST + 1} loads, one per entry up to the end of the run (of the table, for NULL),"
    " and one store per block taken",
)
def malloc_cost(t: Transition) -> Truth:
    return t.cost <= _malloc_cost(t)


@clause("kzalloc costs at most what malloc does and one store per 8 bytes")
def kzalloc_cost(t: Transition) -> Truth:
    return t.cost <= _malloc_cost(t) + ((t.size + 7) // 8 if granted(t) else 0)


def _after_malloc(t: Transition) -> BlockTable:
    blocks: BlockTable = t.ghost
    return blocks.take(*_run(t)) if granted(t) else blocks


def _allocation(name: str, own: Sequence[Clause]) -> Operation:
    """malloc and what wraps it differ in what they do to bytes, and in cost."""
    common = (
        malloc_raises,
        takes_free_blocks,
        lowest_run,
        null_only_if,
        refuses,
        null_changes_nothing,
        marks_only_its_own,
        live_blocks_kept,
        payloads_kept,
    )
    return Operation(name, ("size",), _after_malloc, (*common, *own))


MALLOC = _allocation("malloc", (bytes_kept, malloc_cost))
KMALLOC = _allocation("kmalloc", (bytes_kept, malloc_cost))
KZALLOC = _allocation("kzalloc", (zeroed, zeroes_only_its_own, kzalloc_cost))

# ---------------------------------------------------------------- free, kfree


@clause("ValueError exactly for an address that is no machine word; then nothing changes")
def free_raises(t: Transition) -> Truth:
    raised = t.raised == "ValueError"
    return (raised == negate(is_word(t.address))) & implies(raised, unchanged(t))


@clause("InvalidFree exactly for anything but NULL and the address of a live allocation", covers="BLK-6")
def rejects_exactly(t: Transition) -> Truth:
    if t.raised == "ValueError":
        return True
    return (t.raised == "InvalidFree") == negate((t.address == NULL) | live(t.ghost, t.address))


@clause("a refused free, and free of NULL, changes nothing: no byte, no entry, no page", covers="BLK-6")
def rejection_changes_nothing(t: Transition) -> Truth:
    return True if freed(t) else unchanged(t)


@clause("every block of the allocation is free afterwards", covers="BLK-6")
def releases_all(t: Transition) -> Truth:
    if not freed(t):
        return True
    a = t.ghost.block(t.address)
    return holds(t.new, t.ghost, a, t.ghost.last[a] + 1, FREE)


@clause("free touches exactly the entries of the allocation", covers="BLK-6")
def releases_only_its_own(t: Transition) -> Truth:
    if not freed(t):
        return True
    a = t.ghost.block(t.address)
    return only_entries(t, a, t.ghost.last[a] + 1)


@clause(f"free costs at most {SEARCH_COST} loads, and one load and one store per block released")
def free_cost(t: Transition) -> Truth:
    if not freed(t):
        return t.cost <= SEARCH_COST
    a = t.ghost.block(t.address)
    return t.cost <= SEARCH_COST + 2 * (t.ghost.last[a] + 1 - a)


def freed(t: Transition) -> bool:
    """Whether the call released blocks (decided on every path)."""
    return not t.raised and bool(t.address != NULL)


def _after_free(t: Transition) -> BlockTable:
    blocks: BlockTable = t.ghost
    return blocks.release(blocks.block(t.address)) if freed(t) else blocks


RELEASE = (
    free_raises,
    rejects_exactly,
    rejection_changes_nothing,
    releases_all,
    releases_only_its_own,
    live_blocks_kept,
    bytes_kept,
    free_cost,
)
FREE_ = Operation("free", ("address",), _after_free, RELEASE)
KFREE = Operation("kfree", ("address",), _after_free, RELEASE)

# ---------------------------------------------------------------- memset


@clause("the range is mapped, and no entry and no descriptor lies in it")
def writable(state: Any, heap: Word, blocks: BlockTable, arguments: dict[str, Any]) -> Truth:
    low, size = arguments["target"], arguments["size"]
    return implies((low >= 0) & (size >= 0), state.mapped.covers(low, low + size) & clear(state, low, low + size))


@clause("ValueError exactly for an argument that is no machine word; then nothing changes")
def memset_raises(t: Transition) -> Truth:
    raised = t.raised == "ValueError"
    bad = negate(is_word(t.target) & is_word(t.byte) & is_word(t.size))
    return (raised == bad) & implies(raised, unchanged(t))


@clause("every byte of the range is the given one, modulo 256, and the target is returned", covers="BLK-9")
def fills(t: Transition) -> Truth:
    if t.raised:
        return True
    return (t.result == t.target) & t.new.bytes.filled(t.target, t.target + t.size, t.byte % 256)


@clause("memset touches no byte outside the range", covers="BLK-9")
def fills_only(t: Transition) -> Truth:
    if t.raised:
        return True
    return t.new.bytes.unchanged_outside(t.old, t.target, t.target + t.size) & only_entries(t, NULL, NULL)


@clause("memset costs at most one store per 8 bytes")
def memset_cost(t: Transition) -> Truth:
    return t.cost <= (0 if t.raised else (t.size + 7) // 8)


MEMSET = Operation(
    "memset",
    ("target", "byte", "size"),
    lambda t: t.ghost,
    (memset_raises, fills, fills_only, memset_cost),
    requires=(writable,),
)

SUBJECT = Subject(
    "block_heap",
    INVARIANTS,
    (CREATE, MALLOC, FREE_, KHEAP_INIT, KMALLOC, KZALLOC, KFREE, MEMSET),
)

__all__ = ["SUBJECT", "BlockTable", "no_blocks"]
