"""What a virtual memory must do: its TLB shows nothing but what the page tables say, with their rights.

The abstract state and the invariants are in state.py.  The operations of the address space are called by contract.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.address_space.invariants import values_in
from model.address_space.ranges import (
    all_cleared,
    all_flagged,
    only_bytes_of_tables,
    only_own_frames,
    protect_cost,
    protect_refuses,
    refused_whole,
    unmap_cost,
    unmap_refuses,
)
from model.address_space.shared import as_called
from model.address_space.state import NO_ROOT, frame_of, present, proper, way_to
from model.language.logic import Clause, Operation, Subject, Transition, Truth, Word, clause, every, implies, negate
from model.language.words import PAGE_SIZE
from model.virtual_memory.access import ACCESSES, TLB
from model.virtual_memory.bytes import its_own
from model.virtual_memory.shared import among, forgotten
from model.virtual_memory.state import INVARIANTS, WALK_LOADS, Translations, grants, of_user, writable


def way_of(state: Any, tlb: Translations, arguments: dict[str, Any]) -> Any:
    """The way to the page of the address: its slots and entries."""
    return way_to(values_in(state), tlb.root, arguments["address"] // PAGE_SIZE)


def rights(t: Transition) -> tuple[Truth, Truth]:
    """Whether the entries of all levels let the page be written, and used in user mode."""
    entries = way_of(t.old, t.ghost, t.arguments).entries
    return every([writable(entry) for entry in entries]), every([of_user(entry) for entry in entries])


def way_there(t: Transition) -> Truth:
    """Every entry on the way is present."""
    entries = way_of(t.old, t.ghost, t.arguments).entries
    return every([t.ghost.root != NO_ROOT, *(present(entry) for entry in entries)])


@clause(f"the walk takes at most {WALK_LOADS} loads")
def at_most_four_loads(t: Transition) -> Truth:
    return t.cost <= WALK_LOADS


# ---------------------------------------------------------------- _translate


def entry_of(t: Transition) -> Word:
    """The entry of the page in the abstract map."""
    return t.ghost.entry[t.address // PAGE_SIZE]


def granted(t: Transition) -> Truth:
    """The abstract map grants the access."""
    page = t.address // PAGE_SIZE
    return every([proper(page), t.ghost.root != NO_ROOT, grants(t.ghost, entry_of(t), t.write)])


def granted_by_all(t: Transition) -> Truth:
    """The entries of all levels grant the access."""
    may_write, may_use = rights(t)
    return every(
        [proper(t.address // PAGE_SIZE), way_there(t), negate(t.write) | may_write, negate(t.ghost.user_mode) | may_use]
    )


@clause(
    "an access faults only if the page is not one of the two halves, or the entry of some level does not grant it",
    covers="MEM-3",
)
def faults_only_then(t: Transition) -> Truth:
    return implies(t.raised == "PageFault", negate(granted_by_all(t)))


@clause("the TLB comes to hold that page, or nothing more; what it holds of others it held")
def adds_that_page(t: Transition) -> Truth:
    old, new, page = t.ghost, t.ghost_after, t.address // PAGE_SIZE
    reads = new.readable.all(lambda p: (p == page) | (old.readable[p] & (new.read_by[p] == old.read_by[p])))
    writes = new.writable.all(lambda p: (p == page) | (old.writable[p] & (new.write_by[p] == old.write_by[p])))
    return reads & writes


@clause("the translation is in the TLB now")
def is_remembered(t: Transition) -> Truth:
    if t.raised:
        return True
    new, page = t.ghost_after, t.address // PAGE_SIZE
    return (t.write | new.readable[page]) & (negate(t.write) | new.writable[page])


@clause("no other is forgotten as long as there is room")
def forgets_only_if_full(t: Transition) -> Truth:
    old, new = t.ghost, t.ghost_after
    reads = old.readable.all(lambda p: new.readable[p])
    writes = old.writable.all(lambda p: new.writable[p])
    return (old.reads_held >= old.tlb_entries) | (reads & writes)


@clause(
    "the physical address is that of the same byte of the frame that the abstract map has for the page, "
    "which grants the access",
    covers="MEM-3 MEM-4",
)
def translates_as_mapped(t: Transition) -> Truth:
    if t.raised:
        return True
    return granted(t) & (t.result == frame_of(entry_of(t)) * PAGE_SIZE + t.address % PAGE_SIZE)


@clause("the frame is shown by that page and no other, and holds no table", covers="MEM-11 MEM-12")
def shows_its_own(t: Transition) -> Truth:
    return True if t.raised else its_own(t.ghost, t.address // PAGE_SIZE)


TRANSLATE = Operation(
    "_translate",
    ("address", "write"),
    as_called,
    (
        *(translates_as_mapped, faults_only_then, is_remembered, forgets_only_if_full, adds_that_page),
        *(at_most_four_loads, shows_its_own),
    ),
    raises=("PageFault",),
    changes=TLB,
    returns="word",
    kinds={"write": "flag"},
)


# ---------------------------------------------------------------- what makes the TLB forget


@clause("the TLB holds what it held, but for those pages")
def forgets_the_pages(t: Transition) -> Truth:
    return forgotten(t.ghost_after, t.ghost, t.address // PAGE_SIZE, t.pages)


INVALIDATE = Operation("invalidate", ("address", "pages"), as_called, (forgets_the_pages,), raises=())


@clause("the TLB holds nothing", covers="MEM-4")
def forgets_all(t: Transition) -> Truth:
    new = t.ghost_after
    nothing = [keys.everywhere(lambda p, keys=keys: negate(keys[p])) for keys in (new.readable, new.writable)]
    return every(nothing)


FLUSH = Operation("flush", (), as_called, (forgets_all,), raises=())


# ---------------------------------------------------------------- pages


@clause("no page of the range is in the TLB any more; a refused call leaves the TLB alone", covers="MEM-4")
def none_left(t: Transition) -> Truth:
    old, new, first = t.ghost, t.ghost_after, t.address // PAGE_SIZE
    if t.raised:
        return forgotten(new, old, first, 0)
    gone = [keys.all(lambda p: negate(among(p, first, t.pages))) for keys in (new.readable, new.writable)]
    return every(gone)


def of_tables(operation: str, laws: tuple[Clause, ...]) -> tuple[Clause, ...]:
    """What the operation of the page tables does, this one does."""
    return tuple(replace(law, covers=()) for law in laws)


UNMAP = Operation(
    "unmap",
    ("address", "pages"),
    as_called,
    (
        none_left,
        *of_tables(
            "unmap", (unmap_refuses, refused_whole, all_cleared, only_own_frames, only_bytes_of_tables, unmap_cost)
        ),
    ),
    raises=("ValueError", "NotCanonical", "NotMapped"),
)


PROTECT = Operation(
    "protect",
    ("address", "pages", "flags"),
    as_called,
    (none_left, *of_tables("protect", (protect_refuses, refused_whole, all_flagged, protect_cost))),
    raises=("ValueError", "NotCanonical", "NotMapped"),
)


PUBLIC = Subject("virtual_memory", INVARIANTS, (TRANSLATE, INVALIDATE, FLUSH, UNMAP, PROTECT, *ACCESSES))
