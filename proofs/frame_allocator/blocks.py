"""Steps of the proofs of allocate and free: why nothing is free when allocate says so, and what single frames are."""

from __future__ import annotations

from typing import Any

from model.frame_allocator.contract import PUBLIC, exponent, free_run, full_for
from model.frame_allocator.shared import before
from model.frame_allocator.single import stated
from model.frame_allocator.state import NONE, ORDERS, Frames, index_of, seen
from model.language.logic import Clause, Transition, Truth, Word, implies, mention
from model.language.words import PAGE_SIZE
from proofs.engine.helping import helped

# ---------------------------------------------------------------- why nothing is free


def _run_in_large_block(k: int) -> Clause:
    """One step of an induction over orders: an aligned free run lies in a block of at least its size.

    Its two halves lie in blocks of half its size or more.  If the blocks are two, they are free buddies.
    """

    def formula(t: Transition) -> Truth:
        if t.raised != "PhysicalMemoryFull":
            return True
        f, one = before(t), exponent(t, k)

        def large(r: Word) -> Truth:
            parts = _halves(f, r, one - 1) if k else True
            return implies(free_run(f, r, one) & parts, f.order[f.owner[r]] >= k)

        return f.owner.each(f.start, f.end, large)

    sentence = f"2**{k} free frames that could be one block lie in a free block of order {k} or more"
    return Clause(f"run_of_order_{k}", sentence, formula)


def _halves(f: Frames, r: Word, k: Word) -> Truth:
    """True: look at where the two halves of a run begin."""
    middle = r + (1 << k)
    return mention(r % (1 << k), middle % (1 << k), f.owner[middle])


def _no_list_forgotten(t: Transition) -> Truth:
    if t.raised != "PhysicalMemoryFull":
        return True
    f = before(t)

    def listed(i: Word) -> Truth:
        b = f.owner[i]
        head = f.head[f.order[b]]
        return implies(f.free_frame(i), (head != NONE) & (f.stamp[b] <= f.stamp[head]))

    return f.owner.each(f.start, f.end, listed)


NO_LIST_FORGOTTEN = Clause("no_list_forgotten", "the list of a free frame's block is not empty", _no_list_forgotten)


def _full_only_if(k: int) -> Clause:
    """``full_only_if`` for one order."""
    return Clause(
        f"full_only_if_{k}",
        f"PhysicalMemoryFull for order {k} only if no aligned run of 2**{k} frames is free",
        lambda t: full_for(t, k),
    )


# ---------------------------------------------------------------- single frames


def _same_index(t: Transition) -> Truth:
    f, base = (
        seen(t.old, t.heap, t.ghost),
        t.result.base if "base" not in t.arguments and not t.raised else t.arguments.get("base"),
    )
    if base is None:
        return True
    return (base % PAGE_SIZE != 0) | (index_of(f, base) == base // PAGE_SIZE - f.origin // PAGE_SIZE)


SAME_INDEX = Clause("same_index", "the index of a frame is the difference of two frame numbers", _same_index)


def _none_below(t: Transition) -> Any:
    if t.raised != "PhysicalMemoryFull":
        return True
    f = seen(t.old, t.heap, t.ghost)
    return f.below.by_induction(
        f.start,
        f.end,
        lambda i: implies(t.order == 0, f.below[i] == 0),
        lambda i: (f.owner[i], f.owner[i + 1], i % (1 << t.order * 0)),
    )


NONE_BELOW = Clause("none_below", "where no single frame is free, no frame counts as free", _none_below)


ALLOCATE = helped(
    PUBLIC.operation("allocate"),
    ("right_size", "was_free", "one_more_live", "takes_the_frames", "nothing_outside"),
    {
        "full_only_if": (
            *(_run_in_large_block(k) for k in range(ORDERS)),
            NO_LIST_FORGOTTEN,
            *(_full_only_if(k) for k in range(ORDERS)),
        ),
        stated("allocate")[0].name: (NONE_BELOW, SAME_INDEX),
    },
)
FREE = helped(
    PUBLIC.operation("free"),
    ("rejects_invalid", "gives_the_frames", "one_live_less", "nothing_outside"),
    {stated("free")[0].name: (SAME_INDEX,)},
)
