"""What the block heap must do: the contract of each operation.

Clauses are functions of a Transition; its ghost is the abstract heap of state.py.  malloc is
first fit, stated on the entries in RAM: it returns the lowest run of free blocks that is long enough,
and NULL exactly if there is none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from model.block_heap.creation import CREATE, KHEAP_INIT
from model.block_heap.invariants import INVARIANTS
from model.block_heap.state import (
    BLOCK,
    FREE,
    BlockTable,
    begins,
    clear,
    count_for,
    entry,
    holds,
    live,
    only_entries,
)
from model.language.contracts import changes_nothing, takes_words
from model.language.logic import Clause, Operation, Subject, Transition, Truth, Word, clause, every, implies, negate
from model.language.words import (
    NULL,
    WORD_BYTES,
    WORD_LIMIT,
    admitted,
    granted,
    is_word,
    returned,
    touches_only,
    words_in,
)

LARGEST_REQUEST = WORD_LIMIT - BLOCK
SCAN_COST = 3
"""Loads of malloc before the scan."""
SEARCH_COST = 5
"""Loads of free before it releases anything."""


# ---------------------------------------------------------------- malloc, kmalloc, kzalloc


def _run(t: Transition) -> tuple[Word, Word]:
    """The first block that was taken, and how many."""
    return t.ghost.block(t.result), count_for(t.size)


malloc_raises = takes_words("malloc_raises", "for a size that", "size")


@clause(
    "the result is the beginning of as many blocks as hold the size, all of them free before",
    covers="BLK-5",
    when=granted,
)
def takes_free_blocks(t: Transition) -> Truth:
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


@clause("no run of free blocks that is long enough begins below the result", covers="BLK-5", when=granted)
def lowest_run(t: Transition) -> Truth:
    a, count = _run(t)
    return _no_run(t, t.ghost.entries, a, count)


@clause("NULL only if the size is 0 or too large, or no run of free blocks is long enough", covers="BLK-5")
def null_only_if(t: Transition) -> Truth:
    if t.raised or granted(t):
        return True
    nothing = _no_run(t, t.ghost.entries, t.ghost.end, count_for(t.size))
    return (t.size == 0) | (t.size > LARGEST_REQUEST) | nothing


@clause("size 0 and sizes that cannot be rounded up to blocks give NULL", when=granted)
def refuses(t: Transition) -> Truth:
    return negate((t.size == 0) | (t.size > LARGEST_REQUEST))


null_changes_nothing = changes_nothing(
    "null_changes_nothing", "NULL changes nothing: no byte, no entry, no page", granted
)


@clause("the marking touches exactly the entries of the blocks that it takes", covers="BLK-5", when=granted)
def marks_only_its_own(t: Transition) -> Truth:
    a, count = _run(t)
    return only_entries(t, a, a + count)


@clause("every live block stays where it is, in the same allocation")
def live_blocks_kept(t: Transition) -> Truth:
    old, new = t.ghost, t.ghost_after
    spared = old.block(t.address) if "address" in t.arguments else NULL

    def stays(a: Word) -> Truth:
        same = (new.first[a] == old.first[a]) & (new.last[a] == old.last[a])
        return implies(old.taken(a) & (old.first[a] != spared), same)

    return old.each(old.first, stays)


@clause("nothing is touched but the heap's own memory: no byte, no header, no page of any other")
def nothing_outside(t: Transition) -> Truth:
    blocks: BlockTable = t.ghost
    return touches_only(t, (blocks.entries, blocks.end), (blocks.saddr, blocks.pool_end))


@clause("no byte of the pool, nor any other, is touched")
def bytes_kept(t: Transition) -> Truth:
    return t.new.bytes.unchanged(t.old, 0, WORD_LIMIT)


@clause("all bytes asked for are zero", covers="BLK-8", when=granted)
def zeroed(t: Transition) -> Truth:
    return t.new.bytes.filled(t.result, t.result + t.size, 0)


@clause("no byte but those asked for is touched", covers="BLK-8")
def zeroes_only_its_own(t: Transition) -> Truth:
    if not granted(t):
        return t.new.bytes.unchanged(t.old, 0, WORD_LIMIT)
    return t.new.bytes.unchanged_outside(t.old, t.result, t.result + t.size)


@clause("no byte of any live block is touched")
def payloads_kept(t: Transition) -> Truth:
    blocks: BlockTable = t.ghost

    def kept(a: Word) -> Truth:
        return implies(blocks.taken(a), t.new.bytes.unchanged(t.old, blocks.address(a), blocks.address(a) + BLOCK))

    return blocks.each(blocks.first, kept)


def _malloc_cost(t: Transition) -> Word:
    """Loads of the descriptors, of the entries up to the end of the run, and a store for each of its blocks."""
    if not granted(t):
        return SCAN_COST + t.ghost.total
    a, count = _run(t)
    return SCAN_COST + 1 + (a + count - t.ghost.entries) + count


@clause(
    f"malloc costs at most {SCAN_COST + 1} loads, one per entry up to the end of the run (of the table, for NULL),"
    " and one store per block taken"
)
def malloc_cost(t: Transition) -> Truth:
    return t.cost <= _malloc_cost(t)


@clause(f"kzalloc costs at most what malloc does and one store per {WORD_BYTES} bytes")
def kzalloc_cost(t: Transition) -> Truth:
    return t.cost <= _malloc_cost(t) + (words_in(t.size) if granted(t) else 0)


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
        nothing_outside,
    )
    return Operation(name, ("size",), _after_malloc, (*common, *own))


MALLOC = _allocation("malloc", (bytes_kept, malloc_cost))
KMALLOC = _allocation("kmalloc", (bytes_kept, malloc_cost))
KZALLOC = _allocation("kzalloc", (zeroed, zeroes_only_its_own, kzalloc_cost))


# ---------------------------------------------------------------- free, kfree


def freed(t: Transition) -> bool:
    """Whether the call released blocks (decided on every path)."""
    return not t.raised and bool(t.address != NULL)


free_raises = takes_words("free_raises", "for an address that", "address")


@clause(
    "DoubleFree exactly for the address of a free block, InvalidFree exactly for anything else but NULL and the"
    " address of a live allocation",
    covers="BLK-6",
    when=admitted,
)
def rejects_exactly(t: Transition) -> Truth:
    vacant = begins(t.ghost, t.address) & t.ghost.free(t.ghost.block(t.address))
    fine = (t.address == NULL) | live(t.ghost, t.address)
    return ((t.raised == "DoubleFree") == vacant) & ((t.raised == "InvalidFree") == negate(vacant | fine))


rejection_changes_nothing = changes_nothing(
    "rejection_changes_nothing",
    "a refused free, and free of NULL, changes nothing: no byte, no entry, no page",
    freed,
    covers="BLK-6",
)


@clause("every block of the allocation is free afterwards", covers="BLK-6", when=freed)
def releases_all(t: Transition) -> Truth:
    a = t.ghost.block(t.address)
    return holds(t.new, t.ghost, a, t.ghost.last[a] + 1, FREE)


@clause("free touches exactly the entries of the allocation", covers="BLK-6", when=freed)
def releases_only_its_own(t: Transition) -> Truth:
    a = t.ghost.block(t.address)
    return only_entries(t, a, t.ghost.last[a] + 1)


@clause(f"free costs at most {SEARCH_COST} loads, and one load and one store per block released")
def free_cost(t: Transition) -> Truth:
    if not freed(t):
        return t.cost <= SEARCH_COST
    a = t.ghost.block(t.address)
    return t.cost <= SEARCH_COST + 2 * (t.ghost.last[a] + 1 - a)


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
    nothing_outside,
    free_cost,
)
FREE_ = Operation("free", ("address",), _after_free, RELEASE, raises=("ValueError", "InvalidFree", "DoubleFree"))
KFREE = replace(FREE_, name="kfree")


# ---------------------------------------------------------------- memset


@clause("the range is mapped, and no entry and no descriptor lies in it")
def writable(state: Any, heap: Word, blocks: BlockTable, arguments: dict[str, Any]) -> Truth:
    low, size = arguments["target"], arguments["size"]
    words = is_word(low) & is_word(size)
    return implies(words, state.mapped.covers(low, low + size) & clear(state, low, low + size))


memset_raises = takes_words("memset_raises", "for an argument that", "target", "byte", "size")


@clause(
    "every byte of the range is the given one, modulo 256, and the target is returned", covers="BLK-9", when=returned
)
def fills(t: Transition) -> Truth:
    return (t.result == t.target) & t.new.bytes.filled(t.target, t.target + t.size, t.byte % 256)


@clause("memset touches no byte outside the range", covers="BLK-9", when=returned)
def fills_only(t: Transition) -> Truth:
    return touches_only(t, (t.target, t.target + t.size)) & only_entries(t, NULL, NULL)


@clause(f"memset costs at most one store per {WORD_BYTES} bytes")
def memset_cost(t: Transition) -> Truth:
    return t.cost <= (0 if t.raised else words_in(t.size))


MEMSET = Operation(
    "memset",
    ("target", "byte", "size"),
    lambda t: t.ghost,
    (memset_raises, fills, fills_only, memset_cost),
    requires=(writable,),
)


PUBLIC = Subject("block_heap", INVARIANTS, (CREATE, MALLOC, FREE_, KHEAP_INIT, KMALLOC, KZALLOC, KFREE, MEMSET))
