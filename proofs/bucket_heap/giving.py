"""The contracts of the operations of which free of the bucket heap consists, each proved once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.bucket_heap.shared import after, before, nothing_outside, others_kept, payloads_kept
from model.bucket_heap.state import FREE, RUN, Ghosts, seen
from model.language.contracts import costs
from model.language.logic import Operation, Transition, Truth, Word, clause, every, negate
from model.language.words import as_advanced
from proofs.bucket_heap.costs import DISSOLVE_COST, GIVE_COST
from proofs.bucket_heap.inside import INSIDE
from proofs.bucket_heap.shared import LISTED, pages_looked_at


@clause("the entry is that of a run of the extent")
def run_of_extent(state: Any, heap: Word, g: Ghosts, arguments: dict[str, Any]) -> Truth:
    h, e = seen(state, heap, g), arguments["entry"]
    return every([g.entries[e], g.owner[e] == arguments["extent"], h.kind[e] == RUN])


@clause("the run is live no more, and its first page is free; no other block changes")
def run_is_gone(t: Transition) -> Truth:
    h, new = before(t), after(t)
    page = h.page[t.entry]
    return every([negate(new.ghost.live[page]), new.kind[t.entry] == FREE, others_kept(t, page)])


@clause("two loads or stores for each page of the extent, and a few more")
def give_run_cost(t: Transition) -> Truth:
    return t.cost <= GIVE_COST + 2 * before(t).ghost.pages


GIVE_RUN = Operation(
    "give_run",
    ("extent", "entry"),
    as_advanced,
    (run_is_gone, nothing_outside, give_run_cost, pages_looked_at),
    requires=(run_of_extent,),
    lemmas=INSIDE,
    raises=(),
    changes=(
        "Page.kind",
        "Extent.free",
        "FreeLink.next",
        "claimed.FreeLink",
        "LiveBits.word",
        "ghost.idle",
        "ghost.until",
        "ghost.live",
    ),
)


@clause("the block is the only live one of a bucket page")
def last_block(state: Any, heap: Word, g: Ghosts, arguments: dict[str, Any]) -> Truth:
    h, e, a = seen(state, heap, g), arguments["entry"], arguments["address"]
    return every([g.entries[e], h.carved(e), h.live[e] == 1, g.live[a], g.home[a] == e])


@clause("the page is a live run of one page; the block is live no more, unless it begins there; no other changes")
def page_is_run(t: Transition) -> Truth:
    h, new = before(t), after(t)
    page = h.page[t.entry]
    none_there = h.ghost.live.all(lambda b: (b == t.address) | (b != page))
    gone = (t.address == page) | negate(new.ghost.live[t.address])
    return every([new.kind[t.entry] == RUN, none_there, gone, others_kept(t, t.address, page)])


@clause("no byte of any other live block is touched")
def other_bytes_kept(t: Transition) -> Truth:
    return payloads_kept(t, t.address)


dissolve_cost = costs("dissolve_cost", DISSOLVE_COST)


DISSOLVE = Operation(
    "dissolve",
    ("entry", "address"),
    as_advanced,
    (replace(page_is_run, lemma=True), other_bytes_kept, nothing_outside, dissolve_cost),
    requires=(last_block,),
    lemmas=INSIDE,
    raises=(),
    changes=(
        "Page.kind",
        "Page.frontier",
        "FreeLink.next",
        "claimed.FreeLink",
        "LiveBits.word",
        "byte",
        *LISTED,
        "ghost.live",
        "ghost.home",
        "ghost.freed",
    ),
)


@clause("the block is a live one of a bucket page, but not its only one")
def one_of_many(state: Any, heap: Word, g: Ghosts, arguments: dict[str, Any]) -> Truth:
    h, e, a = seen(state, heap, g), arguments["entry"], arguments["address"]
    return every([g.entries[e], h.carved(e), h.live[e] > 1, g.live[a], g.home[a] == e])


@clause("the block is live no more; no other changes")
def block_is_gone(t: Transition) -> Truth:
    return negate(t.ghost_after.live[t.address]) & others_kept(t, t.address)


@clause("the page has another live block")
def page_stays(t: Transition) -> Truth:
    h, new = before(t), after(t)
    g = new.ghost
    other = g.occupant[h.page[t.entry]]
    return every([new.carved(t.entry), g.live[other], g.home[other] == t.entry])


GIVE_BLOCK_COST = 18


give_block_cost = costs("give_block_cost", GIVE_BLOCK_COST)


GIVE_BLOCK = Operation(
    "give_block",
    ("entry", "address"),
    as_advanced,
    (block_is_gone, page_stays, nothing_outside, give_block_cost),
    requires=(one_of_many,),
    lemmas=INSIDE,
    raises=(),
    changes=(
        "Page.live",
        "Page.free",
        "FreeLink.next",
        "claimed.FreeLink",
        "LiveBits.word",
        *LISTED,
        "ghost.live",
        "ghost.slot",
        "ghost.occupant",
        "ghost.freed",
        "ghost.place",
        "ghost.stacked",
        "ghost.height",
    ),
)
