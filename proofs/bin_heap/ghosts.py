"""How the abstract state of the bin heap moves: the steps that ``advance`` names in impl/bin_heap.py."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import Any

from model.bin_heap.state import ADDRESS_ENTRY, ENTRY, FREE_ENTRY, LISTS, NUM_BINS, Blocks
from model.language.ghost import GhostMap, GhostSet
from model.language.logic import Truth, Word, implies, negate, when
from model.language.words import PAGE_SIZE, WORD_BITS, WORD_LIMIT

ERR = WORD_LIMIT - 1
ALL_ONES = WORD_LIMIT - 1


ALLOCATED = 1


def no_blocks() -> Blocks:
    """The abstract state before init."""
    maps = (GhostMap(), GhostMap(default=-1), GhostMap(), GhostMap(), GhostMap())
    return Blocks(GhostSet(), GhostSet(), *maps, GhostSet(), GhostMap())


def bin_number(heap: Word, number: Word) -> Word:
    """The head of a bin, by its number."""
    return heap + (LISTS + ENTRY) + ENTRY * number


@cache
def bitmap_places(heap: int) -> tuple[GhostMap, GhostMap]:
    """Which word of the bitmap, and which place in it, belongs to each head of a bin."""
    heads = {bin_number(heap, number): number for number in range(NUM_BINS)}
    word = {e: number // WORD_BITS for e, number in heads.items()}
    place = {e: (WORD_BITS - 1) - number % WORD_BITS for e, number in heads.items()}
    return GhostMap(word), GhostMap(place)


def empty_from(state: Any, heap: Word, g: Blocks, first: Word, end: Word) -> Truth:
    """Every bin of [first, end) is empty."""
    links = state.fields("ListEntry").next
    return links.at(
        g.entries, lambda e: implies(g.is_bin(heap, e) & (g.number(e) >= first) & (g.number(e) < end), links[e] == e)
    )


# ---------------------------------------------------------------- how the ghosts move


def _lists(heap: Any) -> Any:
    """Which list each entry is in, at this moment."""
    return heap.memory.operation.now().fields("ListEntry").list


def entry_listed(g: Blocks, heap: Any, head: Word, before: Word, entry: Word) -> Blocks:
    """``entry`` comes into the list at ``head``, after ``before``; those behind it move up by one."""
    lists, at = _lists(heap), g.position[before] + 1
    moved = g.position.redefined(lambda e: g.position[e] + when((lists[e] == head) & (g.position[e] >= at), 1, 0))
    return replace(g, position=moved.set(entry, at), length=g.length.set(head, g.length[head] + 1))


def entry_unlisted(g: Blocks, heap: Any, entry: Word) -> Blocks:
    """``entry`` goes out of its list; those behind it move down by one."""
    lists, at = _lists(heap), g.position[entry]
    head = lists[entry]
    moved = g.position.redefined(lambda e: g.position[e] - when((lists[e] == head) & (g.position[e] > at), 1, 0))
    return replace(g, position=moved, length=g.length.set(head, g.length[head] - 1))


def block_born(g: Blocks, block: Word) -> Blocks:
    """A block comes into being, in no list."""
    free, kept = block + FREE_ENTRY, block + ADDRESS_ENTRY
    return replace(
        g,
        headers=g.headers.set(block, True),
        entries=g.entries.set(free, True).set(kept, True),
        owner=g.owner.set(free, block).set(kept, block),
    )


def block_gone(g: Blocks, block: Word) -> Blocks:
    """A block goes."""
    left = g.entries.set(block + FREE_ENTRY, False).set(block + ADDRESS_ENTRY, False)
    return replace(g, headers=g.headers.set(block, False), entries=left)


def _among(low: Word, page: Word, high: Word) -> Truth:
    """The page begins in [low, high)."""
    return (low <= page * PAGE_SIZE) & (page * PAGE_SIZE < high)


def pages_come(g: Blocks, block: Word, end: Word) -> Blocks:
    """The pages of [block, end) are the heap's; they are one block."""
    return replace(
        g,
        pages=g.pages.redefined(lambda p: g.pages[p] | _among(block, p, end)),
        cover=g.cover.redefined(lambda x: when((block <= x) & (x < end), block, g.cover[x])),
    )


def pages_go(g: Blocks, low: Word, high: Word) -> Blocks:
    """The pages of [low, high) are the heap's no more."""
    return replace(g, pages=g.pages.redefined(lambda p: g.pages[p] & negate(_among(low, p, high))))


def cut_at(g: Blocks, block: Word, rest: Word) -> Blocks:
    """What lies in the block from ``rest`` on lies in a block that begins there."""
    return replace(g, cover=g.cover.redefined(lambda x: when((g.cover[x] == block) & (rest <= x), rest, g.cover[x])))


def swallowed(g: Blocks, left: Word, right: Word) -> Blocks:
    """What lies in one block lies in another."""
    return replace(g, cover=g.cover.redefined(lambda x: when(g.cover[x] == right, left, g.cover[x])))
