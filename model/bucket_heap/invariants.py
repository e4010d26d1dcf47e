"""What always holds of a bucket heap between two calls: of its pages, blocks and lists; of its extents in extents.py.

It holds whatever users write into their blocks, because no header lies in a live block.  Clauses are functions of the
heap (state.py).  Those about links fire on the link, so that no instance makes the term of the next.
"""

from __future__ import annotations

from model.bucket_heap.extents import EXTENTS
from model.bucket_heap.state import (
    CONTINUED,
    FREE,
    MAX_SHIFT,
    MIN_LOG2,
    PAGE_ENTRY,
    RUN,
    UNIT,
    Heap,
    seen,
)
from model.language.contracts import shown
from model.language.logic import Truth, Word, clause, clauses_of, each, every, implies, negate, when
from model.language.words import NULL, WORD_BYTES

# ---------------------------------------------------------------- pages: the page map and the lists of free pages agree


@each(
    "ghost.entries",
    "every page is free, part of a run, or carved into blocks of 8 bytes to half a page",
    covers="BKT-2",
)
def kinds(h: Heap, e: Word) -> Truth:
    return (h.kind[e] >= FREE) & (h.kind[e] < h.shift)


@each("ghost.idle", "the map says of every page in a list of free pages that it is free; its first word is the link")
def free_pages(h: Heap, d: Word) -> Truth:
    return every([h.is_page(d), h.kind[h.ghost.entry_at[d]] == FREE, h.memory.claimed("FreeLink")[d]])


@each("ghost.idle", "no free page is live, and none is a block given back")
def free_unused(h: Heap, d: Word) -> Truth:
    return negate(h.ghost.live[d]) & negate(h.ghost.freed[d])


@each("ghost.entries", "every page of which the map says that it is free is in a list of free pages")
def free_known(h: Heap, e: Word) -> Truth:
    return implies(h.kind[e] == FREE, h.ghost.idle[h.page[e]])


@each("ghost.idle", "a free page links to a free page of its extent that lies behind it, or is the last", by="link")
def free_links(h: Heap, d: Word) -> Truth:
    n = h.link[d]
    return (n == NULL) | every([h.ghost.idle[n], d < n, h.extent_at(n) == h.extent_at(d)])


@each("ghost.idle", "the links of free pages skip none of their extent", by="link", other="ghost.idle")
def free_skips_none(h: Heap, d: Word, f: Word) -> Truth:
    behind = (d < f) & (h.extent_at(f) == h.extent_at(d))
    return implies(behind, (h.link[d] != NULL) & (h.link[d] <= f))


@each("ghost.extents", "an extent leads to a free page of its own, or has none", by="free_page")
def free_heads(h: Heap, x: Word) -> Truth:
    n = h.free_page[x]
    return (n == NULL) | (h.ghost.idle[n] & (h.extent_at(n) == x))


@each(
    "ghost.extents",
    "no free page of an extent lies before the one to which it leads",
    by="free_page",
    other="ghost.idle",
)
def free_first(h: Heap, x: Word, f: Word) -> Truth:
    return implies(h.extent_at(f) == x, (h.free_page[x] != NULL) & (h.free_page[x] <= f))


@each(
    "ghost.idle",
    "the free pages in a row behind a free page end at a page that is not free, or with the extent",
    by="ghost.until",
)
def rows(h: Heap, d: Word) -> Truth:
    end = h.ghost.until[d]
    inside = end <= h.extent_at(d) + h.size
    return every([d + h.page_size <= end, inside, end % h.page_size == 0, negate(h.ghost.idle[end])])


@each("ghost.idle", "all pages up to the end of a row of free pages are free", by="ghost.until", other="ghost.entries")
def rows_free(h: Heap, d: Word, f: Word) -> Truth:
    return implies((d <= h.page[f]) & (h.page[f] < h.ghost.until[d]), h.kind[f] == FREE)


@each("ghost.entries", "a run consists of whole pages of one extent", covers="BKT-6")
def runs(h: Heap, e: Word) -> Truth:
    start, end = h.page[e], h.frontier[e]
    begun = [h.ghost.live[start], h.ghost.home[start] == e]
    ended = [h.end(e) <= end, end <= h.ghost.owner[e] + h.size, end % h.page_size == 0]
    return implies(h.kind[e] == RUN, every([*begun, *ended]))


