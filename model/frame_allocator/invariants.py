"""What always holds of the frame allocator, between two calls and, but for one block in hand, in its loops.

Each property is a function of the abstract frames (state.py); the invariants apply it to what
the header says, the loops to the same with the block in hand put in.

Triggers: a clause about list heads fires on pairs (record, head), so that no instance makes a new
head term and so the next instance.
"""

from __future__ import annotations

from collections.abc import Callable
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
from model.language.logic import Clause, Truth, Word, every, implies, when
from model.language.words import PAGE_SIZE, PHYSICAL_LIMIT, WORD_LIMIT

MAX_FRAMES = 2**31
BIG = 1 << MAX_ORDER

Property = Callable[[Frames], Truth]


# ---------------------------------------------------------------- blocks


def states(f: Frames) -> Truth:
    """Every record is in one of the five states."""
    return f.state.each(
        f.start,
        f.end,
        lambda i: (
            (f.state[i] == INTERIOR)
            | (f.state[i] == FREE)
            | (f.state[i] == LIVE)
            | (f.state[i] == LENT)
            | (f.state[i] == RESERVED)
        ),
    )


def within(f: Frames) -> Truth:
    """Every block has a supported order and lies inside the area."""
    return f.order.each(
        f.start,
        f.end,
        lambda b: implies(
            f.free(b) | f.live(b), every([f.order[b] >= 0, f.order[b] <= MAX_ORDER, b + (1 << f.order[b]) <= f.end])
        ),
    )


def aligned(f: Frames) -> Truth:
    """Every block begins at a multiple of its size."""
    return f.order.each(f.start, f.end, lambda b: implies(f.free(b) | f.live(b), b % (1 << f.order[b]) == 0))


def disjoint(f: Frames) -> Truth:
    """No two blocks or reserved frames overlap."""
    return f.state.each_pair(
        f.start, f.end, lambda a, b: implies(f.occupied(a) & f.occupied(b) & (a < b), a + f.extent(a) <= b)
    )


def covered(f: Frames) -> Truth:
    """Every frame belongs to a block or is reserved."""

    def owned(i: Word) -> Truth:
        b = f.owner[i]
        return every([f.inside(b), f.occupied(b), b <= i, i < b + f.extent(b)])

    return f.owner.each(f.start, f.end, owned)


def canonical(f: Frames) -> Truth:
    """No two free buddies."""
    return f.state.each_pair(
        f.start,
        f.end,
        lambda a, b: implies(
            every([f.free(a), f.free(b), f.order[a] == f.order[b], f.order[a] < MAX_ORDER]), b != a ^ (1 << f.order[a])
        ),
    )


# ---------------------------------------------------------------- free lists


def heads(f: Frames) -> Truth:
    """A list head is NONE, or the first free block of that order."""

    def well_headed(k: Word) -> Truth:
        h = f.head[k]
        return (h == NONE) | every([f.inside(h), f.free(h), f.order[h] == k, f.prev[h] == NONE])

    return f.head.each(0, ORDERS, well_headed)


def latest_first(f: Frames) -> Truth:
    """The head of a list is its latest member; so a list that has members has a head.

    That a member has a stamp holds anyway; it is said here because a proof must look at the stamp.
    """
    return f.stamp.each_with(
        f.start,
        f.end,
        f.head,
        0,
        ORDERS,
        lambda b, k: implies(
            every([f.free(b), f.order[b] == k, f.stamp[b] < f.clock]),
            (f.head[k] != NONE) & (f.stamp[b] <= f.stamp[f.head[k]]),
        ),
    )


def next_links(f: Frames) -> Truth:
    """A next link leads to an earlier member of the same list, which links back."""

    def linked(b: Word) -> Truth:
        n = f.next[b]
        member = every([f.inside(n), f.free(n), f.order[n] == f.order[b], f.stamp[n] < f.stamp[b], f.prev[n] == b])
        return implies(f.free(b), (n == NONE) | member)

    return f.next.each(f.start, f.end, linked)


def prev_links(f: Frames) -> Truth:
    """A prev link leads to a member of the same list, which links forward."""

    def linked(b: Word) -> Truth:
        p = f.prev[b]
        return implies(
            f.free(b) & (p != NONE), every([f.inside(p), f.free(p), f.order[p] == f.order[b], f.next[p] == b])
        )

    return f.prev.each(f.start, f.end, linked)


def first_is_head(f: Frames) -> Truth:
    """A free block without prev link is the head of its list."""
    return f.prev.each(f.start, f.end, lambda b: implies(f.free(b) & (f.prev[b] == NONE), f.head[f.order[b]] == b))


def nothing_between(f: Frames) -> Truth:
    """No member of a list came between a member and its next: next links reach every member."""
    return f.next.each_with(
        f.start,
        f.end,
        f.stamp,
        f.start,
        f.end,
        lambda a, b: implies(
            every([f.free(a), f.free(b), f.order[a] == f.order[b], f.stamp[b] < f.stamp[a]]),
            (f.next[a] != NONE) & (f.stamp[b] <= f.stamp[f.next[a]]),
        ),
    )


