"""The step that changes the entry of a page: its flags, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.address_space.invariants import values_in
from model.address_space.state import (
    Space,
    borrowed,
    frame_of,
    present,
)
from model.language.logic import Operation, Transition, Truth, Word, clause, every, when
from model.language.words import is_word
from proofs.address_space.frames import alive
from proofs.address_space.steps import map_changes
from proofs.address_space.way import UPWARDS, WAY


@clause("the entry of a page lies at the slot")
def in_a_table(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    slot = arguments["slot"]
    return every([slot >= 0, space.holds(slot), space.is_leaf(slot), present(values_in(state)[slot])])


@clause("the new entry names the same frame, as much borrowed as before")
def same_page(state: Any, heap: Word, space: Space, arguments: dict[str, Any]) -> Truth:
    value, before = arguments["value"], values_in(state)[arguments["slot"]]
    same = (frame_of(value) == frame_of(before)) & (borrowed(value) == borrowed(before))
    return every([is_word(value), present(value), same])


@clause("the entry is there, and no other changes")
def entry_changes(t: Transition) -> Truth:
    now, then = values_in(t.new), values_in(t.old)
    return now.everywhere(lambda s: now[s] == when(s == t.slot, t.value, then[s]))


@clause("the abstract map has the entry for the page; no other page changes")
def map_has_change(t: Transition) -> Truth:
    return map_changes(t, t.value)


@clause("the call costs 1 store")
def change_cost(t: Transition) -> Truth:
    return t.cost <= 1


def _changed(t: Transition) -> Space:
    """The page has another entry."""
    page = t.ghost.page_at(t.slot)
    changed: Space = replace(t.ghost, entry=t.ghost.entry.set(page, t.value))
    return changed


CHANGE = Operation(
    "_change",
    ("root", "slot", "value"),
    _changed,
    (*WAY, entry_changes, map_has_change, change_cost),
    requires=(alive, in_a_table, same_page),
    raises=(),
    changes=("Entry.value", "ghost.entry"),
    lemmas=UPWARDS,
)