@each("ghost.entries", "a page continues a run only if it lies in one behind the first page", by="ghost.run")
def continuations(h: Heap, e: Word) -> Truth:
    r = h.ghost.run[e]
    inside = every([h.ghost.entries[r], h.kind[r] == RUN, h.page[r] < h.page[e], h.page[e] < h.frontier[r]])
    return implies(h.kind[e] == CONTINUED, inside)


@each("ghost.entries", "every page of a run but the first continues it")
def run_pages(h: Heap, e: Word) -> Truth:
    def within(f: Word) -> Truth:
        return implies((h.page[e] < h.page[f]) & (h.page[f] < h.frontier[e]), h.kind[f] == CONTINUED)

    return implies(h.kind[e] == RUN, h.ghost.entries.all(within))


@each("ghost.extents", "in an extent every link is that of a free page or of a block given back")
def links_owned(h: Heap, x: Word) -> Truth:
    def owned(d: Word) -> Truth:
        mine = (d % UNIT == 0) & (h.ghost.freed[d] | h.ghost.idle[d])
        return (d + WORD_BYTES <= x) | (d >= x + h.size) | mine

    return h.memory.claimed("FreeLink").all(owned)


# ---------------------------------------------------------------- blocks: live, given back, and the live bits


def in_page(h: Heap, e: Word, a: Word) -> Truth:
    """A block of bucket page ``e`` that was handed out begins at ``a``."""
    size = 1 << h.kind[e]
    return every([a % size == 0, h.page[e] <= a, a < h.frontier[e], a + size <= h.end(e)])


@each(
    "ghost.live", "a live block is a run, or a block of a bucket page at a multiple of its size", covers="BKT-2 BKT-8"
)
def live_blocks(h: Heap, a: Word) -> Truth:
    e = h.ghost.home[a]
    block = h.carved(e) & in_page(h, e, a)
    return every([a % UNIT == 0, h.ghost.entries[e], ((h.kind[e] == RUN) & (a == h.page[e])) | block])


@each("ghost.entries", "in a bucket page, the blocks from the frontier on were never handed out")
def frontiers(h: Heap, e: Word) -> Truth:
    size, begun = 1 << h.kind[e], h.page[e] < h.frontier[e]
    whole = every([begun, h.frontier[e] <= h.end(e), h.frontier[e] % size == 0, h.end(e) % size == 0])
    return implies(h.carved(e), whole)


@each("ghost.freed", "a block given back is a block of its page that is not live")
def freed_blocks(h: Heap, b: Word) -> Truth:
    e, linked = h.ghost.home[b], h.memory.claimed("FreeLink")[b]
    return every([b % UNIT == 0, h.ghost.entries[e], h.carved(e), in_page(h, e, b), negate(h.ghost.live[b]), linked])


@each("ghost.freed", "every block given back has a place of its own on its page's stack")
def placed(h: Heap, b: Word) -> Truth:
    g, e, p = h.ghost, h.ghost.home[b], h.ghost.place[b]
    return every([h.page[e] <= p, p < h.page[e] + g.height[e], g.stacked[p] == b])


@each("ghost.freed", "the blocks that a page was given back link to each other, the latest first", by="link")
def stacks(h: Heap, b: Word) -> Truth:
    e, p = h.ghost.home[b], h.ghost.place[b]
    return h.link[b] == when(p == h.page[e], NULL, h.ghost.stacked[p - 1])


@each("ghost.entries", "a page leads to the block that it was given back last")
def stack_heads(h: Heap, e: Word) -> Truth:
    height = h.ghost.height[e]
    empty = (height == 0) & (h.free[e] == NULL)
    more = (height > 0) & (h.free[e] == h.ghost.stacked[h.page[e] + (height - 1)])
    return implies(h.carved(e), empty | more)


@each("ghost.entries", "each place of a page's stack holds a block that the page was given back")
def stack_places(h: Heap, e: Word) -> Truth:
    g = h.ghost

    def held(p: Word) -> Truth:
        b = g.stacked[p]
        return every([g.freed[b], g.home[b] == e, g.place[b] == p, b != NULL])

    return implies(h.carved(e), g.stacked.each(h.page[e], h.page[e] + g.height[e], held))


