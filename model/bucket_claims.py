"""What holds at places of the bucket heap's code where there is no loop: what the code before them found."""

from __future__ import annotations

from typing import Any

from model.bucket_loops import Claims, heap_now, heap_then, kinds_changed
from model.bucket_needs import APART, LINKING, LISTS, MARKED, MARKING, NEIGHBOURS, PICKED, PLACES, REQUIRED, WORDS
from model.bucket_state import CONTINUED, ENTRY, FREE, NULL, RUN, UNIT
from model.logic import Truth, Word, every, implies, mention, negate, when


def run_leaves(heap: Any, entry: Word) -> Claims:
    """give_run: what the run consists of."""
    h = heap_now(heap)
    g = h.ghost
    low, high = h.page[entry], h.frontier[entry]
    claimed = heap.memory.operation.now().claimed("FreeLink")
    run = every([g.live[low], h.end(entry) <= high, high <= g.owner[entry] + h.size, high % h.page_size == 0])
    own = ("run_of_extent", "runs", *APART)
    return [
        ("run", "the run is live, and consists of whole pages", run, own),
        (
            "pages",
            "its pages but the first continue it",
            g.entries.all(
                lambda e: implies((low <= h.page[e]) & (h.page[e] < high) & (e != entry), h.kind[e] == CONTINUED)
            ),
            (*own, "run_pages"),
        ),
        (
            "one_block",
            "no live block begins in the run but where it does itself",
            g.live.all(lambda b: (b == low) | (b < low) | (b >= high)),
            (*own, "run_leaves.run", "run_leaves.pages", "live_blocks", "entries_lie"),
        ),
        (
            "no_links",
            "no link lies in the run",
            claimed.all(lambda d: (d + UNIT <= low) | (d >= high)),
            (*own, "entries_lie", "pages_aligned", "links_owned", "freed_blocks", "free_pages", "run_leaves.run")
            + ("run_leaves.pages", "multiples.divisible"),
        ),
    ]


def run_marked(heap: Any, entry: Word, end: Word, current: Word, before: Word) -> Claims:
    """give_run: the last page of the run, and the free page before it, have links."""
    h = heap_now(heap)
    g, claimed = h.ghost, heap.memory.operation.now().claimed("FreeLink")
    last, page = current - ENTRY, end - h.page_size
    known = every([g.entries[last], h.page[last] == page, g.owner[last] == g.owner[entry], h.page[entry] <= page])
    return [
        ("last", "the last page has a link", known & claimed[page], (*MARKING, *LINKING)),
        (
            "before",
            "the page before has a link",
            (before == NULL) | claimed[before],
            (*LINKING, *NEIGHBOURS, "free_pages"),
        ),
    ]


def run_given(heap: Any, entry: Word, end: Word, before: Word, following: Word) -> Claims:
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

    kept = claimed_then.all(
        lambda d: h.link[d] == when((before != NULL) & (d == before), low, then.link[d]), trigger=lambda d: h.link[d]
    )
    front = h.free_page[extent] == when(before == NULL, low, then.free_page[extent])
    needs = (*MARKING, *LINKING, *NEIGHBOURS, "run_marked.last", "run_marked.before", "free_pages")
    return [
        (
            "kinds",
            "the pages of the run are free, no other is of another kind",
            kinds_changed(heap, entry, end, FREE),
            MARKING,
        ),
        (
            "range",
            "each links to the page behind, the last to the free page behind the run",
            g.entries.all(linked),
            needs,
        ),
        ("elsewhere", "no other link changed but that of the free page before the run", kept, needs),
        ("still", "no link went", claimed_then.all(lambda d: claimed[d], trigger=lambda d: claimed[d]), needs),
        (
            "no_more",
            "no other link came",
            claimed.all(lambda d: claimed_then[d] | every([low <= d, d < end, h.is_page(d)])),
            needs,
        ),
        ("front", "the extent leads to the run if no free page lies before it", front, needs),
    ]


def links_within(heap: Any, entry: Word, low: Word, high: Word) -> Claims:
    """cut, dissolve: a link that begins in the pages from that of ``entry`` to ``high`` ends there."""
    claimed = heap.memory.operation.now().claimed("FreeLink")
    return [
        (
            "whole",
            "a link that begins in the pages ends in them",
            claimed.all(lambda d: (d < low) | (d >= high) | (d + UNIT <= high)),
            (*PLACES, "links_owned", "pages_aligned", "multiples.divisible", *BOUNDED),
        )
    ]


BOUNDED = ("run_found.row", "run_found.page", "run_found.unit", "run_found.end", "block_leaves.inside")


