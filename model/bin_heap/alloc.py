"""What an allocation owes its user: where the block lies, what it does not touch, and when it is refused."""

from __future__ import annotations

from model.bin_heap.costs import FIRST_BIN_COST, NEW_BLOCK_COST, SPLIT_COST, TAKE_COST
from model.bin_heap.shared import LARGEST_REQUEST, allocated_kept, nothing_else_allocated, payloads_kept, same_blocks
from model.bin_heap.state import ALIGNMENT, HEADER, THRESHOLD, by_address, end_of, live, mapped_alone, rounded, size_of
from model.language.logic import Transition, Truth, Word, clause, every, implies, negate, when
from model.language.machine import MAP_COST
from model.language.words import PAGE_SIZE, unchanged

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


HIT_COST = 1 + FIRST_BIN_COST + TAKE_COST + SPLIT_COST
"""The first block of the bin is a load."""
MORE_IF_MAPPED = NEW_BLOCK_COST - TAKE_COST - 1
"""What a new block costs beyond the first one of a bin, beside its mapping and the walk to its place."""


def beyond_hit(t: Transition) -> Word:
    """What it costs beyond the constant if no free block serves."""
    straight = (t.pages_asked == 0) | (t.size > THRESHOLD)
    walked = when(straight, 0, MORE_IF_MAPPED + t.ghost.length[by_address(t.heap)])
    return walked + MAP_COST * t.pages_asked
