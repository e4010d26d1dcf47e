"""What the bucket heap must do: the contract of each operation (statements BKT-1 to BKT-8).

The abstract state is ``Ghosts`` (state.py); invariants.py says what always holds of it.  alloc and free are here, init,
extend and destroy in memory.py.  Clauses are functions of a Transition.
"""

from __future__ import annotations

from model.bucket_heap.invariants import INVARIANTS
from model.bucket_heap.memory import DESTROY, EXTEND, INIT, REFUSAL
from model.bucket_heap.shared import after, before, disjoint, holds, nothing_outside, others_kept, payloads_kept
from model.bucket_heap.state import EINVAL, FREE, MAX_EXTENT, MIN_LOG2, PAGE_ENTRY, RUN, UNIT
from model.language.contracts import changes_nothing, takes_words
from model.language.logic import Operation, Subject, Transition, Truth, clause, every, implies, negate, when
from model.language.words import NULL, as_advanced, granted, returned, succeeded

# ---------------------------------------------------------------- alloc


alloc_raises = takes_words("alloc_raises", "for a size that", "size")


@clause("the block was not live, is now, and is 8-byte aligned at least", covers="BKT-2", when=granted)
def block_is_fresh(t: Transition) -> Truth:
    h, new = before(t), after(t)
    return every([negate(h.ghost.live[t.result]), new.ghost.live[t.result], t.result % UNIT == 0])


@clause(
    "up to half a page the block is the smallest power of two from 8 that holds the size, and is aligned to it;"
    " above, it is the fewest pages",
    covers="BKT-2 BKT-8",
    when=granted,
)
def rounds_up(t: Transition) -> Truth:
    h, new = before(t), after(t)
    block = new.extent(t.result)
    kind = new.kind[new.ghost.home[t.result]]
    tight = (kind == MIN_LOG2) | ((1 << kind) < 2 * t.size)
    small = every([kind > RUN, block == 1 << kind, tight, t.result % (1 << kind) == 0])
    pages = every([kind == RUN, block - h.page_size < t.size, t.result % h.page_size == 0])
    return (block >= t.size) & when(t.size <= 1 << (h.shift - 1), small, pages)


@clause("the block lies among the pages of one extent", covers="BKT-6", when=granted)
def within_one_extent(t: Transition) -> Truth:
    h, new = before(t), after(t)
    x = h.ghost.owner[new.ghost.home[t.result]]
    return every([h.ghost.extents[x], x + h.header <= t.result, t.result + new.extent(t.result) <= x + h.size])


@clause("the block overlaps no live block", covers="BKT-2", when=granted)
def overlaps_nothing(t: Transition) -> Truth:
    return disjoint(t, t.result, t.result + after(t).extent(t.result))


@clause("every other live block stays live, where it is and as long as it is; no other block becomes live")
def others_stay(t: Transition) -> Truth:
    return others_kept(t, t.result if granted(t) else NULL)


@clause("no byte of any live block is touched")
def bytes_stay(t: Transition) -> Truth:
    return payloads_kept(t)


@clause("a run is the lowest: no free pages in a row that hold the size begin below it", covers="BKT-2", when=granted)
def lowest_run(t: Transition) -> Truth:
    h, new = before(t), after(t)
    none = h.ghost.idle.all(lambda d: (d >= t.result) | negate(holds(h, d, new.extent(t.result))))
    return implies(new.kind[new.ghost.home[t.result]] == RUN, none)


@clause(
    "NULL if the size is 0, and otherwise only if it is too large, the heap was destroyed, there is no block of the"
    " bucket and no free page, or no free pages in a row hold the size",
    covers="BKT-2",
)
def null_only_if(t: Transition) -> Truth:
    if t.raised or granted(t):
        return bool(t.raised) | (t.size > 0)
    h = before(t)
    g, limit = h.ghost, 1 << (h.shift - 1)

    def of_bucket(e: object) -> Truth:
        kind = h.kind[e]
        exact = (t.size <= 1 << kind) & ((kind == MIN_LOG2) | ((1 << kind) < 2 * t.size))
        return (kind != FREE) & negate(h.has_room(e) & exact)

    no_block = (t.size <= limit) & g.entries.all(of_bucket)
    no_run = (t.size > limit) & g.idle.all(lambda d: g.until[d] < d + t.size)
    return (t.size == 0) | (t.size > MAX_EXTENT) | (h.first == NULL) | no_block | no_run


