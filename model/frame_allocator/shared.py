"""The frames before and after a call, and what operations of the frame allocator leave alone."""

from __future__ import annotations

from model.frame_allocator.state import FREE, INTERIOR, ORDERS, Frames, seen
from model.language.logic import Transition, Truth, Word, every, implies, negate


def before(t: Transition) -> Frames:
    """The frames on entry."""
    return seen(t.old, t.heap, t.ghost)


def after(t: Transition) -> Frames:
    """The frames at the end."""
    return seen(t.new, t.heap, t.ghost_after)


def kept(now: Frames, then: Frames, spared: Word) -> Truth:
    """Live and reserved frames keep state and order, and no other becomes live or reserved; ``spared`` apart."""

    def same(i: Word) -> Truth:
        settled = every([then.state[i] != FREE, then.state[i] != INTERIOR])
        free_still = (now.state[i] == FREE) | (now.state[i] == INTERIOR)
        return (i == spared) | ((settled & (now.state[i] == then.state[i])) | (negate(settled) & free_still))

    return now.each(now.state, same)


def orders_kept(now: Frames, then: Frames, spared: Word) -> Truth:
    """Live blocks keep their order."""
    return now.each(now.order, lambda i: implies(then.live(i) & (i != spared), now.order[i] == then.order[i]))


def elsewhere(now: Frames, then: Frames) -> Truth:
    """No record outside the area is touched."""
    pairs = ((now.state, then.state), (now.order, then.order), (now.next, then.next), (now.prev, then.prev))
    records = [mine.same_outside(old, now.start, now.end) for mine, old in pairs]
    return every([*records, now.head.same_outside(then.head, 0, ORDERS)])
