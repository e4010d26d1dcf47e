"""What holds at the head of each loop of the bucket heap, and at a few places between loops."""

from __future__ import annotations

from typing import Any

from model.bucket_needs import APART, EXTENT_WALK, LINKING, MARKING, NEIGHBOURS, PICKED, PLACES, REQUIRED, WORDS
from model.bucket_state import CONTINUED, ENTRY, FREE, MAX_SHIFT, NULL, RUN, UNIT, Heap, seen
from model.logic import Loop, Truth, Word, every, implies, mention, negate, when

Claims = list[tuple[str, str, Truth, tuple[str, ...]]]
"""What is held at a place: names, sentences, truths, what they depend on."""
OF_EXTENT_COST = 3
"""Loads that find the extent of an address, one for each extent passed not counted."""
SEARCH_COST = 2
"""Loads of a search for pages before it looks at extents."""
VISIT_COST = 2
"""Loads for each extent that a search for pages visits, one for each free page of it not counted."""
CUT_COST = 11
"""Loads and stores that make pages a run, one for each page not counted."""
GIVE_COST = 10
"""Loads and stores that make the pages of a run free, those for each page not counted."""


def _heap(heap: Any) -> Heap:
    operation = heap.memory.operation
    return seen(operation.now(), heap.address, operation.ghost)


def _before(heap: Any) -> Heap:
    """The fields as they were on entry."""
    operation = heap.memory.operation
    return seen(operation.entry, heap.address, operation.ghost)


def _cost(heap: Any) -> Word:
    return heap.memory.operation.now().cost


def search_log2(log: Word, size: Word, least: int) -> Loop:
    """The search for an exponent: all powers passed are too small."""
    return Loop(
        [
            ("in_range", "the exponent is among those tried", (log >= least) & (log <= MAX_SHIFT + 1)),
            ("too_small", "the power before is too small", (log == least) | ((1 << (log - 1)) < size)),
        ],
        MAX_SHIFT + 1 - log,
        costless=True,
    )


# ---------------------------------------------------------------- extents


def walk_extents(heap: Any, current: Word, address: Word) -> Loop:
    """extent_of: no extent passed holds the address among its pages."""
    h = _heap(heap)
    g = h.ghost
    over = current == NULL
    return Loop(
        [
            ("on_chain", "the walk stands at an extent or at the end", over | g.extents[current], EXTENT_WALK),
            (
                "none_passed",
                "no extent passed holds the address",
                g.extents.all(lambda x: (negate(over) & (x >= current)) | negate(among_pages(h, x, address))),
                EXTENT_WALK,
            ),
            (
                "walk_cost",
                "the walk pays one load per extent",
                _cost(heap) <= OF_EXTENT_COST + when(over, g.count, g.rank[current]),
                EXTENT_WALK,
            ),
        ],
        when(over, 0, g.count - g.rank[current]),
    )


def among_pages(h: Heap, x: Word, address: Word) -> Truth:
    """``address`` lies among the pages of extent ``x``."""
    return (x + h.header <= address) & (address < x + h.size)


# ---------------------------------------------------------------- a search for pages


def holds(h: Heap, d: Word, size: Word) -> Truth:
    """The free pages in a row from page ``d`` on hold ``size`` bytes."""
    return d + size <= h.ghost.until[d]


def none_below(h: Heap, over: Truth, page: Word, size: Word) -> Truth:
    """No free pages in a row that begin before ``page``, or anywhere if ``over``, hold ``size`` bytes."""
    return h.ghost.idle.all(lambda d: implies(over | (d < page), negate(holds(h, d, size))))


def visit_extents(heap: Any, extent: Word, size: Word) -> Loop:
    """take_pages: no extent passed has free pages in a row that are enough."""
    h = _heap(heap)
    g = h.ghost
    over = extent == NULL
    paid = when(over, VISIT_COST * g.count + g.total, VISIT_COST * g.rank[extent] + g.passed[extent])
    cost = _cost(heap) <= SEARCH_COST + paid
    return Loop(
        [
            ("on_chain", "the search stands at an extent or at the end", over | g.extents[extent], VISITING),
            (
                "none_passed",
                "nowhere in the extents passed do free pages suffice",
                none_below(h, over, extent, size),
                VISITING,
            ),
            ("visit_cost", "the search pays some loads per extent and one per page", cost, VISITING),
        ],
        when(over, 0, g.count - g.rank[extent]),
    )


VISITING = (
    *EXTENT_WALK,
    *APART,
    "entries_lie",
    "free_pages",
    "none_passed",
    "visit_cost",
    "walk_free_pages.none_before",
    "walk_free_pages.page_cost",
)


