"""What a virtual memory must do: its TLB shows nothing but what the page tables say, with their rights.

The abstract state is that of the address space (page_tables.py), and what the TLB holds.  The invariants are those of
the address space, which its operations keep, and that the TLB agrees with the abstract map.  The operations of the
address space are called by contract (space_contract.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from model.address_space import walked_here
from model.logic import (
    Clause,
    Operation,
    Subject,
    Transition,
    Truth,
    Word,
    clause,
    defined,
    every,
    implies,
    negate,
    when,
)
from model.page_tables import (
    BORROWED,
    FRAME_LIMIT,
    FRAME_MASK,
    NO_ROOT,
    PAGE_SIZE,
    PRESENT,
    Space,
    frame_at,
    frame_of,
    present,
    proper,
    way_to,
)
from model.space_frames import as_called, lemma
from model.space_invariants import INVARIANTS as SPACE_INVARIANTS
from model.space_invariants import values_in
from model.space_ranges import (
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
from model.space_steps import none_empty
from model.space_way import ENTRY_LEMMAS
from model.translation_loops import among, forgotten

WRITABLE = 1 << 1
USER = 1 << 2
WORD_LIMIT = 2**64
WALK_LOADS = 4


@dataclass(frozen=True)
class Translations(Space):
    """``readable``: the pages of which the TLB holds a translation for reads; ``read_by``: page -> by how much the
    physical address differs from the virtual one; ``reads_held``: how many there are.  The same for writes, of which
    the number is not told.

    ``tlb_entries``: for how many pages there is room.  ``user_mode``: the user bit counts.  ``ram_size``: bytes of RAM.
    """

    readable: Any
    read_by: Any
    reads_held: Word
    writable: Any
    write_by: Any
    tlb_entries: Word
    user_mode: Truth
    ram_size: Word


# ---------------------------------------------------------------- vocabulary


def writable(entry: Word) -> Truth:
    """The entry lets its page be written."""
    return defined("writable", entry, lambda e: e & WRITABLE != 0)


def of_user(entry: Word) -> Truth:
    """The entry lets its page be used in user mode."""
    return defined("of_user", entry, lambda e: e & USER != 0)


def grants(tlb: Translations, entry: Word, write: Truth) -> Truth:
    """The entry is that of a page, and lets it be read, or written."""
    return every([present(entry), negate(write) | writable(entry), negate(tlb.user_mode) | of_user(entry)])


def shows(tlb: Translations, page: Word, difference: Word, write: Truth) -> Truth:
    """The abstract map maps the page, lets it be so used, and to the frame that the difference leads to."""
    entry = tlb.entry[page]
    place = difference == (frame_of(entry) - page) * PAGE_SIZE
    return every([proper(page), tlb.root != NO_ROOT, grants(tlb, entry, write), place])


# ---------------------------------------------------------------- invariants


@clause("no table but the root is empty")
def no_table_empty(state: Any, heap: Word, tlb: Translations) -> Truth:
    return (tlb.root == NO_ROOT) | none_empty(state, tlb)


@clause("the memory that the page tables speak of is RAM")
def in_ram(state: Any, heap: Word, tlb: Translations) -> Truth:
    return state.mapped.all(lambda p: every([p >= 0, (p + 1) * PAGE_SIZE <= tlb.ram_size]))


@clause("every translation for reads is what the page tables say, with their rights", covers="MEM-4")
def reads_agree(state: Any, heap: Word, tlb: Translations) -> Truth:
    return tlb.readable.all(lambda p: shows(tlb, p, tlb.read_by[p], False))


@clause("every translation for writes is what the page tables say, with their rights", covers="MEM-4")
def writes_agree(state: Any, heap: Word, tlb: Translations) -> Truth:
    return tlb.writable.all(lambda p: shows(tlb, p, tlb.write_by[p], True))


@clause("the TLB holds no more translations for reads than there is room for")
def room_for_reads(state: Any, heap: Word, tlb: Translations) -> Truth:
    return (tlb.reads_held <= tlb.tlb_entries) & (tlb.tlb_entries >= 1)


@clause("every page that is held for writes is held for reads: so there are no more of those")
def writes_are_read(state: Any, heap: Word, tlb: Translations) -> Truth:
    return tlb.writable.all(lambda p: tlb.readable[p])


TLB_INVARIANTS = (reads_agree, writes_agree, room_for_reads, writes_are_read)

INVARIANTS: tuple[Clause, ...] = (
    *(replace(law, covers=()) for law in SPACE_INVARIANTS),
    no_table_empty,
    in_ram,
    *TLB_INVARIANTS,
)

# ---------------------------------------------------------------- _look_up


@clause("the address is one of the two halves")
def proper_word(state: Any, heap: Word, tlb: Translations, arguments: dict[str, Any]) -> Truth:
    return proper(arguments["address"] // PAGE_SIZE)


def _way(state: Any, tlb: Translations, arguments: dict[str, Any]) -> Any:
    return way_to(values_in(state), tlb.root, arguments["address"] // PAGE_SIZE)


@clause("the root is what an entry can name", needs=("rooted", "owned", "frame_at"))
def root_named(state: Any, heap: Word, tlb: Translations, arguments: dict[str, Any]) -> Truth:
    f = frame_at(tlb.root)
    return (tlb.root == NO_ROOT) | every([tlb.root == f * PAGE_SIZE, f >= 0, f < FRAME_LIMIT])


def _right_of_way(name: str, right: Callable[[Word], Truth], bit: int, level: int) -> Clause:
    """A right that the entry of that level on the way grants, bit by bit."""

    def formula(state: Any, heap: Word, tlb: Translations, arguments: dict[str, Any]) -> Truth:
        entry = _way(state, tlb, arguments).entries[3 - level]
        return right(entry) == (entry & bit != 0)

    sentence = f"whether the entry of level {level} on the way is {name}, bit by bit"
    return Clause(f"{name}_at_{level}", sentence, formula, (name,))


RIGHTS_OF_WAY = tuple(
    _right_of_way(name, right, bit, level)
    for name, right, bit in (("writable", writable, WRITABLE), ("of_user", of_user, USER))
    for level in (3, 2, 1, 0)
)
DOWN = ("in_ram", "owned", "in_memory", "tables_in_place", "proper_word", "root_named", "bits_of_way", "tables_of_way")


def _bits_of_entry(level: int) -> Clause:
    """What the entry of one level on the way says, bit by bit."""

    def formula(state: Any, heap: Word, tlb: Translations, arguments: dict[str, Any]) -> Truth:
        entry = _way(state, tlb, arguments).entries[3 - level]
        frame = frame_of(entry) == entry // PAGE_SIZE % FRAME_LIMIT
        return frame & (present(entry) == (entry & PRESENT != 0))

    sentence = f"what the entry of level {level} on the way says, bit by bit"
    return Clause(f"bits_of_entry_{level}", sentence, formula, ("frame_of", "present"))


BITS_OF_ENTRIES = tuple(_bits_of_entry(level) for level in (3, 2, 1, 0))


def _from_entries(law: Clause) -> Clause:
    """The lemma, resting on what is known of each entry if it is the one about all of them."""
    known = (*(law.needs or ()), *(part.name for part in BITS_OF_ENTRIES))
    return replace(law, needs=known) if law.name == "bits_of_way" else law


def _slot_in_ram(level: int) -> Clause:
    """One slot on the way lies in RAM."""

    def formula(state: Any, heap: Word, tlb: Translations, arguments: dict[str, Any]) -> Truth:
        way = _way(state, tlb, arguments)
        slot = way.slots[3 - level]
        there = every([tlb.root != NO_ROOT, *(present(entry) for entry in way.entries[: 3 - level])])
        return implies(there, every([slot >= 0, slot + 8 <= tlb.ram_size, state.claimed("Entry")[slot]]))

    sentence = f"the slot of level {level} on the way holds an entry and lies in RAM, if the way leads there"
    return Clause(f"slot_{level}_in_ram", sentence, formula, (*DOWN, f"part_{level}_of_way"))


SLOTS_IN_RAM = tuple(_slot_in_ram(level) for level in (3, 2, 1, 0))


@clause("the frame of the page lies in RAM, if the page is mapped", needs=(*DOWN, "leads_down"))
def frame_in_ram(state: Any, heap: Word, tlb: Translations, arguments: dict[str, Any]) -> Truth:
    entries = _way(state, tlb, arguments).entries
    f = frame_of(entries[3])
    there = every([tlb.root != NO_ROOT, *(present(entry) for entry in entries)])
    return implies(there, (f >= 0) & ((f + 1) * PAGE_SIZE <= tlb.ram_size))


IN_RAM = (*(law.name for law in SLOTS_IN_RAM), "frame_in_ram")
ON_WAY = ("proper_word", "bits_of_way", "root_named", *(law.name for law in RIGHTS_OF_WAY), *IN_RAM, "walked_here")
KEPT = FRAME_MASK | BORROWED | PRESENT


def _rights(t: Transition) -> tuple[Truth, Truth]:
    """Whether the entries of all levels let the page be written, and used in user mode."""
    entries = _way(t.old, t.ghost, t.arguments).entries
    return every([writable(entry) for entry in entries]), every([of_user(entry) for entry in entries])


def _recoded(t: Transition) -> Word:
    """The last entry on the way, its rights those that all levels grant."""
    may_write, may_use = _rights(t)
    entry = _way(t.old, t.ghost, t.arguments).entries[3]
    return (entry & KEPT) + when(may_write, WRITABLE, 0) + when(may_use, USER, 0)


def _there(t: Transition) -> Truth:
    """Every entry on the way is present."""
    entries = _way(t.old, t.ghost, t.arguments).entries
    return every([t.ghost.root != NO_ROOT, *(present(entry) for entry in entries)])


@lemma
@clause("the result is made of the last entry on the way, or 0 if that way ends", needs=ON_WAY)
def last_on_way(t: Transition) -> Truth:
    return (_there(t) & (t.result == _recoded(t))) | (negate(_there(t)) & (t.result == 0))


Same = Callable[[Word, Word, Truth, Truth], Truth]
"""A statement about what the result is made of: the number that is made, the entry, and the two rights."""


def _told(name: str, sentence: str, same: Same) -> Clause:
    """One part of what the result is made of can be told apart again, bit by bit."""

    def formula(t: Transition) -> Truth:
        return same(_recoded(t), _way(t.old, t.ghost, t.arguments).entries[3], *_rights(t))

    return lemma(Clause(name, sentence, formula, ()))


PARTS = (
    _told(
        "frame_bits",
        "the result names the same frame",
        lambda made, entry, w, u: made & FRAME_MASK == entry & FRAME_MASK,
    ),
    _told(
        "present_bit",
        "the result is as much present",
        lambda made, entry, w, u: (made & PRESENT != 0) == (entry & PRESENT != 0),
    ),
    _told(
        "writable_bit",
        "the result has the right to write",
        lambda made, entry, w, u: (made & WRITABLE != 0) == w,
    ),
    _told(
        "user_bit",
        "the result has the right of users",
        lambda made, entry, w, u: (made & USER != 0) == u,
    ),
)

MADE = ("last_on_way", *(part.name for part in PARTS), "bits_of_way", "proper_word")


@clause(
    "the result names the frame of the page in the abstract map, with no right that it does not grant; "
    "or is 0, if the page is not mapped",
    needs=(*MADE, "walked_here", "present"),
)
def finds_the_entry(t: Transition) -> Truth:
    entry = t.ghost.entry[t.address // PAGE_SIZE]
    there = (t.ghost.root != NO_ROOT) & present(entry)
    same = every([t.result & FRAME_MASK == frame_of(entry) * PAGE_SIZE, t.result & PRESENT != 0])
    rights = every([(t.result & WRITABLE == 0) | writable(entry), (t.result & USER == 0) | of_user(entry)])
    return (there & same & rights) | (negate(there) & (t.result == 0))


@clause("it has exactly the rights that the entries of all levels grant", covers="MEM-3", needs=MADE)
def grants_what_all_grant(t: Transition) -> Truth:
    may_write, may_use = _rights(t)
    return implies(_there(t), ((t.result & WRITABLE != 0) == may_write) & ((t.result & USER != 0) == may_use))


@clause("it is present exactly if the entries of all levels are", needs=MADE)
def ends_with_the_way(t: Transition) -> Truth:
    return (t.result & PRESENT != 0) == _there(t)


@clause("the frame that it names lies in RAM", needs=(*MADE, "frame_in_ram"))
def names_ram(t: Transition) -> Truth:
    place = t.result & FRAME_MASK
    return implies(t.result & PRESENT != 0, (place >= 0) & (place + PAGE_SIZE <= t.ghost.ram_size))


@clause(f"it takes at most {WALK_LOADS} loads")
def at_most_four_loads(t: Transition) -> Truth:
    return t.cost <= WALK_LOADS


LOOK_UP = Operation(
    "_look_up",
    ("address",),
    as_called,
    (
        last_on_way,
        *PARTS,
        finds_the_entry,
        grants_what_all_grant,
        ends_with_the_way,
        names_ram,
        at_most_four_loads,
    ),
    requires=(proper_word,),
    raises=(),
    changes=(),
    returns="word",
    needs=dict.fromkeys(("safety",), ON_WAY),
    lemmas=(
        *BITS_OF_ENTRIES,
        *map(_from_entries, ENTRY_LEMMAS),
        root_named,
        *RIGHTS_OF_WAY,
        *SLOTS_IN_RAM,
        frame_in_ram,
        walked_here,
    ),
)

# ---------------------------------------------------------------- _walk, _refill, _translate


def _entry(t: Transition) -> Word:
    return t.ghost.entry[t.address // PAGE_SIZE]


FOUND = ("_look_up.finds_the_entry",)


def _granted(t: Transition) -> Truth:
    """The abstract map grants the access."""
    page = t.address // PAGE_SIZE
    return every([proper(page), t.ghost.root != NO_ROOT, grants(t.ghost, _entry(t), t.write)])


@clause(
    "what is found is the frame of the page in the abstract map, which grants the access", needs=FOUND, covers="MEM-3"
)
def finds_the_frame(t: Transition) -> Truth:
    if t.raised:
        return True
    return _granted(t) & (t.result == frame_of(_entry(t)) * PAGE_SIZE)


def _granted_by_all(t: Transition) -> Truth:
    """The entries of all levels grant the access."""
    may_write, may_use = _rights(t)
    return every(
        [
            proper(t.address // PAGE_SIZE),
            _there(t),
            negate(t.write) | may_write,
            negate(t.ghost.user_mode) | may_use,
        ]
    )


WAY_FOUND = ("_look_up.grants_what_all_grant", "_look_up.ends_with_the_way")


@clause(
    "it faults exactly if the page is not one of the two halves, or the entry of some level does not grant the access",
    needs=WAY_FOUND,
    covers="MEM-3",
)
def faults_exactly(t: Transition) -> Truth:
    return (t.raised == "PageFault") == negate(_granted_by_all(t))


@clause(
    "it faults only if the page is not one of the two halves, or the entry of some level does not grant the access",
    needs=WAY_FOUND,
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


@clause("the TLB comes to hold that page, or nothing more; what it holds of others it held", needs=())
def adds_that_page(t: Transition) -> Truth:
    old, new, page = t.ghost, t.ghost_after, t.address // PAGE_SIZE
    reads = new.readable.all(lambda p: (p == page) | (old.readable[p] & (new.read_by[p] == old.read_by[p])))
    writes = new.writable.all(lambda p: (p == page) | (old.writable[p] & (new.write_by[p] == old.write_by[p])))
    return reads & writes


@clause("the result is by how much the frame of the page is apart from it", needs=FOUND)
def tells_difference(t: Transition) -> Truth:
    if t.raised:
        return True
    page = t.address // PAGE_SIZE
    return _granted(t) & (t.result == (frame_of(_entry(t)) - page) * PAGE_SIZE)


@clause("the translation is in the TLB now", needs=())
def is_remembered(t: Transition) -> Truth:
    if t.raised:
        return True
    new, page = t.ghost_after, t.address // PAGE_SIZE
    return (t.write | new.readable[page]) & (negate(t.write) | new.writable[page])


@clause("no other is forgotten as long as there is room", needs=())
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
    needs=(*FOUND, "reads_agree", "writes_agree"),
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


@clause("the TLB holds what it held, but for those pages", needs=("forget_pages.*",))
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
    needs=("forget_pages.*",),
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
    return tuple(replace(law, needs=(f"{operation}.{law.name}",), covers=()) for law in laws)


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

SUBJECT = Subject(
    "virtual_memory",
    INVARIANTS,
    (LOOK_UP, WALK, REFILL, TRANSLATE, INVALIDATE, FLUSH, UNMAP, PROTECT),
)
