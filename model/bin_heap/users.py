"""The contracts of what users call: malloc, calloc (zalloc) and free."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.bin_heap.pointers import TOLD_APART, accepts, is_live, live_blocks_are_marked, not_forged
from model.bin_heap.shared import (
    LARGEST_REQUEST,
    OTHER_HEAPS,
    handed_out,
    handed_out_still,
    live_bytes,
    live_kept,
    none_becomes,
    nothing_else_allocated,
    other_locks,
    pages_of,
    same_blocks,
)
from model.bin_heap.state import ALIGNMENT, HEADER, THRESHOLD, by_address, end_of, live, mapped_alone, rounded, size_of
from model.language.contracts import applied, raises, takes_words
from model.language.logic import Clause, Operation, Transition, Truth, Word, clause, every, implies, negate, when
from model.language.machine import MAP_COST, UNMAP_COST
from model.language.words import PAGE_SIZE, WORD_BYTES, as_advanced, by_word, is_word, returned, unchanged, words_in

# ---------------------------------------------------------------- what a request is owed, said of blocks


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


def needs_pages(t: Transition) -> Truth:
    """The request makes sense, and no free block serves it: one above the threshold is mapped for itself."""
    none = t.ghost.headers.all(lambda b: negate(fits(t, b)))
    return every([t.size != 0, t.size <= LARGEST_REQUEST, none | (t.size > THRESHOLD)])


@clause(
    "NULL exactly if the size is 0 or too large, or no free block serves and the window has no hole of the pages, "
    "or the free frames do not suffice for them and the tables that are missing there",
    covers="BIN-16",
)
def alloc_null_exactly_if(t: Transition) -> Truth:
    senseless = (t.size == 0) | (t.size > LARGEST_REQUEST)
    refused = needs_pages(t) & (t.answers.no_place | t.answers.frames_lack)
    return (t.result == 0) == (senseless | refused)


def seeks_for(t: Transition, wanted: Truth) -> Truth:
    """Pages are sought only if they are wanted and no free block serves, the least; and none are refused unsought."""
    sought, needed = t.answers.sought, rounded(t.size) + HEADER
    none = t.ghost.headers.all(lambda b: negate(fits(t, b)))
    least = ((sought - 1) * PAGE_SIZE < needed) & (needed <= sought * PAGE_SIZE)
    asked = t.pages_asked == when(t.answers.no_place, 0, sought)
    meant = every([wanted, none | (t.size > THRESHOLD), least])
    return asked & when(sought != 0, meant, negate(t.answers.no_place | t.answers.frames_lack))


@clause(
    "pages are sought exactly if no free block serves: the least that hold the request and a header, and if the window "
    "has a hole of them, they are asked for there"
)
def seeks_by_need(t: Transition) -> Truth:
    return ((t.answers.sought != 0) == needs_pages(t)) & seeks_for(t, True)


@clause("size 0 and sizes that cannot be rounded up to pages give NULL")
def alloc_refuses(t: Transition) -> Truth:
    return implies((t.size == 0) | (t.size > LARGEST_REQUEST), t.result == 0)


MORE_IF_MAPPED = 3
"""What a new block costs beyond the first one of a bin, beside its mapping and the walk to its place."""


def beyond_hit(t: Transition) -> Word:
    """What it costs beyond the constant if no free block serves."""
    straight = (t.pages_asked == 0) | (t.size > THRESHOLD)
    walked = when(straight, 0, MORE_IF_MAPPED + t.ghost.length[by_address(t.heap)])
    return walked + MAP_COST * t.pages_asked


# ---------------------------------------------------------------- malloc and zalloc


def lock_of(state: Any, heap: Word) -> Word:
    """The word that is the lock."""
    return state.fields("BinHeap").lock[heap]


refuses_no_word = takes_words("refuses_no_word", "for a size that", "size")


@raises("LockError", "if the lock is held", covers="BIN-14")
def refuses_when_locked(t: Transition) -> Truth:
    return is_word(t.size) & (lock_of(t.old, t.heap) != 0)


@clause("the lock is free afterwards, unless it was held before; no other heap's lock is touched", covers="BIN-14")
def lock_is_free(t: Transition) -> Truth:
    now, then = lock_of(t.new, t.heap), lock_of(t.old, t.heap)
    return other_locks(t) & ((now == 0) | (now == then))


def as_block(t: Transition) -> Transition:
    """The same with the block in the place of its payload."""
    return replace(t, result=when(t.result == 0, 0, t.result - HEADER))


def of_payload(law: Clause) -> Clause:
    """What ``law`` says of a block, said of the payload that a user gets."""
    return applied(law, as_block, returned)


@clause(
    "the payload is 64-byte aligned, and lies behind a header, which does not lie at address 0",
    covers="BIN-15",
    when=returned,
)
def aligned(t: Transition) -> Truth:
    return (t.result % 64 == 0) & (t.result != HEADER)


GRANTED = (
    given_out,
    large_enough,
    no_larger,
    mapped_if_large,
    live_kept,
    live_bytes,
    only_block_appears,
    overlaps_none,
    alloc_null,
    alloc_null_exactly_if,
    seeks_by_need,
    alloc_refuses,
)


def granting(name: str, *more: Clause) -> Operation:
    """malloc, or what is like it."""
    laws = (refuses_no_word, refuses_when_locked, lock_is_free, *(of_payload(law) for law in GRANTED), aligned, *more)
    return Operation(
        name,
        ("size",),
        as_advanced,
        (*laws, handed_out_still, *OTHER_HEAPS),
        (handed_out,),
        raises=("ValueError", "LockError"),
    )


MALLOC_COST = by_word(96, 108)
"""Loads + stores: the lock, the search of the bins, what is taken out of one, and split."""


@clause(
    f"the call costs at most {MALLOC_COST} loads and stores if a free block serves;"
    f" else {MORE_IF_MAPPED} more, one per block by address, and the cost of mapping",
    when=returned,
)
def malloc_cost(t: Transition) -> Truth:
    return t.cost <= MALLOC_COST + beyond_hit(t)


CLEAR_COST = MALLOC_COST + 2


@clause(f"as malloc with {CLEAR_COST}, and a store for {WORD_BYTES} bytes of the block", when=returned)
def zalloc_cost(t: Transition) -> Truth:
    size = when(t.result == 0, 0, size_of(t.new, t.result - HEADER))
    return t.cost <= CLEAR_COST + beyond_hit(t) + words_in(size)


@clause("every byte of the block is 0", covers="BIN-16", when=returned)
def all_zero(t: Transition) -> Truth:
    block = t.result - HEADER
    return (t.result == 0) | t.new.bytes.filled(t.result, end_of(t.new, block), 0)


MALLOC = granting("malloc", malloc_cost)
ZALLOC = granting("zalloc", all_zero, zalloc_cost)


# ---------------------------------------------------------------- calloc


calloc_refuses = takes_words("calloc_refuses", "if count or size", "count", "size")


@raises("LockError", "if the lock is held and the product is a word", covers="BIN-14")
def calloc_when_locked(t: Transition) -> Truth:
    return is_word(t.count) & is_word(t.size) & is_word(t.count * t.size) & (lock_of(t.old, t.heap) != 0)


def of_product(t: Transition) -> Transition:
    """The same with one object of all the bytes."""
    return replace(t, arguments={"size": t.count * t.size})


calloc_cost = replace(
    applied(zalloc_cost, of_product, returned), name="calloc_cost", sentence="as zalloc of the product"
)

CALLOC = Operation(
    "calloc",
    ("count", "size"),
    as_advanced,
    (
        calloc_refuses,
        calloc_when_locked,
        lock_is_free,
        *(applied(of_payload(law), of_product, returned) for law in GRANTED),
        aligned,
        all_zero,
        handed_out_still,
        *OTHER_HEAPS,
        calloc_cost,
    ),
    (handed_out,),
    raises=("ValueError", "LockError"),
)


# ---------------------------------------------------------------- free


free_refuses = takes_words("free_refuses", "for an address that", "address")


@raises("LockError", "if the lock is held, unless there is nothing to free", covers="BIN-14")
def free_when_locked(t: Transition) -> Truth:
    return is_word(t.address) & (t.address != 0) & (lock_of(t.old, t.heap) != 0)


@clause("whatever is refused changes nothing; an address that is no live block is refused", covers="BIN-16")
def free_rejects(t: Transition) -> Truth:
    if t.raised:
        return unchanged(t)
    return (t.address == 0) | is_live(t.old, t.ghost, t.address - HEADER)


@clause("NULL changes nothing", when=returned)
def free_null(t: Transition) -> Truth:
    return implies(t.address == 0, unchanged(t))


others_stay, other_bytes = replace(live_kept, name="others_stay"), replace(live_bytes, name="other_bytes")
none_comes = replace(none_becomes, name="none_comes")


@clause("the block is allocated no more", covers="BIN-13", when=returned)
def given_up(t: Transition) -> Truth:
    return (t.address == 0) | negate(is_live(t.new, t.ghost_after, t.address - HEADER))


FREE_COST = by_word(106, 122)
"""Loads + stores: the lock, the checks that a live block of the heap begins at the address, and two merges."""


@clause(
    f"the call costs at most {FREE_COST} loads and stores,"
    " and the cost of unmapping the pages of a block mapped for itself"
)
def free_cost(t: Transition) -> Truth:
    b = t.address - HEADER
    alone = t.ghost.headers[b] & mapped_alone(t.old, b)
    return t.cost <= FREE_COST + when(alone, UNMAP_COST * pages_of(t.old, b), 0)


FREE = Operation(
    "free",
    ("address",),
    as_advanced,
    (
        free_refuses,
        free_when_locked,
        free_rejects,
        accepts,
        *TOLD_APART,
        live_blocks_are_marked,
        free_null,
        lock_is_free,
        others_stay,
        other_bytes,
        none_comes,
        given_up,
        handed_out_still,
        *OTHER_HEAPS,
        free_cost,
    ),
    (handed_out, not_forged),
    raises=("ValueError", "LockError", "InvalidFree", "HeapCorruption", "DoubleFree"),
)
