"""Lemmas about the way to a page through the tables, for the steps that set or clear one entry.

They cut the proof that the abstract map is what the tables say into pieces without arithmetic: what slots are made
of, which tables lie on the way, where the way up from an entry leads, and that ways which pass elsewhere are kept.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from model.frame_contract import PAGE_SIZE
from model.logic import Clause, Transition, Truth, Word, clause, every, implies, mention, when
from model.page_tables import (
    ADDRESSES,
    DIRECTORY,
    ENTRIES,
    FRAME_LIMIT,
    HALF,
    LEVELS,
    NO_ROOT,
    PRESENT,
    ROOT,
    TABLE,
    TOP,
    Space,
    Way,
    aligned,
    digit,
    frame_at,
    frame_of,
    index_at,
    page_of,
    present,
    proper,
    slot_in,
    way_to,
)
from model.space_frames import lemma
from model.space_invariants import agrees, values_in, walked


def _made_of(space: Space, page: Word, way: Way) -> Truth:
    """The slots on the way to the page lie in the tables that it leads through, at the page's indexes."""
    return every([_in_table(space, page, way, level) for level in (3, 2, 1, 0)])


def _in_table(space: Space, page: Word, way: Way, level: int) -> Truth:
    """The slot of that level lies in the table that the level above names, at the page's index."""
    frames = (frame_at(space.root), *(frame_of(entry) for entry in way.entries[:3]))
    slot, frame = way.slots[3 - level], frames[3 - level]
    return every([frame_at(slot) == frame, index_at(slot) == digit(page, level), aligned(slot)])


def _of_digits(page: Word) -> Truth:
    """The page is the number that its four indexes make."""
    three, two, one, zero = (digit(page, level) for level in (3, 2, 1, 0))
    number = ((three * ENTRIES + two) * ENTRIES + one) * ENTRIES + zero
    return implies(proper(page), page_of(number) == page)


def _for_page(space: Space, page: Word, way: Way, premise: Truth) -> Truth:
    """The tables on the way to the page are those for that page, as far as there are any."""
    levels = zip(way.slots, way.entries, (ROOT, TOP, DIRECTORY, TABLE), strict=True)
    there = proper(page) & premise
    found: Truth = True
    for slot, entry, role in levels:
        found = found & implies(there, space.holds(slot) & (space.role[frame_at(slot)] == role))
        there = there & present(entry) if role != TABLE else there
    return found & implies(there, space.page_at(way.slots[3]) == page)


def _parts(t: Transition, values: Any) -> Truth:
    """What the slots on the way to a page are made of."""
    space = t.ghost_after

    def parts(page: Word) -> Truth:
        way = way_to(values, space.root, page)
        return _made_of(space, page, way)

    return space.entry.everywhere(parts)


@lemma
@clause("the slots on the way to a page lie in the tables on that way")
def way(t: Transition) -> Truth:
    return _parts(t, values_in(t.old))


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


@clause(
    "the way up from the entry of a page leads to the root",
)
def climbs(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    slot, values = arguments["slot"], values_in(state)
    slots = climb(space, slot)
    leaf = space.is_leaf(slot) & mention(*slots, *(values[at] for at in slots))
    root = frame_at(slots[3]) == frame_at(space.root)
    there = [space.holds(at) & present(values[at]) for at in slots[1:]]
    chain = [frame_of(values[above]) == frame_at(at) for at, above in pairwise(slots)]
    return implies(leaf, every([root, *there, *chain, space.number_at(slot) == _number(slots)]))


@clause(
    "the slots on that way are made of their frames and indexes",
)
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


@clause(
    "the page is the one with those indexes",
)
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


@clause(
    "the abstract map has for that page the entry that lies there",
)
def slot_says(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    slot = arguments["slot"]
    entry = space.entry[space.page_at(slot)]
    return implies(space.is_leaf(slot) & mention(entry), entry == values_in(state)[slot])


UPWARDS = (climbs, climbs_in_slots, *ABOVE_LAST, page_of_slot, way_back, slot_says)
"""What is shown first where the argument ``slot`` says which entry is meant."""


@lemma
@clause(
    "the tables on the way to a page are for that page, as far as there are any",
)
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
        f"kept_{depth}",
        f"the way to a page that passes elsewhere is kept, {depth + 1} levels",
        formula,
        lemma=True,
    )


KEPT = tuple(_kept(depth) for depth in range(LEVELS))


@lemma
@clause(
    "the way to any page but that of the slot passes elsewhere",
)
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
@clause(
    "where the entry is that of a page, the map is right for every other page",
)
def page_elsewhere(t: Transition) -> Truth:
    space, leaf, own = t.ghost_after, t.ghost.is_leaf(t.slot), t.ghost.page_at(t.slot)
    return space.entry.everywhere(lambda page: implies(leaf & (page != own), agrees(t.new, space, page)))


@lemma
@clause(
    "where the entry is that of a page, the map is right for this page",
)
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
WAY = (
    way,
    way_now,
    digits,
    way_down,
    *KEPT,
    passes_elsewhere,
    page_elsewhere,
    page_itself,
    walked_table,
)

# ---------------------------------------------------------------- the way to one page, on entry


def _way_of(state: Any, space: Space, arguments: dict[str, Any]) -> tuple[Word, Way]:
    """The page of the argument ``address``, and the way to it."""
    page = arguments["address"] // PAGE_SIZE
    return page, way_to(values_in(state), space.root, page)


@clause(
    "what the entries on the way say, and which they are, bit by bit",
)
def bits_of_way(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    page, way = _way_of(state, space, arguments)
    numbers = [page, page // ENTRIES, page // ENTRIES // ENTRIES, page // ENTRIES // ENTRIES // ENTRIES]
    indexes = [digit(page, level) == numbers[level] % ENTRIES for level in range(LEVELS)]
    entries = [
        (frame_of(entry) == entry // PAGE_SIZE % FRAME_LIMIT) & (present(entry) == (entry & PRESENT != 0))
        for entry in way.entries
    ]
    return every([(space.root == NO_ROOT) | (space.root == frame_at(space.root) * PAGE_SIZE), *indexes, *entries])


def _part_of_way(level: int) -> Clause:
    """One slot on the way lies in its table."""

    def formula(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
        page, way = _way_of(state, space, arguments)
        return _in_table(space, page, way, level)

    sentence = f"the slot of level {level} on the way lies in the table on that way"
    return Clause(f"part_{level}_of_way", sentence, formula)


PARTS_OF_WAY = tuple(_part_of_way(level) for level in (3, 2, 1, 0))


@clause("the slots on the way lie in the tables on that way")
def parts_of_way(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    page, way = _way_of(state, space, arguments)
    return _made_of(space, page, way)


@clause(
    "the tables on the way are for that page, as far as there are any",
)
def tables_of_way(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    page, way = _way_of(state, space, arguments)
    return (space.root == NO_ROOT) | _for_page(space, page, way, True)


@clause("a page is the number that its four indexes make")
def page_of_way(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    page, _ = _way_of(state, space, arguments)
    return _of_digits(page)


ENTRY_LEMMAS = (bits_of_way, *PARTS_OF_WAY, parts_of_way, page_of_way, tables_of_way)
"""What is shown first where the argument ``address`` says which page is meant."""
