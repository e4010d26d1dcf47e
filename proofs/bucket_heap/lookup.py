"""The contracts of the two searches of the bucket heap: for the extent of an address, and the entry of its page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.bucket_heap.shared import before
from model.bucket_heap.state import Ghosts, seen
from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies, negate
from model.language.words import NULL, as_advanced, returned
from proofs.bucket_heap.costs import OF_EXTENT_COST
from proofs.bucket_heap.loops import among_pages


@clause("the extent among whose pages the address lies, or NULL if there is none", when=returned)
def right_extent(t: Transition) -> Truth:
    h, x = before(t), t.result
    g = h.ghost
    none = (x == NULL) & g.extents.all(lambda y: negate(among_pages(h, y, t.address)))
    return none | every([x != NULL, g.extents[x], among_pages(h, x, t.address)])


@clause("one load for each extent up to the right one, and a few more")
def extent_of_cost(t: Transition) -> Truth:
    return t.cost <= OF_EXTENT_COST + before(t).ghost.count


EXTENT_OF = Operation(
    "extent_of", ("address",), as_advanced, (right_extent, extent_of_cost), raises=(), changes=(), returns="word"
)


@clause("the address lies among the pages of the extent")
def in_extent(state: Any, heap: Word, g: Ghosts, arguments: dict[str, Any]) -> Truth:
    h, x = seen(state, heap, g), arguments["extent"]
    return g.extents[x] & among_pages(h, x, arguments["address"])


@clause("an entry lies there")
def entry_there(t: Transition) -> Truth:
    return t.old.claimed("Page")[t.result]


@clause("the entry that is found is one of the extent")
def entry_of_extent(t: Transition) -> Truth:
    g, e = before(t).ghost, t.result
    return implies(t.old.claimed("Page")[e], every([g.entries[e], g.owner[e] == t.extent, e > NULL]))


@clause("the page of that entry holds the address")
def right_page(t: Transition) -> Truth:
    h, e = before(t), t.result
    return (h.page[e] <= t.address) & (t.address < h.end(e))


@clause("two loads")
def entry_of_cost(t: Transition) -> Truth:
    return t.cost == 2


ENTRY_OF = Operation(
    "entry_of",
    ("extent", "address"),
    as_advanced,
    (replace(entry_there, lemma=True), replace(entry_of_extent, lemma=True), right_page, entry_of_cost),
    requires=(in_extent,),
    raises=(),
    changes=(),
    returns="word",
)
