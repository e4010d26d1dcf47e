"""The contract of realloc: a block stays where it is if it can, and moves with its content if it cannot."""

from __future__ import annotations

from dataclasses import replace

from model.bin_heap.pointers import TOLD_APART, accepts, is_live, not_forged
from model.bin_heap.shared import (
    LARGEST_REQUEST,
    OTHER_HEAPS,
    handed_out,
    handed_out_still,
    live_bytes,
    live_kept,
    nothing_else_allocated,
    pages_of,
)
from model.bin_heap.state import HEADER, live, mapped_alone, rounded, size_of
from model.bin_heap.users import (
    beyond_hit,
    free_rejects,
    lock_is_free,
    lock_of,
    no_larger,
    of_payload,
    seeks_for,
)
from model.language.contracts import raises, takes_words
from model.language.logic import Operation, Transition, Truth, clause, every, implies, negate, when
from model.language.machine import UNMAP_COST
from model.language.words import WORD_BYTES, as_advanced, by_word, is_word, returned, unchanged, words_in

realloc_refuses = takes_words("realloc_refuses", "if address or size", "address", "size")


realloc_rejects = replace(
    free_rejects,
    name="realloc_rejects",
    sentence="whatever is refused changes nothing; an address that is neither NULL nor a live block is refused",
)


@raises("LockError", "if the lock is held", covers="BIN-14")
def realloc_when_locked(t: Transition) -> Truth:
    return is_word(t.address) & is_word(t.size) & (lock_of(t.old, t.heap) != 0)


@clause("NULL changes nothing, unless the size is 0: then the block is freed", covers="BIN-16", when=returned)
def realloc_null(t: Transition) -> Truth:
    freed = (t.address != 0) & (t.size == 0)
    return implies(t.result == 0, freed | unchanged(t)) & implies(t.size == 0, t.result == 0)


@clause(
    "NULL exactly if the size is 0 or too large, or pages are sought and the window has no hole of them, or the free "
    "frames do not suffice for them and the tables that are missing there",
    covers="BIN-16",
    when=returned,
)
def realloc_null_exactly_if(t: Transition) -> Truth:
    refused = t.answers.no_place | t.answers.frames_lack
    return (t.result == 0) == ((t.size == 0) | (t.size > LARGEST_REQUEST) | refused)


@clause(
    "pages are sought only if there is no block, or it is too small, and no free block serves: the least that hold the "
    "request and a header, which are asked for if the window has a hole of them"
)
def realloc_seeks_by_need(t: Transition) -> Truth:
    if t.raised:
        return negate(t.answers.no_place | t.answers.frames_lack)
    return seeks_for(t, (t.address == 0) | (size_of(t.old, t.address - HEADER) < rounded(t.size)))


@clause("the block of the payload that is returned is allocated, and has the size", covers="BIN-16", when=returned)
def reallocated(t: Transition) -> Truth:
    b = t.result - HEADER
    there = t.ghost_after.headers[b] & live(t.new, b)
    return (t.result == 0) | every([there, size_of(t.new, b) >= t.size])


realloc_no_larger = replace(of_payload(no_larger), name="realloc_no_larger", covers=("BIN-10",))


@clause(
    "the first bytes, as many as the old block held and as are asked for, are what they were",
    covers="BIN-16",
    when=returned,
)
def realloc_survives(t: Transition) -> Truth:
    old = size_of(t.old, t.address - HEADER)
    common = when(old <= t.size, old, t.size)
    kept = t.new.bytes.copied(t.old, t.result, t.result + common, t.address)
    return (t.result == 0) | (t.address == 0) | kept


@clause("the block moves only if it was too small", covers="BIN-16", when=returned)
def realloc_moves_only_if_small(t: Transition) -> Truth:
    moved = every([t.address != 0, t.result != 0, t.result != t.address])
    return implies(moved, size_of(t.old, t.address - HEADER) < rounded(t.size))


realloc_others_kept = replace(live_kept, name="realloc_others_kept")
realloc_other_bytes = replace(live_bytes, name="realloc_other_bytes")


@clause("nothing but the block that is returned becomes allocated")
def realloc_only_result(t: Transition) -> Truth:
    return nothing_else_allocated(t, 0 if t.raised else t.result - HEADER)


@clause(
    "the block that is returned is the one that was given, or was allocated to nobody", covers="BIN-16", when=returned
)
def realloc_takes_nobodys(t: Transition) -> Truth:
    another = (t.result != 0) & (t.result != t.address)
    return implies(another, negate(is_live(t.old, t.ghost, t.result - HEADER)))


@clause(
    "the block that was given is allocated no more if another is returned, or 0 bytes are asked for",
    covers="BIN-16",
    when=returned,
)
def realloc_gives_up(t: Transition) -> Truth:
    moved = (t.result != 0) & (t.result != t.address)
    gone = (t.address != 0) & (moved | (t.size == 0))
    return implies(gone, negate(is_live(t.new, t.ghost_after, t.address - HEADER)))


REALLOC_COST = by_word(206, 234)
"""Loads + stores: the lock, the checks of the address, the look whether the block can stay, malloc and free."""


@clause(
    f"the call costs at most {REALLOC_COST} loads and stores, two per {WORD_BYTES} bytes that are copied,"
    " what malloc costs beyond its constant, and the cost of unmapping the pages of a block mapped for itself",
    when=returned,
)
def realloc_cost(t: Transition) -> Truth:
    old, moved = t.address - HEADER, t.address != 0
    common = when(size_of(t.old, old) <= t.size, size_of(t.old, old), t.size)
    copying = when(moved, 2 * words_in(common), 0)
    unmapping = when(moved & mapped_alone(t.old, old), UNMAP_COST * pages_of(t.old, old), 0)
    return t.cost <= REALLOC_COST + copying + beyond_hit(t) + unmapping


REALLOC = Operation(
    "realloc",
    ("address", "size"),
    as_advanced,
    (
        realloc_refuses,
        realloc_rejects,
        accepts,
        *TOLD_APART,
        realloc_when_locked,
        realloc_null,
        realloc_null_exactly_if,
        realloc_seeks_by_need,
        reallocated,
        realloc_no_larger,
        realloc_survives,
        realloc_moves_only_if_small,
        realloc_others_kept,
        realloc_other_bytes,
        realloc_only_result,
        realloc_takes_nobodys,
        realloc_gives_up,
        lock_is_free,
        handed_out_still,
        *OTHER_HEAPS,
        realloc_cost,
    ),
    (handed_out, not_forged),
    raises=("ValueError", "LockError", "InvalidFree", "HeapCorruption", "DoubleFree"),
)
