"""What a virtual memory must do: its TLB shows nothing but what the page tables say, with their rights.

The abstract state and the invariants are in state.py, the walk through the tables in look_up.py.  The operations of
the address space are called by contract.
"""

from __future__ import annotations

from dataclasses import replace

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
from model.address_space.state import NO_ROOT, PAGE_SIZE, frame_of, proper
from model.language.logic import Clause, Operation, Subject, Transition, Truth, Word, clause, every, implies, negate
from model.virtual_memory.look_up import LOOK_UP, at_most_four_loads, rights, way_there
from model.virtual_memory.shared import among, forgotten
from model.virtual_memory.state import INVARIANTS, grants

# ---------------------------------------------------------------- _walk, _refill, _translate


def _entry(t: Transition) -> Word:
    return t.ghost.entry[t.address // PAGE_SIZE]


def _granted(t: Transition) -> Truth:
    """The abstract map grants the access."""
    page = t.address // PAGE_SIZE
    return every([proper(page), t.ghost.root != NO_ROOT, grants(t.ghost, _entry(t), t.write)])


@clause("what is found is the frame of the page in the abstract map, which grants the access", covers="MEM-3")
def finds_the_frame(t: Transition) -> Truth:
    if t.raised:
        return True
    return _granted(t) & (t.result == frame_of(_entry(t)) * PAGE_SIZE)


def _granted_by_all(t: Transition) -> Truth:
    """The entries of all levels grant the access."""
    may_write, may_use = rights(t)
    return every(
        [
            proper(t.address // PAGE_SIZE),
            way_there(t),
            negate(t.write) | may_write,
            negate(t.ghost.user_mode) | may_use,
        ]
    )


@clause(
    "an access faults exactly if the page is not one of the two halves, or the entry of some level does not grant it",
    covers="MEM-3",
)
def faults_exactly(t: Transition) -> Truth:
    return (t.raised == "PageFault") == negate(_granted_by_all(t))


@clause(
    "an access faults only if the page is not one of the two halves, or the entry of some level does not grant it",
    covers="MEM-3",
)
def faults_only_then(t: Transition) -> Truth:
    return implies(t.raised == "PageFault", negate(_granted_by_all(t)))


WALK = Operation(
    "_walk",
    ("address", "write"),
    as_called,
    (finds_the_frame, faults_exactly, at_most_four_loads),
    raises=("PageFault",),
)


@clause("the TLB comes to hold that page, or nothing more; what it holds of others it held")
def adds_that_page(t: Transition) -> Truth:
    old, new, page = t.ghost, t.ghost_after, t.address // PAGE_SIZE
    reads = new.readable.all(lambda p: (p == page) | (old.readable[p] & (new.read_by[p] == old.read_by[p])))
    writes = new.writable.all(lambda p: (p == page) | (old.writable[p] & (new.write_by[p] == old.write_by[p])))
    return reads & writes


@clause("the result is by how much the frame of the page is apart from it")
def tells_difference(t: Transition) -> Truth:
    if t.raised:
        return True
    page = t.address // PAGE_SIZE
    return _granted(t) & (t.result == (frame_of(_entry(t)) - page) * PAGE_SIZE)


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


REFILL = Operation(
    "_refill",
    ("address", "write"),
    as_called,
    (tells_difference, faults_exactly, is_remembered, forgets_only_if_full, adds_that_page, at_most_four_loads),
    raises=("PageFault",),
)


@clause(
    "the physical address is that of the same byte of the frame that the abstract map has for the page, "
    "which grants the access",
    covers="MEM-3 MEM-4",
)
def translates_as_mapped(t: Transition) -> Truth:
    if t.raised:
        return True
    return _granted(t) & (t.result == frame_of(_entry(t)) * PAGE_SIZE + t.address % PAGE_SIZE)


TRANSLATE = Operation(
    "_translate",
    ("address", "write"),
    as_called,
    (translates_as_mapped, faults_only_then, is_remembered, forgets_only_if_full, adds_that_page, at_most_four_loads),
    raises=("PageFault",),
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


@clause(
    "no page of the range is in the TLB any more; a refused call leaves the TLB alone",
    covers="MEM-4",
)
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


PUBLIC = Subject("virtual_memory", INVARIANTS, (LOOK_UP, WALK, REFILL, TRANSLATE, INVALIDATE, FLUSH, UNMAP, PROTECT))
