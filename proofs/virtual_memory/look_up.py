"""The hardware walk: what the entries on the way say, the entry that it makes of them, and how the TLB gets that.

Each operation calls those before it by their contracts alone.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from model.address_space.invariants import values_in
from model.address_space.state import (
    BORROWED,
    ENTRY_SIZE,
    FRAME_LIMIT,
    FRAME_MASK,
    NO_EXECUTE,
    NO_ROOT,
    PRESENT,
    USER,
    WRITABLE,
    frame_at,
    frame_of,
    grants_all,
    present,
    proper,
    way_to,
)
from model.language.logic import Clause, Operation, Transition, Truth, Word, clause, every, implies, negate, when
from model.language.words import PAGE_SIZE, as_advanced, is_word, returned
from model.virtual_memory.contract import (
    adds_that_page,
    at_most_four_loads,
    entry_of,
    faults_as_mapped,
    forgets_only_if_full,
    granted,
    granted_by_all,
    is_remembered,
    leaves_others,
)
from model.virtual_memory.state import Translations, no_execute, of_user, writable
from proofs.address_space.entries_on_way import ENTRY_LEMMAS, walked_here
from proofs.engine.helping import inner as lemma

# ---------------------------------------------------------------- where RAM ends


def way_of(state: Any, tlb: Translations, arguments: dict[str, Any]) -> Any:
    """The way to the page of the address: its slots and entries."""
    return way_to(values_in(state), tlb.root, arguments["address"] // PAGE_SIZE)


def rights(t: Transition) -> tuple[Truth, Truth, Truth]:
    """Whether the entries of all levels let the page be written, and used in user mode; whether one forbids to
    execute it."""
    entries = way_of(t.old, t.ghost, t.arguments).entries
    written, used = every([writable(entry) for entry in entries]), every([of_user(entry) for entry in entries])
    return written, used, negate(every([negate(no_execute(entry)) for entry in entries]))


def way_there(t: Transition) -> Truth:
    """Every entry on the way is present."""
    entries = way_of(t.old, t.ghost, t.arguments).entries
    return every([t.ghost.root != NO_ROOT, *(present(entry) for entry in entries)])


@clause("the slot is the address of a word")
def of_a_word(state: Any, heap: Word, tlb: Translations, arguments: dict[str, Any]) -> Truth:
    return (arguments["slot"] >= 0) & (arguments["slot"] % ENTRY_SIZE == 0)


@clause("BusError exactly if the word does not lie in RAM: the last word of RAM does")
def ends_with_ram(t: Transition) -> Truth:
    return (t.raised == "BusError") == (t.slot + ENTRY_SIZE > t.ghost.ram_size)


@clause("what is loaded is the entry that lies there", when=returned)
def loads_the_entry(t: Transition) -> Truth:
    return implies(t.old.claimed("Entry")[t.slot], t.result == values_in(t.old)[t.slot])


TABLE_WORD = Operation(
    "_table_word", ("slot",), as_advanced, (ends_with_ram, loads_the_entry), requires=(of_a_word,), raises=("BusError",)
)


@clause("BusError exactly if the frame does not lie in RAM: the last frame of RAM does")
def frame_ends_with_ram(t: Transition) -> Truth:
    return (t.raised == "BusError") == ((t.leaf & FRAME_MASK) + PAGE_SIZE > t.ghost.ram_size)


@clause("the entry is a word")
def leaf_word(state: Any, heap: Word, tlb: Translations, arguments: dict[str, Any]) -> Truth:
    return is_word(arguments["leaf"])


CHECK_FRAME = Operation(
    "_check_frame", ("leaf",), as_advanced, (frame_ends_with_ram,), requires=(leaf_word,), raises=("BusError",)
)

# ---------------------------------------------------------------- the walk


@clause("the address is one of the two halves")
def proper_word(state: Any, heap: Word, tlb: Translations, arguments: dict[str, Any]) -> Truth:
    return proper(arguments["address"] // PAGE_SIZE)


@clause("the root is what an entry can name")
def root_named(state: Any, heap: Word, tlb: Translations, arguments: dict[str, Any]) -> Truth:
    f = frame_at(tlb.root)
    return (tlb.root == NO_ROOT) | every([tlb.root == f * PAGE_SIZE, f >= 0, f < FRAME_LIMIT])


RIGHTS = (("writable", writable, WRITABLE), ("of_user", of_user, USER), ("no_execute", no_execute, NO_EXECUTE))


def _right_of_way(name: str, right: Callable[[Word], Truth], bit: int, level: int) -> Clause:
    """A right that the entry of that level on the way grants, bit by bit."""

    def formula(state: Any, heap: Word, tlb: Translations, arguments: dict[str, Any]) -> Truth:
        entry = way_of(state, tlb, arguments).entries[3 - level]
        return right(entry) == (entry & bit != 0)

    sentence = f"whether the entry of level {level} on the way is {name}, bit by bit"
    return Clause(f"{name}_at_{level}", sentence, formula)


def _table_grants(level: int) -> tuple[Clause, Clause]:
    """An entry on the way that leads to a table grants everything; what that is, bit by bit."""

    def grants(state: Any, heap: Word, tlb: Translations, arguments: dict[str, Any]) -> Truth:
        entries = way_of(state, tlb, arguments).entries
        there = every([tlb.granting, tlb.root != NO_ROOT, *(present(above) for above in entries[: 4 - level])])
        return implies(there, grants_all(entries[3 - level]))

    def bits(state: Any, heap: Word, tlb: Translations, arguments: dict[str, Any]) -> Truth:
        entry = way_of(state, tlb, arguments).entries[3 - level]
        return implies(grants_all(entry), every([writable(entry), of_user(entry), negate(no_execute(entry))]))

    way = f"the entry of level {level} on the way grants everything, if the way leads on and those of tables do"
    right = f"an entry of level {level} that grants everything has every right, bit by bit"
    return Clause(f"table_{level}_grants", way, grants), Clause(f"rights_of_table_{level}", right, bits)


TABLES_GRANT = tuple(law for level in (3, 2, 1) for law in _table_grants(level))
RIGHTS_OF_WAY = tuple(_right_of_way(name, right, bit, level) for name, right, bit in RIGHTS for level in (3, 2, 1, 0))


def _bits_of_entry(level: int) -> Clause:
    """What the entry of one level on the way says, bit by bit."""

    def formula(state: Any, heap: Word, tlb: Translations, arguments: dict[str, Any]) -> Truth:
        entry = way_of(state, tlb, arguments).entries[3 - level]
        frame = frame_of(entry) == entry // PAGE_SIZE % FRAME_LIMIT
        return frame & (present(entry) == (entry & PRESENT != 0))

    sentence = f"what the entry of level {level} on the way says, bit by bit"
    return Clause(f"bits_of_entry_{level}", sentence, formula)


BITS_OF_ENTRIES = tuple(_bits_of_entry(level) for level in (3, 2, 1, 0))


def _slot_in_ram(level: int) -> Clause:
    """One slot on the way lies in RAM."""

    def formula(state: Any, heap: Word, tlb: Translations, arguments: dict[str, Any]) -> Truth:
        way = way_of(state, tlb, arguments)
        slot = way.slots[3 - level]
        there = every([tlb.root != NO_ROOT, *(present(entry) for entry in way.entries[: 3 - level])])
        return implies(there, every([slot >= 0, slot + 8 <= tlb.ram_size, state.claimed("Entry")[slot]]))

    sentence = f"the slot of level {level} on the way holds an entry and lies in RAM, if the way leads there"
    return Clause(f"slot_{level}_in_ram", sentence, formula)


SLOTS_IN_RAM = tuple(_slot_in_ram(level) for level in (3, 2, 1, 0))


@clause("the frame of the page lies in RAM, if the page is mapped")
def frame_in_ram(state: Any, heap: Word, tlb: Translations, arguments: dict[str, Any]) -> Truth:
    entries = way_of(state, tlb, arguments).entries
    f = frame_of(entries[3])
    there = every([tlb.root != NO_ROOT, *(present(entry) for entry in entries)])
    return implies(there, (f >= 0) & ((f + 1) * PAGE_SIZE <= tlb.ram_size))


KEPT = FRAME_MASK | BORROWED | PRESENT


def _recoded(t: Transition) -> Word:
    """The last entry on the way, its rights those that all levels grant."""
    may_write, may_use, forbidden = rights(t)
    entry = way_of(t.old, t.ghost, t.arguments).entries[3]
    return (entry & KEPT) + when(may_write, WRITABLE, 0) + when(may_use, USER, 0) + when(forbidden, NO_EXECUTE, 0)


@lemma
@clause("the result is made of the last entry on the way, or 0 if that way ends")
def last_on_way(t: Transition) -> Truth:
    return (way_there(t) & (t.result == _recoded(t))) | (negate(way_there(t)) & (t.result == 0))


Same = Callable[[Word, Word, Truth, Truth, Truth], Truth]
"""A statement about what the result is made of: the number that is made, the entry, and the three rights."""


def _told(name: str, sentence: str, same: Same) -> Clause:
    """One part of what the result is made of can be told apart again, bit by bit."""

    def formula(t: Transition) -> Truth:
        return same(_recoded(t), way_of(t.old, t.ghost, t.arguments).entries[3], *rights(t))

    return lemma(Clause(name, sentence, formula))


PARTS = (
    _told(
        "frame_bits",
        "the result names the same frame",
        lambda made, entry, w, u, x: made & FRAME_MASK == entry & FRAME_MASK,
    ),
    _told(
        "present_bit",
        "the result is as much present",
        lambda made, entry, w, u, x: (made & PRESENT != 0) == (entry & PRESENT != 0),
    ),
    _told(
        "writable_bit", "the result has the right to write", lambda made, entry, w, u, x: (made & WRITABLE != 0) == w
    ),
    _told("user_bit", "the result has the right of users", lambda made, entry, w, u, x: (made & USER != 0) == u),
    _told(
        "execute_bit",
        "the result forbids as much to execute",
        lambda made, entry, w, u, x: (made & NO_EXECUTE != 0) == x,
    ),
)


@clause(
    "the result names the frame of the page in the abstract map, with no right that it does not grant; "
    "or is 0, if the page is not mapped"
)
def finds_the_entry(t: Transition) -> Truth:
    entry = t.ghost.entry[t.address // PAGE_SIZE]
    there = (t.ghost.root != NO_ROOT) & present(entry)
    same = every([t.result & FRAME_MASK == frame_of(entry) * PAGE_SIZE, t.result & PRESENT != 0])
    rights = [(t.result & WRITABLE == 0) | writable(entry), (t.result & USER == 0) | of_user(entry)]
    rights.append((t.result & NO_EXECUTE != 0) | negate(no_execute(entry)))
    return (there & same & every(rights)) | (negate(there) & (t.result == 0))


@clause("the entry that is made has exactly the rights that the entries of all levels grant", covers="MEM-3")
def grants_what_all_grant(t: Transition) -> Truth:
    may_write, may_use, forbidden = rights(t)
    told = [(t.result & WRITABLE != 0) == may_write, (t.result & USER != 0) == may_use]
    return implies(way_there(t), every([*told, (t.result & NO_EXECUTE != 0) == forbidden]))


@clause("the entry that is made is present exactly if the entries of all levels are")
def ends_with_the_way(t: Transition) -> Truth:
    return (t.result & PRESENT != 0) == way_there(t)


@clause("the rights that all levels grant are those of the page, where every entry of a table grants everything")
def page_decides(t: Transition) -> Truth:
    (may_write, may_use, forbidden), entry = rights(t), entry_of(t)
    same = [may_write == writable(entry), may_use == of_user(entry), forbidden == no_execute(entry)]
    return implies(t.ghost.granting & way_there(t), every(same))


@clause("the frame that it names lies in RAM")
def names_ram(t: Transition) -> Truth:
    place = t.result & FRAME_MASK
    return implies(t.result & PRESENT != 0, (place >= 0) & (place + PAGE_SIZE <= t.ghost.ram_size))


LOOK_UP = Operation(
    "_look_up",
    ("address",),
    as_advanced,
    (
        *(last_on_way, *PARTS, finds_the_entry, grants_what_all_grant, page_decides, ends_with_the_way, names_ram),
        at_most_four_loads,
    ),
    requires=(proper_word,),
    raises=(),
    changes=(),
    returns="word",
    lemmas=(
        *(*BITS_OF_ENTRIES, *ENTRY_LEMMAS, root_named, *RIGHTS_OF_WAY, *SLOTS_IN_RAM, frame_in_ram, walked_here),
        *TABLES_GRANT,
    ),
)


@clause(
    "what is found is the frame of the page in the abstract map, which grants the access", covers="MEM-3", when=returned
)
def finds_the_frame(t: Transition) -> Truth:
    return granted(t) & (t.result == frame_of(entry_of(t)) * PAGE_SIZE)


@clause(
    "an access faults exactly if the page is not one of the two halves, or the entry of some level does not grant it",
    covers="MEM-3",
)
def faults_exactly(t: Transition) -> Truth:
    return (t.raised == "PageFault") == negate(granted_by_all(t))


WALK = Operation(
    "_walk",
    ("address", "write", "execute"),
    as_advanced,
    (finds_the_frame, faults_exactly, faults_as_mapped, at_most_four_loads),
    raises=("PageFault",),
)


@clause("the result is by how much the frame of the page is apart from it", when=returned)
def tells_difference(t: Transition) -> Truth:
    page = t.address // PAGE_SIZE
    return granted(t) & (t.result == (frame_of(entry_of(t)) - page) * PAGE_SIZE)


REFILL = Operation(
    "_refill",
    ("address", "write", "execute"),
    as_advanced,
    (
        *(tells_difference, faults_exactly, faults_as_mapped, is_remembered, forgets_only_if_full, adds_that_page),
        *(at_most_four_loads, leaves_others),
    ),
    raises=("PageFault",),
)
