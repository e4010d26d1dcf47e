"""The two steps that are left when a block was found: it is handed to the user, and cleared."""

from __future__ import annotations

from model.bin_heap.shared import OTHER_HEAPS
from model.bin_heap.state import HEADER, end_of, size_of, zeroed
from model.bin_heap.users import CALLOC, FREE, MALLOC, ZALLOC
from model.language.logic import Operation, Transition, Truth, clause, every, when
from model.language.words import WORD_BYTES, as_advanced, words_in
from proofs.bin_heap.costs import HAND_OUT_COST
from proofs.bin_heap.shared import headers_kept, is_allocated

# ---------------------------------------------------------------- hand_out and clear


@clause("the payload; the block is marked ZEROED no more, and nothing else is written")
def handed_to_user(t: Transition) -> Truth:
    now, then = t.new.fields("BlockHeader").flags, t.old.fields("BlockHeader").flags
    marked = when(zeroed(t.old, t.block), then[t.block] - 4, then[t.block])
    return every([t.result == t.block + HEADER, now[t.block] == marked, headers_kept(t, t.block)])


@clause("a load and a store")
def hand_out_cost(t: Transition) -> Truth:
    return t.cost <= HAND_OUT_COST


HAND_OUT = Operation(
    "hand_out",
    ("block",),
    as_advanced,
    (handed_to_user, *OTHER_HEAPS, hand_out_cost),
    (is_allocated("block"),),
    raises=(),
    changes=("BlockHeader.flags",),
    returns="word",
)


@clause("every byte of the payload is 0")
def filled(t: Transition) -> Truth:
    return t.new.bytes.filled(t.block + HEADER, end_of(t.old, t.block), 0)


@clause("no byte outside the payload is touched")
def only_filled(t: Transition) -> Truth:
    return t.new.bytes.unchanged_outside(t.old, t.block + HEADER, end_of(t.old, t.block))


@clause(f"two loads, and a store for {WORD_BYTES} bytes")
def clear_cost(t: Transition) -> Truth:
    return t.cost <= 2 + words_in(size_of(t.old, t.block))


CLEAR = Operation(
    "clear",
    ("block",),
    as_advanced,
    (filled, only_filled, clear_cost),
    (is_allocated("block"),),
    raises=(),
    changes=("byte",),
)


USERS = (HAND_OUT, CLEAR, MALLOC, ZALLOC, CALLOC, FREE)
