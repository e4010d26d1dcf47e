"""What holds while the pages of a new extent are laid."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model.bucket_heap.state import ENTRY, FREE, PAGE_ENTRY, SPAN, Heap
from model.language.logic import Loop, Named, Truth, Word, every, implies, mention
from model.language.words import WORD_BYTES
from proofs.bucket_heap.costs import ADD_COST, PAGE_COST
from proofs.bucket_heap.loops import heap_now, heap_then, outside


def _number(h: Heap, extent: Word, entry: Word) -> Word:
    """The number of the page of ``entry`` in ``extent``."""
    return (entry - h.first_entry(extent)) // ENTRY


def _page(h: Heap, extent: Word, entry: Word) -> Word:
    """Where the page of ``entry`` in ``extent`` begins."""
    return extent + h.header + (_number(h, extent, entry) << h.shift)


def bits_at(h: Heap, extent: Word, page: Word) -> Word:
    """Where the live bits of a page of ``extent`` begin."""
    return extent + h.bits + (page - (extent + h.header)) // SPAN * WORD_BYTES


Laying = tuple[Heap, Heap, Any, Any, Word]
"""An extent while add lays its pages: the heap now, its fields on entry, the memory now and on entry, the extent."""


def laying_of(heap: Any, extent: Word) -> Laying:
    """The extent, at this moment."""
    operation = heap.memory.operation
    return heap_now(heap), heap_then(heap), operation.now(), operation.entry, extent


def heap_of(c: Laying) -> Heap:
    """The heap now."""
    return c[0]


def fields_before(c: Laying) -> Heap:
    """The fields on entry."""
    return c[1]


def extent_of(c: Laying) -> Word:
    """Where the extent begins."""
    return c[4]


def entries_of(c: Laying) -> Word:
    """Where the entries of the extent begin."""
    return heap_of(c).first_entry(extent_of(c))


def pages_of(c: Laying) -> Word:
    """Where its pages begin."""
    return extent_of(c) + heap_of(c).header


def end_of(c: Laying) -> Word:
    """Where it ends."""
    return extent_of(c) + heap_of(c).size


def claimed_now(c: Laying, struct: str) -> Any:
    """The headers of that type that are there now."""
    return c[2].claimed(struct)


def claimed_before(c: Laying, struct: str) -> Any:
    """The headers of that type that were there on entry."""
    return c[3].claimed(struct)


# ---------------------------------------------------------------- the loop


def lay_pages(heap: Any, extent: Word, entry: Word, page: Word) -> Loop:
    """add's loop: the pages before ``page`` have entries, those before ``entry``, and each links to the one behind."""
    c = laying_of(heap, extent)
    h, number = heap_of(c), _number(heap_of(c), extent, entry)
    standing = every([entry == entries_of(c) + ENTRY * number, number >= 0, number <= h.ghost.pages, page <= end_of(c)])
    in_hand = standing & (page == _page(h, extent, entry)) & (page % h.page_size == 0)
    cost = c[2].cost <= ADD_COST - 2 + h.size // SPAN + PAGE_COST * number
    return Loop(
        [
            ("standing", "entry and page in hand have the same number", in_hand),
            *_laid_so_far(c, entry),
            *_nothing_else(c, entry, page),
            *_kept_so_far(c),
            outside(heap, extent, end_of(c)),
            ("lay_cost", "each page costs some stores", cost),
        ],
        end_of(c) - page,
        changes=(
            "claimed.Page",
            "claimed.Links",
            "claimed.FreeLink",
            *(f"Page.{field}" for field in ("kind", "live", "page", "bits", "free", "frontier")),
            "Links.next",
            "Links.prev",
            "FreeLink.next",
        ),
    )


