"""Steps to the footprints: of the heap's own headers each says what it said, and is still there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from model.bucket_heap.state import ENTRY, SPAN, UNIT, seen
from model.language.logic import Clause, Transition, Truth, Word, clause, every, implies, mention, when
from model.language.words import WORD_BITS, WORD_BYTES, fields_of
from model.stack.contract import left_alone

FIELDS = {
    "ListEntry": ("prev", "next", "list"),
    "BlockHeader": ("magic", "flags", "size"),
    "BucketHeap": ("extents", "shift", "extent_size", "bits", "header"),
    "Extent": ("next", "free"),
    "Page": ("kind", "live", "page", "bits", "free", "frontier"),
    "Links": ("next", "prev"),
}


def _said(t: Transition, name: str, struct: str, members: Any, look: Callable[[Word], Word] = lambda a: a) -> Truth:
    """The headers of that type at these addresses are there, and say what they said; ``look`` is looked at."""
    claimed = t.new.claimed(struct)

    def same(now: Any, then: Any) -> Truth:
        return now.at(members, lambda a: implies(mention(look(a)), now[a] == then[a]))

    there = claimed.at(members, lambda a: implies(mention(look(a)), claimed[a]))
    fields = [same(now, then) for now, then in fields_of(t, struct, *FIELDS[struct])]
    return implies(left_alone(name, t), every([there, *fields]))


@clause("every entry is there, and its links are what they were")
def same_entries(t: Transition) -> Truth:
    lists = t.old.fields("ListEntry").list
    return _said(t, "bin_heap", "ListEntry", t.ghost["bin_heap"].entries, lambda e: lists[e])


@clause("every header is there, and says what it said")
def same_headers(t: Transition) -> Truth:
    return _said(t, "bin_heap", "BlockHeader", t.ghost["bin_heap"].headers)


@clause("the descriptor is there, and says what it said")
def same_descriptor(t: Transition) -> Truth:
    same = [now[t.heap] == then[t.heap] for now, then in fields_of(t, "BucketHeap", *FIELDS["BucketHeap"])]
    return implies(left_alone("bucket_heap", t), every([t.new.claimed("BucketHeap")[t.heap], *same]))


@clause("every extent's header is there, and says what it said")
def same_extents(t: Transition) -> Truth:
    return _said(t, "bucket_heap", "Extent", t.ghost["bucket_heap"].extents)


@clause("every entry of a page map is there, and says what it said")
def same_pages(t: Transition) -> Truth:
    return _said(t, "bucket_heap", "Page", t.ghost["bucket_heap"].entries)


@clause("every place in a bucket's list is there, and its links are what they were")
def same_nodes(t: Transition) -> Truth:
    return _said(t, "bucket_heap", "Links", t.ghost["bucket_heap"].nodes)


def _same_links(t: Transition, members: Any) -> Truth:
    """The links at these addresses are there, and lead where they led."""
    claimed, now, then = t.new.claimed("FreeLink"), t.new.fields("FreeLink").next, t.old.fields("FreeLink").next
    same = members.all(lambda d: claimed[d] & (now[d] == then[d]))
    return implies(left_alone("bucket_heap", t), same)


@clause("the link of every free page is there, and leads where it led")
def same_free(t: Transition) -> Truth:
    return _same_links(t, t.ghost["bucket_heap"].idle)


@clause("every block given back lies in an extent, with its link")
def freed_inside(t: Transition) -> Truth:
    h = seen(t.old, t.heap, t.ghost["bucket_heap"])
    g = h.ghost

    def inside(d: Word) -> Truth:
        x = g.owner[g.home[d]]
        return every([g.extents[x], x <= d, d + UNIT <= x + h.size, t.old.claimed("FreeLink")[d]])

    return g.freed.all(inside)


@clause("the link of every block given back is there, and leads where it led")
def same_freed(t: Transition) -> Truth:
    return _same_links(t, t.ghost["bucket_heap"].freed)


@clause("every entry in the map of an extent is one of a page")
def map_entries(t: Transition) -> Truth:
    h, claimed = seen(t.old, t.heap, t.ghost["bucket_heap"]), t.old.claimed("Page")
    g = h.ghost
    return g.extents.all(
        lambda x: g.entries.each(
            h.first_entry(x),
            h.last_entry(x),
            lambda e: implies(mention(when(claimed[e], 1, 0)), g.entries[e] & (g.owner[e] == x)),
            step=ENTRY,
        )
    )


@clause("the live bit of every unit of a page lies among the page's words of live bits")
def bits_in_place(t: Transition) -> Truth:
    h = seen(t.old, t.heap, t.ghost["bucket_heap"])

    def among(e: Word, a: Word) -> Truth:
        number = h.unit(e, a) // WORD_BITS
        return (number >= 0) & (number < h.page_size // SPAN)

    g = h.ghost
    return g.entries.all(lambda e: g.live.each(h.page[e], h.end(e), lambda a: among(e, a), step=UNIT))


@clause("every word of live bits is there, and says what it said")
def same_bits(t: Transition) -> Truth:
    h, claimed = seen(t.old, t.heap, t.ghost["bucket_heap"]), t.new.claimed("LiveBits")
    now, then = t.new.fields("LiveBits").word, t.old.fields("LiveBits").word

    def of_page(e: Word) -> Truth:
        first, end = h.bits_of[e], h.bits_of[e] + h.page_size // SPAN * WORD_BYTES
        same = now.each(first, end, lambda w: now[w] == then[w], step=WORD_BYTES)
        return same & claimed.each(first, end, lambda w: claimed[w], step=WORD_BYTES)

    return implies(left_alone("bucket_heap", t), h.ghost.entries.all(of_page))


STEPS: Mapping[str, Sequence[Clause]] = {
    "bin_heap_framed": (same_headers, same_entries),
    "bucket_heap_framed": (
        *(same_descriptor, same_extents, same_pages, same_nodes, same_free, freed_inside, same_freed),
        *(same_bits, map_entries, bits_in_place),
    ),
}
"""Operation -> what is shown first."""
