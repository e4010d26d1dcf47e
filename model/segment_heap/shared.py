"""What every operation of the segment heap leaves alone: clauses over a Transition."""

from __future__ import annotations

from model.language.logic import Transition, Truth, clause, every, implies, negate, when
from model.language.words import NULL
from model.segment_heap.state import HEADER
from model.segment_heap.vocabulary import intact, sound


@clause("nothing outside the heap is touched: no byte, no header, no page")
def nothing_outside(t: Transition) -> Truth:
    low = when(t.ghost.start == NULL, t.ghost_after.start, t.ghost.start)
    high = when(t.ghost_after.end >= t.ghost.end, t.ghost_after.end, t.ghost.end)
    return t.new.bytes.unchanged_outside(t.old, low, high) & t.new.claimed("Segment").same_outside(
        t.old.claimed("Segment"), low, high
    )


@clause("no byte of any live block is touched", covers="SEG-8")
def payloads_kept(t: Transition) -> Truth:
    spared = t.address - HEADER if "address" in t.arguments else NULL
    return t.ghost.headers.all(
        lambda b: implies(
            t.ghost.used(b) & (b != spared), t.new.bytes.unchanged(t.old, b + HEADER, b + HEADER + t.ghost.size[b])
        )
    )


@clause("every live block stays where it is, with its size, and stays live")
def live_blocks_kept(t: Transition) -> Truth:
    spared = t.address - HEADER if "address" in t.arguments else NULL
    new = t.ghost_after
    return t.ghost.headers.all(
        lambda b: implies(
            t.ghost.used(b) & (b != spared), every([new.headers[b], new.used(b), new.size[b] == t.ghost.size[b]])
        )
    )


@clause("an intact header stays intact as long as it is a header, and its next does not come to lead astray")
def no_new_damage(t: Transition) -> Truth:
    old, new = t.ghost, t.ghost_after
    magics = new.headers.all(lambda b: implies(implies(old.headers[b], intact(t.old, b)), intact(t.new, b)))
    links = new.headers.all(lambda b: implies(implies(old.headers[b], sound(t.old, old, b)), sound(t.new, new, b)))
    return magics & links


@clause("a header that lost its magic is not written", covers="SEG-3")
def damage_untouched(t: Transition) -> Truth:
    now, then = t.new.fields("Segment"), t.old.fields("Segment")
    fields = [(now.magic, then.magic), (now.size, then.size), (now.free, then.free)]
    links = [(now.next, then.next), (now.prev, then.prev)]
    return t.ghost.headers.all(
        lambda b: implies(
            negate(intact(t.old, b)),
            every([new[b] == old[b] for new, old in (*fields, *links)]),
        )
    )
