"""What always holds of a bucket heap's blocks: those that are live, those given back, and the live bits.

Clauses are functions of (state, heap, ghosts).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from model.bucket_heap.state import RUN, UNIT, Ghosts, Heap, seen
from model.language.logic import Clause, Truth, Word, clause, every, implies, negate, when
from model.language.words import NULL


def in_page(h: Heap, e: Word, a: Word) -> Truth:
    """A block of bucket page ``e`` that was handed out begins at ``a``."""
    size = 1 << h.kind[e]
    return every([a % size == 0, h.page[e] <= a, a < h.frontier[e], a + size <= h.end(e)])


@clause("a live block is a run, or a block of a bucket page at a multiple of its size", covers="BKT-2 BKT-8")
def live_blocks(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def lies(a: Word) -> Truth:
        e = g.home[a]
        block = h.carved(e) & in_page(h, e, a)
        return every([a % UNIT == 0, g.entries[e], ((h.kind[e] == RUN) & (a == h.page[e])) | block])

    return g.live.all(lies)


@clause("in a bucket page, the blocks from the frontier on were never handed out")
def frontiers(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)
    return g.entries.all(
        lambda e: implies(
            h.carved(e),
            every(
                [
                    h.page[e] < h.frontier[e],
                    h.frontier[e] <= h.end(e),
                    h.frontier[e] % (1 << h.kind[e]) == 0,
                    h.end(e) % (1 << h.kind[e]) == 0,
                ]
            ),
        )
    )


@clause("a block given back is a block of its page that is not live")
def freed_blocks(state: Any, heap: Word, g: Ghosts) -> Truth:
    h, claimed = seen(state, heap, g), state.claimed("FreeLink")

    def lies(b: Word) -> Truth:
        e = g.home[b]
        return every([b % UNIT == 0, g.entries[e], h.carved(e), in_page(h, e, b), negate(g.live[b]), claimed[b]])

    return g.freed.all(lies)


@clause("every block given back has a place of its own on its page's stack")
def placed(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def has_place(b: Word) -> Truth:
        e, p = g.home[b], g.place[b]
        return every([h.page[e] <= p, p < h.page[e] + g.height[e], g.stacked[p] == b])

    return g.freed.all(has_place)


@clause("the blocks that a page was given back link to each other, the latest first")
def stacks(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def stacked(b: Word) -> Truth:
        e, p = g.home[b], g.place[b]
        return h.link[b] == when(p == h.page[e], NULL, g.stacked[p - 1])

    return h.link.at(g.freed, stacked)


@clause("a page leads to the block that it was given back last")
def stack_heads(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def headed(e: Word) -> Truth:
        empty = (g.height[e] == 0) & (h.free[e] == NULL)
        more = (g.height[e] > 0) & (h.free[e] == g.stacked[h.page[e] + (g.height[e] - 1)])
        return implies(h.carved(e), empty | more)

    return g.entries.all(headed)


@clause("each place of a page's stack holds a block that the page was given back")
def stack_places(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def held(e: Word, p: Word) -> Truth:
        b = g.stacked[p]
        return every([g.freed[b], g.home[b] == e, g.place[b] == p, b != NULL])

    return g.entries.all(
        lambda e: implies(h.carved(e), g.stacked.each(h.page[e], h.page[e] + g.height[e], lambda p: held(e, p)))
    )


@clause("every live block of a bucket page has a number below the page's count, and that number has one block")
def slots(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def numbered_block(a: Word) -> Truth:
        e, s = g.home[a], g.slot[a]
        return implies(h.carved(e), every([h.page[e] <= s, s < h.page[e] + h.live[e], g.occupant[s] == a]))

    return g.live.all(numbered_block)


@clause("no bucket page is without live block; live blocks and those given back fill it up to the frontier")
def conserved(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def filled(e: Word) -> Truth:
        return (h.live[e] > 0) & (h.frontier[e] == h.page[e] + ((h.live[e] + g.height[e]) << h.kind[e]))

    return g.entries.all(lambda e: implies(h.carved(e), filled(e)))


@clause("live blocks and those given back are no more than their bytes")
def roomy(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def room(e: Word) -> Truth:
        return every([g.height[e] >= 0, h.live[e] > 0, h.page[e] + (h.live[e] + g.height[e]) <= h.frontier[e]])

    return g.entries.all(lambda e: implies(h.carved(e), room(e)))


@clause("each number below a page's count of live blocks belongs to one")
def occupants(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)

    def numbers(e: Word, s: Word) -> Truth:
        a = g.occupant[s]
        return every([g.live[a], g.home[a] == e, g.slot[a] == s])

    return g.entries.all(
        lambda e: implies(h.carved(e), g.occupant.each(h.page[e], h.page[e] + h.live[e], lambda s: numbers(e, s)))
    )


@clause("a live bit is set exactly for the first byte of every live block")
def live_bits(state: Any, heap: Word, g: Ghosts) -> Truth:
    h = seen(state, heap, g)
    return g.entries.all(lambda e: g.live.each(h.page[e], h.end(e), lambda a: g.live[a] == h.bit_set(e, a), step=UNIT))


CLAUSES: Sequence[Clause] = (
    live_blocks,
    frontiers,
    freed_blocks,
    placed,
    stacks,
    stack_heads,
    stack_places,
    slots,
    conserved,
    roomy,
    occupants,
    live_bits,
)
