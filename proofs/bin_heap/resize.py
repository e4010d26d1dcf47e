"""Resizing a block of the bin heap: in place, or by a move of its content."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.bin_heap.realloc import REALLOC
from model.bin_heap.shared import (
    LARGEST_REQUEST,
    OTHER_HEAPS,
    allocated_kept,
    handed_out,
    nothing_else_allocated,
    pages_of,
    payloads_kept,
    same_blocks,
)
from model.bin_heap.state import (
    ALIGNMENT,
    HEADER,
    THRESHOLD,
    Blocks,
    by_address,
    end_of,
    live,
    mapped_alone,
    rounded,
    size_of,
    zeroed,
)
from model.bin_heap.users import beyond_hit, no_larger, of_payload, seeks_for
from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies, negate, when
from model.language.machine import UNMAP_COST
from model.language.words import PAGE_SIZE, WORD_BYTES, as_advanced, is_word, unchanged, words_in
from proofs.bin_heap.costs import LOOK_COST, MERGE_COST, MOVE_COST, REFUSAL_COST, SPLIT_COST
from proofs.bin_heap.free import block_is_bounded
from proofs.bin_heap.neighbours import joined_size
from proofs.bin_heap.shared import BITS, COMING, LINKS, PAGES, held, is_allocated, whole_granules

RESIZED = (*COMING, *LINKS, *BITS, *PAGES, "byte", "ghost.owner", "ghost.cover")


# ---------------------------------------------------------------- resize_in_place


@clause("needed is granules, of a request that can be rounded up")
def needed_is_granules(state: Any, heap: Word, g: Blocks, given: dict[str, Any]) -> Truth:
    return whole_granules(given["needed"]) & (given["needed"] <= LARGEST_REQUEST)


@clause(
    "a block that was resized in place has the bytes now, is allocated still,"
    " and within the threshold if kept by address"
)
def resized(t: Transition) -> Truth:
    stays = t.ghost_after.headers[t.block] & live(t.new, t.block)
    alone = mapped_alone(t.new, t.block)
    same = (alone == mapped_alone(t.old, t.block)) & implies(zeroed(t.new, t.block), zeroed(t.old, t.block))
    enough = (size_of(t.new, t.block) >= t.needed) & (alone | (size_of(t.new, t.block) <= THRESHOLD))
    return implies(t.result, every([stays, same, enough]))


@clause(
    "a block that was resized in place has less than a header and 64 bytes to spare, or less than a page if mapped for"
    " itself",
    covers="BIN-10",
)
def resized_no_larger(t: Transition) -> Truth:
    spare = size_of(t.new, t.block) - t.needed
    return implies(t.result, spare < when(mapped_alone(t.new, t.block), PAGE_SIZE, HEADER + ALIGNMENT))


@clause("if not, nothing changes, and the block was too small")
def not_resized(t: Transition) -> Truth:
    head = by_address(t.heap)
    lengths, pages = t.ghost_after.length, t.ghost_after.pages
    same = every([unchanged(t), same_blocks(t), lengths[head] == t.ghost.length[head], pages.same(t.ghost.pages)])
    return t.result | (same & (size_of(t.old, t.block) < t.needed))


@clause("if not, the block is mapped for itself, or no free block behind it would do")
def cannot_stay(t: Transition) -> Truth:
    end = end_of(t.old, t.block)
    joined = joined_size(t.old, t.block, end)
    fits = (joined <= THRESHOLD) | (joined >= t.needed + HEADER + ALIGNMENT)
    serves = every([joined >= t.needed, t.needed <= THRESHOLD, fits])
    found = every([t.ghost.headers[end], negate(live(t.old, end)), serves])
    return every([t.result | mapped_alone(t.old, t.block) | negate(found)])


@clause("of the payload no byte that the block held and holds is touched")
def stays_in_place(t: Transition) -> Truth:
    smaller = size_of(t.old, t.block) <= size_of(t.new, t.block)
    held_still = when(smaller, size_of(t.old, t.block), size_of(t.new, t.block))
    first = t.block + HEADER
    return implies(t.result, t.new.bytes.unchanged(t.old, first, first + held_still))


@clause("every other allocated block stays so, with its header")
def others_kept(t: Transition) -> Truth:
    return allocated_kept(t, t.block)


@clause("no byte of the payload of any other allocated block is touched")
def other_bytes(t: Transition) -> Truth:
    return payloads_kept(t, t.block)


@clause("nothing else becomes allocated")
def none_appears(t: Transition) -> Truth:
    return nothing_else_allocated(t, t.block)


IN_PLACE_COST = 2 + LOOK_COST + MERGE_COST + SPLIT_COST


@clause("of a block that is mapped for itself exactly the pages beyond its new end are unmapped; of others none is")
def resized_pages(t: Transition) -> Truth:
    less = t.new.mapped.less(t.old.mapped, end_of(t.new, t.block), end_of(t.old, t.block))
    alone = mapped_alone(t.old, t.block)
    return every([implies(alone, less), alone | t.new.mapped.same(t.old.mapped)])


@clause(
    f"the call costs at most {IN_PLACE_COST} loads and stores,"
    " and the cost of unmapping pages of a block mapped for itself"
)
def resize_in_place_cost(t: Transition) -> Truth:
    return t.cost <= IN_PLACE_COST + when(mapped_alone(t.old, t.block), UNMAP_COST * pages_of(t.old, t.block), 0)


@clause(f"the call costs at most {REFUSAL_COST} loads if nothing is resized")
def refusal_cost(t: Transition) -> Truth:
    return t.result | (t.cost <= REFUSAL_COST)


RESIZE_IN_PLACE = Operation(
    "resize_in_place",
    ("block", "needed"),
    as_advanced,
    (
        resized,
        resized_no_larger,
        not_resized,
        cannot_stay,
        stays_in_place,
        resized_pages,
        others_kept,
        other_bytes,
        none_appears,
        *OTHER_HEAPS,
        resize_in_place_cost,
        refusal_cost,
    ),
    (held, is_allocated("block"), block_is_bounded, needed_is_granules),
    raises=(),
    changes=RESIZED,
    returns="flag",
)


# ---------------------------------------------------------------- resize


@clause("the size is a machine word, and not 0")
def size_is_positive(state: Any, heap: Word, g: Blocks, given: dict[str, Any]) -> Truth:
    return is_word(given["size"]) & (given["size"] > 0)


@clause("the block of the payload that is returned is allocated, has the size, and may be a user's")
def new_block(t: Transition) -> Truth:
    b = t.result - HEADER
    proper = negate(zeroed(t.new, b)) & (mapped_alone(t.new, b) | (size_of(t.new, b) <= THRESHOLD))
    there = t.ghost_after.headers[b] & live(t.new, b)
    return (t.result == 0) | every([there, proper, size_of(t.new, b) >= t.size])


@clause("the first bytes, as many as the old block held and as are asked for, are what they were")
def survives(t: Transition) -> Truth:
    common = when(size_of(t.old, t.block) <= t.size, size_of(t.old, t.block), t.size)
    kept = t.new.bytes.copied(t.old, t.result, t.result + common, t.block + HEADER)
    return (t.result == 0) | kept


@clause("NULL changes nothing")
def resize_changes_nothing(t: Transition) -> Truth:
    return implies(t.result == 0, unchanged(t) & same_blocks(t))


@clause(
    "NULL exactly if the size is too large, or the window has no hole of the pages, or the free frames do not suffice"
)
def resize_null_exactly_if(t: Transition) -> Truth:
    return (t.result == 0) == ((t.size > LARGEST_REQUEST) | t.answers.no_place | t.answers.frames_lack)


@clause("pages are sought only if the block is too small and no free block serves, and the least that hold the request")
def resize_seeks_by_need(t: Transition) -> Truth:
    return seeks_for(t, size_of(t.old, t.block) < rounded(t.size))


@clause("another block than before only if the old one was too small")
def moves_only_if_small(t: Transition) -> Truth:
    moved = (t.result != 0) & (t.result != t.block + HEADER)
    return implies(moved, size_of(t.old, t.block) < rounded(t.size))


@clause("nothing but the block that is returned becomes allocated")
def only_result_appears(t: Transition) -> Truth:
    return nothing_else_allocated(t, t.result - HEADER)


@clause("the block that is returned is the old one, or was allocated to nobody")
def takes_nobodys(t: Transition) -> Truth:
    b = t.result - HEADER
    moved = (t.result != 0) & (b != t.block)
    return implies(moved, negate(t.ghost.headers[b] & live(t.old, b)))


@clause("the old block is allocated no more if it was moved")
def old_block_gone(t: Transition) -> Truth:
    moved = (t.result != 0) & (t.result != t.block + HEADER)
    return implies(moved, negate(t.ghost_after.headers[t.block] & live(t.new, t.block)))


@clause(
    f"the call costs at most {MOVE_COST} loads and stores, two per {WORD_BYTES} bytes that are copied,"
    " and what alloc and free cost beyond their constants"
)
def resize_cost(t: Transition) -> Truth:
    copied = when(size_of(t.old, t.block) <= t.size, size_of(t.old, t.block), t.size)
    unmapping = when(mapped_alone(t.old, t.block), UNMAP_COST * pages_of(t.old, t.block), 0)
    return t.cost <= MOVE_COST + 2 * words_in(copied) + beyond_hit(t) + unmapping


RESIZE = Operation(
    "resize",
    ("block", "size"),
    as_advanced,
    (
        new_block,
        replace(of_payload(no_larger), name="new_no_larger"),
        survives,
        resize_changes_nothing,
        resize_null_exactly_if,
        resize_seeks_by_need,
        moves_only_if_small,
        others_kept,
        other_bytes,
        only_result_appears,
        takes_nobodys,
        old_block_gone,
        *OTHER_HEAPS,
        resize_cost,
    ),
    (held, handed_out, is_allocated("block"), size_is_positive),
    raises=(),
    changes=(*RESIZED, "pages"),
    returns="word",
)


RESIZING = (RESIZE_IN_PLACE, RESIZE, REALLOC)
