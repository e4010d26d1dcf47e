"""Preconditions that the inner operations of the bin heap have in common."""

from __future__ import annotations

from typing import Any

from model.bin_heap.shared import header_kept
from model.bin_heap.state import ADDRESS_ENTRY, ALIGNMENT, Blocks, by_address, live, mapped_alone
from model.language.logic import Clause, Transition, Truth, Word, clause, every, implies, mention, negate
from model.language.words import fields_of
from proofs.engine.helping import inner

LINKS = ("ListEntry.prev", "ListEntry.next", "ListEntry.list", "ghost.position", "ghost.length")
BITS = ("BitmapWord.value",)
PAGES = ("mapped", "ghost.pages")
COMING = (
    "BlockHeader.magic",
    "BlockHeader.flags",
    "BlockHeader.size",
    "claimed.BlockHeader",
    "claimed.ListEntry",
    "ghost.headers",
    "ghost.entries",
)
"""What changes where blocks come and go."""


# ---------------------------------------------------------------- preconditions


@clause("the lock is held", covers="BIN-14")
def held(state: Any, heap: Word, g: Blocks, given: dict[str, Any]) -> Truth:
    return state.fields("BinHeap").lock[heap] == 1


def is_allocated(name: str) -> Clause:
    """The argument ``name`` is an allocated block."""
    return Clause(
        f"{name}_is_allocated",
        f"{name} is an allocated block",
        lambda state, heap, g, given: g.headers[given[name]] & live(state, given[name]),
    )


def is_listed(name: str) -> Clause:
    """The argument ``name`` is a block that is kept by address."""
    return Clause(
        f"{name}_is_kept_by_address",
        f"{name} is a block that is kept by address",
        lambda state, heap, g, given: negate(mapped_alone(state, given[name])),
    )


def all_kept(t: Transition, struct: str, fields: tuple[str, ...]) -> Truth:
    """Every ``struct`` stays with these fields, and none is added."""
    values = fields_of(t, struct, *fields)
    now, then = t.new.claimed(struct), t.old.claimed(struct)
    kept = then.all(lambda e: every([now[e], *[new[e] == old[e] for new, old in values]]))
    return kept & now.all(lambda e: then[e])


def headers_kept(t: Transition, *but: Word) -> Truth:
    """Every header but those of ``but`` says what it said; ``NULL`` is none."""

    def kept(b: Word) -> Truth:
        same = header_kept(t, b)
        for one in but:
            same = same | (b == one)
        return same

    return t.ghost.headers.all(kept)


def whole_granules(size: Word) -> Truth:
    """``size`` is a positive multiple of 64."""
    return (size >= ALIGNMENT) & (size % ALIGNMENT == 0)


@inner
@clause("the list and the place of every entry are looked at")
def entries_looked_at(t: Transition) -> Truth:
    g, lists = t.ghost_after, t.new.fields("ListEntry").list
    looked: Truth = g.entries.all(lambda e: mention(lists[e], g.position[e]))
    return looked


def stands_as_before(t: Transition, b: Word) -> Truth:
    """In the list by address the block stands where it stood, if it is in it."""
    now, then, lists = t.ghost_after.position, t.ghost.position, t.old.fields("ListEntry").list
    e = b + ADDRESS_ENTRY
    return mapped_alone(t.old, b) | implies(mention(lists[e]), now[e] == then[e])


def length_kept(t: Transition) -> Truth:
    """The list by address is as long as it was."""
    head = by_address(t.heap)
    return t.ghost_after.length[head] == t.ghost.length[head]


@inner
@clause("in the list by address every block stands where it stood")
def places_kept(t: Transition) -> Truth:
    return t.ghost.headers.all(lambda b: stands_as_before(t, b))


@clause("the list by address is as long as it was, and every block in it stands where it stood")
def by_address_kept(t: Transition) -> Truth:
    return length_kept(t) & t.ghost.headers.all(lambda b: stands_as_before(t, b))


def lower_stand(name: str) -> Clause:
    """No block below the argument ``name`` moves in the list by address."""
    return Clause(
        f"lower_than_{name}_stand",
        "in the list by address every block below stands where it stood",
        lambda t: t.ghost.headers.all(lambda b: implies(b < t.arguments[name], stands_as_before(t, b))),
    )


def stands_still(name: str) -> Clause:
    """No block up to the argument ``name`` moves in the list by address."""
    return Clause(
        f"up_to_{name}_stand",
        f"in the list by address {name} and every block below stand where they stood",
        lambda t: t.ghost.headers.all(lambda b: implies(b <= t.arguments[name], stands_as_before(t, b))),
    )


@inner
@clause("no bin gets another first block")
def bins_kept(t: Transition) -> Truth:
    g, now, old = t.ghost, t.new.fields("ListEntry").next, t.old.fields("ListEntry")

    def kept(e: Word) -> Truth:
        return implies(g.is_bin(t.heap, e) & mention(old.list[e]), now[e] == old.next[e])

    return now.at(g.entries, kept)
