"""What destroy must do: hand every extent back, once, and leave a heap that refuses use (BKT-7).

The caller's ``flush`` writes the address that it is given to the log, so that the theorems can speak of its calls.
"""

from __future__ import annotations

from model.bucket_heap.shared import after, as_advanced, before, nothing_outside, succeeded
from model.bucket_heap.state import BUCKETS, EINVAL
from model.language.logic import Operation, Transition, Truth, clause, every, negate
from model.language.words import NULL

DESTROY_COST = 3 + 2 * BUCKETS
"""Loads and stores of destroy, one for each extent not counted."""


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
    when=succeeded,
)
def flushes_each_once(t: Transition) -> Truth:
    g = t.ghost
    each = g.extents.all(lambda x: t.new.log_value[t.old.log_length + g.rank[x]] == x)
    return each & (t.new.log_length == t.old.log_length + g.count)


@clause("afterwards the heap has no extent, and its buckets are empty", covers="BKT-7", when=succeeded)
def is_dead(t: Transition) -> Truth:
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
    (dies_once, destroy_refusal_changes_nothing, flushes_each_once, is_dead, nothing_outside, destroy_cost),
    raises=(),
)
