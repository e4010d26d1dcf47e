"""What holds at places of the bucket heap's code where there is no loop: what the code before them found."""

from __future__ import annotations

from typing import Any

from model.bucket_heap.shared import HEADERS
from model.bucket_heap.state import CONTINUED, ENTRY, FREE, RUN, UNIT, Heap
from model.language.logic import Named, Truth, Word, every, implies, mention, negate, when
from model.language.words import NULL
from proofs.bucket_heap.loops import heap_now, heap_then, kinds_changed


def unit_at(h: Heap, e: Word, a: Word) -> Truth:
    """A unit of 8 bytes of the page of ``e`` begins at ``a``."""
    return a == h.page[e] + UNIT * h.unit(e, a)


def run_leaves(heap: Any, entry: Word) -> list[Named]:
    """give_run: what the run consists of."""
    h = heap_now(heap)
    g = h.ghost
    low, high = h.page[entry], h.frontier[entry]
    claimed = heap.memory.operation.now().claimed("FreeLink")
    run = every([g.live[low], h.end(entry) <= high, high <= g.owner[entry] + h.size, high % h.page_size == 0])
    return [
        ("run", "the run is live, and consists of whole pages", run),
        (
            "pages",
            "the pages of the run but the first continue it",
            g.entries.all(
                lambda e: implies((low <= h.page[e]) & (h.page[e] < high) & (e != entry), h.kind[e] == CONTINUED)
            ),
        ),
        (
            "one_block",
            "no live block begins in the run but where it does itself",
            g.live.all(lambda b: (b == low) | (b < low) | (b >= high)),
        ),
        ("no_links", "no link lies in the run", claimed.all(lambda d: (d + UNIT <= low) | (d >= high))),
    ]


def page_below(heap: Any, extent: Word, before: Word, following: Word, current: Word) -> list[Named]:
    """give_run: a free page lies below the page of ``current``, so a page does; its entry is the one before."""
    h = heap_now(heap)
    g, below = h.ghost, current - ENTRY
    next_entry = g.entry_at[following]
    claimed = heap.memory.operation.now().claimed("Page")
    place = (below == h.first_entry(extent) + ENTRY * (g.number[current] - 1)) & (h.first_entry(extent) <= below)
    behind = (h.end(below) == h.page[current]) & (g.number[below] == g.number[current] - 1)
    later = (before < following) & (g.number[g.entry_at[before]] < g.number[next_entry])

    def lower(f: Word) -> Truth:
        mine = (g.owner[g.entry_at[f]] == extent) & (f < h.page[current])
        return implies(mine, (f < h.page[below]) | ((f == h.page[below]) & (h.kind[below] == FREE)))

    return [
        ("lower", "the free page lies below", (following < h.page[current]) & (next_entry < current)),
        ("number", "the page is not the first of its extent", g.number[next_entry] < g.number[current]),
        ("place", "the map has room for an entry before", place),
        ("entry", "an entry lies there", claimed[below]),
        ("owner", "it is one of the extent", implies(claimed[below], g.entries[below] & (g.owner[below] == extent))),
        ("behind", "the page lies behind that of this entry", implies(mention(g.after[below]), behind)),
        ("later", "the free page lies behind the one passed last", (before == NULL) | later),
        ("none_between", "no free page lies between the two", g.idle.all(lower)),
        ("known", "the page is a free one if the map says so", implies(h.kind[below] == FREE, g.idle[h.page[below]])),
    ]


def run_marked(heap: Any, entry: Word, end: Word, current: Word, before: Word) -> list[Named]:
    """give_run: the last page of the run, and the free page before it, have links."""
    h = heap_now(heap)
    g, claimed = h.ghost, heap.memory.operation.now().claimed("FreeLink")
    last, page = current - ENTRY, end - h.page_size
    known = every([g.entries[last], h.page[last] == page, g.owner[last] == g.owner[entry], h.page[entry] <= page])
    return [
        ("last", "the last page has a link", known & claimed[page]),
        ("before", "the page before has a link", (before == NULL) | claimed[before]),
    ]