def stamps(f: Frames) -> Truth:
    """Free blocks came into the lists one after the other."""
    one = f.stamp.each(f.start, f.end, lambda b: implies(f.free(b), f.stamp[b] < f.clock))
    return one & f.stamp.each_pair(
        f.start, f.end, lambda a, b: implies(f.free(a) & f.free(b), f.stamp[a] != f.stamp[b])
    )


# ---------------------------------------------------------------- counting


def counted(f: Frames) -> Truth:
    """Counting starts at 0 and ends at the descriptor's count."""
    ends = (f.below[f.start] == 0) & (f.below[f.end] == f.free_frames)
    return every([ends, f.free_frames >= 0, f.free_frames <= f.end - f.start])


def counted_inside(f: Frames) -> Truth:
    """Inside a free block every frame counts, inside any other none."""

    def count(i: Word) -> Truth:
        b = f.owner[i]
        return f.below[i] == f.below[b] + when(f.free(b), i - b, 0)

    return f.owner.each(f.start, f.end, count)


def counted_blocks(f: Frames) -> Truth:
    """A free block counts with all its frames, any other with none."""

    def count(b: Word) -> Truth:
        whole = f.below[b + f.extent(b)] == f.below[b] + when(f.free(b), f.extent(b), 0)
        return implies(f.occupied(b), (f.owner[b] == b) & whole)

    return f.state.each(f.start, f.end, count)


def rising(f: Frames) -> Truth:
    """No frame counts less than 0 or more than 1."""
    return f.below.each_pair(
        f.start, f.end + 1, lambda i, j: implies(i < j, (f.below[i] <= f.below[j]) & (f.below[j] - f.below[i] <= j - i))
    )


BLOCKS: dict[str, tuple[Property, str]] = {
    "states": (states, "every record is interior, free, live, lent or reserved"),
    "within": (within, "every block has an order from 0 to 18 and lies inside the area"),
    "aligned": (aligned, "every block begins at a multiple of its own size"),
    "disjoint": (disjoint, "no two blocks or reserved frames overlap"),
    "covered": (covered, "every frame lies in a block or is reserved"),
}
LISTS: dict[str, tuple[Property, str]] = {
    "canonical": (canonical, "two free buddies of one order never both exist"),
    "heads": (heads, "a list head is NONE or the first free block of its order"),
    "latest_first": (latest_first, "the list of an order that has free blocks begins with the latest"),
    "next_links": (next_links, "a next link leads to an earlier free block of the same order, which links back"),
    "prev_links": (prev_links, "a prev link leads to a free block of the same order, which links forward"),
    "first_is_head": (first_is_head, "a free block without prev link is the head of its list"),
    "nothing_between": (nothing_between, "next links skip no free block of the order"),
    "stamps": (stamps, "free blocks came into the lists one after the other"),
}
COUNTS: dict[str, tuple[Property, str]] = {
    "counted_inside": (counted_inside, "in a free block each frame counts as free, in any other none"),
    "counted_blocks": (counted_blocks, "a free block counts with all its frames, any other with none"),
    "rising": (rising, "no frame counts as free more than once"),
}
COUNTED = "the descriptor counts exactly the free frames"


# ---------------------------------------------------------------- invariants of the subject


def area(state: Any, heap: Word, ghosts: Ghosts) -> Truth:
    """The descriptor describes an area that can be numbered, at a multiple of 1 GiB, and the header is in reach."""
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


def tables(state: Any, heap: Word, ghosts: Ghosts) -> Truth:
    """Behind the descriptor lie 19 list heads and a record for every frame."""
    f = seen(state, heap, ghosts)
    records, lists = state.claimed("FrameRecord"), state.claimed("FreeList")
    return records.each(f.start, f.end, lambda i: records[i]) & lists.each(0, ORDERS, lambda k: lists[k])


def _invariant(name: str, prop: Property, sentence: str, covers: str = "") -> Clause:
    """The property of what the header says."""
    return Clause(
        name, sentence, lambda state, heap, ghosts: prop(seen(state, heap, ghosts)), covers=tuple(covers.split())
    )


COVERS = {"within": "FRM-2", "aligned": "FRM-5", "disjoint": "FRM-3 FRM-5", "covered": "FRM-3"}

INVARIANTS = (
    Clause("area", "the area begins at most 1 GiB above the multiple of 1 GiB that index 0 is, and fits 64 bits", area),
    Clause("tables", "behind the descriptor lie 19 list heads and one record for every frame", tables),
    *(
        _invariant(name, prop, sentence, COVERS.get(name, ""))
        for name, (prop, sentence) in {**BLOCKS, **LISTS, **COUNTS}.items()
    ),
    _invariant("counted", counted, COUNTED),
)
