"""What holds in the search for the place of a new extent."""

from __future__ import annotations

from typing import Any

from model.language.logic import Loop, Word, every, negate, when
from model.language.words import NULL
from proofs.bucket_heap.loops import heap_now


def find_place(heap: Any, before: Word, following: Word, address: Word) -> Loop:
    """extend's walk: the extents passed lie below the address."""
    h = heap_now(heap)
    g = h.ghost
    over = following == NULL
    preceded = every([g.extents[before], before < address, h.next_extent[before] == following])
    passed = g.extents.all(lambda x: (negate(over) & (x >= following)) | (x + h.size <= address))
    paid = heap.memory.operation.now().cost <= 4 + when(over, g.count, g.rank[following])
    return Loop(
        [
            ("on_chain", "the walk stands at an extent or at the end", over | g.extents[following]),
            ("preceded", "the extent passed last leads there", when(before == NULL, h.first == following, preceded)),
            ("below", "every extent passed ends below the address", passed),
            ("walk_cost", "the walk pays one load per extent", paid),
        ],
        when(over, 0, g.count - g.rank[following]),
    )
