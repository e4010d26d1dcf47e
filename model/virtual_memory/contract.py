"""What a virtual memory must do: its TLB shows nothing but what the page tables say, with their rights.

The abstract state and the invariants are in state.py.  The operations of the address space are called by contract.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.address_space.ranges import (
    NO_RANGE,
    all_cleared,
    all_flagged,
    frames_back,
    only_bytes_of_tables,
    only_own_frames,
    protect_cost,
    protect_refuses,
    refused_whole,
    unmap_cost,
    unmap_refuses,
)
from model.address_space.state import NO_ROOT, frame_of, proper
from model.language.contracts import beforehand, costs
from model.language.logic import (
    Clause,
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
from model.language.words import PAGE_SIZE, as_advanced, returned, unchanged
from model.virtual_memory.access import ACCESSES, TLB
from model.virtual_memory.bytes import all_levels_grant, its_own
from model.virtual_memory.pages import FIND_PLACE, FIRST_PLACE, IS_MAPPED, MAP
from model.virtual_memory.state import (
    INVARIANTS,
    OF_THIS_TLB,
    WALK_LOADS,
    Translations,
    forgotten,
    grants,
    has_other,
    held,
    none_among,
    other_of,
)


def asked(t: Transition) -> tuple[Truth, Truth]:
    """Whether the page is to be written, and to be executed; where no argument says so, it is for a fetch."""
    write = t.arguments.get("write", False)
    return write, t.arguments.get("execute", "write" not in t.arguments)


at_most_four_loads = costs("at_most_four_loads", WALK_LOADS, "loads")


# ---------------------------------------------------------------- _translate


def entry_of(t: Transition) -> Word:
    """The entry of the page in the abstract map."""
    return t.ghost.entry[t.address // PAGE_SIZE]


def granted(t: Transition) -> Truth:
    """The abstract map grants the access."""
    page = t.address // PAGE_SIZE
    return every([proper(page), t.ghost.root != NO_ROOT, grants(t.ghost, entry_of(t), *asked(t))])


def granted_by_all(t: Transition) -> Truth:
    """The entries of all levels grant the access."""
    return all_levels_grant(t.old, t.ghost, t.address // PAGE_SIZE, *asked(t))


@clause(
    "an access faults only if the page is not one of the two halves, or the entry of some level does not grant it",
    covers="MEM-3",
)
def faults_only_then(t: Transition) -> Truth:
    return implies(t.raised == "PageFault", negate(granted_by_all(t)))


@clause(
    "an access faults exactly if the abstract map does not grant it, where every entry of a table grants everything",
    covers="MEM-3",
)
def faults_as_mapped(t: Transition) -> Truth:
    return implies(t.ghost.granting, (t.raised == "PageFault") == negate(granted(t)))


@clause("the TLB comes to hold that page, or nothing more; what it holds of others it held")
def adds_that_page(t: Transition) -> Truth:
    page = t.address // PAGE_SIZE

    def only_that(pages: Any, by: Any, were: Any, was: Any) -> Truth:
        return pages.all(lambda p: (p == page) | (were[p] & (by[p] == was[p])))

    pairs = zip(held(t.ghost_after), held(t.ghost), strict=True)
    return every([only_that(*now, *then) for now, then in pairs])


@clause("the translation is in the TLB now", when=returned)
def is_remembered(t: Transition) -> Truth:
    new, page, (write, execute) = t.ghost_after, t.address // PAGE_SIZE, asked(t)
    kept = (negate(write) | new.writable[page]) & (negate(execute) | new.executable[page])
    return every([write | execute | new.readable[page], kept])


@clause("no other is forgotten as long as there is room")
def forgets_only_if_full(t: Transition) -> Truth:
    pairs = zip(held(t.ghost_after), held(t.ghost), strict=True)
    kept = [then.all(lambda p, now=now: now[p]) for (now, _), (then, _) in pairs]
    return (t.ghost.reads_held >= t.ghost.tlb_entries) | every(kept)


@clause("no other TLB is touched")
def leaves_others(t: Transition) -> Truth:
    return forgotten(other_of(t.ghost_after), other_of(t.ghost), 0, 0)


@clause(
    "the physical address is that of the same byte of the frame that the abstract map has for the page, "
    "which grants the access",
    covers="MEM-3 MEM-4",
    when=returned,
)
def translates_as_mapped(t: Transition) -> Truth:
    return granted(t) & (t.result == frame_of(entry_of(t)) * PAGE_SIZE + t.address % PAGE_SIZE)


@clause("the frame is shown by that page and no other, and holds no table", covers="MEM-11 MEM-12", when=returned)
def shows_its_own(t: Transition) -> Truth:
    return its_own(t.ghost, t.address // PAGE_SIZE)


TRANSLATE = Operation(
    "_translate",
    ("address", "write"),
    as_advanced,
    (
        *(translates_as_mapped, faults_only_then, faults_as_mapped, is_remembered, forgets_only_if_full),
        *(adds_that_page, at_most_four_loads, leaves_others, shows_its_own),
    ),
    raises=("PageFault",),
    changes=TLB,
    returns="word",
    kinds={"write": "flag"},
)

TRANSLATE_CODE = replace(TRANSLATE, name="_translate_code", arguments=("address",), kinds={})
"""The translation of a fetch."""


# ---------------------------------------------------------------- what makes the TLB forget


@clause("the TLB holds what it held, but for those pages")
def forgets_the_pages(t: Transition) -> Truth:
    return forgotten(t.ghost_after, t.ghost, t.address // PAGE_SIZE, t.pages)


INVALIDATE = Operation("invalidate", ("address", "pages"), as_advanced, (forgets_the_pages, leaves_others), raises=())


def holds_nothing(tlb: Any) -> Truth:
    """The TLB holds no translation."""
    return every([keys.everywhere(lambda p, keys=keys: negate(keys[p])) for keys, _ in held(tlb)])


@clause("the TLB holds nothing", covers="MEM-4")
def forgets_all(t: Transition) -> Truth:
    return holds_nothing(t.ghost_after)


@clause("the TLB has room for one page at least")
def room_for_one(state: Any, heap: Word, tlb: Translations, arguments: dict[str, Any]) -> Truth:
    return arguments["tlb_entries"] >= 1


@clause("no byte of RAM changes")
def touches_no_memory(t: Transition) -> Truth:
    return unchanged(t)


def _as_reset(t: Transition) -> Translations:
    new: Translations = t.ghost_after
    return replace(new, user_mode=t.user_mode, tlb_entries=t.tlb_entries, lowest=FIRST_PLACE)


RESET = Operation(
    "_reset",
    ("user_mode", "tlb_entries"),
    _as_reset,
    (forgets_all, leaves_others, touches_no_memory),
    requires=(room_for_one, *(beforehand(law) for law in INVARIANTS if law not in OF_THIS_TLB)),
    raises=(),
    establishes=True,
    established=lambda t: True,
    kinds={"user_mode": "flag"},
)
"""What a view of a space begins with: the invariants of a TLB that holds nothing."""

FLUSH = Operation("flush", (), as_advanced, (forgets_all, leaves_others), raises=())


# ---------------------------------------------------------------- pages


@clause("no page of the range is in the TLB any more; a refused call leaves the TLB alone", covers="MEM-4")
def none_left(t: Transition) -> Truth:
    first = t.address // PAGE_SIZE
    return forgotten(t.ghost_after, t.ghost, first, 0) if t.raised else none_among(t.ghost_after, first, t.pages)


@clause(
    "no page of the range is in any other TLB of the space any more; a refused call leaves every TLB alone",
    covers="MEM-4",
)
def none_left_elsewhere(t: Transition) -> Truth:
    first, new, old = t.address // PAGE_SIZE, other_of(t.ghost_after), other_of(t.ghost)
    return forgotten(new, old, first, 0) if t.raised else implies(has_other(t.ghost), none_among(new, first, t.pages))


def of_tables(*laws: Clause) -> tuple[Clause, ...]:
    """What the operation of the page tables does, this one does."""
    return tuple(replace(law, covers=()) for law in laws)


@clause("the next search for a place begins at the range if that lies in the window and lower; else as before")
def search_goes_back(t: Transition) -> Truth:
    old, new, page = t.ghost.lowest, t.ghost_after.lowest, t.address // PAGE_SIZE
    lower = (page >= FIRST_PLACE) & (page < old)
    return new == old if t.raised else new == when(lower, page, old)


UNMAP = Operation(
    "unmap",
    ("address", "pages"),
    as_advanced,
    (
        none_left,
        none_left_elsewhere,
        search_goes_back,
        *of_tables(
            unmap_refuses,
            refused_whole,
            all_cleared,
            only_own_frames,
            frames_back,
            only_bytes_of_tables,
            unmap_cost,
        ),
    ),
    raises=("ValueError", *NO_RANGE, "NotMapped"),
)


PROTECT = Operation(
    "protect",
    ("address", "pages", "flags"),
    as_advanced,
    (
        none_left,
        none_left_elsewhere,
        *of_tables(protect_refuses, refused_whole, all_flagged, protect_cost),
    ),
    raises=("ValueError", *NO_RANGE, "NotMapped"),
)


@clause("no TLB of the space holds anything any more", covers="MEM-4")
def all_forget_all(t: Transition) -> Truth:
    return holds_nothing(t.ghost_after) & implies(has_other(t.ghost), holds_nothing(other_of(t.ghost_after)))


FLUSH_ALL = Operation("flush_all", (), as_advanced, (all_forget_all,), raises=())


PUBLIC = Subject(
    "virtual_memory",
    INVARIANTS,
    (
        *(RESET, TRANSLATE, TRANSLATE_CODE, INVALIDATE, FLUSH, MAP, UNMAP, PROTECT, FLUSH_ALL, FIND_PLACE, IS_MAPPED),
        *ACCESSES,
    ),
)
