"""What a heap of segments of any size must do, first fit, with free neighbours merged."""

from __future__ import annotations

from typing import Any

from drystone.model.language.contracts import raises, takes_words
from drystone.model.language.logic import (
    Operation,
    Subject,
    Transition,
    Truth,
    Word,
    clause,
    every,
    implies,
    negate,
    when,
)
from drystone.model.language.words import NULL, WORD_LIMIT, is_word, returned, touches_only, unchanged
from drystone.model.library import chain
from drystone.model.library.part import invariants
from drystone.model.library.room import clear

DESCRIPTOR, HEADER, GRANULE, LARGEST = 8, 32, 16, 2**63


class Chain(chain.Chain):
    """The segments."""

    header = HEADER
    granule = GRANULE


@clause("the descriptor is there and holds the address of the first header, and the segments lie in words")
def descriptor(state: Any, heap: Word, g: Chain) -> Truth:
    first = state.fields("Segments").first[heap] == g.start
    return every([state.claimed("Segments")[heap], first, g.start > NULL, g.end < WORD_LIMIT, g.start % GRANULE == 0])


@clause("a header's next is the following one, NULL at the last")
def stored_next(state: Any, heap: Word, g: Chain) -> Truth:
    following = state.fields("Node").next
    return following.at(g.headers, lambda a: following[a] == when(g.after[a] == g.end, NULL, g.after[a]))


@clause("a header's prev is the one before it, NULL at the first")
def stored_prev(state: Any, heap: Word, g: Chain) -> Truth:
    before = state.fields("Node").prev
    return before.at(g.headers, lambda a: before[a] == g.before[a])


@clause("a header says how large its segment is")
def stored_size(state: Any, heap: Word, g: Chain) -> Truth:
    size = state.fields("Node").size
    return size.at(g.headers, lambda a: size[a] == g.size[a])


@clause("a header says whether its segment is free")
def stored_free(state: Any, heap: Word, g: Chain) -> Truth:
    free = state.fields("Node").free
    return free.at(g.headers, lambda a: free[a] == g.free[a])


@clause("headers of segments are there, and no others in the heap, which is mapped")
def headers(state: Any, heap: Word, g: Chain) -> Truth:
    there = state.claimed("Node")
    no_other = there.all(lambda a: g.headers[a] | (a + HEADER <= g.start) | (a >= g.end))
    return every([clear(state, g.start, g.end, Segments=DESCRIPTOR), g.headers.all(lambda a: there[a]), no_other])


def _can_lie(start: Word, size: Word) -> Truth:
    whole = (start % GRANULE == 0) & (size % GRANULE == 0)
    return every([is_word(start), start != NULL, whole, size >= HEADER + GRANULE, start + size < WORD_LIMIT])


@clause("the descriptor is there, and the memory is clear")
def usable(state: Any, heap: Word, g: Chain, arguments: dict[str, Any]) -> Truth:
    start, size = arguments["start"], arguments["size"]
    free = clear(state, start, start + size, Node=HEADER, Segments=DESCRIPTOR)
    return state.claimed("Segments")[heap] & (negate(_can_lie(start, size)) | free)


@clause("init succeeds exactly if the segment can lie there; else nothing changes", when=returned)
def begins(t: Transition) -> Truth:
    return (t.result == _can_lie(t.start, t.size)) & (t.result | unchanged(t))


@clause("nothing is touched but the descriptor and the first header")
def begins_quietly(t: Transition) -> Truth:
    return touches_only(t, (t.heap, t.heap + DESCRIPTOR), (t.start, t.start + HEADER)) | unchanged(t)


def _fits(t: Transition, a: Word) -> Truth:
    """The segment at ``a`` is free and has the bytes that are asked for."""
    return t.ghost.free[a] & (t.ghost.size[a] >= t.size)


@clause("the lowest segment that is free and large enough is taken; NULL exactly if there is none", when=returned)
def first_fit(t: Transition) -> Truth:
    g, taken = t.ghost, t.result - HEADER
    asked = (t.size > 0) & (t.size <= LARGEST)
    if t.result == NULL:
        return negate(asked) | g.headers.all(lambda a: negate(_fits(t, a)))
    lowest = g.headers.all(lambda a: implies(a < taken, negate(_fits(t, a))))
    return every([asked, g.headers[taken], _fits(t, taken), lowest])


@clause("the block is used and large enough, and no larger than it must be", when=returned)
def block(t: Transition) -> Truth:
    size, taken = t.ghost_after.size[t.result - HEADER], t.ghost_after.used(t.result - HEADER)
    return (t.result == NULL) | every([taken, t.size <= size, size < t.size + HEADER + 2 * GRANULE])


@clause("no byte is touched but of the free segment that was taken")
def only_taken(t: Transition) -> Truth:
    if t.raised or t.result == NULL:
        return unchanged(t)
    g, a = t.ghost, t.result - HEADER
    return touches_only(t, (g.start, g.end)) & t.new.bytes.unchanged_outside(t.old, t.result, a + HEADER + g.size[a])


@clause("allocate costs at most 4 loads for each segment and 12 loads and stores besides")
def walk_cost(t: Transition) -> Truth:
    return t.cost <= 12 + 4 * t.ghost.count


def _after_allocate(t: Transition) -> Chain:
    if t.raised or t.result == NULL:
        return t.ghost
    g, a = t.ghost, t.result - HEADER
    needed = (t.size + (GRANULE - 1)) // GRANULE * GRANULE
    if g.size[a] - needed >= HEADER + GRANULE:
        g = g.split(a, needed)
    return g.with_free(a, False)


def _payload(t: Transition) -> Truth:
    return is_word(t.address) & t.ghost.headers[t.address - HEADER]


@raises("InvalidFree", "for an address at which no payload begins")
def strange(t: Transition) -> Truth:
    return is_word(t.address) & negate(_payload(t))


@raises("DoubleFree", "for a segment that is free")
def free_already(t: Transition) -> Truth:
    return _payload(t) & t.ghost.free[t.address - HEADER]


@clause("no byte is touched but of the segment that becomes free, and of free ones beside it")
def only_freed(t: Transition) -> Truth:
    g, new, a = t.ghost, t.ghost_after, t.address - HEADER
    if t.raised:
        return unchanged(t)
    home = when(new.headers[a], a, g.before[a])
    return touches_only(t, (g.start, g.end)) & t.new.bytes.unchanged_outside(t.old, home, new.after[home])


@clause("free costs at most 2 loads for each segment and 20 loads and stores besides")
def free_cost(t: Transition) -> Truth:
    return t.cost <= 20 + 2 * t.ghost.count


WORDS = takes_words("words", "for a start or a size that", "start", "size")
INIT = Operation(
    "init",
    ("start", "size"),
    lambda t: t.ghost.dead().fresh(t.start, t.size),
    (WORDS, begins, begins_quietly),
    (usable,),
    establishes=True,
)
TAKES = (takes_words("size", "for a size that", "size"), first_fit, block, only_taken, walk_cost)
ALLOCATE = Operation("allocate", ("size",), _after_allocate, TAKES)
FREES = (takes_words("address", "for an address that", "address"), strange, free_already, only_freed, free_cost)
FREE = Operation(
    "free",
    ("address",),
    lambda t: t.ghost if t.raised else t.ghost.freed(t.address - HEADER),
    FREES,
    raises=("ValueError", "InvalidFree", "DoubleFree"),
)
STORED = (descriptor, stored_next, stored_prev, stored_size, stored_free, headers)
PUBLIC = Subject("segments", (*invariants("", chain.LAWS, lambda g: g), *STORED), (INIT, ALLOCATE, FREE))
