"""How blocks of the bin heap come: pages are mapped, and a block is made of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.bin_heap.shared import LARGEST_REQUEST, OTHER_HEAPS, same_blocks
from model.bin_heap.state import (
    ADDRESS_ENTRY,
    BITMAP,
    DESCRIPTOR,
    ENTRY,
    HEADER,
    LISTS,
    MAPPED,
    THRESHOLD,
    ZEROED,
    Blocks,
    by_address,
    end_of,
    mapped_alone,
    size_of,
)
from model.language.logic import Clause, Operation, Transition, Truth, Word, clause, every, implies, when
from model.language.machine import MAP_COST
from model.language.words import PAGE_SIZE, WORD_BYTES, as_advanced, is_word, unchanged
from proofs.bin_heap.costs import NEW_BLOCK_COST
from proofs.bin_heap.ghosts import ALLOCATED
from proofs.bin_heap.loops import all_above
from proofs.bin_heap.shared import COMING, LINKS, PAGES, entries_looked_at, headers_kept, held, places_kept

# ---------------------------------------------------------------- where it lies


@clause("the pages of the new block were not mapped before")
def fresh_pages(t: Transition) -> Truth:
    return (t.result == 0) | ((t.result % PAGE_SIZE == 0) & (t.old.mapped[t.result // PAGE_SIZE] == False))  # noqa: E712


@clause("where the new block begins no word or entry of the tables lies")
def beside_tables(t: Transition) -> Truth:
    words, lists = t.heap + BITMAP, t.heap + LISTS
    word = words + WORD_BYTES * ((t.result - words) // WORD_BYTES)
    entry = lists + ENTRY * ((t.result - lists) // ENTRY)
    in_bitmap = (words <= t.result) & (t.result < lists)
    in_lists = (lists <= t.result) & (t.result < t.heap + DESCRIPTOR)
    held_by_word = implies(in_bitmap, t.old.claimed("BitmapWord")[word])
    held_by_entry = implies(in_lists, t.old.claimed("ListEntry")[entry])
    return (t.result == 0) | (held_by_word & held_by_entry)


@clause("the new block does not meet the descriptor or its tables")
def clear_of_tables(t: Transition) -> Truth:
    return (t.result == 0) | (end_of(t.new, t.result) <= t.heap) | (t.result >= t.heap + DESCRIPTOR)


@clause("the new block meets no other block")
def clear_of_blocks(t: Transition) -> Truth:
    return (t.result == 0) | t.ghost.headers.all(
        lambda b: (end_of(t.old, b) <= t.result) | (b >= end_of(t.new, t.result))
    )


WHERE = tuple(replace(c, lemma=True) for c in (fresh_pages, beside_tables, clear_of_tables, clear_of_blocks))


# ---------------------------------------------------------------- what it is


def new_block(flags: int, sentence: str, covers: str) -> Clause:
    """There is one more block, allocated, with these flags, of the least number of pages that serves."""

    def formula(t: Transition) -> Truth:
        header = t.new.fields("BlockHeader")
        size = header.size[t.result]
        least = (size >= t.size) & (size < t.size + PAGE_SIZE) & ((HEADER + size) % PAGE_SIZE == 0)
        come = same_blocks(t, come=t.result) & t.ghost_after.headers[t.result]
        fresh = every([t.ghost.headers[t.result] == False, header.flags[t.result] == flags, least])  # noqa: E712
        return (t.result == 0) | every([come, fresh, headers_kept(t)])

    return Clause("block_made", sentence, formula, (covers,))


@clause("NULL changes nothing")
def null_changes_nothing(t: Transition) -> Truth:
    return implies(t.result == 0, unchanged(t) & same_blocks(t))


@clause("NULL exactly if the window has no hole of the pages, or the free frames do not suffice")
def null_exactly_if_refused(t: Transition) -> Truth:
    return (t.result == 0) == (t.answers.no_place | t.answers.frames_lack)


@clause("exactly the pages of the block are mapped")
def pages_mapped(t: Transition) -> Truth:
    more = t.new.mapped.more(t.old.mapped, t.result, end_of(t.new, t.result))
    return (t.result == 0) | more


@clause("no byte outside the block is touched")
def bytes_outside(t: Transition) -> Truth:
    outside = t.new.bytes.unchanged_outside(t.old, t.result, end_of(t.new, t.result))
    return (t.result == 0) | outside


@clause("a place is sought for the pages of the block, and if there is one, they are asked for")
def asks_for_block(t: Transition) -> Truth:
    sought, needed = t.answers.sought, t.size + HEADER
    least = ((sought - 1) * PAGE_SIZE < needed) & (needed <= sought * PAGE_SIZE)
    granted = t.pages_asked * PAGE_SIZE == HEADER + size_of(t.new, t.result)
    asked = t.pages_asked == when(t.answers.no_place, 0, sought)
    return every([sought > 0, least, asked, (t.result == 0) | granted])


@clause("size is granules, and no larger than what can be rounded up to pages")
def size_can_be_mapped(state: Any, heap: Word, g: Blocks, given: dict[str, Any]) -> Truth:
    return every([given["size"] > 0, given["size"] <= LARGEST_REQUEST])


def _mapping(
    name: str, cost: Clause, made: Clause, requires: Clause, *changes: str, lemmas: tuple[Clause, ...] = ()
) -> Operation:
    """An operation that maps a block."""
    promises = (made, null_changes_nothing, null_exactly_if_refused, pages_mapped, bytes_outside, asks_for_block)
    return Operation(
        name,
        ("size",),
        as_advanced,
        (*WHERE, *lemmas, *promises, *OTHER_HEAPS, cost, entries_looked_at),
        (held, requires),
        raises=(),
        changes=(*COMING, *changes, *PAGES, "ghost.owner", "ghost.cover", "byte", "pages"),
        returns="word",
    )


# ---------------------------------------------------------------- alloc_mapped


@clause(f"the call costs at most {NEW_BLOCK_COST} loads and stores, and the cost of mapping")
def alloc_mapped_cost(t: Transition) -> Truth:
    return t.cost <= NEW_BLOCK_COST + MAP_COST * t.pages_asked


ALLOC_MAPPED = _mapping(
    "alloc_mapped",
    alloc_mapped_cost,
    new_block(ALLOCATED + MAPPED + ZEROED, "one more block, allocated, mapped for itself and all zero", "BIN-5"),
    size_can_be_mapped,
    *LINKS,
    lemmas=(places_kept,),
)


# ---------------------------------------------------------------- entry_before


@clause("the entry is one of the list by address, or its head, and does not lie above; all behind it do")
def last_below(t: Transition) -> Truth:
    head = by_address(t.heap)
    listed = t.ghost.entries[t.result] & (t.old.fields("ListEntry").list[t.result] == head)
    below = (t.result == head) | (t.result <= t.entry)
    return every([listed, below, all_above(t.old, t.heap, t.ghost, t.result, t.entry)])


@clause("a load per block by address, and one more")
def entry_before_cost(t: Transition) -> Truth:
    return t.cost <= 1 + t.ghost.length[by_address(t.heap)]


@clause("entry is a machine word")
def entry_is_word(state: Any, heap: Word, g: Blocks, given: dict[str, Any]) -> Truth:
    return is_word(given["entry"])


ENTRY_BEFORE = Operation(
    "entry_before",
    ("entry",),
    as_advanced,
    (last_below, entry_before_cost),
    (entry_is_word,),
    raises=(),
    changes=(),
    returns="word",
)


# ---------------------------------------------------------------- block_new


@clause("size is positive, and within the threshold")
def size_within_threshold(state: Any, heap: Word, g: Blocks, given: dict[str, Any]) -> Truth:
    return (given["size"] > 0) & (given["size"] <= THRESHOLD)


@clause(f"the call costs at most {NEW_BLOCK_COST} loads and stores, one per block by address, and the cost of mapping")
def block_new_cost(t: Transition) -> Truth:
    walked = when(t.answers.no_place, 0, t.ghost.length[by_address(t.heap)])
    return t.cost <= NEW_BLOCK_COST + walked + MAP_COST * t.pages_asked


@clause("in the list by address the new block stands behind those below it and before those above it")
def in_place(t: Transition) -> Truth:
    position, own = t.ghost_after.position, t.ghost_after.position[t.result + ADDRESS_ENTRY]

    def beside(b: Word) -> Truth:
        there = position[b + ADDRESS_ENTRY]
        return mapped_alone(t.old, b) | when(b < t.result, there < own, there > own)

    return (t.result == 0) | t.ghost.headers.all(beside)


BLOCK_NEW = _mapping(
    "block_new",
    block_new_cost,
    new_block(ALLOCATED + ZEROED, "one more block, allocated, kept by address and all zero", "BIN-9"),
    size_within_threshold,
    *LINKS,
    lemmas=(replace(in_place, lemma=True),),
)

MAPPING = (ALLOC_MAPPED, ENTRY_BEFORE, BLOCK_NEW)
