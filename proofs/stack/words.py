"""Steps to what a store does to words: byte by byte, and that the bytes of a value make the value."""

from __future__ import annotations

from model.language.logic import Clause, Transition, Truth, Word, clause, every, implies, mention, when
from model.language.words import PAGE_SIZE, byte_of
from model.stack.words import stored
from model.virtual_memory.bytes import MOST, byte_at, its_own, place, shown_at, touches


def _loaded(number: int) -> Clause:
    """A byte of what was stored."""

    def formula(t: Transition) -> Truth:
        tlb, at = t.ghost["virtual_memory"], t.address + number
        seen = mention(t.new.bytes[at])
        there = seen & stored(t) & (number < t.width)
        return implies(there, byte_at(t.new, tlb, at) == byte_of(t.value, number))

    return Clause(f"byte_{number}_loaded", f"byte {number} of what was stored is that of the value", formula)


def _split(number: int) -> Clause:
    """A byte of the value, and the rest above it."""

    def formula(t: Transition) -> Truth:
        rest, more = t.value // 256**number, t.value // 256 ** (number + 1)
        return (t.value < 0) | (rest == byte_of(t.value, number) + 256 * more)

    return Clause(f"byte_{number}_split", f"what is left of the value is its byte {number}, and the rest", formula)


@clause("nothing is left above the last byte of a value that fits")
def nothing_left(t: Transition) -> Truth:
    none = [implies(t.width == width, t.value // 256**width == 0) for width in (1, 2, 4, 8)]
    return every(none)


@clause("the bytes of a value that fits make the value")
def bytes_make_it(t: Transition) -> Truth:
    total: Word = 0
    for number in range(MOST):
        total = total + when(number < t.width, byte_of(t.value, number) * 256**number, 0)
    return total == t.value


def _shown(number: int) -> Clause:
    """Which address the byte's place in RAM is shown at."""

    def formula(t: Transition) -> Truth:
        tlb, at = t.ghost["virtual_memory"], t.other + number
        page = at // PAGE_SIZE
        there = (number < t.size) & mention(tlb.entry[page])
        same = every([touches(page, t.other, t.size), its_own(tlb, page), shown_at(tlb, place(tlb, at)) == at])
        return implies(there, same)

    return Clause(f"byte_{number}_shown", f"byte {number} of the other word is shown at its address alone", formula)


def _kept(number: int) -> Clause:
    """A byte of the other word."""

    def formula(t: Transition) -> Truth:
        tlb, at = t.ghost["virtual_memory"], t.other + number
        return implies(stored(t) & (number < t.size), byte_at(t.new, tlb, at) == byte_at(t.old, tlb, at))

    return Clause(f"byte_{number}_kept", f"byte {number} of the other word is as it was", formula)


STEPS = {
    "stored_is_loaded": (
        *(_loaded(number) for number in range(MOST)),
        *(_split(number) for number in range(MOST)),
        *(nothing_left, bytes_make_it),
    ),
    "others_as_before": tuple(step(number) for number in range(MOST) for step in (_shown, _kept)),
}
"""Clause -> what is shown before it."""
