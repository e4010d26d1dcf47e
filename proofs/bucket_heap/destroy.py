"""What holds in the walk of destroy over the extents, and where one is handed back."""

from __future__ import annotations

from typing import Any

from model.bucket_heap.memory import DESTROY_COST
from model.bucket_heap.shared import HEADERS
from model.bucket_heap.state import BUCKETS, LINKS, SENTINELS
from model.language.logic import Loop, Named, Truth, Word, every, implies, negate, when
from model.language.words import NULL
from proofs.bucket_heap.loops import heap_now, outside

GONE = ("Extent", "Page", "Links", "LiveBits", "FreeLink")
"""Headers that lie in extents."""


def flush_extents(heap: Any, current: Word) -> Loop:
    """destroy's loop: the extents passed are flushed, in the order of addresses; the others have their headers."""
    h = heap_now(heap)
    g, operation = h.ghost, heap.memory.operation
    state, entered = operation.now(), operation.entry
    over = current == NULL
    passed = when(over, g.count, g.rank[current])
    links, first = state.claimed("Links"), h.at + SENTINELS

    def waits(x: Word) -> Truth:
        return negate(over) & (x >= current)

    def logged(x: Word) -> Truth:
        return waits(x) | (state.log_value[entered.log_length + g.rank[x]] == x)

    def there(x: Word) -> Truth:
        return implies(waits(x), state.claimed("Extent")[x])

    return Loop(
        [
            ("on_chain", "the walk stands at an extent or at the end", over | g.extents[current]),
            ("waiting", "the extents not passed have their headers", g.extents.all(there)),
            ("flushed", "each extent passed was handed to flush", g.extents.all(logged)),
            (
                "ranked",
                "the extents passed are those of lower rank",
                g.extents.all(lambda x: waits(x) | (g.rank[x] < passed)),
            ),
            (
                "in_number",
                "nothing else was logged than the extents passed",
                state.log_length == entered.log_length + passed,
            ),
            (
                "sentinels",
                "the sentinels are there",
                links.each(first, first + BUCKETS * LINKS, lambda place: links[place], step=LINKS),
            ),
            (
                "no_more",
                "no header came",
                every([state.claimed(s).all(lambda d, s=s: entered.claimed(s)[d]) for s in GONE]),
            ),
            outside(heap),
            ("destroy_cost", "the walk pays one load per extent", state.cost <= DESTROY_COST + passed),
        ],
        when(over, 0, g.count - g.rank[current]),
        changes=(*(f"claimed.{struct}" for struct in GONE), "byte", "mapped", "log"),
    )


def extent_razed(heap: Any, extent: Word) -> list[Named]:
    """destroy: no header is left in the extent that is about to be handed back."""
    h = heap_now(heap)
    state, low, high = heap.memory.operation.now(), extent, extent + h.size
    return [
        (
            struct,
            f"no {struct} is left in it",
            state.claimed(struct).all(lambda d, n=size: (d + n <= low) | (d >= high)),
        )
        for struct, size in HEADERS.items()
    ]