null_changes_nothing = changes_nothing(
    "null_changes_nothing", "NULL changes nothing: no byte, no header, no page", granted
)

HIT_COST = 20
MISS_COST = 27
VISIT_COST = 2


@clause(
    f"alloc costs at most {HIT_COST} loads and stores if the block comes from a page that the bucket has; else at most"
    f" {MISS_COST}, {VISIT_COST} per extent, one per page of all extents and one per page of one extent",
    covers="BKT-4",
)
def alloc_cost(t: Transition) -> Truth:
    h, g = before(t), before(t).ghost
    bound = MISS_COST + VISIT_COST * g.count + g.total + g.pages
    if not granted(t):
        return t.cost <= bound
    return t.cost <= when(h.carved(after(t).ghost.home[t.result]), HIT_COST, bound)


ALLOC = Operation(
    "alloc",
    ("size",),
    as_advanced,
    (
        alloc_raises,
        block_is_fresh,
        rounds_up,
        within_one_extent,
        overlaps_nothing,
        others_stay,
        bytes_stay,
        lowest_run,
        null_only_if,
        null_changes_nothing,
        nothing_outside,
        alloc_cost,
    ),
)


# ---------------------------------------------------------------- free


free_raises = takes_words("free_raises", "for an address that", "address")


@clause("0 exactly if a live block begins at the address, else -EINVAL", covers="BKT-5", when=returned)
def rejects_invalid(t: Transition) -> Truth:
    live = before(t).ghost.live[t.address]
    return live if succeeded(t) else (t.result == -EINVAL) & negate(live)


refusal_changes_nothing = changes_nothing("refusal_changes_nothing", REFUSAL, succeeded, covers="BKT-5")


@clause("the block is live no more", covers="BKT-5", when=succeeded)
def one_live_less(t: Transition) -> Truth:
    return negate(t.ghost_after.live[t.address])


@clause("every other live block stays live, where it is and as long as it is; no other block becomes live")
def only_it_goes(t: Transition) -> Truth:
    return others_kept(t, t.address if succeeded(t) else NULL)


@clause("no byte of any other live block is touched")
def other_bytes_stay(t: Transition) -> Truth:
    return payloads_kept(t, t.address if succeeded(t) else NULL)


@clause("a page without live block is a free page: it is in no bucket, and none of its blocks is", when=succeeded)
def emptied_pages_return(t: Transition) -> Truth:
    h, new = before(t), after(t)
    g, e = new.ghost, h.ghost.home[t.address]
    other = g.occupant[h.page[e]]
    out_of_bucket = negate(g.nodes[e + PAGE_ENTRY]) & g.freed.all(lambda b: g.home[b] != e)
    return ((new.kind[e] == FREE) & out_of_bucket) | (g.live[other] & (g.home[other] == e))


FREE_COST = 38
REFUSAL_COST = 8


@clause(
    f"free costs at most {FREE_COST} loads and stores, one per extent and two per page of one extent; a refusal at most"
    f" {REFUSAL_COST} and one per extent",
    covers="BKT-4",
)
def free_cost(t: Transition) -> Truth:
    g = before(t).ghost
    if not succeeded(t):
        return t.cost <= REFUSAL_COST + g.count
    return t.cost <= FREE_COST + g.count + 2 * g.pages


RELEASE = Operation(
    "free",
    ("address",),
    as_advanced,
    (
        free_raises,
        rejects_invalid,
        refusal_changes_nothing,
        one_live_less,
        only_it_goes,
        other_bytes_stay,
        emptied_pages_return,
        nothing_outside,
        free_cost,
    ),
)


PUBLIC = Subject("bucket_heap", INVARIANTS, (INIT, EXTEND, ALLOC, RELEASE, DESTROY))
