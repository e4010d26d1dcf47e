"""Loads and stores.  A load gives the bytes that are there, little-endian.  A store changes those of its range alone.

Both go across page borders.  A range of which some page is not granted faults before anything is touched.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

from model.address_space.invariants import values_in
from model.language.logic import Clause, Only, Operation, Transition, Truth, Word, clause, every, implies, negate, when
from model.language.words import as_advanced, byte_of, returned, unchanged
from model.virtual_memory.bytes import all_granted, all_levels_grant, byte_at, shown_at, shown_in, touches, word_at
from model.virtual_memory.state import Translations, may_use

REFUSED = ("PageFault", "ValueError")
PARTS = ("readable", "read_by", "reads_held", "writable", "write_by", "executable", "execute_by")
TLB = tuple(f"ghost.{part}" for part in PARTS)
"""What an access may change beside bytes."""

Range = Callable[[Transition], tuple[Word, Word]]
"""The address and the size of the range that an operation is about."""


def is_width(width: Word) -> Truth:
    """The machine has words of so many bytes."""
    return every([(width == 1) | (width == 2) | (width == 4) | (width == 8)])


# ---------------------------------------------------------------- what every access keeps


def reads(t: Transition) -> Truth:
    """The access is a load."""
    return False


def writes(t: Transition) -> Truth:
    """The access is a store."""
    return True


def granted(about: Range, write: Callable[[Transition], Truth]) -> Clause:
    """An access that is carried out was granted."""

    def formula(t: Transition) -> Truth:
        return all_granted(t.ghost, lambda page: touches(page, *about(t)), write(t))

    sentence = "an access that is carried out is granted by the abstract map for every page of its range"
    return Clause("granted_whole", sentence, Only(returned, formula), ("MEM-3",))


def faults(about: Range, write: Callable[[Transition], Truth]) -> Clause:
    """An access that faults was not granted."""

    def formula(t: Transition) -> Truth:
        def one(page: Word) -> Truth:
            return implies(touches(page, *about(t)), all_levels_grant(t.old, t.ghost, page, write(t)))

        return implies(t.raised == "PageFault", negate(t.ghost.entry.everywhere(one)))

    sentence = "an access faults only if, for some page of its range, the entry of some level does not grant it"
    return Clause("faults_rightly", sentence, formula, ("MEM-3",))


def faults_mapped(about: Range, write: Callable[[Transition], Truth]) -> Clause:
    """What the abstract map lets this view use does not fault."""

    def formula(t: Transition) -> Truth:
        def one(page: Word) -> Truth:
            return implies(touches(page, *about(t)), may_use(t.ghost, page, write(t)))

        return implies(t.raised == "PageFault", negate(t.ghost.granting & t.ghost.entry.everywhere(one)))

    sentence = "no access faults that the abstract map grants, where every entry of a table grants everything"
    return Clause("faults_as_mapped", sentence, formula, ("MEM-3",))


@clause("a load changes no byte of RAM and no entry of a table")
def changes_no_memory(t: Transition) -> Truth:
    return unchanged(t)


@clause("an access that is refused changes no byte of RAM and no entry of a table", covers="MEM-6")
def faults_change_nothing(t: Transition) -> Truth:
    return unchanged(t) if t.raised else True


@clause("an access changes no entry of a table, nothing in the abstract map, and takes or gives back no frame")
def keeps_the_map(t: Transition) -> Truth:
    old, new = t.ghost, t.ghost_after
    same = [new.entry.same(old.entry), new.use.same(old.use), new.role.same(old.role), new.up.same(old.up)]
    tables = values_in(t.new).same(values_in(t.old))
    return every([*same, tables, new.root == old.root, new.free_frames == old.free_frames])


# ---------------------------------------------------------------- which range


def by_size(t: Transition) -> tuple[Word, Word]:
    """The range has a size."""
    return t.address, t.size


def by_count(t: Transition) -> tuple[Word, Word]:
    """The range is an array of bytes."""
    return t.address + t.field.offset, t.count


def by_width(t: Transition) -> tuple[Word, Word]:
    """The range is that of a word."""
    return t.address, t.width


def by_eight(t: Transition) -> tuple[Word, Word]:
    """The range is that of a word of eight bytes."""
    return t.address, 8


def by_field(t: Transition) -> tuple[Word, Word]:
    """The range is that of a field."""
    return t.address + t.field.offset, t.field.width


def by_data(t: Transition) -> tuple[Word, Word]:
    """The range is as long as what is stored."""
    return t.address, t.data.size


def by_source(t: Transition) -> tuple[Word, Word]:
    """The range is that which is copied."""
    return t.source, t.size


def by_target(t: Transition) -> tuple[Word, Word]:
    """The range is that which is copied to."""
    return t.target, t.size


def fits(value: Word, width: Word) -> Truth:
    """A word of that width can have the value."""
    limit = when(width == 1, 2**8, when(width == 2, 2**16, when(width == 4, 2**32, 2**64)))
    return (value >= 0) & (value < limit)


# ---------------------------------------------------------------- loads


def bytes_loaded(about: Range) -> Clause:
    """The result of a load of bytes."""

    def formula(t: Transition) -> Truth:
        found, (address, size) = t.result, about(t)
        there = found.items.each(0, size, lambda i: found.items[i] == byte_at(t.old, t.ghost, address + i))
        return (found.size == size) & there

    sentence = "what is loaded are the bytes that the pages of the range show, in order"
    return Clause("load_is_what_is_there", sentence, Only(returned, formula), ("MEM-6",))


def word_loaded(about: Range, flag: Callable[[Transition], Truth] = reads) -> Clause:
    """The result of a load of a word; of a flag, whether it is not 0."""

    def formula(t: Transition) -> Truth:
        word = word_at(t.old, t.ghost, *about(t))
        return when(flag(t), when(word != 0, 1, 0), word) == t.result

    sentence = "what is loaded is the little-endian word of the bytes that the pages of the range show"
    return Clause("load_is_what_is_there", sentence, Only(returned, formula), ("MEM-6",))


def of_load(about: Range) -> tuple[Clause, ...]:
    """What every load keeps."""
    return granted(about, reads), faults(about, reads), faults_mapped(about, reads), changes_no_memory, keeps_the_map


@clause("ValueError exactly if the size is negative")
def size_refused(t: Transition) -> Truth:
    return (t.raised == "ValueError") == (t.size < 0)


@clause("ValueError exactly if the machine has no words of that width")
def width_refused(t: Transition) -> Truth:
    return (t.raised == "ValueError") == negate(is_width(t.width))


@clause("ValueError exactly if the elements are no single bytes, or their number is negative")
def array_refused(t: Transition) -> Truth:
    bytes_only = (t.field.struct.SIZE == 1) & negate(is_flag(t))
    return (t.raised == "ValueError") == (negate(bytes_only) | (t.count < 0))


def is_flag(t: Transition) -> Truth:
    """The field is a flag."""
    return t.field.kind == "flag"


@clause("the field is one of 1, 2, 4 or 8 bytes, a flag of 1")
def declared(state: Any, heap: Word, tlb: Translations, arguments: dict[str, Any]) -> Truth:
    field = arguments["field"]
    return is_width(field.width) & implies(field.kind == "flag", field.width == 1)


LOADED = (bytes_loaded(by_size), *of_load(by_size), size_refused)
LOAD_BYTES = Operation("load_bytes", ("address", "size"), as_advanced, LOADED, raises=REFUSED)
WORD_LOADED = (word_loaded(by_width), *of_load(by_width), width_refused)
LOAD = Operation("load", ("address", "width"), as_advanced, WORD_LOADED, raises=REFUSED)
LOAD_U64 = Operation(
    "load_u64", ("address",), as_advanced, (word_loaded(by_eight), *of_load(by_eight)), raises=("PageFault",)
)
READ = Operation(
    "read",
    ("field", "address"),
    as_advanced,
    (word_loaded(by_field, is_flag), *of_load(by_field)),
    requires=(declared,),
    raises=("PageFault",),
)
ARRAY = Operation(
    "array",
    ("field", "address", "count"),
    as_advanced,
    (bytes_loaded(by_count), *of_load(by_count), array_refused),
    raises=REFUSED,
)


# ---------------------------------------------------------------- stores

Content = Callable[[Transition, Word], Word]
"""What the byte of that number in a range becomes."""


def given(t: Transition, number: Word) -> Word:
    """That byte of the data."""
    return t.data.items[number]


def of_value(t: Transition, number: Word) -> Word:
    """That byte of the value, little-endian."""
    return byte_of(t.value, number)


def of_field(t: Transition, number: Word) -> Word:
    """The same; a flag is 0 or 1."""
    return when(is_flag(t), when(t.value != 0, 1, 0), byte_of(t.value, number))


def the_byte(t: Transition, number: Word) -> Word:
    """One byte for all."""
    return t.byte


def from_source(t: Transition, number: Word) -> Word:
    """The byte that was at the source."""
    return byte_at(t.old, t.ghost, t.source + number)


def stored(about: Range, content: Content) -> tuple[Clause, ...]:
    """What a store of that content into that range does to the bytes of RAM, and to no others."""

    def those_only(t: Transition) -> Truth:
        address, size = about(t)

        def one(where: Word) -> Truth:
            new = content(t, shown_at(t.ghost, where) - address)
            return t.new.bytes[where] == when(shown_in(t.ghost, where, address, size), new, t.old.bytes[where])

        return t.new.bytes.everywhere(one)

    def all_of_those(t: Transition) -> Truth:
        address, size = about(t)
        there = lambda v: byte_at(t.new, t.ghost_after, v) == content(t, v - address)  # noqa: E731
        return t.new.bytes.each(address, address + size, there)

    only = "the bytes of RAM that the range shows become what is stored, each its own; no other byte of RAM changes"
    there = "every byte of the range is afterwards what was stored there: a load gives what was last stored"
    return (
        Clause("store_changes_those_bytes_only", only, Only(returned, those_only), ("MEM-6",)),
        Clause("load_after_store", there, Only(returned, all_of_those)),
        granted(about, writes),
        faults(about, writes),
        faults_mapped(about, writes),
        faults_change_nothing,
        keeps_the_map,
    )


@clause("ValueError only for a value that no word of that width has, or for a width that no word has")
def value_refused(t: Transition) -> Truth:
    proper = is_width(t.width) & fits(t.value, t.width)
    return implies(t.raised == "ValueError", negate(proper)) & implies(t.raised == "", proper)


@clause("ValueError only for a value that the field cannot have; a flag takes any")
def field_refused(t: Transition) -> Truth:
    proper = is_flag(t) | fits(t.value, t.field.width)
    return implies(t.raised == "ValueError", negate(proper)) & implies(t.raised == "", proper)


@clause("ValueError exactly if the size is negative, or the byte is none of 0..255")
def fill_refused(t: Transition) -> Truth:
    return (t.raised == "ValueError") == ((t.size < 0) | negate(fits(t.byte, 1)))


STORE_BYTES = Operation(
    "store_bytes",
    ("address", "data"),
    as_advanced,
    stored(by_data, given),
    raises=("PageFault",),
    kinds={"data": "bytes"},
)
STORE = Operation(
    "store", ("address", "width", "value"), as_advanced, (*stored(by_width, of_value), value_refused), raises=REFUSED
)
WRITE = Operation(
    "write",
    ("field", "address", "value"),
    as_advanced,
    (*stored(by_field, of_field), field_refused),
    requires=(declared,),
    raises=REFUSED,
)
FILL = Operation(
    "fill", ("address", "size", "byte"), as_advanced, (*stored(by_size, the_byte), fill_refused), raises=REFUSED
)


def of_either(law: Callable[[Range, Callable[[Transition], Truth]], Clause]) -> Clause:
    """What is said of a fault, of one at the source or one at the target."""
    source, target = law(by_source, reads), law(by_target, writes)
    return replace(target, formula=lambda t: source.formula(t) | target.formula(t))


OF_FAULTS = (of_either(faults), of_either(faults_mapped))


COPY = Operation(
    "copy",
    ("target", "source", "size"),
    as_advanced,
    (
        *(law for law in stored(by_target, from_source) if law.name not in {other.name for other in OF_FAULTS}),
        replace(granted(by_source, reads), name="granted_source"),
        *OF_FAULTS,
        size_refused,
    ),
    raises=REFUSED,
)

ACCESSES = (LOAD_BYTES, STORE_BYTES, LOAD, STORE, LOAD_U64, READ, WRITE, ARRAY, FILL, COPY)
"""Loads and stores of every kind."""
