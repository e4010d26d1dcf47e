"""What always holds of the buckets' lists: circular, linked both ways, each with a sentinel.

Clauses are functions of (state, heap, ghosts).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from model.bucket_heap.state import MAX_SHIFT, MIN_LOG2, PAGE_ENTRY, Ghosts, seen
from model.language.logic import Clause, Truth, Word, clause, every, implies


@clause("a place in a bucket's list is a sentinel, or belongs to a page of that bucket that has a block to give")
def node_pages(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def belongs(place: Word) -> Truth:
        e, k = place - PAGE_ENTRY, g.bucket[place]
        sentinel = every([place == h.sentinel(k), g.stamp[place] == 0])
        page = every([g.entries[e], h.kind[e] == k, h.has_room(e), g.stamp[place] > 0])
        return every(
            [
                state.claimed("Links")[place],
                (k >= MIN_LOG2) & (k < MAX_SHIFT),
                g.stamp[place] < g.clock,
                sentinel | page,
            ]
        )

    return g.nodes.all(belongs)


@clause("every bucket has a sentinel")
def sentinels(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def rooted(k: Word) -> Truth:
        s = g.root[k]
        return every([s == h.sentinel(k), g.nodes[s], g.bucket[s] == k, g.stamp[s] == 0])

    return g.root.each(MIN_LOG2, MAX_SHIFT, rooted)


@clause("a bucket page that has a block to give is in its bucket's list")
def listed(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)
    return g.entries.all(
        lambda e: implies(h.has_room(e), g.nodes[e + PAGE_ENTRY] & (g.bucket[e + PAGE_ENTRY] == h.kind[e]))
    )


@clause("next links stay in the list, lead to pages that were listed earlier, and are undone by prev links")
def next_links(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def linked(place: Word) -> Truth:
        n = h.next[place]
        earlier = (g.stamp[place] == 0) | (g.stamp[n] < g.stamp[place])
        return every([g.nodes[n], g.bucket[n] == g.bucket[place], h.prev[n] == place, earlier])

    return h.next.at(g.nodes, linked)


@clause("prev links stay in the list and are undone by next links")
def prev_links(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def linked(place: Word) -> Truth:
        p = h.prev[place]
        return every([g.nodes[p], g.bucket[p] == g.bucket[place], h.next[p] == place])

    return h.prev.at(g.nodes, linked)


@clause("next links skip no page of the list")
def nothing_between(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def skips_not(a: Word, b: Word) -> Truth:
        earlier = (g.stamp[a] == 0) | (g.stamp[b] <= g.stamp[a])
        return implies(
            every([a != b, g.bucket[a] == g.bucket[b], g.stamp[b] > 0, earlier]), g.stamp[b] <= g.stamp[h.next[a]]
        )

    return h.next.at(g.nodes, lambda a: g.nodes.all(lambda b: skips_not(a, b)))


CLAUSES: Sequence[Clause] = (node_pages, sentinels, listed, next_links, prev_links, nothing_between)