def run_found(heap: Any, entry: Word, first: Word, last: Word) -> Claims:
    """cut: what the free pages are that become a run."""
    h = heap_now(heap)
    g = h.ghost
    end = last + h.page_size
    row = ("row_of_pages", "free_pages", *PLACES)
    at_last = (*REQUIRED, "geometry", "entries_lie", "pages_aligned", "run_found.row", "powers.positive")
    free = g.entries.all(lambda e: implies((first <= h.page[e]) & (h.page[e] < end), h.kind[e] == FREE))
    page = every([g.entries[entry], h.page[entry] == first, g.entry_at[first] == entry, h.kind[entry] == FREE])
    at_end = every([end <= g.owner[entry] + h.size, end % h.page_size == 0, end > first])
    none = g.live.all(lambda b: (b + h.extent(b) <= first) | (b >= end))
    return [
        ("row", "the pages are free pages", g.entries[g.entry_at[last]] & (h.page[g.entry_at[last]] == last), row),
        ("page", "the entry is that of the first", page, row),
        ("unit", "they begin at a multiple of 8 bytes", first % UNIT == 0, ("pages_aligned", "run_found.page")),
        ("pages_free", "all pages up to the last are free", free, (*row, "run_found.row", "rows_free")),
        ("end", "they end with a page", at_end, at_last),
        (
            "no_block",
            "no live block lies in them",
            none,
            (*row, "run_found.row", "run_found.page", "run_found.pages_free", "live_blocks", "runs", "run_pages"),
        ),
        (
            "dead",
            "none begins where they begin",
            negate(g.live[first]),
            (*row, "run_found.page", "live_blocks"),
        ),
    ]


def block_leaves(heap: Any, entry: Word, block: Word) -> Claims:
    """give_block, dissolve: the block is one of the page, which has room, if there is no other."""
    h = heap_now(heap)
    g = h.ghost
    lies = every([h.page[entry] <= block, block < h.frontier[entry], block + (1 << h.kind[entry]) <= h.end(entry)])
    at_unit = every([block % UNIT == 0, h.page[entry] % UNIT == 0, h.at_unit(entry, block)])
    full, top = h.live[entry] > 1, h.page[entry] + g.height[entry]
    elsewhere = g.entries.all(
        lambda e: implies(h.carved(e) & (e != entry), (h.page[e] + g.height[e] < h.page[entry]) | (h.page[e] > top))
    )
    return [
        ("inside", "the block lies in the page", (block != NULL) & lies, LEAVE),
        ("multiple", "it lies at a multiple of its size", block % (1 << h.kind[entry]) == 0, LEAVE),
        ("unit", "it lies at a multiple of 8 bytes", at_unit, UNIT_OF_PAGE),
        (
            "busy",
            "no free page begins there, nor where the page does",
            negate(g.idle[block]) & negate(g.idle[h.page[entry]]),
            (*APART, *PICKED, "free_pages"),
        ),
        (
            "fresh",
            "no block has the place behind the highest on the page's stack",
            implies(full, g.freed.all(lambda b: (g.place[b] != top) & (g.place[b] != top + 1))),
            (*APART, *PICKED, "freed_blocks", "placed", "roomy", "frontiers"),
        ),
        ("place", "no other page's stack reaches that place", elsewhere, (*APART, "roomy", "frontiers")),
        (
            "alone",
            "it is the only live block of its page, or the page counts more",
            full | g.live.all(lambda b: (b == block) | (g.home[b] != entry)),
            (*LEAVE, "slots"),
        ),
        (
            "room",
            "a page with one live block has a block to give",
            full | h.has_room(entry),
            (
                *LEAVE,
                "conserved",
                "roomy",
                "stack_heads",
                "stack_places",
                "powers.growing",
                "multiples.first_multiples",
                "kinds",
            ),
        ),
    ]


def page_emptied(heap: Any, entry: Word, block: Word) -> Claims:
    """dissolve: the live bits when that of the page's only live block is inverted."""
    h = heap_now(heap)
    g = h.ghost
    bits = g.entries.all(
        lambda e: g.live.each(h.page[e], h.end(e), lambda a: h.bit_set(e, a) == (g.live[a] & (a != block)), step=UNIT)
    )
    page = h.page[entry]
    only = implies(g.live[page], (g.home[page] == entry) & (page == block))
    clear = implies(mention(g.live[page]), negate(h.bit_set(entry, page)))
    known = ("geometry", "bits_apart", "entries_apart", "last_block", "live_bits", "range", *WORDS)
    laws = ("bits.one_bit_flipped", "powers.positive", "multiples.divisible")
    leaving = ("block_leaves.inside", "block_leaves.multiple", "block_leaves.unit")
    alone = (
        *LEAVE,
        *known,
        *leaving,
        *APART,
        "slots",
        "pages_aligned",
        "block_leaves.alone",
        "page_emptied.bits",
        "last_block",
    )
    return [
        ("bits", "a live bit is set exactly for the other live blocks", bits, (*known, *laws, *leaving)),
        ("only", "a block that begins where the page does is that block", only, alone),
        (
            "clear",
            "none is set for the page's first byte",
            clear,
            (
                "page_emptied.bits",
                "page_emptied.only",
                "powers.positive",
                "geometry",
                "pages_aligned",
                "last_block",
                *leaving,
            ),
        ),
    ]