def is_free_page(h: Heap, extent: Word, page: Word) -> Truth:
    """A free page of ``extent`` begins at ``page``."""
    g = h.ghost
    return (page != NULL) & g.idle[page] & (g.owner[g.entry_at[page]] == extent)


def leads_to(h: Heap, extent: Word, before: Word, page: Word) -> Truth:
    """The free page ``before``, or the extent if that is NULL, links to ``page``."""
    return when(before == NULL, h.free_page[extent] == page, is_free_page(h, extent, before) & (h.link[before] == page))


def walk_free_pages(heap: Any, extent: Word, size: Word, before: Word, first: Word, last: Word) -> Loop:
    """The walk over the free pages of an extent: those from ``first`` to ``last`` lie in a row."""
    h = _heap(heap)
    g = h.ghost
    over = last == NULL
    row = every([is_free_page(h, extent, first), is_free_page(h, extent, last), first <= last, last < g.until[first]])
    short = every([(first + size) % h.page_size == 0, last + h.page_size <= first + size])
    number = when(over, g.pages, g.number[g.entry_at[last]])
    paid = VISIT_COST * g.rank[extent] + g.passed[extent] + 1 + number
    before_these = none_below(h, False, when(over, extent + h.size, first), size)
    return Loop(
        [
            ("in_a_row", "the row in hand is of free pages of this extent", over | row, IN_A_ROW),
            ("short", "it is not longer than is wanted", over | short, (*IN_A_ROW, "short")),
            (
                "preceded",
                "the free page before the row in hand is known",
                over | leads_to(h, extent, before, first),
                (*IN_A_ROW, "preceded"),
            ),
            ("none_before", "no free pages in a row that begin before those in hand suffice", before_these, BEFORE_ROW),
            ("page_cost", "the walk pays one load per free page", _cost(heap) <= SEARCH_COST + paid, WALK_COST),
        ],
        when(over, 0, h.last_entry(extent) - g.entry_at[last]),
    )


def row_ends(heap: Any, first: Word, last: Word, size: Word) -> Claims:
    """The row in hand ends with the page ``last``, too early."""
    h = _heap(heap)
    g = h.ghost
    end = last + h.page_size
    ends = g.idle.all(lambda d: (d < first) | (d > last) | (g.until[d] <= end), trigger=lambda d: g.until[d])
    return [
        (
            "ends",
            "no free pages in a row go beyond it",
            implies(mention(g.after[g.entry_at[last]], h.link[last]), ends),
            ROW_ENDS,
        ),
    ]


IN_A_ROW = (
    *APART,
    "entries_lie",
    "free_pages",
    "free_links",
    "free_heads",
    "rows",
    "pages_aligned",
    "powers.spaced",
    "multiples.sum",
    "multiples.least",
    "in_a_row",
    "walk_free_pages.in_a_row",
    "visit_extents.on_chain",
)
"""What is known of the free pages in hand."""
ROW_ENDS = (
    *APART,
    "entries_lie",
    "extents_apart",
    "adjacent",
    "free_pages",
    "free_known",
    "free_links",
    "free_skips_none",
    "rows",
    "rows_free",
    "walk_free_pages.in_a_row",
)
BEFORE_ROW = (
    *APART,
    "entries_lie",
    "extents_apart",
    "free_pages",
    "free_links",
    "free_skips_none",
    "free_heads",
    "free_first",
    "none_before",
    "in_a_row",
    "row_ends.ends",
    "visit_extents.on_chain",
    "visit_extents.none_passed",
)
WALK_COST = (
    *APART,
    "entries_lie",
    "free_pages",
    "free_links",
    "free_heads",
    "numbered",
    "in_a_row",
    "page_cost",
    "visit_extents.on_chain",
    "visit_extents.visit_cost",
    "extents_counted",
)


# ---------------------------------------------------------------- pages become a run


def _marking(heap: Any, first: Word, end: Word, entry: Word, page: Word) -> list[Any]:
    """A marking that began at the page of entry ``first`` stands at ``page``, that of ``entry``, or at ``end``."""
    h = _heap(heap)
    g = h.ghost
    low, passed = h.page[first], entry - ENTRY
    last = every([g.entries[passed], g.owner[passed] == g.owner[first], g.after[passed] == entry])
    behind = last & (h.page[passed] == page - h.page_size)
    stands = every(
        [g.entries[entry], h.page[entry] == page, g.owner[entry] == g.owner[first], page + h.page_size <= end]
    )
    within = every([low <= page, page <= end, page % h.page_size == 0])
    return [
        ("within", "the marking stands among the pages, or behind them", within, MARKING),
        (
            "at_page",
            "it stands at a page and its entry",
            implies(mention(g.after[passed]), (page == end) | stands),
            MARKING,
        ),
        (
            "behind_page",
            "the page that it passed last lies before it",
            implies(mention(g.after[passed]), ((page == low) & (entry == first)) | behind),
            MARKING,
        ),
    ]


