"""The tables above a page: which of them there are, and how that changes when a table or a page comes.

Three tables lie above a page, below the root.  Counted from the top, each of them covers a 512th of what the one
before covers, so two pages share the first ones, as many as their numbers agree in:

    page      [ digit 3 | digit 2 | digit 1 | digit 0 ]
    table 1   [ digit 3 ]
    table 2   [ digit 3 | digit 2 ]
    table 3   [ digit 3 | digit 2 | digit 1 ]

That there are as many as one says is said of all pages at once, since a table that comes for one page comes for all
that it covers.
"""

from __future__ import annotations

from typing import Any

from model.address_space.demand import TABLES, above
from model.address_space.invariants import values_in
from model.address_space.state import ENTRIES, ROOT, Space, Way, digit, frame_at, present, proper, way_to
from model.language.logic import Clause, Named, Transition, Truth, Word, clause, every, implies, mention, negate
from model.language.words import PAGE_SIZE
from proofs.engine.helping import inner


def tables_on(way: Way) -> tuple[Truth, ...]:
    """Whether the first 0, 1, 2 and 3 tables below the root are there, on the way to a page."""
    there: list[Truth] = [True]
    for entry in way.entries[:TABLES]:
        there.append(there[-1] & present(entry))
    return tuple(there)


def tables_above(state: Any, space: Space, page: Word) -> tuple[Truth, ...]:
    """Whether the first 0, 1, 2 and 3 tables above the page are there."""
    return tables_on(way_to(values_in(state), space.root, page))


def shared(page: Word, other: Word) -> tuple[Truth, ...]:
    """Whether the two pages share the first 0, 1, 2 and 3 tables, by their digits."""
    same: list[Truth] = [True]
    for level in (3, 2, 1):
        same.append(same[-1] & (digit(page, level) == digit(other, level)))
    return tuple(same)


def _ways(t: Transition, page: Word) -> tuple[Way, Way]:
    """The way to the page before and after."""
    root = t.ghost_after.root
    return way_to(values_in(t.old), root, page), way_to(values_in(t.new), root, page)


def _meant(t: Transition, page: Word) -> Truth:
    """There is such a page."""
    return proper(page) & mention(t.ghost_after.entry[page])


def _at(t: Transition, way: Way, depth: int) -> Truth:
    """The way comes through the argument ``slot`` at that depth."""
    return (t.ghost.role[frame_at(t.slot)] == ROOT - depth) & (way.slots[depth] == t.slot)


@clause("the way to every page is what it was, as far as there are tables")
def same_ways(t: Transition) -> Truth:
    def same(page: Word) -> Truth:
        old, new = _ways(t, page)
        levels = zip(tables_on(old), old.slots, new.slots, old.entries, new.entries, strict=False)
        kept = [implies(there, (s == r) & (e == d)) for there, s, r, e, d in levels]
        return implies(_meant(t, page), every(kept[:TABLES]))

    return t.ghost_after.entry.everywhere(same)


@clause(
    "a table is above a page if it was, or if it is the one that comes and the way leads there; ways are kept so far"
)
def opens_ways(t: Transition) -> Truth:
    def opens(page: Word) -> Truth:
        old, new = _ways(t, page)
        was, now = tables_on(old), tables_on(new)
        more = [now[k + 1] == was[k + 1] | (was[k] & _at(t, old, k)) for k in range(TABLES)]
        kept = [implies(was[k], new.slots[k] == old.slots[k]) for k in range(TABLES)]
        return implies(_meant(t, page), every([*more, *kept]))

    return t.ghost_after.entry.everywhere(opens)


def _leads_down(t: Transition, page: Word, k: int) -> Truth:
    """A way leads to the result below depth ``k`` exactly if it comes through the slot there, and has the index."""
    old, new = _ways(t, page)
    was, now = tables_on(old), tables_on(new)
    through = every([was[k], _at(t, old, k), digit(page, TABLES - 1 - k) == t.number % ENTRIES])
    return (now[k + 1] & (new.slots[k + 1] == t.result)) == through


