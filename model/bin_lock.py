"""The lock of the bin heap, and the bin of a size."""

from __future__ import annotations

from typing import Any

from model.bin_shared import ghosts_after, unchanged
from model.bin_state import ALIGNMENT, ERR, NULL, THRESHOLD, Blocks, is_word
from model.logic import Operation, Transition, Truth, Word, clause, implies, when

LOCK = ("BinHeap.lock",)


def lock_of(state: Any, heap: Word) -> Word:
    """1 if the lock is held, 0 if not."""
    return state.fields("BinHeap").lock[heap]


@clause("no other heap's lock is touched")
def other_locks(t: Transition) -> Truth:
    now, then = t.new.fields("BinHeap").lock, t.old.fields("BinHeap").lock
    return t.old.claimed("BinHeap").all(lambda d: (d == t.heap) | (now[d] == then[d]))


@clause("LockError exactly if the lock is held; then nothing changes", covers="BIN-14")
def acquire_raises(t: Transition) -> Truth:
    raised = t.raised == "LockError"
    return (raised == (lock_of(t.old, t.heap) != 0)) & implies(raised, unchanged(t))


@clause("afterwards the lock is held", covers="BIN-14")
def acquired(t: Transition) -> Truth:
    return implies(t.raised == "", lock_of(t.new, t.heap) == 1)


@clause("a load and a store")
def lock_cost(t: Transition) -> Truth:
    return t.cost <= 2


ACQUIRE = Operation(
    "acquire_lock",
    (),
    ghosts_after,
    (acquire_raises, acquired, other_locks, lock_cost),
    raises=("LockError",),
    changes=LOCK,
)


@clause("LockError exactly if the lock is not held; then nothing changes", covers="BIN-14")
def release_raises(t: Transition) -> Truth:
    raised = t.raised == "LockError"
    return (raised == (lock_of(t.old, t.heap) != 1)) & implies(raised, unchanged(t))


@clause("afterwards the lock is free", covers="BIN-14")
def released(t: Transition) -> Truth:
    return implies(t.raised == "", lock_of(t.new, t.heap) == 0)


RELEASE = Operation(
    "release_lock",
    (),
    ghosts_after,
    (release_raises, released, other_locks, lock_cost),
    raises=("LockError",),
    changes=LOCK,
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
    "bin_index",
    ("size",),
    ghosts_after,
    (bin_of_size, index_reads_nothing),
    (size_is_word,),
    raises=(),
    changes=(),
    returns="word",
)

LOCKING = (ACQUIRE, RELEASE, BIN_INDEX)