def _passed(h: Heap, first: Word, entry: Word, page: Word) -> Word:
    """How many pages a marking has passed."""
    g = h.ghost
    return when(page == h.page[first], 0, g.number[entry - ENTRY] - g.number[first] + 1)


def _kinds(heap: Any, first: Word, page: Word, kind: int) -> Truth:
    """The pages from that of ``first`` up to ``page`` are of this kind, and all others of the kind they were."""
    h, then = _heap(heap), _before(heap)
    low = h.page[first]
    return h.ghost.entries.all(
        lambda e: h.kind[e] == when((low <= h.page[e]) & (h.page[e] < page), kind, then.kind[e]),
        trigger=lambda e: h.kind[e],
    )


def hand_out(heap: Any, first: Word, end: Word, entry: Word, page: Word) -> Loop:
    """cut's marking: the pages from that of ``first`` up to ``page`` are no longer free."""
    h = _heap(heap)
    return Loop(
        [
            *_marking(heap, first, end, entry, page),
            ("marked", "the pages passed are marked, no other", _kinds(heap, first, page, CONTINUED), MARKING),
            (
                "mark_cost",
                "the marking pays one store per page",
                _cost(heap) <= CUT_COST - 6 + _passed(h, first, entry, page),
                (*MARKING, "numbered"),
            ),
        ],
        end - page,
        changes=("Page.kind",),
    )


# ---------------------------------------------------------------- a run becomes pages


def pass_free_pages(heap: Any, extent: Word, page: Word, before: Word, following: Word) -> Loop:
    """give_run's walk: the free pages passed lie below the page, and ``following`` is the next."""
    h = _heap(heap)
    g = h.ghost
    passed = when(before == NULL, 0, g.number[g.entry_at[before]] + 1)
    return Loop(
        [
            (
                "below",
                "the free page passed last lies below",
                (before == NULL) | (is_free_page(h, extent, before) & (before < page)),
                PASSING,
            ),
            (
                "next",
                "the free page in hand is the next one",
                leads_to(h, extent, before, following) & ((following == NULL) | is_free_page(h, extent, following)),
                PASSING,
            ),
            ("pass_cost", "the walk pays one load per free page", _cost(heap) <= 3 + passed, PASSING),
        ],
        when(following == NULL, 0, h.last_entry(extent) - g.entry_at[following]),
    )


PASSING = (
    *APART,
    *NEIGHBOURS,
    "below",
    "next",
    "pass_cost",
    "entries_lie",
    "numbered",
    "free_pages",
    "free_links",
    "free_heads",
)


def give_back(heap: Any, first: Word, end: Word, entry: Word, page: Word) -> Loop:
    """give_run's marking: the pages from that of ``first`` up to ``page`` are free, each linked to the one behind."""
    h, then = _heap(heap), _before(heap)
    g, operation = h.ghost, heap.memory.operation
    claimed, claimed_then = operation.now().claimed("FreeLink"), operation.entry.claimed("FreeLink")
    low = h.page[first]

    def linked(e: Word) -> Truth:
        d = h.page[e]
        return implies((low <= d) & (d < page), claimed[d] & (h.link[d] == d + h.page_size))

    return Loop(
        [
            *_marking(heap, first, end, entry, page),
            ("given", "the pages passed are free, no other", _kinds(heap, first, page, FREE), MARKING),
            (
                "linked",
                "the pages passed link to the page behind",
                g.entries.all(linked, trigger=lambda e: h.page[e]),
                (*MARKING, *LINKING),
            ),
            (
                "no_more_links",
                "no other link came",
                claimed.all(lambda d: claimed_then[d] | every([low <= d, d < page, h.is_page(d)])),
                (*MARKING, *LINKING),
            ),
            (
                "links_kept",
                "no link elsewhere went or changed",
                claimed_then.all(lambda d: claimed[d] & (h.link[d] == then.link[d])),
                (*MARKING, *LINKING),
            ),
            (
                "give_cost",
                "the marking pays two stores per page",
                _cost(heap) <= GIVE_COST - 2 + g.number[first] + 2 * _passed(h, first, entry, page),
                (*MARKING, *NEIGHBOURS, "numbered", "free_pages", "pass_free_pages.pass_cost"),
            ),
        ],
        end - page,
        changes=("Page.kind", "FreeLink.next", "claimed.FreeLink"),
    )


# ---------------------------------------------------------------- what is known between the loops