def _laid_so_far(c: Laying, entry: Word) -> list[Named]:
    """What the pages passed are."""
    h, size = heap_of(c), heap_of(c).page_size
    pages, links, free = claimed_now(c, "Page"), claimed_now(c, "Links"), claimed_now(c, "FreeLink")

    def has_header(e: Word) -> Truth:
        return implies(mention(h.page[e]), pages[e] & links[e + PAGE_ENTRY])

    def described(e: Word) -> Truth:
        d = _page(h, extent_of(c), e)
        whole = (d % size == 0) & ((d + size) % size == 0)
        right = every([h.kind[e] == FREE, h.page[e] == d, h.bits_of[e] == bits_at(h, extent_of(c), d), whole])
        return implies(mention(h.page[e]), right)

    def linked(e: Word) -> Truth:
        d = _page(h, extent_of(c), e)
        return implies(mention(h.page[e]), free[d] & (h.link[d] == d + size))

    def passed(body: Callable[[Word], Truth]) -> Truth:
        return h.page.each(entries_of(c), entry, body, step=ENTRY)

    return [
        ("headers", "each page passed has an entry and links", passed(has_header)),
        ("described", "which say that it is free, and where", passed(described)),
        ("linked", "each free page that was laid links to the one behind it", passed(linked)),
    ]


def _nothing_else(c: Laying, entry: Word, page: Word) -> list[Named]:
    """What is there was there, or was laid."""

    def of_map(d: Word, offset: int) -> Truth:
        return every([entries_of(c) + offset <= d, d < entry, (d - entries_of(c) - offset) % ENTRY == 0])

    def of_page(d: Word) -> Truth:
        return every(
            [pages_of(c) <= d, d < page, d == pages_of(c) + ((d - pages_of(c) >> heap_of(c).shift) << heap_of(c).shift)]
        )

    only_pages = claimed_now(c, "Page").all(lambda d: claimed_before(c, "Page")[d] | of_map(d, 0))
    only_links = claimed_now(c, "Links").all(lambda d: claimed_before(c, "Links")[d] | of_map(d, PAGE_ENTRY))
    only_free = claimed_now(c, "FreeLink").all(lambda d: claimed_before(c, "FreeLink")[d] | of_page(d))
    return [
        ("only_pages", "no other entry is there", only_pages),
        ("only_links", "no other place is there", only_links),
        ("only_free", "no other page or block has a link", only_free),
    ]


def _kept_so_far(c: Laying) -> list[Named]:
    """What was there is there, and says what it said."""
    h, then, links, free = heap_of(c), fields_before(c), claimed_now(c, "Links"), claimed_now(c, "FreeLink")
    links_kept = claimed_before(c, "Links").all(lambda d: place_kept(c, links, d))
    free_kept = claimed_before(c, "FreeLink").all(lambda d: free[d] & (h.link[d] == then.link[d]))
    return [
        ("pages_kept", "no other entry went or changed", claimed_before(c, "Page").all(lambda e: _entry_kept(c, e))),
        ("links_kept", "no other place went or changed", links_kept),
        ("free_kept", "no other link went or changed", free_kept),
    ]


def _entry_kept(c: Laying, e: Word) -> Truth:
    return every([claimed_now(c, "Page")[e], *(mine[e] == old[e] for mine, old in fields_of(c))])


def fields_of(c: Laying) -> list[tuple[Any, Any]]:
    """The fields of an entry now, each with what it was."""
    h, then = heap_of(c), fields_before(c)
    told = [(h.kind, then.kind), (h.live, then.live), (h.page, then.page), (h.bits_of, then.bits_of)]
    return [*told, (h.free, then.free), (h.frontier, then.frontier)]


def place_kept(c: Laying, links: Any, d: Word) -> Truth:
    """The place in a list is there, and leads where it led."""
    return every(
        [links[d], heap_of(c).next[d] == fields_before(c).next[d], heap_of(c).prev[d] == fields_before(c).prev[d]]
    )


def pages_laid(heap: Any, extent: Word, entry: Word, page: Word) -> list[Named]:
    """add: all pages are laid."""
    h = heap_now(heap)
    high = extent + h.size
    state = heap.memory.operation.now()
    words = state.claimed("LiveBits")
    low, end = extent + h.bits, extent + h.bits + h.size // SPAN * WORD_BYTES
    clear = h.word.each(low, end, lambda w: words[w] & (h.word[w] == 0), step=WORD_BYTES)
    pages, free = state.claimed("Page"), state.claimed("FreeLink")
    last = entry - ENTRY
    place = page - h.page_size
    linked = every([pages[last], place == _page(h, extent, last), free[place], extent + h.header <= place])
    return [
        ("done", "the map is full", (entry == h.last_entry(extent)) & (page == high)),
        ("last", "the last page has a link", implies(mention(h.page[last]), linked)),
        ("clear", "no live bit is set", clear),
    ]
