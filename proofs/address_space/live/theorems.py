"""The theorem that a run of the page tables breaks, by what it sees after an operation.

    pages    which pages are mapped, to which frames, with which flags
    zero     what fresh pages read
    count    how many frames are free
    owners   who owns which frame
    bytes    what other owners find in their frames and tables
    cost     loads and stores
    refusal  whether, and with which exception, an operation is refused
    refused  whether one that is refused left everything as it was
    answer   what walk and translate say

and what holds of the tables, by the name of the invariant.

A theorem of the operation says each of these.  What no theorem says keeps its own name: a program's load or
store, and the flags of pages that belong to another space, are no business of the operations' contracts.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from model.address_space.costs import PROTECT_COST, UNMAP_PAGE_COST
from model.address_space.destroy import most_of_tables
from model.address_space.mapping import RANGE_COST as MAP_COST
from model.address_space.pages import FIND_COST
from model.address_space.reserved import ONCE, RANGE_COST
from model.address_space.state import ENTRIES
from model.language.logic import Subject
from proofs.address_space.live.reference import WALK_LOADS
from proofs.address_space.subject import SUBJECT
from proofs.virtual_memory.subject import SUBJECT as PAGED

BOUNDS: Mapping[str, Callable[[int], int]] = {
    "map": lambda pages: MAP_COST * pages + 1,
    "map_reserved": lambda pages: RANGE_COST * pages + ONCE,
    "unmap": lambda pages: (FIND_COST + UNMAP_PAGE_COST) * pages,
    "protect": lambda pages: (FIND_COST + PROTECT_COST) * pages,
    "destroy": lambda frames: 1 + most_of_tables(ENTRIES, frames),
    "walk": lambda _: WALK_LOADS,
    "translate": lambda _: WALK_LOADS,
}
"""The most loads and stores, from pages, or for destroy from frames that go back: the formulas of the theorems."""
LOOKED: Mapping[str, str] = {"refused": "changes_nothing", "cost": "at_most_four_loads"}
THEOREMS: Mapping[str, Mapping[str, str]] = {
    "map": {
        "refusal": "map_refuses",
        "refused": "refused_whole",
        "pages": "all_fresh",
        "zero": "all_zeroed",
        "count": "all_counted",
        "owners": "only_free_taken",
        "bytes": "only_free_bytes",
        "cost": "map_cost",
        "no_table_empty": "empty_tables_back",
    },
    "map_reserved": {
        "refusal": "map_reserved_refuses",
        "refused": "refused_whole",
        "pages": "all_shown",
        "count": "all_tables_counted",
        "owners": "all_lent",
        "bytes": "only_free_bytes",
        "cost": "map_reserved_cost",
        "no_table_empty": "empty_tables_back",
    },
    "unmap": {
        "refusal": "unmap_refuses",
        "refused": "refused_whole",
        "pages": "all_cleared",
        "count": "leads_up",
        "owners": "only_own_frames",
        "bytes": "only_bytes_of_tables",
        "cost": "unmap_cost",
        "no_table_empty": "empty_tables_back",
    },
    "protect": {
        "refusal": "protect_refuses",
        "refused": "refused_whole",
        "pages": "all_flagged",
        "count": "leads_up",
        "cost": "protect_cost",
        "no_table_empty": "empty_tables_back",
    },
    "destroy": {
        "refusal": "raises_only",
        "count": "all_back",
        "owners": "all_back",
        "bytes": "only_bytes_of_own_tables",
        "cost": "destroy_cost",
    },
    "walk": {"refusal": "walk_raises", "answer": "walk_reads_the_map", **LOOKED},
    "translate": {"refusal": "translate_raises", "answer": "translate_reads_the_map", **LOOKED},
}


PAGING: Mapping[str, Mapping[str, str]] = {
    "map": {
        "pages": "pages_are_fresh",
        "zero": "pages_read_zero",
        "bytes": "pages_read_zero",
        "owners": "pages_read_zero",
        "count": "frames_counted",
    },
    "unmap": {key: name for key, name in THEOREMS["unmap"].items() if name != "empty_tables_back"},
    "protect": {key: name for key, name in THEOREMS["protect"].items() if name != "empty_tables_back"},
    "invalidate": {"refusal": "raises_only"},
    "flush": {"refusal": "raises_only"},
    "flush_all": {"refusal": "raises_only"},
}
"""The same of what goes through the TLB."""
KNOWN = {SUBJECT.name: THEOREMS, PAGED.name: PAGING}


def theorem_of(subject: Subject, operation: str, fact: str) -> str:
    """The name of the theorem of the operation that says the fact; the fact's own if none does."""
    return KNOWN[subject.name].get(operation, {}).get(fact, fact)
