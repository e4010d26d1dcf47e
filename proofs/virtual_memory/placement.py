"""How a hole in the window is found: the look at one page, the search, and its loop.

Of so many pages the last is looked at first, then those before it.  Known are, at any time,

    first        start      known          vacant      start + pages
    | no hole    | not      | to be looked | not       |
    | begins     | mapped   | at           | mapped    |
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.address_space.demand import above
from model.address_space.state import ENTRIES, NO_ROOT, proper
from model.language.logic import (
    Clause,
    Loop,
    Operation,
    Transition,
    Truth,
    Word,
    clause,
    every,
    implies,
    mention,
    negate,
    when,
)
from model.language.words import PAGE_SIZE
from model.virtual_memory.pages import (
    FIND_PLACE,
    FIRST_PLACE,
    LAST_PLACE,
    ends_with,
    entries_counted,
    hole,
    mapped,
    no_hole_between,
)
from model.virtual_memory.state import WALK_LOADS, Translations
from proofs.address_space.above import DIGITS_ABOVE
from proofs.address_space.entries_on_way import ENTRY_LEMMAS, walked_here
from proofs.engine.helping import helped, inner
from proofs.virtual_memory.look_up import BITS_OF_ENTRIES, SLOTS_IN_RAM, root_named


def search_begins(ghost: Translations, page: Word) -> Translations:
    """The next search for a place begins at that page."""
    return replace(ghost, lowest=page)


def none_mapped_between(tlb: Translations, low: Word, high: Word) -> Truth:
    """No page from ``low`` on and before ``high`` is mapped."""
    return tlb.entry.everywhere(lambda p: implies((low <= p) & (p < high), negate(mapped(tlb, p))))


# ---------------------------------------------------------------- _vacant_since


def _page(arguments: dict[str, Any]) -> Word:
    """The page of the argument ``address``."""
    return arguments["address"] // PAGE_SIZE


@clause("the address is that of a page of the window")
def in_window(state: Any, heap: Word, tlb: Translations, arguments: dict[str, Any]) -> Truth:
    page = _page(arguments)
    return every([arguments["address"] == page * PAGE_SIZE, page >= FIRST_PLACE, page < LAST_PLACE])


@clause("the page is one of the lower half")
def in_a_half(state: Any, heap: Word, tlb: Translations, arguments: dict[str, Any]) -> Truth:
    return proper(_page(arguments))


def _covered(level: int) -> Clause:
    """What the pages from the result on have in common, if the result is not before the table's first page."""

    def formula(t: Transition) -> Truth:
        page = _page(t.arguments)
        number = above(page, level)
        from_there = t.result >= number * ENTRIES**level

        def same(p: Word) -> Truth:
            return implies(every([from_there, t.result <= p, p <= page]), above(p, level) == number)

        return t.ghost.entry.everywhere(same)

    sentence = f"pages from the result on have the table of level {level} in common, if it begins no later"
    return inner(Clause(f"covered_{level}", sentence, formula))


@inner
@clause("the numbers of the tables above the result, and that the tables below the entry begin with it")
def tables_of_result(t: Transition) -> Truth:
    page, r = _page(t.arguments), t.result
    seen = mention(t.ghost.entry[r])
    whole = [
        implies(r == above(page, k) * ENTRIES**k, every([above(r, j) % ENTRIES == 0 for j in range(k)]))
        for k in (1, 2, 3)
    ]
    return seen & every(whole)


@clause("from the result to the page no page is mapped; it is the one behind the page exactly if that is mapped")
def vacant_from_there(t: Transition) -> Truth:
    page = _page(t.arguments)
    behind = (t.result <= page + 1) & ((t.result == page + 1) == mapped(t.ghost, page))
    return behind & none_mapped_between(t.ghost, t.result, page + 1)


@clause("the entry at which the way to the result ends is that of no page before it, if the page is not mapped")
def first_of_entry(t: Transition) -> Truth:
    found = every([t.result >= FIRST_PLACE, ends_with(t.old, t.ghost, t.result), mention(t.ghost.entry[t.result])])
    return (t.ghost.root == NO_ROOT) | (t.result == _page(t.arguments) + 1) | found


@clause("a mapped page has an entry of its own")
def entry_of_its_own(t: Transition) -> Truth:
    page = _page(t.arguments)
    return (t.result != page + 1) | (ends_with(t.old, t.ghost, page) & mention(t.ghost.entry[page]))