def run_given(heap: Any, entry: Word, end: Word, before: Word, following: Word) -> list[Named]:
    """give_run: the kinds and links of all pages, now that the run is free."""
    h, then = heap_now(heap), heap_then(heap)
    g, operation = h.ghost, heap.memory.operation
    claimed, claimed_then = operation.now().claimed("FreeLink"), operation.entry.claimed("FreeLink")
    low = h.page[entry]
    extent = g.owner[entry]

    def linked(e: Word) -> Truth:
        d = h.page[e]
        link = when(h.end(e) == end, following, h.end(e))
        return implies((low <= d) & (d < end), claimed[d] & (h.link[d] == link))

    kept = h.link.at(claimed_then, lambda d: h.link[d] == when((before != NULL) & (d == before), low, then.link[d]))
    front = h.free_page[extent] == when(before == NULL, low, then.free_page[extent])
    return [
        ("kinds", "the pages of the run are free, no other is of another kind", kinds_changed(heap, entry, end, FREE)),
        (
            "range",
            "each page of the run links to the page behind it, the last one to the free page behind the run",
            g.entries.all(linked),
        ),
        ("elsewhere", "no other link changed but that of the free page before the run", kept),
        ("still", "no link went", claimed.at(claimed_then, lambda d: claimed[d])),
        (
            "no_more",
            "no other link came",
            claimed.all(lambda d: claimed_then[d] | every([low <= d, d < end, h.is_page(d)])),
        ),
        ("front", "the extent leads to the run if no free page lies before it", front),
    ]


def links_within(heap: Any, entry: Word, low: Word, high: Word) -> list[Named]:
    """cut, dissolve: a link that begins in the pages from that of ``entry`` to ``high`` ends there."""
    claimed = heap.memory.operation.now().claimed("FreeLink")
    return [
        (
            "whole",
            "a link that begins in the pages ends in them",
            claimed.all(lambda d: (d < low) | (d >= high) | (d + UNIT <= high)),
        )
    ]


def run_found(heap: Any, entry: Word, first: Word, last: Word) -> list[Named]:
    """cut: what the free pages are that become a run."""
    h = heap_now(heap)
    g = h.ghost
    end = last + h.page_size
    free = g.entries.all(lambda e: implies((first <= h.page[e]) & (h.page[e] < end), h.kind[e] == FREE))
    page = every([g.entries[entry], h.page[entry] == first, g.entry_at[first] == entry, h.kind[entry] == FREE])
    at_end = every([end <= g.owner[entry] + h.size, end % h.page_size == 0, end > first])
    none = g.live.all(lambda b: (b + h.extent(b) <= first) | (b >= end))
    return [
        ("row", "the pages are free pages", g.entries[g.entry_at[last]] & (h.page[g.entry_at[last]] == last)),
        ("page", "the entry is that of the first", page),
        ("unit", "the pages of the run begin at a multiple of 8 bytes", first % UNIT == 0),
        ("pages_free", "all pages up to the last are free", free),
        ("end", "the pages of the run end with a page", at_end),
        ("no_block", "no live block lies in them", none),
        ("dead", "none begins where they begin", negate(g.live[first])),
    ]


