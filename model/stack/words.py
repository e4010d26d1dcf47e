"""Words of memory as a heap's proof keeps them, field by field: what was stored is loaded, all else is as it was.

It follows from what a store is proved to do to bytes, if no two words overlap, and each page has its own frame.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies
from model.virtual_memory.access import STORE, fits, is_width
from model.virtual_memory.bytes import its_own, touches, word_at

DONE = ("store_changes_those_bytes_only", "load_after_store")


def stored(t: Transition) -> Truth:
    """The value was stored at the address: what is proved of a store holds."""
    tlb = t.ghost["virtual_memory"]
    done = replace(t, ghost=tlb, ghost_after=tlb, raised="")
    return every([law.formula(done) for law in STORE.ensures if law.name in DONE])


@clause("what is stored, and what is loaded elsewhere, are words; the value fits")
def two_words(state: Any, heap: Word, ghost: Any, arguments: dict[str, Any]) -> Truth:
    width, size = arguments["width"], arguments["size"]
    return every([is_width(width), is_width(size), fits(arguments["value"], width)])


@clause("the two share no byte")
def no_byte_shared(state: Any, heap: Word, ghost: Any, arguments: dict[str, Any]) -> Truth:
    address, other = arguments["address"], arguments["other"]
    return (other + arguments["size"] <= address) | (address + arguments["width"] <= other)


@clause("every page of the other word shows a frame of its own")
def own_frames(state: Any, heap: Word, ghost: Any, arguments: dict[str, Any]) -> Truth:
    tlb, other = ghost["virtual_memory"], (arguments["other"], arguments["size"])
    return tlb.entry.everywhere(lambda page: implies(touches(page, *other), its_own(tlb, page)))


@clause("a load of what was stored gives the value")
def stored_is_loaded(t: Transition) -> Truth:
    return implies(stored(t), word_at(t.new, t.ghost["virtual_memory"], t.address, t.width) == t.value)


@clause("every other word, whatever its width, is loaded as before")
def others_as_before(t: Transition) -> Truth:
    now, then = (word_at(state, t.ghost["virtual_memory"], t.other, t.size) for state in (t.new, t.old))
    return implies(stored(t), now == then)


WORDS = Operation(
    "words",
    ("address", "width", "value", "other", "size"),
    lambda t: t.ghost,
    (stored_is_loaded, others_as_before),
    (two_words, no_byte_shared, own_frames),
    raises=(),
)