def run_leaves(heap: Any, entry: Word) -> Claims:
    """give_run: what the run consists of."""
    h = _heap(heap)
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
    h = _heap(heap)
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
    h, then = _heap(heap), _before(heap)
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
            _kinds(heap, entry, end, FREE),
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


def run_found(heap: Any, entry: Word, first: Word, last: Word) -> Claims:
    """cut: what the free pages are that become a run."""
    h = _heap(heap)
    g = h.ghost
    end = last + h.page_size
    row = ("row_of_pages", "free_pages", *PLACES)
    at_last = (*REQUIRED, "geometry", "entries_lie", "pages_aligned", "run_found.row", "powers.positive")
    free = g.entries.all(lambda e: implies((first <= h.page[e]) & (h.page[e] < end), h.kind[e] == FREE))
    page = every([h.page[entry] == first, g.entry_at[first] == entry, h.kind[entry] == FREE, first % UNIT == 0])
    at_end = every([end <= g.owner[entry] + h.size, end % h.page_size == 0, end > first])
    none = g.live.all(lambda b: (b + h.extent(b) <= first) | (b >= end))
    return [
        ("row", "the pages are free pages", g.entries[g.entry_at[last]] & (h.page[g.entry_at[last]] == last), row),
        ("page", "the entry is that of the first", page, (*row, "pages_aligned")),
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
    h = _heap(heap)
    g = h.ghost
    lies = every([h.page[entry] <= block, block < h.frontier[entry], block + (1 << h.kind[entry]) <= h.end(entry)])
    at_unit = every([block % UNIT == 0, h.page[entry] % UNIT == 0, h.at_unit(entry, block)])
    full, top = h.live[entry] > 1, h.page[entry] + g.height[entry]
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


UNIT_OF_PAGE = (*REQUIRED, "live_blocks", "pages_aligned", "block_leaves.inside")
LEAVE = (*PLACES, "live_blocks", "multiples.divisible")


def place_is_clear(heap: Any, entry: Word, place: Word) -> Claims:
    """No header lies in the 8 bytes at ``place``, which lie in the page of ``entry``."""
    state = heap.memory.operation.now()
    sizes = {"BucketHeap": 40, "Extent": 16, "Page": 40, "Links": 16, "LiveBits": 8, "FreeLink": 8}

    def apart(struct: str) -> Truth:
        return state.claimed(struct).all(lambda d: (d + sizes[struct] <= place) | (d >= place + UNIT))

    standing = ("give_back.within", "give_back.at_page", "multiples.divisible", "entries_lie")
    needs = ("geometry", "clear", *standing, *REQUIRED, *PICKED)
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
    h = _heap(heap)
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
        ("unit", "it lies at a multiple of 8 bytes", at_unit, PICK),
        ("counted", "the page has not as many live blocks as can be", h.live[entry] < 1 << 15, PICK),
        (
            "own",
            "a block that was given back is the page's own link",
            implies(block == h.free[entry], own),
            PICK,
        ),
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
IN_PAGE = (*PLACES, *PICKED, "runs", "live_blocks", "multiples.divisible")


def word_found(heap: Any, entry: Word, address: Word) -> Claims:
    """The word with the live bit of an address in a page is there."""
    h = _heap(heap)
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
    h = _heap(heap)
    laws = (*PLACES, "pages_aligned", "powers.coarser", "kinds")
    return [
        ("page", "the page begins at a multiple of the block size", h.page[entry] % (1 << log) == 0, laws),
        ("end", "the page ends at a multiple of the block size", h.end(entry) % (1 << log) == 0, laws),
    ]


WHICH_BUCKET = ("geometry", "one_page", "room", "one_of_many", "kinds", "bucket_of_size.range")
"""What tells that a number is that of a bucket."""


def bucket_of_size(heap: Any, log: Word, size: Word) -> Claims:
    """alloc: the bucket of a size of at most half a page."""
    h = _heap(heap)
    found = ("geometry", "search_log2.in_range", "search_log2.too_small", "powers.growing", "powers.positive")
    return [
        ("fits", "its blocks are large enough", size <= 1 << log, found),
        ("range", "its blocks are at most half a page", (log >= 3) & (log < h.shift), found),
        ("tight", "those of the bucket below are not", (log == 3) | ((1 << log) < 2 * size), found),
    ]


def address_in_page(heap: Any, entry: Word, address: Word) -> Claims:
    """free: the address is that of a unit of 8 bytes of the page."""
    h = _heap(heap)
    return [("unit", "it is that of a unit of 8 bytes", h.at_unit(entry, address), (*REQUIRED, "pages_aligned"))]


def block_found(heap: Any, entry: Word, address: Word) -> Claims:
    """free: a live block of the page begins at the address."""
    h = _heap(heap)
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
    h = _heap(heap)
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
