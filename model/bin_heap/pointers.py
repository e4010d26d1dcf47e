"""What free and realloc say of an address: a live block is let in, and each bad pointer meets its own exception."""

from __future__ import annotations

from typing import Any

from model.bin_heap.state import ADDRESS_ENTRY, ALIGNMENT, BITMAP, ENTRY, FREE_ENTRY, HEADER, MAGIC, Blocks, live
from model.language.logic import Transition, Truth, Word, clause, every, implies, negate

# ---------------------------------------------------------------- live blocks


def linked(state: Any, e: Word) -> Truth:
    """Both neighbours of what lies at ``e`` point back."""
    links = state.fields("ListEntry")
    return (links.next[links.prev[e]] == e) & (links.prev[links.next[e]] == e)


def looks_live(state: Any, b: Word) -> Truth:
    """The bytes at ``b`` say what those of an allocated block do: magic, flag, two entries whose neighbours agree."""
    header = state.fields("BlockHeader")
    said = (header.magic[b] == MAGIC) & (header.flags[b] % 2 == 1)
    return every([b % ALIGNMENT == 0, said, linked(state, b + FREE_ENTRY), linked(state, b + ADDRESS_ENTRY)])


@clause("nobody forged a header, with its neighbours, at that address: what looks like an allocated block there is one")
def not_forged(state: Any, heap: Word, g: Blocks, given: dict[str, Any]) -> Truth:
    b = given["address"] - HEADER
    return implies(looks_live(state, b), g.headers[b])


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


def exactly(name: str, t: Transition, condition: Truth) -> Truth:
    """A call that is let in, not with NULL, ends with that exception exactly if the condition holds."""
    let_in = t.raised not in ("ValueError", "LockError")
    return ((t.raised == name) == ((t.address != 0) & condition)) if let_in else True


@clause(
    "InvalidFree exactly of what is not aligned, or where no header can lie: not mapped, NULL, or the lock",
    covers="BIN-16",
)
def invalid_free_is_told(t: Transition) -> Truth:
    return exactly("InvalidFree", t, no_place(t))


@clause(
    "HeapCorruption exactly if a header can lie there, but has no magic, or is ALLOCATED and a neighbour does not point"
    " back",
    covers="BIN-16",
)
def corruption_is_told(t: Transition) -> Truth:
    header, b = t.old.fields("BlockHeader"), t.address - HEADER
    agree = points_back(t.old, t.heap, b + FREE_ENTRY) & points_back(t.old, t.heap, b + ADDRESS_ENTRY)
    lost = (header.magic[b] != MAGIC) | ((header.flags[b] % 2 == 1) & negate(agree))
    return exactly("HeapCorruption", t, negate(no_place(t)) & lost)


@clause("DoubleFree exactly if a header can lie there, and bears its magic and no ALLOCATED", covers="BIN-16")
def double_free_is_told(t: Transition) -> Truth:
    header, b = t.old.fields("BlockHeader"), t.address - HEADER
    return exactly("DoubleFree", t, every([negate(no_place(t)), header.magic[b] == MAGIC, header.flags[b] % 2 == 0]))


TOLD_APART = (invalid_free_is_told, corruption_is_told, double_free_is_told)
"""Which exception a bad pointer meets."""