def block_leaves(heap: Any, entry: Word, block: Word) -> list[Named]:
    """give_block, dissolve: the block is one of the page, which has room, if there is no other."""
    h = heap_now(heap)
    g = h.ghost
    lies = every([h.page[entry] <= block, block < h.frontier[entry], block + (1 << h.kind[entry]) <= h.end(entry)])
    at_unit = every([block % UNIT == 0, h.page[entry] % UNIT == 0, unit_at(h, entry, block)])
    full, top = h.live[entry] > 1, h.page[entry] + g.height[entry]
    elsewhere = g.entries.all(
        lambda e: implies(h.carved(e) & (e != entry), (h.page[e] + g.height[e] < h.page[entry]) | (h.page[e] > top))
    )
    return [
        ("inside", "the block lies in the page", (block != NULL) & lies),
        ("multiple", "the block lies at a multiple of its size", block % (1 << h.kind[entry]) == 0),
        ("unit", "the block lies at a multiple of 8 bytes", at_unit),
        (
            "busy",
            "no free page begins there, nor where the page does",
            negate(g.idle[block]) & negate(g.idle[h.page[entry]]),
        ),
        (
            "fresh",
            "no block has the place behind the highest on the page's stack",
            implies(full, g.freed.all(lambda b: (g.place[b] != top) & (g.place[b] != top + 1))),
        ),
        ("place", "no other page's stack reaches that place", elsewhere),
        (
            "alone",
            "the block is the only live one of its page, or the page counts more",
            full | g.live.all(lambda b: (b == block) | (g.home[b] != entry)),
        ),
        ("room", "a page with one live block has a block to give", full | h.has_room(entry)),
    ]


def page_emptied(heap: Any, entry: Word, block: Word) -> list[Named]:
    """dissolve: the live bits when that of the page's only live block is inverted."""
    h = heap_now(heap)
    g = h.ghost
    bits = g.entries.all(
        lambda e: g.live.each(h.page[e], h.end(e), lambda a: h.bit_set(e, a) == (g.live[a] & (a != block)), step=UNIT)
    )
    page = h.page[entry]
    only = implies(g.live[page], (g.home[page] == entry) & (page == block))
    clear = implies(mention(g.live[page]), negate(h.bit_set(entry, page)))
    return [
        ("bits", "a live bit is set exactly for the other live blocks", bits),
        ("only", "a block that begins where the page does is that block", only),
        ("clear", "none is set for the page's first byte", clear),
    ]


def place_is_clear(heap: Any, entry: Word, place: Word) -> list[Named]:
    """No header lies in the 8 bytes at ``place``, which lie in the page of ``entry``."""
    state = heap.memory.operation.now()
    sizes = HEADERS

    def apart(struct: str) -> Truth:
        return state.claimed(struct).all(lambda d: (d + sizes[struct] <= place) | (d >= place + UNIT))

    mapped = state.mapped.covers(place, place + UNIT)
    return [
        ("mapped", "the place is mapped", mapped),
        *((struct, f"no {struct} lies there", apart(struct)) for struct in sizes),
    ]


def block_picked(heap: Any, entry: Word, log: Word, block: Word) -> list[Named]:
    """take_block: the block is one of the page, and belongs to nobody."""
    h = heap_now(heap)
    size, claimed = 1 << log, heap.memory.operation.now().claimed("FreeLink")
    own = every([h.ghost.freed[block], h.ghost.home[block] == entry, claimed[block], block < h.frontier[entry]])
    at_unit = (block % UNIT == 0) & unit_at(h, entry, block)
    return [
        (
            "inside",
            "the block lies in the page",
            every([block != NULL, h.page[entry] <= block, block + size <= h.end(entry)]),
        ),
        ("multiple", "the block lies at a multiple of its size", block % size == 0),
        ("own", "a block that was given back is the page's own link", implies(block == h.free[entry], own)),
        ("unit", "the block lies at a multiple of 8 bytes", at_unit),
        ("counted", "the page has not as many live blocks as can be", h.live[entry] < 1 << 15),
        ("busy", "no free page begins there", negate(h.ghost.idle[block])),
        ("unused", "the block that is picked is not live", negate(h.ghost.live[block])),
        (
            "never",
            "the block at the frontier was not given back",
            implies(block == h.frontier[entry], negate(h.ghost.freed[block])),
        ),
    ]


def word_found(heap: Any, entry: Word, address: Word) -> list[Named]:
    """The word with the live bit of an address in a page is there."""
    h = heap_now(heap)
    word = h.word_of(entry, address)
    return [
        ("inside", "the address lies in the page", (h.page[entry] <= address) & (address < h.end(entry))),
        ("there", "the word of the live bit is there", heap.memory.operation.now().claimed("LiveBits")[word]),
        ("word", "the word's address is a machine word", (word >= 0) & (word < h.ghost.owner[entry] + h.header)),
    ]


