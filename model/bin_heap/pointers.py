"""What free and realloc say of an address: a live block is let in, and each bad pointer meets its own exception."""

from __future__ import annotations

from typing import Any

from model.bin_heap.state import (
    ADDRESS_ENTRY,
    ALIGNMENT,
    BITMAP,
    ENTRY,
    FREE_ENTRY,
    HEADER,
    MAGIC,
    Blocks,
    by_address,
    live,
    mapped_list,
    tables_end,
)
from model.language.logic import Transition, Truth, Word, clause, every, implies, negate
from model.language.words import unchanged

# ---------------------------------------------------------------- live blocks


def linked(state: Any, e: Word) -> Truth:
    """Both neighbours of what lies at ``e`` point back."""
    links = state.fields("ListEntry")
    return (links.next[links.prev[e]] == e) & (links.prev[links.next[e]] == e)


def names(state: Any, heap: Word, b: Word) -> Truth:
    """The second entry at ``b`` is in one of the two lists of the blocks of ``heap``."""
    holder = state.fields("ListEntry").list[b + ADDRESS_ENTRY]
    return (holder == by_address(heap)) | (holder == mapped_list(heap))


def looks_live(state: Any, heap: Word, b: Word) -> Truth:
    """The bytes at ``b`` say what those of an allocated block of ``heap`` do: magic, flag, neighbours, list."""
    header = state.fields("BlockHeader")
    said = every([b % ALIGNMENT == 0, header.magic[b] == MAGIC, header.flags[b] % 2 == 1, names(state, heap, b)])
    return every([said, linked(state, b + FREE_ENTRY), linked(state, b + ADDRESS_ENTRY)])


@clause(
    "nobody forged a header of this very heap at that address, with its neighbours: what looks like an allocated block"
    " of this heap there is one"
)
def not_forged(state: Any, heap: Word, g: Blocks, given: dict[str, Any]) -> Truth:
    b = given["address"] - HEADER
    return implies(looks_live(state, heap, b), g.headers[b])


def is_live(state: Any, g: Blocks, b: Word) -> Truth:
    """``b`` is an allocated block."""
    return g.headers[b] & live(state, b)


BAD_POINTER = ("InvalidFree", "HeapCorruption", "DoubleFree")


@clause(
    "no live block is refused: InvalidFree, HeapCorruption and DoubleFree are raised of other addresses alone",
    covers="BIN-13 BIN-16",
)
def accepts(t: Transition) -> Truth:
    refused = t.raised in BAD_POINTER
    return negate(is_live(t.old, t.ghost, t.address - HEADER)) if refused else True


# ---------------------------------------------------------------- bad pointers


def can_lie(state: Any, heap: Word, address: Word, size: int) -> Truth:
    """A header or an entry of ``size`` bytes can lie at ``address``: they can be read, and are not the lock's."""
    clear = (address >= heap + BITMAP) | (address + size <= heap)
    return clear & state.readable(address, address + size)


def no_place(t: Transition) -> Truth:
    """No header can lie before the address."""
    b = t.address - HEADER
    return (t.address % ALIGNMENT != 0) | (b == 0) | negate(can_lie(t.old, t.heap, b, HEADER))


def points_back(state: Any, heap: Word, e: Word) -> Truth:
    """Entries can lie where both links at ``e`` lead, and point back."""
    links = state.fields("ListEntry")
    places = [can_lie(state, heap, place, ENTRY) for place in (links.prev[e], links.next[e])]
    return every([*places, linked(state, e)])


def intact(t: Transition) -> Truth:
    """A header can lie before the address, has its magic, and the neighbours of both of its entries point back."""
    b = t.address - HEADER
    agree = points_back(t.old, t.heap, b + FREE_ENTRY) & points_back(t.old, t.heap, b + ADDRESS_ENTRY)
    return every([negate(no_place(t)), t.old.fields("BlockHeader").magic[b] == MAGIC, agree])


def in_a_list(t: Transition) -> Truth:
    """The second entry of what lies before the address is in a list: of an entry that can lie there, in its own."""
    lists = t.old.fields("ListEntry").list
    head = lists[t.address - HEADER + ADDRESS_ENTRY]
    return can_lie(t.old, t.heap, head, ENTRY) & (lists[head] == head)


def of_another(t: Transition) -> Truth:
    """The second entry of what lies before the address is in a list, and in none of this heap."""
    return negate(names(t.old, t.heap, t.address - HEADER)) & in_a_list(t)


def exactly(name: str, t: Transition, condition: Truth) -> Truth:
    """A call that is let in, not with NULL, ends with that exception exactly if the condition holds."""
    let_in = t.raised not in ("ValueError", "LockError")
    return ((t.raised == name) == ((t.address != 0) & condition)) if let_in else True


@clause(
    "InvalidFree exactly of what is not aligned, where no header can lie (not mapped, NULL, or the lock), and of an"
    " intact header in a list of another heap",
    covers="BIN-16",
)
def invalid_free_is_told(t: Transition) -> Truth:
    return exactly("InvalidFree", t, no_place(t) | (intact(t) & of_another(t)))


@clause(
    "HeapCorruption exactly if a header can lie there, but has no magic, a neighbour that does not point back, or no"
    " list that its second entry is in",
    covers="BIN-16",
)
def corruption_is_told(t: Transition) -> Truth:
    known = names(t.old, t.heap, t.address - HEADER) | of_another(t)
    return exactly("HeapCorruption", t, negate(no_place(t)) & negate(intact(t) & known))


@clause("DoubleFree exactly of an intact header of this heap that bears no ALLOCATED", covers="BIN-16")
def double_free_is_told(t: Transition) -> Truth:
    b = t.address - HEADER
    free = t.old.fields("BlockHeader").flags[b] % 2 == 0
    return exactly("DoubleFree", t, every([intact(t), names(t.old, t.heap, b), free]))


# ---------------------------------------------------------------- blocks of other bin heaps


def bears_marks(t: Transition, heap: Word) -> Truth:
    """What lies before the address is what an allocated block of ``heap`` is: intact, and in a list of that heap."""
    b = t.address - HEADER
    return every([intact(t), live(t.old, b), names(t.old, heap, b), in_a_list(t)])


@clause("every live block bears the marks of its heap: it is intact, ALLOCATED, and in a list of that heap")
def live_blocks_are_marked(t: Transition) -> Truth:
    return implies(is_live(t.old, t.ghost, t.address - HEADER), bears_marks(t, t.heap))


@clause(
    "InvalidFree, and nothing changes, of what bears the marks of a live block of another bin heap, one whose"
    " descriptor lies apart",
    covers="BIN-16",
)
def siblings_are_refused(t: Transition) -> Truth:
    """Said of the ends of a call.

    One that let such a block in would go on to free it, and come to no end: ``free_block`` is for blocks of this heap.
    So where nobody asks whose a block is, invalid_free_is_told falls, and what is relied on of free_block; not this.
    """

    def refused(other: Word) -> Truth:
        apart = (tables_end(other) <= t.heap) | (tables_end(t.heap) <= other)
        marked = every([t.address != 0, apart, bears_marks(t, other)])
        return implies(marked, (t.raised == "InvalidFree") & unchanged(t))

    let_in = t.raised not in ("ValueError", "LockError")
    return t.old.claimed("BinHeap").all(refused) if let_in else unchanged(t)


TOLD_APART = (invalid_free_is_told, corruption_is_told, double_free_is_told, siblings_are_refused)
"""Which exception a bad pointer meets."""
