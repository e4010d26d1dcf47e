"""Which free blocks touch a block of the bin heap: found by a look at the list by address."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.bin_heap.shared import LARGEST_REQUEST
from model.bin_heap.state import ADDRESS_ENTRY, ALIGNMENT, HEADER, THRESHOLD, Blocks, end_of, live, size_of
from model.language.contracts import costs
from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies, negate
from model.language.words import as_advanced
from proofs.bin_heap.costs import LOOK_COST
from proofs.bin_heap.shared import held, is_allocated, is_listed


def joined_size(state: Any, a: Word, b: Word) -> Word:
    """The size of the block that two blocks that touch would make."""
    return size_of(state, a) + HEADER + size_of(state, b)


@clause("a free block that begins where the block ends is the next by address")
def next_touches(t: Transition) -> Truth:
    end = end_of(t.old, t.block)
    following = t.old.fields("ListEntry").next[t.block + ADDRESS_ENTRY]
    return implies(t.ghost.headers[end] & negate(live(t.old, end)), following == end + ADDRESS_ENTRY)


@clause("a free block that ends where the block begins is the one before it by address")
def previous_touches(t: Transition) -> Truth:
    preceding = t.old.fields("ListEntry").prev[t.block + ADDRESS_ENTRY]

    def holds(a: Word) -> Truth:
        touching = (end_of(t.old, a) == t.block) & negate(live(t.old, a))
        return implies(touching, preceding == a + ADDRESS_ENTRY)

    return t.ghost.headers.all(holds)


@clause("the block that is found is free and touches; together they are within the threshold")
def found_after(t: Transition) -> Truth:
    free = t.ghost.headers[t.result] & negate(live(t.old, t.result))
    fits = joined_size(t.old, t.block, t.result) <= THRESHOLD
    return (t.result == 0) | every([free, end_of(t.old, t.block) == t.result, fits])


@clause("if none is found, no free block begins where the block ends and makes with it one within it")
def none_after(t: Transition) -> Truth:
    end = end_of(t.old, t.block)
    mergeable = every([t.ghost.headers[end], negate(live(t.old, end)), joined_size(t.old, t.block, end) <= THRESHOLD])
    return implies(t.result == 0, negate(mergeable))


@clause("the block that is found is free and touches; together they are within the threshold")
def found_before(t: Transition) -> Truth:
    free = t.ghost.headers[t.result] & negate(live(t.old, t.result))
    fits = joined_size(t.old, t.result, t.block) <= THRESHOLD
    return (t.result == 0) | every([free, end_of(t.old, t.result) == t.block, fits])


@clause("if none is found, no free block ends where the block begins and makes with it one within it")
def none_before(t: Transition) -> Truth:
    def mergeable(a: Word) -> Truth:
        touching = (end_of(t.old, a) == t.block) & (joined_size(t.old, a, t.block) <= THRESHOLD)
        return touching & negate(live(t.old, a))

    return implies(t.result == 0, t.ghost.headers.all(lambda a: negate(mergeable(a))))


look_cost = costs("look_cost", LOOK_COST, "loads")


NEXT = replace(next_touches, lemma=True)
PREVIOUS = replace(previous_touches, lemma=True)


def _look(name: str, arguments: tuple[str, ...], *ensures: Any, requires: tuple[Any, ...] = ()) -> Operation:
    """An operation that only looks."""
    given = (held, is_allocated("block"), is_listed("block"), *requires)
    return Operation(name, arguments, as_advanced, (*ensures, look_cost), given, raises=(), changes=(), returns="word")


@clause("the size is a machine word")
def needed_is_word(state: Any, heap: Word, g: Blocks, given: dict[str, Any]) -> Truth:
    return (given["needed"] >= 0) & (given["needed"] <= LARGEST_REQUEST)


@clause("the block that is found is free, touches, and the two give the size, and no more than that when split")
def found_absorbable(t: Transition) -> Truth:
    joined = joined_size(t.old, t.block, t.result)
    free = t.ghost.headers[t.result] & negate(live(t.old, t.result))
    fits = (joined <= THRESHOLD) | (joined >= t.needed + HEADER + ALIGNMENT)
    serves = every([joined >= t.needed, t.needed <= THRESHOLD, fits])
    return (t.result == 0) | every([free, end_of(t.old, t.block) == t.result, serves])


@clause("if none is found, no free block that begins where the block ends would do")
def none_absorbable(t: Transition) -> Truth:
    end = end_of(t.old, t.block)
    joined = joined_size(t.old, t.block, end)
    fits = (joined <= THRESHOLD) | (joined >= t.needed + HEADER + ALIGNMENT)
    serves = every([joined >= t.needed, t.needed <= THRESHOLD, fits])
    return implies(t.result == 0, negate(every([t.ghost.headers[end], negate(live(t.old, end)), serves])))


@clause("the block that is found is free and touches")
def found_free_before(t: Transition) -> Truth:
    free = t.ghost.headers[t.result] & negate(live(t.old, t.result))
    return (t.result == 0) | (free & (end_of(t.old, t.result) == t.block))


@clause("if none is found, no free block ends where the block begins")
def none_free_before(t: Transition) -> Truth:
    none = t.ghost.headers.all(lambda a: live(t.old, a) | (end_of(t.old, a) != t.block))
    return implies(t.result == 0, none)


LOOKS = (
    _look("free_before", ("block",), PREVIOUS, found_free_before, none_free_before),
    _look("mergeable_after", ("block",), NEXT, found_after, none_after),
    _look("mergeable_before", ("block",), PREVIOUS, found_before, none_before),
    _look("absorbable_after", ("block", "needed"), NEXT, found_absorbable, none_absorbable, requires=(needed_is_word,)),
)