@clause(f"the look at a page takes at most {WALK_LOADS} loads; none, where there is no root")
def look_cost(t: Transition) -> Truth:
    return t.cost <= when(t.ghost.root == NO_ROOT, 0, WALK_LOADS)


VACANT_SINCE = Operation(
    "_vacant_since",
    ("address",),
    lambda t: t.ghost,
    (
        *(*DIGITS_ABOVE, *map(_covered, (3, 2, 1)), tables_of_result),
        *(replace(vacant_from_there, lemma=True), first_of_entry, entry_of_its_own, look_cost),
    ),
    requires=(in_window,),
    raises=(),
    changes=(),
    returns="word",
    lemmas=(in_a_half, *BITS_OF_ENTRIES, *ENTRY_LEMMAS, root_named, *SLOTS_IN_RAM, walked_here),
)


# ---------------------------------------------------------------- _find_hole


def looked_at(tlb: Translations, first: Word, start: Word, pages: Word, known: Word, vacant: Word) -> Word:
    """At how many entries the ways to the pages end that were looked at so far."""
    ends = tlb.ends
    return ends[known] - ends[first] + ends[start + pages] - ends[vacant]


def seek_hole(memory: Any, first: Word, pages: Word, start: Word, known: Word, vacant: Word) -> Loop:
    """_find_hole: what is known of the pages before those that are to be looked at, and behind them."""
    operating = memory.space.memory.operation
    now, tlb = operating.now(), operating.ghost
    spent = looked_at(tlb, first, start, pages, known, vacant) + when(vacant == known, 1, 0)
    where = every([first <= start, start <= known, known <= vacant, vacant <= start + pages])
    inside = every(
        [(known <= LAST_PLACE) | (known == first), (start + pages <= LAST_PLACE) | (vacant == start + pages)]
    )
    return Loop(
        [
            ("where", "the pages to be looked at lie among those that may be the hole", where),
            ("inside", "no page was looked at that does not lie in the window", inside),
            ("vacant", "without a root no page is passed", (tlb.root != NO_ROOT) | (start == first)),
            ("before", "the pages before them are not mapped", none_mapped_between(tlb, start, known)),
            ("behind", "the pages behind them are not mapped", none_mapped_between(tlb, vacant, start + pages)),
            ("passed", "no hole begins at a page passed", no_hole_between(tlb, first, start, pages)),
            ("cost", "each entry was looked at once", now.cost <= WALK_LOADS * spent),
        ],
        LAST_PLACE - known + vacant - start,
    )


@clause("the search begins in the window or behind it, and is for some pages, no more than the window has")
def search_is_meant(state: Any, heap: Word, tlb: Translations, arguments: dict[str, Any]) -> Truth:
    first, pages = arguments["first"], arguments["pages"]
    return every([first >= FIRST_PLACE, pages > 0, pages <= LAST_PLACE - FIRST_PLACE])


@clause("the result is the first page of a hole, from the first page on, or the end of the window")
def is_a_hole(t: Transition) -> Truth:
    return (t.result == LAST_PLACE) | ((t.result >= t.first) & hole(t.ghost, t.result, t.pages))


@clause("no hole begins between the first page and the result")
def is_the_lowest(t: Transition) -> Truth:
    return no_hole_between(t.ghost, t.first, t.result, t.pages)


@clause("without a root the first page is that of a hole, if the window has so many pages from there on")
def finds_at_once(t: Transition) -> Truth:
    there = when(t.first + t.pages <= LAST_PLACE, t.first, LAST_PLACE)
    return (t.ghost.root != NO_ROOT) | (t.result == there)


@clause(
    f"the search takes at most {WALK_LOADS} loads for each entry at which the way to a page of the window ends, "
    f"and {WALK_LOADS}"
)
def hole_cost(t: Transition) -> Truth:
    return t.cost <= WALK_LOADS * (t.ghost.ends[LAST_PLACE] - t.ghost.ends[FIRST_PLACE] + 1)


FIND_HOLE = Operation(
    "_find_hole",
    ("first", "pages"),
    lambda t: t.ghost,
    (is_a_hole, replace(finds_at_once, lemma=True), is_the_lowest, hole_cost),
    requires=(search_is_meant, entries_counted),
    raises=(),
    changes=(),
    returns="word",
)


@inner
@clause("the page of the result is looked at")
def looks_at_result(t: Transition) -> Truth:
    return mention(t.ghost.entry[t.result // PAGE_SIZE])


PLACED = helped(FIND_PLACE, steps={"null_exactly_if_none": (looks_at_result,)})
