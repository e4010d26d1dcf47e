"""What the bin heap must do: its invariants, and the contract of each public operation (statements BIN-1 to BIN-16).

The abstract state is ``Blocks`` (state.py); invariants.py says what always holds of it.  What users call stands in
users.py and realloc.py; init, which begins a heap, and trim and destroy, by which memory goes back, are here.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.bin_heap.invariants import INVARIANTS, descriptor, on_pages
from model.bin_heap.realloc import REALLOC
from model.bin_heap.shared import (
    ENTRY_FIELDS,
    OTHER_HEAPS,
    handed_out,
    handed_out_still,
    live_bytes,
    live_kept,
    none_becomes,
    other_locks,
    other_words,
)
from model.bin_heap.state import (
    DESCRIPTOR,
    ENTRY,
    LISTS,
    WORDS,
    Blocks,
    by_address,
    is_head,
    live,
    mapped_list,
    tables_end,
)
from model.bin_heap.users import CALLOC, FREE, MALLOC, ZALLOC, lock_is_free, lock_of
from model.language.contracts import beforehand, costs, raises
from model.language.logic import Operation, Subject, Transition, Truth, Word, clause, every, implies, negate
from model.language.machine import UNMAP_COST
from model.language.words import NULL, WORD_BITS, as_advanced, by_word, fields_of, returned

# ---------------------------------------------------------------- init: no blocks, whatever there was before

FIRST_BIN = LISTS + ENTRY


def nothing_there(g: Blocks) -> Truth:
    """No block is there, and no page is the heap's."""
    return g.headers.all(lambda b: negate(g.headers[b])) & g.pages.all(lambda p: negate(g.pages[p]))


def no_blocks_yet(t: Transition) -> Blocks:
    """258 empty lists."""
    g: Blocks = t.ghost

    def number(e: Word) -> Word:
        return (e - (t.heap + FIRST_BIN)) // ENTRY

    return replace(
        g,
        headers=g.headers.empty(),
        entries=g.entries.redefined(lambda e: is_head(t.heap, e)),
        owner=g.owner.redefined(lambda e: NULL),
        position=g.position.redefined(lambda e: -1),
        length=g.length.redefined(lambda e: 0),
        word=g.word.redefined(lambda e: number(e) // WORD_BITS),
        place=g.place.redefined(lambda e: (WORD_BITS - 1) - number(e) % WORD_BITS),
        pages=g.pages.empty(),
    )


@clause("the heap's tables are there")
def tables_there(state: Any, heap: Word, g: Blocks, given: dict[str, Any]) -> Truth:
    entries = state.claimed("ListEntry")
    return entries.each(heap + LISTS, heap + DESCRIPTOR, lambda e: entries[e], step=ENTRY)


@clause("no heap lives at the descriptor: none of its blocks is there")
def lifeless(state: Any, heap: Word, g: Blocks, given: dict[str, Any]) -> Truth:
    return g.headers.all(lambda b: negate(g.headers[b]))


@clause("the lock is free", covers="BIN-14")
def unlocked(t: Transition) -> Truth:
    return lock_of(t.new, t.heap) == 0


@clause("nothing beside the descriptor and its tables is touched")
def rest_untouched(t: Transition) -> Truth:
    entries, tables = t.old.claimed("ListEntry"), (t.heap + LISTS, t.heap + DESCRIPTOR)
    outside = [
        now.at(entries, lambda e, now=now, then=then: ((tables[0] <= e) & (e < tables[1])) | (now[e] == then[e]))
        for now, then in fields_of(t, "ListEntry", *ENTRY_FIELDS)
    ]
    bytes_kept = t.new.bytes.unchanged_outside(t.old, t.heap, tables_end(t.heap))
    return every([*outside, other_words.formula(t), other_locks(t), bytes_kept, t.new.mapped.same(t.old.mapped)])


@clause("no block is there, and no page is the heap's")
def without_blocks(t: Transition) -> Truth:
    return nothing_there(t.ghost_after)


INIT = Operation(
    "init",
    (),
    no_blocks_yet,
    (unlocked, rest_untouched, without_blocks, costs("init_cost", 779 + WORDS, "stores")),
    (beforehand(descriptor, "there"), tables_there, beforehand(on_pages, "tables_on_pages"), lifeless),
    establishes=True,
    established=lambda t: True,
    raises=(),
)


# ---------------------------------------------------------------- trim and destroy


def idle(state: Any, g: Blocks) -> Truth:
    """No block is live."""
    return g.headers.all(lambda b: negate(live(state, b)))


@raises("LockError", "if the lock is held", covers="BIN-14")
def refused_when_locked(t: Transition) -> Truth:
    return lock_of(t.old, t.heap) != 0


live_stay, live_bytes_stay = replace(live_kept, name="live_stay"), replace(live_bytes, name="live_bytes_stay")


@clause("if no block was live, no block is left, and every page of the heap went back", when=returned)
def all_pages_back(t: Transition) -> Truth:
    return implies(idle(t.old, t.ghost), nothing_there(t.ghost_after))


TRIM_COST = 5
RUN_COST = by_word(228, 260)
"""Loads + stores of giving the pages of a free block back: two cuts, and what is left is freed."""


@clause(
    f"the call costs at most {TRIM_COST} loads and stores, {RUN_COST} for each block that is kept by address, and the"
    " cost of unmapping the pages that go back",
    when=returned,
)
def trim_cost(t: Transition) -> Truth:
    return t.cost <= TRIM_COST + RUN_COST * t.ghost.length[by_address(t.heap)] + UNMAP_COST * t.pages_unmapped


TRIM = Operation(
    "trim",
    (),
    as_advanced,
    (
        refused_when_locked,
        live_stay,
        live_bytes_stay,
        none_becomes,
        all_pages_back,
        lock_is_free,
        handed_out_still,
        *OTHER_HEAPS,
        trim_cost,
    ),
    (handed_out,),
    raises=("LockError",),
)


@clause("no block is left, live or free, and every page of the heap went back", when=returned)
def nothing_left(t: Transition) -> Truth:
    return nothing_there(t.ghost_after)


DESTROY_COST = 7
EACH_KEPT = by_word(323, 371)
UNMAP_ONE_COST = by_word(19, 27)


@clause(
    f"the call costs at most {DESTROY_COST} loads and stores, {EACH_KEPT} for each block that is kept by address,"
    f" {UNMAP_ONE_COST} for each that is mapped for itself, and the cost of unmapping the pages that go back",
    when=returned,
)
def destroy_cost(t: Transition) -> Truth:
    kept, alone = t.ghost.length[by_address(t.heap)], t.ghost.length[mapped_list(t.heap)]
    return t.cost <= DESTROY_COST + EACH_KEPT * kept + UNMAP_ONE_COST * alone + UNMAP_COST * t.pages_unmapped


DESTROY = Operation(
    "destroy",
    (),
    as_advanced,
    (refused_when_locked, nothing_left, lock_is_free, handed_out_still, *OTHER_HEAPS, destroy_cost),
    (handed_out,),
    raises=("LockError",),
)


PUBLIC = Subject("bin_heap", INVARIANTS, (INIT, MALLOC, ZALLOC, CALLOC, FREE, REALLOC, TRIM, DESTROY))
