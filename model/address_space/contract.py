"""What an address space must do: the contract of each public operation against the abstract map (state.py).

invariants.py says what always holds.  walk and translate are here; ranges mapped to fresh frames in mapping.py, to
reserved ones in reserved.py, unmapped and protected in ranges.py; its beginning in begin.py, its end in destroy.py.

Clauses are functions of a Transition.
"""

from __future__ import annotations

from dataclasses import replace

from model.address_space.begin import BEGIN
from model.address_space.destroy import DESTROY
from model.address_space.invariants import INVARIANTS
from model.address_space.mapping import MAP
from model.address_space.ranges import PROTECT, UNMAP, own_root
from model.address_space.reserved import MAP_RESERVED
from model.address_space.state import NO_ROOT, Space, canonical, frame_of, present
from model.frame_allocator.single_frames import FREE, LIVE
from model.language.logic import Operation, Subject, Transition, Truth, Word, clause, every, implies, negate, when
from model.language.words import PAGE_SIZE, is_word, returned

WALK_LOADS = 4


# ---------------------------------------------------------------- vocabulary


def entry_for(space: Space, address: Word) -> Word:
    """The entry that maps the page of ``address``, or 0."""
    reachable = canonical(address) & (space.root != NO_ROOT)
    return when(reachable, space.entry[address // PAGE_SIZE], 0)


@clause("nothing is changed")
def changes_nothing(t: Transition) -> Truth:
    return t.new.same_memory(t.old)


@clause(f"a walk is at most {WALK_LOADS} loads", covers="MEM-13")
def at_most_four_loads(t: Transition) -> Truth:
    return t.cost <= WALK_LOADS


@clause("ValueError exactly for an address that is no machine word")
def walk_raises(t: Transition) -> Truth:
    return every([(t.raised == "ValueError") == negate(is_word(t.address)), t.raised in ("", "ValueError")])


@clause(
    "walk gives the entry of the page in the abstract map, 0 for a page that is not mapped or not canonical",
    when=returned,
)
def walk_reads_the_map(t: Transition) -> Truth:
    return t.result == entry_for(t.ghost, t.address)


@clause("NotMapped exactly for a word whose page the abstract map does not map", covers="MEM-10")
def translate_raises(t: Transition) -> Truth:
    mapped = present(entry_for(t.ghost, t.address))
    return every(
        [
            (t.raised == "ValueError") == negate(is_word(t.address)),
            (t.raised == "NotMapped") == (is_word(t.address) & negate(mapped)),
        ]
    )


@clause(
    "translate gives the same byte of the frame that the abstract map has for the page", covers="MEM-10", when=returned
)
def translate_reads_the_map(t: Transition) -> Truth:
    frame = frame_of(entry_for(t.ghost, t.address)) * PAGE_SIZE
    return every([t.result == frame + t.address % PAGE_SIZE, implies(is_word(t.address), t.result < 2**52)])


WALK = Operation(
    "walk",
    ("root", "address"),
    lambda t: t.ghost,
    (walk_raises, walk_reads_the_map, changes_nothing, at_most_four_loads),
    requires=(own_root,),
)

TRANSLATE = Operation(
    "translate",
    ("root", "address"),
    lambda t: t.ghost,
    (translate_raises, translate_reads_the_map, changes_nothing, at_most_four_loads),
    requires=(own_root,),
    raises=("ValueError", "NotMapped"),
)


# ---------------------------------------------------------------- every operation


@clause(
    "no byte changes but in frames that were free or live allocations of one frame: what is reserved, like the frame "
    "allocator's header, or belongs to a larger allocation, nobody writes but the frame allocator itself"
)
def reserved_left_alone(t: Transition) -> Truth:
    now, then, use = t.new.bytes, t.old.bytes, t.ghost.use

    def stays(x: Word) -> Truth:
        frame = x // PAGE_SIZE
        return (now[x] == then[x]) | (use[frame] == FREE) | (use[frame] == LIVE)

    return now.everywhere(stays)


def careful(operation: Operation) -> Operation:
    """The operation, which leaves alone what is reserved."""
    return operation if operation.stateless else replace(operation, ensures=(*operation.ensures, reserved_left_alone))


PUBLIC = Subject(
    "address_space",
    INVARIANTS,
    tuple(careful(operation) for operation in (BEGIN, WALK, TRANSLATE, MAP, MAP_RESERVED, UNMAP, PROTECT, DESTROY)),
)
