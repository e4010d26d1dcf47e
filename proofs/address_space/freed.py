"""A table goes back: what _free_table does, and why the tables that stay say of every page what they said before."""

from __future__ import annotations

from dataclasses import replace

from model.address_space.invariants import values_in
from model.address_space.ranges import USES
from model.address_space.state import UNUSED, frame_at
from model.language.logic import Operation, Transition, Truth, clause, implies
from model.language.words import as_advanced
from proofs.address_space.entries_on_way import way
from proofs.address_space.frames import (
    bytes_outside_table,
    entries_go,
    entries_there,
    free_table_cost,
    table_is_free,
    table_unused,
)
from proofs.address_space.way import walked_still


@clause("an entry of a frame that serves is what it was")
def entries_stay(t: Transition) -> Truth:
    now, then, role = values_in(t.new), values_in(t.old), t.ghost.role
    return now.everywhere(lambda s: implies(role[frame_at(s)] != UNUSED, now[s] == then[s]))


FREE_TABLE = Operation(
    "_free_table",
    ("root", "table"),
    as_advanced,
    (
        table_is_free,
        replace(entries_go, lemma=True),
        replace(entries_stay, lemma=True),
        way,
        walked_still,
        bytes_outside_table,
        free_table_cost,
    ),
    requires=(table_unused, entries_there),
    raises=(),
    changes=("byte", "claimed.Entry", *USES),
)
