"""The proof of the heap of segments: which code, which model, and what holds in the loops.

TRUSTED: this is the code, and this is the model.
"""

from __future__ import annotations

from typing import Any

from drystone.model.language.logic import Loop, Truth, Word, implies, negate
from drystone.model.language.words import NULL
from drystone.proofs.plain import plain

import segments.impl
from segments.model import HEADER, PUBLIC, Chain


def _walk(heap: Any, current: Word, loads: int, missed: Any) -> Loop:
    """A walk that stands at ``current`` or is over; of all segments behind it ``missed`` holds."""
    operation = heap.memory.operation
    g = operation.ghost

    def passed(a: Word) -> Truth:
        return (current == NULL) | (a < current)

    return Loop(
        [
            ("on_chain", "the walk stands at a segment or is over", (current == NULL) | g.headers[current]),
            ("missed", "none that was passed is the one", g.headers.all(lambda a: implies(passed(a), missed(a)))),
            ("walk_pays", "each segment costs so much", operation.now().cost <= 1 + loads * g.position(current)),
        ],
        g.count - g.position(current),
    )


def walk_for_fit(heap: Any, current: Word, needed: Word) -> Loop:
    """allocate's walk: nothing behind it fits."""
    g = heap.memory.operation.ghost
    return _walk(heap, current, 3, lambda a: negate(g.free[a] & (g.size[a] >= needed)))


def walk_for_address(heap: Any, current: Word, address: Word) -> Loop:
    """free's walk: no payload behind it begins at the address."""
    return _walk(heap, current, 1, lambda a: a + HEADER != address)


PROOF = plain(PUBLIC, segments.impl, Chain, walk_for_fit, walk_for_address)
