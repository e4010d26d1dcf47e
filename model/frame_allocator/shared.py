"""What operations of the frame allocator leave alone."""

from __future__ import annotations

from model.frame_allocator.state import FREE, INTERIOR, ORDERS, Frames
from model.language.logic import Truth, Word, every, implies, negate


def kept(now: Frames, then: Frames, spared: Word) -> Truth:
    """Live and reserved frames keep state and order, and no other becomes live or reserved; ``spared`` apart."""

    def same(i: Word) -> Truth:
        settled = every([then.state[i] != FREE, then.state[i] != INTERIOR])
        free_still = (now.state[i] == FREE) | (now.state[i] == INTERIOR)
        return (i == spared) | ((settled & (now.state[i] == then.state[i])) | (negate(settled) & free_still))

    return now.state.each(now.start, now.end, same)


def orders_kept(now: Frames, then: Frames, spared: Word) -> Truth:
    """Live blocks keep their order."""
    return now.order.each(
        now.start, now.end, lambda i: implies(then.live(i) & (i != spared), now.order[i] == then.order[i])
    )


def elsewhere(now: Frames, then: Frames) -> Truth:
    """No record outside the area is touched."""
    parts = []
    for mine, old in ((now.state, then.state), (now.order, then.order), (now.next, then.next), (now.prev, then.prev)):
        parts.append(mine.same_outside(old, now.start, now.end))
    return every([*parts, now.head.same_outside(then.head, 0, ORDERS)])
