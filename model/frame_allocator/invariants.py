"""What always holds of the frame allocator, between two calls and, but for one block in hand, in its loops.

Each law is a clause about the abstract frames (state.py); the invariants say it of what the header says, the loops of
the same with the block in hand put in.

Triggers: a clause about list heads fires on pairs (record, head), so that no instance makes a new
head term and so the next instance.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import Any

from model.frame_allocator.state import (
    FREE,
    INTERIOR,
    LENT,
    LIVE,
    MAX_ORDER,
    NONE,
    ORDERS,
    RECORD,
    RECORDS,
    RESERVED,
    Frames,
    Ghosts,
    seen,
)
from model.language.contracts import shown
from model.language.logic import Truth, Word, clause, every, implies, when
from model.language.words import PAGE_SIZE, PHYSICAL_LIMIT, WORD_LIMIT

MAX_FRAMES = 2**31
BIG = 1 << MAX_ORDER


# ---------------------------------------------------------------- blocks


@clause("every record is interior, free, live, lent or reserved")
def states(f: Frames) -> Truth:
    known = (INTERIOR, FREE, LIVE, LENT, RESERVED)
    return f.each(f.state, lambda i: reduce(or_, [f.state[i] == one for one in known]))


@clause("every block has an order from 0 to 18 and lies inside the area", covers="FRM-2")
def within(f: Frames) -> Truth:
    def lies(b: Word) -> Truth:
        return every([f.order[b] >= 0, f.order[b] <= MAX_ORDER, b + (1 << f.order[b]) <= f.end])

    return f.each(f.order, lambda b: implies(f.free(b) | f.live(b), lies(b)))


@clause("every block begins at a multiple of its own size", covers="FRM-5")
def aligned(f: Frames) -> Truth:
    return f.each(f.order, lambda b: implies(f.free(b) | f.live(b), b % (1 << f.order[b]) == 0))


@clause("no two blocks or reserved frames overlap", covers="FRM-3 FRM-5")
def disjoint(f: Frames) -> Truth:
    return f.state.each_pair(
        f.start, f.end, lambda a, b: implies(f.occupied(a) & f.occupied(b) & (a < b), a + f.extent(a) <= b)
    )


@clause("every frame lies in a block or is reserved", covers="FRM-3")
def covered(f: Frames) -> Truth:
    def owned(i: Word) -> Truth:
        b = f.owner[i]
        return every([f.inside(b), f.occupied(b), b <= i, i < b + f.extent(b)])

    return f.each(f.owner, owned)


# ---------------------------------------------------------------- free lists


@clause("two free buddies of one order never both exist")
def canonical(f: Frames) -> Truth:
    def apart(a: Word, b: Word) -> Truth:
        mergeable = every([f.free(a), f.free(b), f.order[a] == f.order[b], f.order[a] < MAX_ORDER])
        return implies(mergeable, b != a ^ (1 << f.order[a]))

    return f.state.each_pair(f.start, f.end, apart)


@clause("a list head is NONE or the first free block of its order")
def heads(f: Frames) -> Truth:
    def well_headed(k: Word) -> Truth:
        h = f.head[k]
        return (h == NONE) | every([f.inside(h), f.free(h), f.order[h] == k, f.prev[h] == NONE])

    return f.head.each(0, ORDERS, well_headed)


@clause("the list of an order that has free blocks begins with the latest")
def latest_first(f: Frames) -> Truth:
    def begins(b: Word, k: Word) -> Truth:
        # That a member has a stamp holds anyway; it is said here because a proof must look at the stamp.
        member = every([f.free(b), f.order[b] == k, f.stamp[b] < f.clock])
        return implies(member, (f.head[k] != NONE) & (f.stamp[b] <= f.stamp[f.head[k]]))

    return f.stamp.each_with(f.start, f.end, f.head, 0, ORDERS, begins)


@clause("a next link leads to an earlier free block of the same order, which links back")
def next_links(f: Frames) -> Truth:
    def linked(b: Word) -> Truth:
        n = f.next[b]
        member = every([f.inside(n), f.free(n), f.order[n] == f.order[b], f.stamp[n] < f.stamp[b], f.prev[n] == b])
        return implies(f.free(b), (n == NONE) | member)

    return f.each(f.next, linked)


@clause("a prev link leads to a free block of the same order, which links forward")
def prev_links(f: Frames) -> Truth:
    def linked(b: Word) -> Truth:
        p = f.prev[b]
        member = every([f.inside(p), f.free(p), f.order[p] == f.order[b], f.next[p] == b])
        return implies(f.free(b) & (p != NONE), member)

    return f.each(f.prev, linked)


@clause("a free block without prev link is the head of its list")
def first_is_head(f: Frames) -> Truth:
    return f.each(f.prev, lambda b: implies(f.free(b) & (f.prev[b] == NONE), f.head[f.order[b]] == b))


@clause("next links skip no free block of the order")
def nothing_between(f: Frames) -> Truth:
    def skips_not(a: Word, b: Word) -> Truth:
        earlier = every([f.free(a), f.free(b), f.order[a] == f.order[b], f.stamp[b] < f.stamp[a]])
        return implies(earlier, (f.next[a] != NONE) & (f.stamp[b] <= f.stamp[f.next[a]]))

    return f.next.each_with(f.start, f.end, f.stamp, f.start, f.end, skips_not)


@clause("free blocks came into the lists one after the other")
def stamps(f: Frames) -> Truth:
    one = f.each(f.stamp, lambda b: implies(f.free(b), f.stamp[b] < f.clock))
    return one & f.stamp.each_pair(
        f.start, f.end, lambda a, b: implies(f.free(a) & f.free(b), f.stamp[a] != f.stamp[b])
    )


# ---------------------------------------------------------------- counting


@clause("in a free block each frame counts as free, in any other none")
def counted_inside(f: Frames) -> Truth:
    def count(i: Word) -> Truth:
        b = f.owner[i]
        return f.below[i] == f.below[b] + when(f.free(b), i - b, 0)

    return f.each(f.owner, count)


@clause("a free block counts with all its frames, any other with none")
def counted_blocks(f: Frames) -> Truth:
    def count(b: Word) -> Truth:
        whole = f.below[b + f.extent(b)] == f.below[b] + when(f.free(b), f.extent(b), 0)
        return implies(f.occupied(b), (f.owner[b] == b) & whole)

    return f.each(f.state, count)


@clause("no frame counts as free more than once")
def rising(f: Frames) -> Truth:
    return f.below.each_pair(
        f.start, f.end + 1, lambda i, j: implies(i < j, (f.below[i] <= f.below[j]) & (f.below[j] - f.below[i] <= j - i))
    )


@clause("the descriptor counts exactly the free frames")
def counted(f: Frames) -> Truth:
    ends = (f.below[f.start] == 0) & (f.below[f.end] == f.free_frames)
    return every([ends, f.free_frames >= 0, f.free_frames <= f.end - f.start])


BLOCKS = (states, within, aligned, disjoint, covered)
LISTS = (canonical, heads, latest_first, next_links, prev_links, first_is_head, nothing_between, stamps)
COUNTS = (counted_inside, counted_blocks, rising)


# ---------------------------------------------------------------- the header


@clause("the area begins at most 1 GiB above the multiple of 1 GiB that index 0 is, and fits 64 bits")
def area(state: Any, heap: Word, ghosts: Ghosts) -> Truth:
    f = seen(state, heap, ghosts)
    return every(
        [
            state.claimed("FrameAllocator")[heap],
            f.start >= 0,
            f.start < BIG,
            f.start <= f.end,
            f.end - f.start <= MAX_FRAMES,
            f.origin >= 0,
            f.origin % (BIG * PAGE_SIZE) == 0,
            f.origin + f.end * PAGE_SIZE <= PHYSICAL_LIMIT,
            heap + RECORDS + RECORD * (f.end - f.start) < WORD_LIMIT,
        ]
    )


@clause("behind the descriptor lie 19 list heads and one record for every frame")
def tables(state: Any, heap: Word, ghosts: Ghosts) -> Truth:
    f = seen(state, heap, ghosts)
    records, lists = state.claimed("FrameRecord"), state.claimed("FreeList")
    return f.each(records, lambda i: records[i]) & lists.each(0, ORDERS, lambda k: lists[k])


INVARIANTS = (area, tables, *shown((*BLOCKS, *LISTS, *COUNTS, counted), seen))