@each(
    "ghost.live", "every live block of a bucket page has a number below the page's count, and that number has one block"
)
def slots(h: Heap, a: Word) -> Truth:
    e, s = h.ghost.home[a], h.ghost.slot[a]
    return implies(h.carved(e), every([h.page[e] <= s, s < h.page[e] + h.live[e], h.ghost.occupant[s] == a]))


@each(
    "ghost.entries", "no bucket page is without live block; live blocks and those given back fill it up to the frontier"
)
def conserved(h: Heap, e: Word) -> Truth:
    end = h.page[e] + ((h.live[e] + h.ghost.height[e]) << h.kind[e])
    return implies(h.carved(e), (h.live[e] > 0) & (h.frontier[e] == end))


@each("ghost.entries", "live blocks and those given back are no more than their bytes")
def roomy(h: Heap, e: Word) -> Truth:
    height = h.ghost.height[e]
    room = every([height >= 0, h.live[e] > 0, h.page[e] + (h.live[e] + height) <= h.frontier[e]])
    return implies(h.carved(e), room)


@each("ghost.entries", "each number below a page's count of live blocks belongs to one")
def occupants(h: Heap, e: Word) -> Truth:
    g = h.ghost

    def numbers(s: Word) -> Truth:
        a = g.occupant[s]
        return every([g.live[a], g.home[a] == e, g.slot[a] == s])

    return implies(h.carved(e), g.occupant.each(h.page[e], h.page[e] + h.live[e], numbers))


@each("ghost.entries", "a live bit is set exactly for the first byte of every live block")
def live_bits(h: Heap, e: Word) -> Truth:
    return h.ghost.live.each(h.page[e], h.end(e), lambda a: h.ghost.live[a] == h.bit_set(e, a), step=UNIT)


# ---------------------------------------------------------------- buckets: circular lists, linked both ways


@clause("a place in a bucket's list is a sentinel, or belongs to a page of that bucket that has a block to give")
def node_pages(h: Heap) -> Truth:
    g = h.ghost

    def belongs(place: Word) -> Truth:
        e, k = place - PAGE_ENTRY, g.bucket[place]
        sentinel = every([place == h.sentinel(k), g.stamp[place] == 0])
        page = every([g.entries[e], h.kind[e] == k, h.has_room(e), g.stamp[place] > 0])
        there = h.memory.claimed("Links")[place]
        return every([there, (k >= MIN_LOG2) & (k < MAX_SHIFT), g.stamp[place] < g.clock, sentinel | page])

    return g.nodes.all(belongs)


@clause("every bucket has a sentinel")
def sentinels(h: Heap) -> Truth:
    g = h.ghost

    def rooted(k: Word) -> Truth:
        s = g.root[k]
        return every([s == h.sentinel(k), g.nodes[s], g.bucket[s] == k, g.stamp[s] == 0])

    return g.root.each(MIN_LOG2, MAX_SHIFT, rooted)


@each("ghost.entries", "a bucket page that has a block to give is in its bucket's list")
def listed(h: Heap, e: Word) -> Truth:
    place = e + PAGE_ENTRY
    return implies(h.has_room(e), h.ghost.nodes[place] & (h.ghost.bucket[place] == h.kind[e]))


@each(
    "ghost.nodes",
    "next links stay in the list, lead to pages that were listed earlier, and are undone by prev links",
    by="next",
)
def next_links(h: Heap, place: Word) -> Truth:
    g, n = h.ghost, h.next[place]
    earlier = (g.stamp[place] == 0) | (g.stamp[n] < g.stamp[place])
    return every([g.nodes[n], g.bucket[n] == g.bucket[place], h.prev[n] == place, earlier])


@each("ghost.nodes", "prev links stay in the list and are undone by next links", by="prev")
def prev_links(h: Heap, place: Word) -> Truth:
    g, p = h.ghost, h.prev[place]
    return every([g.nodes[p], g.bucket[p] == g.bucket[place], h.next[p] == place])


@each("ghost.nodes", "next links skip no page of the list", by="next", other="ghost.nodes")
def nothing_between(h: Heap, a: Word, b: Word) -> Truth:
    g = h.ghost
    earlier = (g.stamp[a] == 0) | (g.stamp[b] <= g.stamp[a])
    same = every([a != b, g.bucket[a] == g.bucket[b], g.stamp[b] > 0, earlier])
    return implies(same, g.stamp[b] <= g.stamp[h.next[a]])


INVARIANTS = shown((*EXTENTS, *clauses_of(__name__)), seen)
