"""Lemmas about the way to a page through the tables, for the steps that set or clear one entry.

They cut the proof that the abstract map is what the tables say into pieces without arithmetic: what slots are made
of, which tables lie on the way, where the way up from an entry leads, and that ways which pass elsewhere are kept.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from model.address_space.invariants import agrees, values_in, walked
from model.address_space.state import (
    ADDRESSES,
    ENTRIES,
    HALF,
    LEVELS,
    Space,
    digit,
    frame_at,
    frame_of,
    index_at,
    present,
    proper,
    slot_in,
    way_to,
)
from model.language.logic import Clause, Transition, Truth, Word, clause, every, implies, mention, when
from model.language.words import PAGE_SIZE
from proofs.address_space.entries_on_way import _for_page, _of_digits, _parts, way
from proofs.engine.helping import inner as lemma


@lemma
@clause("the slots on the way to a page will lie in the tables on that way")
def way_now(t: Transition) -> Truth:
    return _parts(t, values_in(t.new))


@lemma
@clause("a page is the number that its four indexes make")
def digits(t: Transition) -> Truth:
    space = t.ghost_after

    return space.entry.everywhere(_of_digits)


def climb(space: Space, slot: Word) -> tuple[Word, Word, Word, Word]:
    """The slots on the way to a page, from its own up."""
    second = space.up[frame_at(slot)]
    third = space.up[frame_at(second)]
    return slot, second, third, space.up[frame_at(third)]


def _number(slots: tuple[Word, Word, Word, Word]) -> Word:
    """The number of the first of the slots, made of the indexes on the way."""
    zero, one, two, three = (index_at(slot) for slot in slots)
    return ((three * ENTRIES + two) * ENTRIES + one) * ENTRIES + zero


@clause("the way up from the entry of a page leads to the root")
def climbs(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    slot, values = arguments["slot"], values_in(state)
    slots = climb(space, slot)
    leaf = space.is_leaf(slot) & mention(*slots, *(values[at] for at in slots))
    root = frame_at(slots[3]) == frame_at(space.root)
    there = [space.holds(at) & present(values[at]) for at in slots[1:]]
    chain = [frame_of(values[above]) == frame_at(at) for at, above in pairwise(slots)]
    return implies(leaf, every([root, *there, *chain, space.number_at(slot) == _number(slots)]))


@clause("the slots on that way are made of their frames and indexes")
def climbs_in_slots(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    def made(slot: Word) -> Truth:
        index = index_at(slot)
        return every([slot == slot_in(frame_at(slot), index), index >= 0, index < ENTRIES])

    slot = arguments["slot"]
    return implies(space.is_leaf(slot), every([made(at) for at in climb(space, slot)]))


def _above_last(level: int) -> Clause:
    """The number of the page without its last indexes, that many."""
    gap = (ADDRESSES - 2 * HALF) // PAGE_SIZE // ENTRIES**level

    def formula(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
        slot = arguments["slot"]
        number, rest = 0, space.page_at(slot)
        for at in reversed(climb(space, slot)[level:]):
            number = number * ENTRIES + index_at(at)
        for _ in range(level):
            rest = rest // ENTRIES
        low = space.number_at(slot) < HALF // PAGE_SIZE
        return implies(space.is_leaf(slot), rest == when(low, number, number + gap))

    name, sentence = f"page_above_{level}", f"the page's number without the last {level} indexes is made of the others"
    return Clause(name, sentence, formula)


ABOVE_LAST = tuple(_above_last(level) for level in range(1, LEVELS))


@clause("the page is the one with those indexes")
def page_of_slot(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    slot = arguments["slot"]
    page, slots = space.page_at(slot), climb(space, slot)
    same = [digit(page, level) == index_at(slots[level]) for level in range(4)]
    return implies(space.is_leaf(slot), every([proper(page), *same]))


@clause("the way to that page leads to the slot")
def way_back(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    slot = arguments["slot"]
    way = way_to(values_in(state), space.root, space.page_at(slot))
    same = [at == above for at, above in zip(way.slots, reversed(climb(space, slot)), strict=True)]
    return implies(space.is_leaf(slot), every(same))


@clause("the abstract map has for that page the entry that lies there")
def slot_says(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    slot = arguments["slot"]
    entry = space.entry[space.page_at(slot)]
    return implies(space.is_leaf(slot) & mention(entry), entry == values_in(state)[slot])


UPWARDS = (climbs, climbs_in_slots, *ABOVE_LAST, page_of_slot, way_back, slot_says)
"""What is shown first where the argument ``slot`` says which entry is meant."""


@lemma
@clause("the tables on the way to a page are for that page, as far as there are any")
def way_down(t: Transition) -> Truth:
    space, values = t.ghost, values_in(t.old)

    def known(page: Word) -> Truth:
        way = way_to(values, space.root, page)
        return _for_page(space, page, way, mention(t.ghost_after.entry[page]))

    return t.ghost_after.entry.everywhere(known)


def _kept(depth: int) -> Clause:
    """One level of the statement that the way to a page stays where it was, as far as it does not pass the slot."""

    def formula(t: Transition) -> Truth:
        space = t.ghost_after

        def kept(page: Word) -> Truth:
            old, new = way_to(values_in(t.old), space.root, page), way_to(values_in(t.new), space.root, page)
            there = mention(space.entry[page])
            for slot, entry in zip(old.slots[:depth], old.entries[:depth], strict=True):
                there = every([there, present(entry), slot != t.slot])
            before, now = old.entries[depth], new.entries[depth]
            same = (present(now) == present(before)) & implies(present(before), frame_of(now) == frame_of(before))
            if depth == LEVELS - 1:
                same = implies(proper(page), now == before)
            return implies(there, (new.slots[depth] == old.slots[depth]) & ((old.slots[depth] == t.slot) | same))

        return space.entry.everywhere(kept)

    return Clause(
        f"kept_{depth}", f"the way to a page that passes elsewhere is kept, {depth + 1} levels", formula, lemma=True
    )


KEPT = tuple(_kept(depth) for depth in range(LEVELS))


@lemma
@clause("the way to any page but that of the slot passes elsewhere")
def passes_elsewhere(t: Transition) -> Truth:
    space = t.ghost_after

    def passes(page: Word) -> Truth:
        way = way_to(values_in(t.old), space.root, page)
        there = every([t.ghost.is_leaf(t.slot), proper(page), page != t.ghost.page_at(t.slot)])
        apart: Truth = True
        for slot, entry in zip(way.slots, way.entries, strict=True):
            apart = apart & implies(there, slot != t.slot)
            there = there & present(entry)
        return implies(mention(space.entry[page]), apart)

    return space.entry.everywhere(passes)


@lemma
@clause("where the entry is that of a page, the map is right for every other page")
def page_elsewhere(t: Transition) -> Truth:
    space, leaf, own = t.ghost_after, t.ghost.is_leaf(t.slot), t.ghost.page_at(t.slot)
    return space.entry.everywhere(lambda page: implies(leaf & (page != own), agrees(t.new, space, page)))


@lemma
@clause("where the entry is that of a page, the map is right for this page")
def page_itself(t: Transition) -> Truth:
    space, own = t.ghost_after, t.ghost.page_at(t.slot)
    return implies(t.ghost.is_leaf(t.slot) & mention(space.entry[own]), agrees(t.new, space, own))


@lemma
@clause("where the entry is that of a table, the abstract map is what the tables say")
def walked_table(t: Transition) -> Truth:
    return t.ghost.is_leaf(t.slot) | walked.formula(t.new, t.heap, t.ghost_after)


@lemma
@clause("the tables say of every page what they said before")
def walked_still(t: Transition) -> Truth:
    return walked.formula(t.new, t.heap, t.ghost_after)


STILL = (way, digits, way_down, walked_still)
WAY = (way, way_now, digits, way_down, *KEPT, passes_elsewhere, page_elsewhere, page_itself, walked_table)
