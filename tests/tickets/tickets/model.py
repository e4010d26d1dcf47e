"""What a dispenser of tickets must do; the abstract one is how many tickets it gave out, and how many there are."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

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
from drystone.model.language.words import WORD_LIMIT, is_word


@dataclass(frozen=True)
class Dispenser:
    """0 <= ``given`` <= ``limit`` < 2**64."""

    given: Word
    limit: Word

    def with_given(self, given: Word) -> Dispenser:
        """The same tickets, so many of them given out."""
        return replace(self, given=given)


@clause("the descriptor is there")
def descriptor(state: Any, heap: Word, tickets: Dispenser) -> Truth:
    return state.claimed("Tickets")[heap]


@clause("RAM holds the numbers of the abstract dispenser")
def truthful(state: Any, heap: Word, tickets: Dispenser) -> Truth:
    ram = state.fields("Tickets")
    return (ram.given[heap] == tickets.given) & (ram.limit[heap] == tickets.limit)


@clause("no more tickets are given out than there are")
def bounded(state: Any, heap: Word, tickets: Dispenser) -> Truth:
    return every([tickets.given >= 0, tickets.given <= tickets.limit, tickets.limit < WORD_LIMIT])


@clause("the descriptor is there before init")
def fresh_descriptor(state: Any, heap: Word, tickets: Dispenser, arguments: dict[str, Any]) -> Truth:
    return state.claimed("Tickets")[heap]


@clause("ValueError exactly for a limit that is no machine word")
def init_raises(t: Transition) -> Truth:
    return (t.raised == "ValueError") == negate(is_word(t.limit))


def _after_init(t: Transition) -> Dispenser:
    return t.ghost if t.raised else Dispenser(0, t.limit)


INIT = Operation(
    "init", ("limit",), _after_init, (init_raises,), (fresh_descriptor,), True, established=lambda t: not t.raised
)


@clause("the ticket is the one after those that were given out; NONE exactly if there is no more")
def takes_the_next(t: Transition) -> Truth:
    return t.result == when(t.ghost.given == t.ghost.limit, 0, t.ghost.given + 1)


@clause("a ticket that is given out is given out for the first time")
def takes_a_new_one(t: Transition) -> Truth:
    return implies(t.result != 0, t.result > t.ghost.given)


@clause("take costs at most 3 loads and stores")
def take_cost(t: Transition) -> Truth:
    return t.cost <= 3


def _after_take(t: Transition) -> Dispenser:
    tickets: Dispenser = t.ghost
    return tickets.with_given(tickets.given + when(tickets.given == tickets.limit, 0, 1))


TAKE = Operation("take", (), _after_take, (takes_the_next, takes_a_new_one, take_cost), raises=())

PUBLIC = Subject("tickets", (descriptor, truthful, bounded), (INIT, TAKE))
