"""The search of the bins, and alloc, of which malloc and its like consist."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.bin_heap.shared import OTHER_HEAPS, live_bytes, live_kept
from model.bin_heap.state import ALIGNMENT, Blocks, live, size_of
from model.bin_heap.users import (
    MORE_IF_MAPPED,
    alloc_null,
    alloc_null_exactly_if,
    alloc_refuses,
    beyond_hit,
    given_out,
    large_enough,
    mapped_if_large,
    no_larger,
    only_block_appears,
    overlaps_none,
    seeks_by_need,
)
from model.language.logic import Operation, Transition, Truth, Word, clause, negate
from model.language.words import as_advanced
from proofs.bin_heap.costs import HIT_COST
from proofs.bin_heap.ghosts import bin_number
from proofs.bin_heap.lock import size_is_word
from proofs.bin_heap.shared import BITS, COMING, LINKS, PAGES, held
from proofs.bin_heap.steps import index_of_bin

# ---------------------------------------------------------------- first_block


@clause("the bin is not empty")
def bin_has_block(state: Any, heap: Word, g: Blocks, given: dict[str, Any]) -> Truth:
    head = bin_number(heap, given["index"])
    return state.fields("ListEntry").next[head] != head


@clause("a free block of just the size of the bin", covers="BIN-4")
def first_free(t: Transition) -> Truth:
    free = t.ghost.headers[t.result] & negate(live(t.old, t.result))
    return free & (size_of(t.old, t.result) == ALIGNMENT * (t.index + 1))


@clause("one load")
def first_block_cost(t: Transition) -> Truth:
    return t.cost <= 1


FIRST_BLOCK = Operation(
    "first_block",
    ("index",),
    as_advanced,
    (first_free, first_block_cost),
    (index_of_bin, bin_has_block),
    raises=(),
    changes=(),
    returns="word",
)


@clause(
    f"the call costs at most {HIT_COST} loads and stores if a free block serves;"
    f" else {MORE_IF_MAPPED} more, one per block by address, and the cost of mapping"
)
def alloc_cost(t: Transition) -> Truth:
    return t.cost <= HIT_COST + beyond_hit(t)


ALLOC = Operation(
    "alloc",
    ("size",),
    as_advanced,
    (
        given_out,
        large_enough,
        no_larger,
        mapped_if_large,
        live_kept,
        live_bytes,
        only_block_appears,
        overlaps_none,
        alloc_null,
        replace(seeks_by_need, lemma=True),
        alloc_null_exactly_if,
        alloc_refuses,
        *OTHER_HEAPS,
        alloc_cost,
    ),
    (held, size_is_word),
    raises=(),
    changes=(*COMING, *LINKS, *BITS, *PAGES, "ghost.owner", "ghost.cover", "byte", "pages"),
    returns="word",
)

ALLOCATION = (FIRST_BLOCK, ALLOC)
