"""What every operation of the segment heap leaves alone: clauses over a Transition."""

from __future__ import annotations

from model.language.logic import Transition, Truth, Word, clause, each, every, implies, negate, when
from model.language.words import NULL, fields_of, touches_only
from model.segment_heap.state import DESCRIPTOR, HEADER, intact, sound


@clause("nothing is touched but the descriptor and the heap's own memory: no byte, no header, no page of any other")
def nothing_outside(t: Transition) -> Truth:
    low = when(t.ghost.start == NULL, t.ghost_after.start, t.ghost.start)
    high = when(t.ghost_after.end >= t.ghost.end, t.ghost_after.end, t.ghost.end)
    return touches_only(t, (low, high), (t.heap, t.heap + DESCRIPTOR))


def lives_on(t: Transition, b: Word) -> Truth:
    """The block of the segment at ``b`` was live, and is not the one that the call was given."""
    return t.ghost.used(b) & (b != (t.address - HEADER if "address" in t.arguments else NULL))


@each("ghost.headers", "no byte of any live block is touched", covers="SEG-8")
def payloads_kept(t: Transition, b: Word) -> Truth:
    return implies(lives_on(t, b), t.new.bytes.unchanged(t.old, b + HEADER, b + HEADER + t.ghost.size[b]))


@each("ghost.headers", "every live block stays where it is, with its size, and stays live")
def live_blocks_kept(t: Transition, b: Word) -> Truth:
    new = t.ghost_after
    return implies(lives_on(t, b), every([new.headers[b], new.used(b), new.size[b] == t.ghost.size[b]]))


@clause("an intact header stays intact as long as it is a header, and its next does not come to lead astray")
def no_new_damage(t: Transition) -> Truth:
    old, new = t.ghost, t.ghost_after
    magics = new.headers.all(lambda b: implies(implies(old.headers[b], intact(t.old, b)), intact(t.new, b)))
    links = new.headers.all(lambda b: implies(implies(old.headers[b], sound(t.old, old, b)), sound(t.new, new, b)))
    return magics & links


@each("ghost.headers", "a header that lost its magic is not written", covers="SEG-3")
def damage_untouched(t: Transition, b: Word) -> Truth:
    fields = fields_of(t, "Segment", "magic", "size", "free", "next", "prev")
    return implies(negate(intact(t.old, b)), every([now[b] == then[b] for now, then in fields]))