UNIT_OF_PAGE = (*REQUIRED, "live_blocks", "pages_aligned", "block_leaves.inside")
LEAVE = (*PLACES, "live_blocks", "multiples.divisible")


def place_is_clear(heap: Any, entry: Word, place: Word) -> Claims:
    """No header lies in the 8 bytes at ``place``, which lie in the page of ``entry``."""
    state = heap.memory.operation.now()
    sizes = {"BucketHeap": 40, "Extent": 16, "Page": 40, "Links": 16, "LiveBits": 8, "FreeLink": 8}

    def apart(struct: str) -> Truth:
        return state.claimed(struct).all(lambda d: (d + sizes[struct] <= place) | (d >= place + UNIT))

    standing = ("give_back.within", "give_back.at_page", "multiples.divisible", "entries_lie")
    needs = ("geometry", "clear", "measures", *standing, *REQUIRED, *PICKED)
    own = ("links_owned", "freed_blocks", "free_unused", "run_leaves.no_links")
    links = (*own, *standing, *APART, *PICKED, *LINKING)
    mapped = state.mapped.covers(place, place + UNIT)
    return [
        ("mapped", "the place is mapped", mapped, ("extents_mapped", *needs)),
        *(
            (struct, f"no {struct} lies there", apart(struct), links if struct == "FreeLink" else needs)
            for struct in sizes
        ),
    ]


def block_picked(heap: Any, entry: Word, log: Word, block: Word) -> Claims:
    """take_block: the block is one of the page, and belongs to nobody."""
    h = heap_now(heap)
    size, claimed = 1 << log, heap.memory.operation.now().claimed("FreeLink")
    own = every([h.ghost.freed[block], h.ghost.home[block] == entry, claimed[block], block < h.frontier[entry]])
    at_unit = (block % UNIT == 0) & h.at_unit(entry, block)
    return [
        (
            "inside",
            "the block lies in the page",
            every([block != NULL, h.page[entry] <= block, block + size <= h.end(entry)]),
            PICK,
        ),
        ("multiple", "it lies at a multiple of its size", block % size == 0, PICK),
        (
            "own",
            "a block that was given back is the page's own link",
            implies(block == h.free[entry], own),
            PICK,
        ),
        ("unit", "it lies at a multiple of 8 bytes", at_unit, UNIT_PICKED),
        ("counted", "the page has not as many live blocks as can be", h.live[entry] < 1 << 15, PICK),
        ("busy", "no free page begins there", negate(h.ghost.idle[block]), (*APART, *PICKED, "free_pages", "kinds")),
        ("unused", "it is not live", negate(h.ghost.live[block]), (*PICK, "live_blocks")),
        (
            "never",
            "the block at the frontier was not given back",
            implies(block == h.frontier[entry], negate(h.ghost.freed[block])),
            (*APART, *PICKED, "freed_blocks"),
        ),
    ]


PICK = (
    *PLACES,
    "freed_blocks",
    "stack_heads",
    "stack_places",
    "frontiers",
    "conserved",
    "kinds",
    "powers.spaced",
    "powers.bounded",
    "pages_aligned",
    "multiples.finer",
    "multiples.first_multiples",
    "range",
)
UNIT_PICKED = (
    *REQUIRED,
    "block_picked.inside",
    "block_picked.multiple",
    "block_picked.own",
    "freed_blocks",
    "geometry",
    "kinds",
    "pages_aligned",
    "multiples.finer",
)
IN_PAGE = (*PLACES, *PICKED, "runs", "live_blocks", "multiples.divisible")


def word_found(heap: Any, entry: Word, address: Word) -> Claims:
    """The word with the live bit of an address in a page is there."""
    h = heap_now(heap)
    word = h.word_of(entry, address)
    return [
        ("inside", "the address lies in the page", (h.page[entry] <= address) & (address < h.end(entry)), IN_PAGE),
        (
            "there",
            "the word of the live bit is there",
            heap.memory.operation.now().claimed("LiveBits")[word],
            ("geometry", "entries_lie", "bit_words", "word_found.inside", "pages_aligned", "multiples.divisible")
            + REQUIRED,
        ),
        (
            "word",
            "its address is a machine word",
            (word >= 0) & (word < h.ghost.owner[entry] + h.header),
            ("geometry", "extents_lie", "entries_lie", "bits_room", "word_found.inside", "pages_aligned")
            + ("multiples.divisible", *REQUIRED),
        ),
    ]