def page_aligned(heap: Any, entry: Word, log: Word) -> list[Named]:
    """A page begins and ends at multiples of the sizes of blocks that it may be carved into."""
    h = heap_now(heap)
    return [
        ("page", "the page begins at a multiple of the block size", h.page[entry] % (1 << log) == 0),
        ("end", "the page ends at a multiple of the block size", h.end(entry) % (1 << log) == 0),
    ]


def bucket_of_size(heap: Any, log: Word, size: Word) -> list[Named]:
    """alloc: the bucket of a size of at most half a page."""
    h = heap_now(heap)
    return [
        ("fits", "the bucket's blocks are large enough", size <= 1 << log),
        ("range", "the bucket's blocks are at most half a page", (log >= 3) & (log < h.shift)),
        ("tight", "the blocks of the bucket below are not large enough", (log == 3) | ((1 << log) < 2 * size)),
    ]


def address_in_page(heap: Any, entry: Word, address: Word) -> list[Named]:
    """free: the address is that of a unit of 8 bytes of the page."""
    h = heap_now(heap)
    return [("unit", "the address is that of a unit of 8 bytes", unit_at(h, entry, address))]


def block_found(heap: Any, entry: Word, address: Word) -> list[Named]:
    """free: a live block of the page begins at the address."""
    h = heap_now(heap)
    g = h.ghost
    run = (h.kind[entry] == RUN) & (address == h.page[entry])
    return [
        ("live", "a live block begins there", g.live[address]),
        ("home", "the block that was found is one of the page", g.home[address] == entry),
        ("kind", "the block that was found is a run, or a block of a bucket page", run | h.carved(entry)),
    ]


def bucket_known(heap: Any, log: Word) -> list[Named]:
    """The sentinel of a bucket is a place in its list."""
    h = heap_now(heap)
    g = h.ghost
    sentinel = h.sentinel(log)
    return [
        ("root", "the bucket has a sentinel", g.root[log] == sentinel),
        (
            "there",
            "the sentinel is a place in its list",
            every([g.nodes[sentinel], g.bucket[sentinel] == log, g.stamp[sentinel] == 0]),
        ),
    ]


def bucket_is_empty(heap: Any, log: Word) -> list[Named]:
    """alloc: the list of the bucket is empty."""
    h = heap_now(heap)
    full = h.ghost.entries.all(lambda e: implies(h.kind[e] == log, negate(h.has_room(e))))
    return [("full", "no page of the bucket has a block to give", full)]


def list_joined(heap: Any, links: Word, log: Word) -> list[Named]:
    """A page that is about to be the first of a bucket's list, and the place that is the first yet."""
    h = heap_now(heap)
    g = h.ghost
    sentinel = h.sentinel(log)
    first = h.next[sentinel]
    there = every([g.nodes[first], g.bucket[first] == log, g.stamp[first] < g.clock, h.prev[first] == sentinel])
    return [
        ("new", "the page is in no list", negate(g.nodes[links])),
        ("first", "the first place is in the list", there),
    ]


def list_left(heap: Any, links: Word) -> list[Named]:
    """A page that is about to leave its bucket's list, and its neighbours there."""
    h = heap_now(heap)
    g = h.ghost
    before, following = h.prev[links], h.next[links]

    def other(place: Word) -> Truth:
        return every([g.nodes[place], g.bucket[place] == g.bucket[links], place != links])

    return [
        ("listed", "the page is in a list", g.nodes[links] & (g.stamp[links] > 0)),
        ("before", "the place before the one that leaves is in the list", other(before) & (h.next[before] == links)),
        (
            "following",
            "the place behind the one that leaves is in the list",
            other(following) & (h.prev[following] == links),
        ),
    ]
