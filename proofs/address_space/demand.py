"""Counting the tables that a range needs and that are missing: the operations and the loop that do it."""

from __future__ import annotations

from typing import Any

from model.address_space.demand import TABLES, demand, first_of, missing, tables_added_up
from model.address_space.ranges import canonical_range, none_mapped
from model.address_space.state import Space, present
from model.language.contracts import costs
from model.language.logic import Loop, Operation, Transition, Truth, Word, clause, every, implies, mention, negate
from model.language.words import PAGE_SIZE, is_word, returned
from proofs.address_space.costs import LOOK_COST
from proofs.address_space.entries_on_way import ENTRY_LEMMAS
from proofs.address_space.frames import alive
from proofs.address_space.leaves import page_at, proper_address, way_in

WORD_LIMIT = 2**64


# ---------------------------------------------------------------- first_in


@clause("the address is a machine word")
def word(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    return (arguments["address"] >= 0) & (arguments["address"] < WORD_LIMIT)


@clause("of so many tables the page is the first")
def tells_first(t: Transition) -> Truth:
    return t.result == first_of(t.address // PAGE_SIZE)


FIRST_IN = Operation(
    "first_in", ("address",), lambda t: t.ghost, (tells_first,), requires=(word,), raises=(), stateless=True
)


# ---------------------------------------------------------------- _missing_levels


@clause("AlreadyMapped exactly for a page that is mapped; else the number of tables above it that are missing")
def tells_missing(t: Transition) -> Truth:
    mapped = present(t.ghost.entry[page_at(t.arguments)])
    if t.raised:
        return mapped
    return negate(mapped) & (t.result == missing(way_in(t.old, t.ghost, t.arguments)))


look_cost = costs("look_cost", LOOK_COST, "loads")


MISSING_LEVELS = Operation(
    "_missing_levels",
    ("root", "address"),
    lambda t: t.ghost,
    (tells_missing, look_cost),
    requires=(alive, proper_address),
    raises=("AlreadyMapped",),
    changes=(),
    returns="word",
    lemmas=ENTRY_LEMMAS,
)


def count_missing(space: Any, address: Word, done: Word, pages: Word, found: Word) -> Loop:
    """_missing_tables: ``found`` tables are missing that the pages passed need."""
    operating = space.memory.operation
    now, ghost = operating.now(), operating.ghost
    first = address // PAGE_SIZE
    begun, last = ghost.begun, first + done

    def grows(page: Word) -> Truth:
        return implies((first < page) & (page <= last), begun[page] <= begun[last])

    told = "as many tables were found missing as the pages passed need"
    looked = implies(mention(ghost.entry[last]), found == demand(now, ghost, first, done))
    return Loop(
        [
            ("where", "the loop stands inside the range, or is over", (done >= 0) & (done <= pages)),
            ("none_mapped", "no page passed is mapped", none_mapped(ghost, address, done)),
            ("counted", told, looked),
            ("most", "at most three tables a page are missing", (found >= 0) & (found <= TABLES * done)),
            ("grows", "the count never falls from page to page", begun.everywhere(grows)),
            ("cost", f"the loop costs at most {LOOK_COST} loads a page", now.cost <= LOOK_COST * done),
        ],
        pages - done,
    )


@clause("the pages are some, and lie in one half of the canonical addresses")
def range_given(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    address, pages = arguments["address"], arguments["pages"]
    return every([is_word(address), is_word(pages), canonical_range(address, pages)])


@clause("AlreadyMapped exactly if one of the pages is mapped; else the number of tables that they need")
def tells_tables(t: Transition) -> Truth:
    vacant = none_mapped(t.ghost, t.address, t.pages)
    if t.raised:
        return negate(vacant)
    told = t.result == demand(t.old, t.ghost, t.address // PAGE_SIZE, t.pages)
    return every([vacant, told, t.result <= TABLES * t.pages])


@clause("the first pages of them need no more tables than all", when=returned)
def sums_grow(t: Transition) -> Truth:
    first, begun = t.address // PAGE_SIZE, t.ghost.begun
    last = first + t.pages

    def grows(page: Word) -> Truth:
        return implies((first < page) & (page <= last), begun[page] <= begun[last])

    return begun.everywhere(grows)


@clause(f"the call costs at most {LOOK_COST} loads a page")
def count_cost(t: Transition) -> Truth:
    return t.cost <= LOOK_COST * t.pages


MISSING_TABLES = Operation(
    "_missing_tables",
    ("root", "address", "pages"),
    lambda t: t.ghost,
    (tells_tables, sums_grow, count_cost),
    requires=(alive, range_given, tables_added_up),
    raises=("AlreadyMapped",),
    changes=(),
    returns="word",
)
