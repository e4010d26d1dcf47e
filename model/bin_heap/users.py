"""The contracts of what users call: malloc, calloc (zalloc) and free."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.bin_heap.alloc import (
    HIT_COST,
    MORE_IF_MAPPED,
    alloc_null,
    alloc_null_exactly_if,
    alloc_refuses,
    beyond_hit,
    given_out,
    large_enough,
    live_bytes,
    live_kept,
    mapped_if_large,
    no_larger,
    only_block_appears,
    overlaps_none,
    seeks_by_need,
)
from model.bin_heap.costs import FREE_COST as FREE_BLOCK_COST
from model.bin_heap.pointers import TOLD_APART, accepts, is_live, live_blocks_are_marked, not_forged
from model.bin_heap.shared import (
    OTHER_HEAPS,
    allocated_kept,
    ghosts_after,
    handed_out,
    handed_out_still,
    nothing_else_allocated,
    payloads_kept,
)
from model.bin_heap.state import HEADER, end_of, mapped_alone, size_of
from model.language.contracts import raises, takes_words
from model.language.logic import Clause, Operation, Transition, Truth, Word, clause, implies, negate, when
from model.language.machine import UNMAP_COST
from model.language.words import PAGE_SIZE, WORD_BYTES, is_word, returned, unchanged, words_in

HAND_OUT_COST = 2


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
    now, then = t.new.fields("BinHeap").lock, t.old.fields("BinHeap").lock
    others = t.old.claimed("BinHeap").all(lambda d: (d == t.heap) | (now[d] == then[d]))
    return others & ((now[t.heap] == 0) | (now[t.heap] == then[t.heap]))


def as_block(t: Transition) -> Transition:
    """The same with the block in the place of its payload."""
    return replace(t, result=when(t.result == 0, 0, t.result - HEADER))


def of_payload(law: Clause) -> Clause:
    """What ``law`` says of a block, said of the payload that a user gets."""
    return replace(law, formula=lambda t: True if t.raised else law.formula(as_block(t)))


def unless_raised(law: Clause) -> Clause:
    """The same, of calls that return."""
    return replace(law, formula=lambda t: True if t.raised else law.formula(t))


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
        ghosts_after,
        (*laws, handed_out_still, *OTHER_HEAPS),
        (handed_out,),
        raises=("ValueError", "LockError"),
    )


LOCK_COST = 4
"""Loads + stores of acquiring the lock and releasing it."""
MALLOC_COST = LOCK_COST + HIT_COST + HAND_OUT_COST


@clause(
    f"the call costs at most {MALLOC_COST} loads and stores if a free block serves;"
    f" else {MORE_IF_MAPPED} more, one per block by address, and the cost of mapping"
)
def malloc_cost(t: Transition) -> Truth:
    return t.cost <= MALLOC_COST + beyond_hit(t)


CLEAR_COST = MALLOC_COST + 2


@clause(f"as malloc with {CLEAR_COST}, and a store for {WORD_BYTES} bytes of the block")
def zalloc_cost(t: Transition) -> Truth:
    size = when(t.result == 0, 0, size_of(t.new, t.result - HEADER))
    return t.cost <= CLEAR_COST + beyond_hit(t) + words_in(size)


@clause("every byte of the block is 0", covers="BIN-16", when=returned)
def all_zero(t: Transition) -> Truth:
    block = t.result - HEADER
    return (t.result == 0) | t.new.bytes.filled(t.result, end_of(t.new, block), 0)


MALLOC = granting("malloc", unless_raised(malloc_cost))
ZALLOC = granting("zalloc", all_zero, unless_raised(zalloc_cost))


# ---------------------------------------------------------------- calloc


calloc_refuses = takes_words("calloc_refuses", "if count or size", "count", "size")


@raises("LockError", "if the lock is held and the product is a word", covers="BIN-14")
def calloc_when_locked(t: Transition) -> Truth:
    return is_word(t.count) & is_word(t.size) & is_word(t.count * t.size) & (lock_of(t.old, t.heap) != 0)


def of_product(t: Transition) -> Transition:
    """The same with one object of all the bytes."""
    return replace(t, arguments={"size": t.count * t.size})


def _of_product(law: Clause) -> Clause:
    """What ``law`` says of a request of that many bytes."""
    return replace(law, formula=lambda t: law.formula(of_product(t)))


@clause("as zalloc of the product")
def calloc_cost(t: Transition) -> Truth:
    size = when(t.result == 0, 0, size_of(t.new, t.result - HEADER))
    return t.cost <= CLEAR_COST + beyond_hit(of_product(t)) + words_in(size)


CALLOC = Operation(
    "calloc",
    ("count", "size"),
    ghosts_after,
    (
        calloc_refuses,
        calloc_when_locked,
        lock_is_free,
        *(_of_product(of_payload(law)) for law in GRANTED),
        aligned,
        all_zero,
        handed_out_still,
        *OTHER_HEAPS,
        unless_raised(calloc_cost),
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


@clause("every other allocated block stays so, with its header")
def others_stay(t: Transition) -> Truth:
    return allocated_kept(t) if t.raised else allocated_kept(t, t.address - HEADER)


@clause("no byte of the payload of any other allocated block is touched")
def other_bytes(t: Transition) -> Truth:
    return payloads_kept(t) if t.raised else payloads_kept(t, t.address - HEADER)


@clause("nothing becomes allocated")
def none_comes(t: Transition) -> Truth:
    return nothing_else_allocated(t)


@clause("the block is allocated no more", covers="BIN-13", when=returned)
def given_up(t: Transition) -> Truth:
    return (t.address == 0) | negate(is_live(t.new, t.ghost_after, t.address - HEADER))


CHECK_COST = 9
"""Loads of the checks that a live block of the heap begins at the address: magic, flags, list, two entries, and the
neighbours of the second: the first is linked to itself."""
FREE_COST = LOCK_COST + CHECK_COST + FREE_BLOCK_COST


@clause(
    f"the call costs at most {FREE_COST} loads and stores,"
    " and the cost of unmapping the pages of a block mapped for itself"
)
def free_cost(t: Transition) -> Truth:
    b = t.address - HEADER
    alone = t.ghost.headers[b] & mapped_alone(t.old, b)
    return t.cost <= FREE_COST + when(alone, UNMAP_COST * ((HEADER + size_of(t.old, b)) // PAGE_SIZE), 0)


FREE = Operation(
    "free",
    ("address",),
    ghosts_after,
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
