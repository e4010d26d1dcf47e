"""What loads and stores are made of: for each page of a range where its bytes lie, then the bytes, then words.

Each operation calls those before it by their contracts alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from model.address_space.invariants import values_in
from model.address_space.state import NO_ROOT, present, proper, way_to
from model.language.logic import Clause, Operation, Transition, Truth, Word, clause, every, implies, mention
from model.language.words import PAGE_SIZE, as_advanced, returned
from model.virtual_memory.access import (
    FILL,
    LOADED,
    REFUSED,
    TLB,
    WORD_LOADED,
    Content,
    Range,
    by_data,
    by_size,
    by_width,
    changes_no_memory,
    faults,
    faults_mapped,
    given,
    granted,
    keeps_the_map,
    of_value,
    size_refused,
    stored,
    the_byte,
    value_refused,
)
from model.virtual_memory.bytes import its_own, shown_at, shown_in, touches
from model.virtual_memory.contract import TRANSLATE
from model.virtual_memory.state import Translations
from proofs.address_space.entries_on_way import ENTRY_LEMMAS, walked_here
from proofs.engine.helping import helped
from proofs.virtual_memory.loops import starts_at


@clause("if the page is mapped, its way is there, and leads to the entry of the page")
def there_on_way(state: Any, heap: Word, tlb: Translations, arguments: dict[str, Any]) -> Truth:
    page = arguments["address"] // PAGE_SIZE
    entries = way_to(values_in(state), tlb.root, page).entries
    there = every([proper(page), tlb.root != NO_ROOT, present(tlb.entry[page])])
    return implies(there, every([*(present(entry) for entry in entries), tlb.entry[page] == entries[3]]))


@clause("the frame of the page is shown by no other, and holds no table, if the page is mapped")
def own_frame(state: Any, heap: Word, tlb: Translations, arguments: dict[str, Any]) -> Truth:
    page = arguments["address"] // PAGE_SIZE
    there = every([proper(page), tlb.root != NO_ROOT, present(tlb.entry[page])])
    return implies(there, its_own(tlb, page))


WHERE = (walked_here, *ENTRY_LEMMAS, there_on_way, own_frame)
"""What is shown first where a page is looked up in the TLB."""


def at(law: Clause, offset: Callable[[dict[str, Any]], Word]) -> Clause:
    """The same of the address that lies so much further on."""

    def formula(state: Any, heap: Word, tlb: Translations, arguments: dict[str, Any]) -> Truth:
        further = {**arguments, "address": arguments["address"] + offset(arguments)}
        return law.formula(state, heap, tlb, further)

    return replace(law, formula=formula)


def in_field(arguments: dict[str, Any]) -> Word:
    """Where the field lies in its struct."""
    return arguments["field"].offset


WHERE_FIELD = tuple(at(law, in_field) for law in WHERE)

TRANSLATING = replace(TRANSLATE, lemmas=WHERE)


def by_write(t: Transition) -> Truth:
    """The access is what the argument says."""
    return t.write


@clause("for each page of the range it is told where in RAM what it shows of the range begins", when=returned)
def tells_starts(t: Transition) -> Truth:
    found, first = t.result, t.address // PAGE_SIZE
    pages = found.size == (t.address + t.size - 1) // PAGE_SIZE - first + 1
    return ((t.size == 0) | pages) & found.items.each(0, found.size, starts_at(t.ghost, t.address, found))


def all_their_own(about: Range) -> Clause:
    """The frames of a range belong to its pages."""

    def formula(t: Transition) -> Truth:
        def one(page: Word) -> Truth:
            return implies(touches(page, *about(t)), its_own(t.ghost, page))

        return True if t.raised else t.ghost.entry.everywhere(one)

    sentence = "the frame of each page of the range is shown by that page alone, and holds no table"
    return Clause("all_their_own", sentence, formula)


STARTS = Operation(
    "_starts",
    ("address", "size", "write"),
    as_advanced,
    (
        *(tells_starts, all_their_own(by_size), granted(by_size, by_write), faults(by_size, by_write)),
        *(faults_mapped(by_size, by_write), changes_no_memory, keeps_the_map, size_refused),
    ),
    raises=REFUSED,
    changes=TLB,
    returns="list",
    kinds={"write": "flag"},
)


def looking(about: Range) -> tuple[Clause, ...]:
    """The entry of the first page of a range is looked at."""

    def formula(t: Transition) -> Truth:
        return mention(t.ghost.entry[about(t)[0] // PAGE_SIZE])

    return (Clause("looks_at_first", "the entry of the first page of the range is looked at", formula),)


def from_first_to_last(about: Range) -> tuple[Clause, ...]:
    """The pages of a range by their numbers."""

    def formula(t: Transition) -> Truth:
        address, size = about(t)
        first, last = address // PAGE_SIZE, (address + size - 1) // PAGE_SIZE

        def one(page: Word) -> Truth:
            return implies(touches(page, address, size), (first <= page) & (page <= last))

        return t.ghost.entry.everywhere(one)

    return (Clause("from_first_to_last", "the pages of the range are those from its first to its last", formula),)


STORES = "store_changes_those_bytes_only"


def by_place(about: Range, content: Content) -> tuple[Clause, ...]:
    """What a store does to a byte of RAM: one law of those that the range shows, one of all others."""

    def stored_ones(t: Transition) -> Truth:
        (address, size), tlb = about(t), t.ghost

        def one(where: Word) -> Truth:
            there = t.new.bytes[where] == content(t, shown_at(tlb, where) - address)
            return implies(shown_in(tlb, where, address, size), there)

        return True if t.raised else t.new.bytes.everywhere(one)

    def other_ones(t: Transition) -> Truth:
        address, size = about(t)

        def one(where: Word) -> Truth:
            return shown_in(t.ghost, where, address, size) | (t.new.bytes[where] == t.old.bytes[where])

        return True if t.raised else t.new.bytes.everywhere(one)

    return (
        Clause("all_stored", "every byte that the range shows is what is stored there", stored_ones),
        Clause("others_stay", "every byte that the range does not show is kept", other_ones),
    )


def seen(operation: Operation, about: Range) -> Operation:
    """The operation, its proof helped: a fault is that of the first page, the pages have numbers, what is stored is
    what a load gives.
    """
    stored_ones = {law.name for law in operation.ensures} & {STORES}
    faulty = dict.fromkeys(("faults_rightly", "faults_as_mapped"), looking(about))
    return helped(operation, stored_ones, {**faulty, "granted_whole": from_first_to_last(about)})


LOAD_RAW = seen(
    Operation("_load_raw", ("address", "size"), as_advanced, LOADED, raises=REFUSED, changes=TLB, returns="bytes"),
    by_size,
)


def _of_write(law: Clause) -> Clause:
    """The same law, of an access that is what the argument says."""
    made = {"granted_whole": granted, "faults_rightly": faults, "faults_as_mapped": faults_mapped}
    return made[law.name](by_data, by_write) if law.name in made else law


STORE_RAW = helped(
    seen(
        Operation(
            "_store_raw",
            ("address", "data", "write"),
            as_advanced,
            (*map(_of_write, stored(by_data, given)), all_their_own(by_data)),
            raises=("PageFault",),
            changes=(*TLB, "byte"),
            kinds={"data": "bytes", "write": "flag"},
        ),
        by_data,
    ),
    steps={STORES: by_place(by_data, given)},
)

FILLING = helped(seen(FILL, by_size), steps={STORES: by_place(by_size, the_byte)})

LOADING = seen(
    Operation("_load", ("address", "width"), as_advanced, WORD_LOADED, raises=REFUSED, changes=TLB, returns="word"),
    by_width,
)

STORING = seen(
    Operation(
        "_store",
        ("address", "width", "value"),
        as_advanced,
        (*stored(by_width, of_value), value_refused),
        raises=REFUSED,
        changes=(*TLB, "byte"),
    ),
    by_width,
)
