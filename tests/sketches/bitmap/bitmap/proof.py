"""The proof of the bitmap heap: which code, which model, and what holds in the loop.

TRUSTED: this is the code, and this is the model.
"""

from __future__ import annotations

from typing import Any

from drystone.model.language.logic import Loop, Word
from drystone.proofs.plain import plain

import bitmap.impl
from bitmap.model import PUBLIC, State


def scan(heap: Any, number: Word, count: Word) -> Loop:
    """allocate's walk: all blocks that it has passed are in use."""
    operation = heap.memory.operation
    used = operation.ghost.used
    return Loop(
        [
            ("inside", "the scan stands at a block or behind the last one", (number >= 0) & (number <= count)),
            ("passed", "blocks that the scan has passed are in use", used.each(0, number, lambda n: used[n])),
            ("scan_pays", "the scan pays two loads for each block", operation.now().cost <= 1 + 2 * number),
        ],
        count - number,
    )


PROOF = plain(PUBLIC, bitmap.impl, State, scan)