def _leads_below(k: int) -> Clause:
    def leads(t: Transition) -> Truth:
        return t.ghost_after.entry.everywhere(lambda page: implies(_meant(t, page), _leads_down(t, page, k)))

    return inner(Clause(f"leads_below_{k}", f"{leads_to_result.sentence}, below depth {k}", leads))


@clause("the ways to the slot that is returned are those that led to the slot, and have the index of the number")
def leads_to_result(t: Transition) -> Truth:
    def leads(page: Word) -> Truth:
        return implies(_meant(t, page), every([_leads_down(t, page, k) for k in range(TABLES - 1)]))

    return t.ghost_after.entry.everywhere(leads)


LEADS_BELOW = tuple(_leads_below(k) for k in range(TABLES - 1))
"""The same, for each depth."""


def opened(space: Any, address: Word, slot: Word, depth: int) -> list[Named]:
    """_set_leaf: so many tables above the page are there; of the next the entry lies at ``slot``."""
    operating, own = space.memory.operation, address // PAGE_SIZE
    now, entry = operating.now(), operating.entry
    ghost, old = operating.ghost, operating.ghost_on_entry

    def so_far(page: Word) -> Truth:
        common = shared(own, page)
        levels = enumerate(zip(tables_above(entry, old, page), tables_above(now, ghost, page), strict=True))
        there = [after == (before | (common[k] if k <= depth else False)) for k, (before, after) in levels]
        return implies(proper(page) & mention(ghost.entry[page]), every(there[1:]))

    def lead(page: Word) -> Truth:
        way = way_to(values_in(now), ghost.root, page)
        through = tables_on(way)[depth] & (way.slots[depth] == slot)
        return implies(proper(page) & mention(ghost.entry[page]), through == shared(own, page)[depth + 1])

    said = "the tables above the page are there so far, and every other that was; no other is"
    level = ghost.role[frame_at(slot)] == ROOT - depth
    claims: list[Named] = [
        ("level", "the entry lies in a table of its level", level),
        ("so_far", said, ghost.entry.everywhere(so_far)),
    ]
    if depth < TABLES:
        claims.append(("lead", "exactly the ways of pages that share these lead there", ghost.entry.everywhere(lead)))
    else:
        vacant = negate(present(ghost.entry[own]))
        claims += [
            ("page", "it is that of the page", ghost.page_at(slot) == own),
            ("vacant", "the page is not mapped", vacant),
        ]
    return claims


@clause("the tables above the page are there now, and every other that was; no other is")
def makes_tables(t: Transition) -> Truth:
    own = t.address // PAGE_SIZE

    def makes(page: Word) -> Truth:
        old, new = _ways(t, page)
        common = shared(own, page)
        levels = zip(tables_on(old), tables_on(new), common, strict=True)
        return implies(_meant(t, page), every([now == (was | same) for was, now, same in levels]))

    return t.ghost_after.entry.everywhere(makes)


def _digit_above(level: int) -> Clause:
    """What a digit of a page has to do with the number of a table."""

    def formula(t: Transition) -> Truth:
        return t.ghost_after.entry.everywhere(lambda page: digit(page, level) == above(page, level) % ENTRIES)

    name = f"digit_{level}_above"
    sentence = f"digit {level} of a page is the last one of the number of its table of that level"
    return Clause(name, sentence, formula, lemma=True, inner=True)


DIGITS_ABOVE = tuple(_digit_above(level) for level in (1, 2, 3))


@clause("the tables above the page are there now, and every other that was; no other is")
def opens_way(t: Transition) -> Truth:
    own = t.address // PAGE_SIZE

    def opens(page: Word) -> Truth:
        old, new = _ways(t, page)
        found = [
            now == (was | (above(page, TABLES - depth) == above(own, TABLES - depth)))
            for depth, (was, now) in enumerate(zip(tables_on(old)[1:], tables_on(new)[1:], strict=True))
        ]
        return implies(_meant(t, page) & mention(t.ghost_after.entry[own]), every(found))

    return t.ghost_after.entry.everywhere(opens)
