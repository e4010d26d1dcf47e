"""The lock of the bin heap, and the bin of a size."""

from __future__ import annotations

from typing import Any

from model.bin_heap.shared import ENTRY_FIELDS, HEADER_FIELDS
from model.bin_heap.state import ALIGNMENT, THRESHOLD, Blocks
from model.language.contracts import raises
from model.language.logic import Operation, Transition, Truth, Word, clause, every, implies, when
from model.language.words import NULL, WORD_LIMIT, as_advanced, is_word, unchanged
from proofs.bin_heap.ghosts import ERR
from proofs.bin_heap.shared import all_kept


def lock_of(state: Any, heap: Word) -> Word:
    """1 if the lock is held, 0 if not."""
    return state.fields("BinHeap").lock[heap]


@clause("nothing but the lock is touched")
def only_lock(t: Transition) -> Truth:
    now, then = t.new.fields("BinHeap").lock, t.old.fields("BinHeap").lock
    own = t.old.claimed("BinHeap").all(lambda d: (d == t.heap) | (now[d] == then[d]))
    rest = every([t.new.bytes.unchanged(t.old, 0, WORD_LIMIT), t.new.mapped.same(t.old.mapped)])
    words, old_words = t.new.fields("BitmapWord").value, t.old.fields("BitmapWord").value
    bitmaps = t.old.claimed("BitmapWord").all(lambda w: words[w] == old_words[w])
    return every(
        [own, rest, bitmaps, all_kept(t, "ListEntry", ENTRY_FIELDS), all_kept(t, "BlockHeader", HEADER_FIELDS)]
    )


@raises("LockError", "if the lock is held", covers="BIN-14")
def acquire_raises(t: Transition) -> Truth:
    return lock_of(t.old, t.heap) != 0


@clause("afterwards the lock is held", covers="BIN-14")
def acquired(t: Transition) -> Truth:
    return implies(t.raised == "", lock_of(t.new, t.heap) == 1)


@clause("a load and a store")
def lock_cost(t: Transition) -> Truth:
    return t.cost <= 2


ACQUIRE = Operation(
    "acquire_lock", (), as_advanced, (acquire_raises, acquired, only_lock, lock_cost), raises=("LockError",)
)


@raises("LockError", "if the lock is not held", covers="BIN-14")
def release_raises(t: Transition) -> Truth:
    return lock_of(t.old, t.heap) != 1


@clause("afterwards the lock is free", covers="BIN-14")
def released(t: Transition) -> Truth:
    return implies(t.raised == "", lock_of(t.new, t.heap) == 0)


RELEASE = Operation(
    "release_lock", (), as_advanced, (release_raises, released, only_lock, lock_cost), raises=("LockError",)
)


@clause("the size is a machine word")
def size_is_word(state: Any, heap: Word, g: Blocks, given: dict[str, Any]) -> Truth:
    return is_word(given["size"])


@clause("ERR for 0 and beyond the threshold, else the bin of the least size that serves", covers="BIN-8")
def bin_of_size(t: Transition) -> Truth:
    none = (t.size == NULL) | (t.size > THRESHOLD)
    least = ALIGNMENT * (t.result + 1)
    serves = (least >= t.size) & (least - ALIGNMENT < t.size)
    return when(none, t.result == ERR, serves)


@clause("nothing changes, and no memory is read")
def index_reads_nothing(t: Transition) -> Truth:
    return unchanged(t) & (t.cost == 0)


BIN_INDEX = Operation(
    "bin_index", ("size",), as_advanced, (bin_of_size, index_reads_nothing), (size_is_word,), raises=()
)

LOCKING = (ACQUIRE, RELEASE, BIN_INDEX)