def page_aligned(heap: Any, entry: Word, log: Word) -> Claims:
    """A page begins and ends at multiples of the sizes of blocks that it may be carved into."""
    h = heap_now(heap)
    laws = (*PLACES, "pages_aligned", "powers.coarser", "kinds")
    return [
        ("page", "the page begins at a multiple of the block size", h.page[entry] % (1 << log) == 0, laws),
        ("end", "the page ends at a multiple of the block size", h.end(entry) % (1 << log) == 0, laws),
    ]


WHICH_BUCKET = ("geometry", "one_page", "room", "one_of_many", "kinds", "bucket_of_size.range")
"""What tells that a number is that of a bucket."""


def bucket_of_size(heap: Any, log: Word, size: Word) -> Claims:
    """alloc: the bucket of a size of at most half a page."""
    h = heap_now(heap)
    found = ("geometry", "search_log2.in_range", "search_log2.too_small", "powers.growing", "powers.positive")
    return [
        ("fits", "its blocks are large enough", size <= 1 << log, found),
        ("range", "its blocks are at most half a page", (log >= 3) & (log < h.shift), found),
        ("tight", "those of the bucket below are not", (log == 3) | ((1 << log) < 2 * size), found),
    ]


def address_in_page(heap: Any, entry: Word, address: Word) -> Claims:
    """free: the address is that of a unit of 8 bytes of the page."""
    h = heap_now(heap)
    return [("unit", "it is that of a unit of 8 bytes", h.at_unit(entry, address), (*REQUIRED, "pages_aligned"))]


def block_found(heap: Any, entry: Word, address: Word) -> Claims:
    """free: a live block of the page begins at the address."""
    h = heap_now(heap)
    g = h.ghost
    run = (h.kind[entry] == RUN) & (address == h.page[entry])
    own = (*APART, "entries_lie", "live_blocks", "block_found.live")
    return [
        (
            "live",
            "a live block begins there",
            g.live[address],
            (*REQUIRED, *WORDS, "live_bits", "powers.positive", "address_in_page.unit"),
        ),
        ("home", "it is one of the page", g.home[address] == entry, own),
        ("kind", "it is a run or a block of a bucket page", run | h.carved(entry), (*own, "block_found.home")),
    ]


def bucket_known(heap: Any, log: Word) -> Claims:
    """The sentinel of a bucket is a place in its list."""
    h = heap_now(heap)
    g = h.ghost
    sentinel = h.sentinel(log)
    return [
        ("root", "the bucket has a sentinel", g.root[log] == sentinel, ("sentinels", *WHICH_BUCKET)),
        (
            "there",
            "the sentinel is a place in its list",
            every([g.nodes[sentinel], g.bucket[sentinel] == log, g.stamp[sentinel] == 0]),
            ("sentinels", "bucket_known.root", *WHICH_BUCKET),
        ),
    ]


def bucket_is_empty(heap: Any, log: Word) -> Claims:
    """alloc: the list of the bucket is empty."""
    h = heap_now(heap)
    full = h.ghost.entries.all(lambda e: implies(h.kind[e] == log, negate(h.has_room(e))))
    known = ("bucket_known.there", "listed", "node_pages", "nothing_between", "geometry", "extents_lie", "entries_lie")
    return [("full", "no page of the bucket has a block to give", full, known)]


def list_joined(heap: Any, links: Word, log: Word) -> Claims:
    """A page that is about to be the first of a bucket's list, and the place that is the first yet."""
    h = heap_now(heap)
    g = h.ghost
    sentinel = h.sentinel(log)
    first = h.next[sentinel]
    there = every([g.nodes[first], g.bucket[first] == log, g.stamp[first] < g.clock, h.prev[first] == sentinel])
    return [
        ("new", "the page is in no list", negate(g.nodes[links]), (*LISTS, *PLACES, *PICKED, *MARKED, "range")),
        ("first", "the first place is in the list", there, ("bucket_known.there", "next_links", "node_pages")),
    ]


def list_left(heap: Any, links: Word) -> Claims:
    """A page that is about to leave its bucket's list, and its neighbours there."""
    h = heap_now(heap)
    g = h.ghost
    before, following = h.prev[links], h.next[links]

    def other(place: Word) -> Truth:
        return every([g.nodes[place], g.bucket[place] == g.bucket[links], place != links])

    known = ("list_left.listed", "next_links", "prev_links")
    return [
        (
            "listed",
            "the page is in a list",
            g.nodes[links] & (g.stamp[links] > 0),
            (*LISTS, *PLACES, *PICKED, "listed", "powers.growing", "range"),
        ),
        ("before", "so is the place before it", other(before) & (h.next[before] == links), known),
        ("following", "so is the place behind it", other(following) & (h.prev[following] == links), known),
    ]
