"""alloc: the first bin that serves, else fresh pages; and what it does not touch."""

from __future__ import annotations

from typing import Any

from model.bin_free import SPLIT_COST
from model.bin_lock import size_is_word
from model.bin_mapping import LARGEST_REQUEST, NEW_BLOCK_COST
from model.bin_shared import (
    BITS,
    COMING,
    LINKS,
    OTHER_HEAPS,
    allocated_kept,
    ghosts_after,
    held,
    nothing_else_allocated,
    payloads_kept,
    same_blocks,
    unchanged,
)
from model.bin_state import (
    ALIGNMENT,
    HEADER,
    THRESHOLD,
    Blocks,
    bin_number,
    by_address,
    end_of,
    live,
    mapped_alone,
    rounded,
    size_of,
)
from model.bin_steps import FIRST_BIN_COST, TAKE_COST, index_of_bin
from model.logic import Operation, Transition, Truth, Word, clause, implies, negate, when
from model.machine import MAP_COST, PAGE_SIZE

# ---------------------------------------------------------------- first_block


@clause("the bin is not empty")
def bin_has_block(state: Any, heap: Word, g: Blocks, given: dict[str, Any]) -> Truth:
    head = bin_number(heap, given["index"])
    return state.fields("ListEntry").next[head] != head


FIRST = ("next_links", "kinds", "listed", "parts", "heads", "flags", "range", "separate", "shape", "index_of_bin")


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
    ghosts_after,
    (first_free, first_block_cost),
    (index_of_bin, bin_has_block),
    raises=(),
    changes=(),
    returns="word",
)

# ---------------------------------------------------------------- alloc


@clause("the block was not allocated before, and is now", covers="BIN-12")
def given_out(t: Transition) -> Truth:
    before = t.ghost.headers[t.result] & live(t.old, t.result)
    now = t.ghost_after.headers[t.result] & live(t.new, t.result)
    return (t.result == 0) | (negate(before) & now)


@clause("the block has at least the requested size", covers="BIN-12")
def large_enough(t: Transition) -> Truth:
    return (t.result == 0) | (size_of(t.new, t.result) >= t.size)


@clause(
    "beyond the rounded request the block has less than a header and 64 bytes, or less than a page if mapped for itself"
)
def no_larger(t: Transition) -> Truth:
    spare = size_of(t.new, t.result) - rounded(t.size)
    limit = when(mapped_alone(t.new, t.result), PAGE_SIZE, HEADER + ALIGNMENT)
    return (t.result == 0) | (spare < limit)


@clause("the block is mapped for itself exactly if the request is above the threshold", covers="BIN-5")
def mapped_if_large(t: Transition) -> Truth:
    alone = mapped_alone(t.new, t.result) == (t.size > THRESHOLD)
    return (t.result == 0) | (alone & (mapped_alone(t.new, t.result) | (size_of(t.new, t.result) <= THRESHOLD)))


@clause("every allocated block stays so, with its header")
def live_kept(t: Transition) -> Truth:
    return allocated_kept(t)


@clause("no byte of the payload of any allocated block is touched")
def live_bytes(t: Transition) -> Truth:
    return payloads_kept(t)


@clause("nothing but the block becomes allocated")
def only_block_appears(t: Transition) -> Truth:
    return nothing_else_allocated(t, t.result)


@clause("the block overlaps no block that was allocated")
def overlaps_none(t: Transition) -> Truth:
    def apart(b: Word) -> Truth:
        return (end_of(t.old, b) <= t.result) | (b >= end_of(t.new, t.result))

    return (t.result == 0) | t.ghost.headers.all(lambda b: implies(live(t.old, b), apart(b)))


@clause("NULL changes nothing")
def alloc_null(t: Transition) -> Truth:
    return implies(t.result == 0, unchanged(t) & same_blocks(t))


def fits(t: Transition, b: Word) -> Truth:
    """The block is free and serves the request."""
    return negate(live(t.old, b)) & (size_of(t.old, b) >= rounded(t.size))


@clause("pages are asked for only if no free block serves")
def maps_only_if_needed(t: Transition) -> Truth:
    none = t.ghost.headers.all(lambda b: negate(fits(t, b)))
    return (t.pages_asked == 0) | (t.size > THRESHOLD) | none


@clause(
    "NULL only if the size is 0 or too large, or no free block serves and the machine refuses or offers no place",
)
def alloc_null_only_if(t: Transition) -> Truth:
    none = t.ghost.headers.all(lambda b: negate(fits(t, b)))
    refused = (none | (t.size > THRESHOLD)) & (t.map_refused | (t.pages_asked == 0))
    return implies(t.result == 0, (t.size == 0) | (t.size > LARGEST_REQUEST) | refused)


@clause("size 0 and sizes that cannot be rounded up to pages give NULL")
def alloc_refuses(t: Transition) -> Truth:
    return implies((t.size == 0) | (t.size > LARGEST_REQUEST), t.result == 0)


@clause("the pages asked for are those of the block")
def asks_for_block(t: Transition) -> Truth:
    return (t.pages_asked == 0) | ((t.pages_asked - 1) * PAGE_SIZE < rounded(t.size) + HEADER)


HIT_COST = 2 + FIRST_BIN_COST + TAKE_COST + SPLIT_COST
"""The lock and the first block of the bin are a load each."""
MORE_IF_MAPPED = NEW_BLOCK_COST - TAKE_COST - 1
"""What a new block costs beyond the first one of a bin, beside its mapping and the walk to its place."""


def beyond_hit(t: Transition) -> Word:
    """What it costs beyond the constant if no free block serves."""
    straight = (t.pages_asked == 0) | (t.result == 0) | (t.size > THRESHOLD)
    walked = when(straight, 0, MORE_IF_MAPPED + t.ghost.length[by_address(t.heap)])
    return walked + MAP_COST * t.pages_asked


@clause(
    f"at most {HIT_COST} loads and stores if a free block serves;"
    f" else {MORE_IF_MAPPED} more, one per block by address, and the cost of mapping"
)
def alloc_cost(t: Transition) -> Truth:
    return t.cost <= HIT_COST + beyond_hit(t)


ALLOC = Operation(
    "alloc",
    ("size",),
    ghosts_after,
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
        maps_only_if_needed,
        alloc_null_only_if,
        alloc_refuses,
        asks_for_block,
        *OTHER_HEAPS,
        alloc_cost,
    ),
    (held, size_is_word),
    raises=(),
    changes=(*COMING, *LINKS, *BITS, "ghost.owner", "byte", "mapped", "pages"),
    returns="word",
)

ALLOCATION = (FIRST_BLOCK, ALLOC)
