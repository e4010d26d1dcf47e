"""The contract of init: a heap without blocks, whatever bytes the descriptor held before."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.bin_heap.invariants import descriptor, on_pages
from model.bin_heap.state import BITMAP, DESCRIPTOR, ENTRY, LISTS, WORDS, Blocks, is_head, tables_end
from model.language.contracts import costs
from model.language.logic import Clause, Operation, Transition, Truth, Word, clause, every, implies, negate
from model.language.words import NULL, WORD_BITS, WORD_BYTES

FIRST_BIN = LISTS + ENTRY
INIT_COST = 779 + WORDS


def no_blocks_yet(t: Transition) -> Blocks:
    """258 empty lists."""
    g: Blocks = t.ghost

    def number(e: Word) -> Word:
        return (e - (t.heap + FIRST_BIN)) // ENTRY

    return replace(
        g,
        headers=g.headers.empty(),
        entries=g.entries.redefined(lambda e: is_head(t.heap, e)),
        owner=g.owner.redefined(lambda e: NULL),
        position=g.position.redefined(lambda e: -1),
        length=g.length.redefined(lambda e: 0),
        word=g.word.redefined(lambda e: number(e) // WORD_BITS),
        place=g.place.redefined(lambda e: (WORD_BITS - 1) - number(e) % WORD_BITS),
        pages=g.pages.empty(),
    )


there = Clause("there", descriptor.sentence, lambda state, heap, g, given: descriptor.formula(state, heap, g))


@clause("the heap's tables are there")
def tables_there(state: Any, heap: Word, g: Blocks, given: dict[str, Any]) -> Truth:
    entries = state.claimed("ListEntry")
    first, last = heap + LISTS, heap + DESCRIPTOR
    return entries.each(first, last, lambda e: implies((e - first) % ENTRY == 0, entries[e]))


tables_on_pages = Clause(
    "tables_on_pages", on_pages.sentence, lambda state, heap, g, given: on_pages.formula(state, heap, g)
)


@clause("no heap lives at the descriptor: none of its blocks is there")
def lifeless(state: Any, heap: Word, g: Blocks, given: dict[str, Any]) -> Truth:
    return g.headers.all(lambda b: negate(g.headers[b]))


@clause("the lock is free", covers="BIN-14")
def unlocked(t: Transition) -> Truth:
    return t.new.fields("BinHeap").lock[t.heap] == 0


@clause("nothing beside the descriptor and its tables is touched")
def rest_untouched(t: Transition) -> Truth:
    now, then = t.new.fields("ListEntry"), t.old.fields("ListEntry")
    links = [(now.prev, then.prev), (now.next, then.next), (now.list, then.list)]
    outside = [
        mine.at(
            t.old.claimed("ListEntry"),
            lambda e, mine=mine, old=old: ((t.heap + LISTS <= e) & (e < t.heap + DESCRIPTOR)) | (mine[e] == old[e]),
        )
        for mine, old in links
    ]
    words, old_words, first = t.new.fields("BitmapWord").value, t.old.fields("BitmapWord").value, t.heap + BITMAP
    bitmap = t.old.claimed("BitmapWord").all(
        lambda w: ((first <= w) & (w < first + WORD_BYTES * WORDS)) | (words[w] == old_words[w])
    )
    locks, old_locks = t.new.fields("BinHeap").lock, t.old.fields("BinHeap").lock
    others = t.old.claimed("BinHeap").all(lambda d: (d == t.heap) | (locks[d] == old_locks[d]))
    bytes_kept = t.new.bytes.unchanged_outside(t.old, t.heap, tables_end(t.heap))
    return every([*outside, bitmap, others, bytes_kept, t.new.mapped.same(t.old.mapped)])


@clause("no block is there, and no page is the heap's")
def without_blocks(t: Transition) -> Truth:
    g = t.ghost_after
    return g.headers.all(lambda b: negate(g.headers[b])) & g.pages.all(lambda p: negate(g.pages[p]))


init_cost = costs("init_cost", INIT_COST, "stores")


INIT = Operation(
    "init",
    (),
    no_blocks_yet,
    (unlocked, rest_untouched, without_blocks, init_cost),
    (there, tables_there, tables_on_pages, lifeless),
    establishes=True,
    established=lambda t: True,
    raises=(),
)
