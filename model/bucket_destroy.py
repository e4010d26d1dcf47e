"""What destroy must do: hand every extent back, once, and leave a heap that refuses use (BKT-7).

The caller's ``flush`` writes the address that it is given to the log, so that the theorems can speak of its calls.
"""

from __future__ import annotations

from typing import Any

from model.bucket_adding import HEADERS
from model.bucket_loops import heap_now
from model.bucket_shared import after, as_advanced, before, succeeded
from model.bucket_state import BUCKETS, EINVAL, LINKS, NULL, SENTINELS
from model.logic import Loop, Named, Operation, Transition, Truth, Word, clause, every, implies, negate, when

DESTROY_COST = 3 + 2 * BUCKETS
"""Loads and stores of destroy, one for each extent not counted."""
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
                "they are those of lower rank",
                g.extents.all(lambda x: waits(x) | (g.rank[x] < passed)),
            ),
            ("in_number", "and nothing else was", state.log_length == entered.log_length + passed),
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


@clause("0 exactly if the heap has an extent, else -EINVAL", covers="BKT-7")
def dies_once(t: Transition) -> Truth:
    alive = before(t).first != NULL
    return alive if succeeded(t) else (t.result == -EINVAL) & negate(alive)


@clause("a refusal changes nothing, and flushes nothing", covers="BKT-7")
def destroy_refusal_changes_nothing(t: Transition) -> Truth:
    return True if succeeded(t) else t.new.same_memory(t.old) & (t.new.log_length == t.old.log_length)


@clause(
    "every extent is handed to flush exactly once, in the order of addresses, and nothing else is",
    covers="BKT-7",
)
def flushes_each_once(t: Transition) -> Truth:
    if not succeeded(t):
        return True
    g = t.ghost
    each = g.extents.all(lambda x: t.new.log_value[t.old.log_length + g.rank[x]] == x)
    return each & (t.new.log_length == t.old.log_length + g.count)


@clause("afterwards the heap has no extent, and its buckets are empty", covers="BKT-7")
def is_dead(t: Transition) -> Truth:
    if not succeeded(t):
        return True
    h, g = after(t), t.ghost_after
    empty = [members.all(lambda a, m=members: negate(m[a])) for members in (g.extents, g.entries, g.idle, g.live)]
    alone = g.nodes.all(lambda place: (h.next[place] == place) & (h.prev[place] == place))
    return every([h.first == NULL, alone, *empty])


@clause(f"a load for each extent, and {DESTROY_COST} loads and stores more")
def destroy_cost(t: Transition) -> Truth:
    return t.cost <= DESTROY_COST + t.ghost.count


DESTROY = Operation(
    "destroy",
    ("flush",),
    as_advanced,
    (dies_once, destroy_refusal_changes_nothing, flushes_each_once, is_dead, destroy_cost),
    raises=(),
)
