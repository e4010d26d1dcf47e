"""What the stack takes for granted of its subjects: theorems by name, which fall with them or stand.

What it takes for granted without a theorem is marked where ``RESTS_ON`` stands.

TRUSTED: nothing is left out that the composition takes for granted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from model.language.logic import Operation, Subject
from model.language.machine import RESTS_ON as MEMORY_RESTS_ON
from model.stack.contract import FRAMED
from model.stack.contract import HEAPS as MODELS
from proofs.bin_heap.subject import SUBJECT as BIN_HEAP
from proofs.block_heap.subject import SUBJECT as BLOCK_HEAP
from proofs.bucket_heap.subject import SUBJECT as BUCKET_HEAP
from proofs.segment_heap.subject import SUBJECT as SEGMENT_HEAP

HEAPS = (SEGMENT_HEAP, BLOCK_HEAP, BIN_HEAP, BUCKET_HEAP)


def _theorems(operation: str, *names: str) -> tuple[str, ...]:
    return tuple(f"{operation}.{name}" for name in names)


PURE = ("bin_heap.alloc", "bin_heap.bin_index", "bin_heap.gather")
"""Operations that touch no memory but by calls of others, so that there is nothing to show of their accesses."""


WRITING = ("map", "unmap", "protect")
"""Operations of the page tables that change which frame a page shows."""


OWN_MEMORY_ALONE = (
    *("nothing_outside", "creates_only", "fills_only", "begins_inside", "extends_inside", "dump_changes_nothing"),
    *("other_entries", "other_headers", "other_words", "other_pages", "other_memory", "lock_is_free", "rest_untouched"),
)
"""Clauses that say that an operation touches no memory but the heap's own."""


def _keeps_to_itself(heap: Subject) -> Iterator[str]:
    """Every operation of a heap accesses headers and mapped pages alone; a public one touches its own and no other."""
    for operation in heap.operations:
        if not operation.stateless and f"{heap.name}.{operation.name}" not in PURE:
            yield f"{heap.name}.{operation.name}.safety"
    for operation in MODELS[heap.name].subject.operations:
        yield from (f"{heap.name}.{operation.name}.{law}" for law in own_memory_alone(operation))


def own_memory_alone(operation: Operation) -> list[str]:
    """The clauses that say so of this operation; ValueError if there is none."""
    found = [law.name for law in operation.ensures if law.name in OWN_MEMORY_ALONE]
    if not found:
        raise ValueError(f"no clause says that {operation.name} touches its heap's own memory alone")
    return found


# ASSUMED: a caller hands each descriptor, and the memory of a block or bucket heap, to one heap only (stack.whole).
RESTS_ON: dict[str, Sequence[str]] = {
    "gain": (
        *_theorems("frame_allocator.allocate", "was_free", "overlaps_nothing", "one_more_live", "takes_the_frames"),
        *MEMORY_RESTS_ON["map"],
    ),
    "loss": (
        *_theorems("frame_allocator.free", "rejects_invalid", "one_live_less", "gives_the_frames"),
        *MEMORY_RESTS_ON["unmap"],
    ),
    "words": (
        *_theorems("virtual_memory.store", "store_changes_those_bytes_only", "load_after_store"),
        *_theorems("virtual_memory.load", "load_is_what_is_there"),
        *_theorems("virtual_memory._translate", "shows_its_own"),
    ),
    "whole": (
        *_theorems("stack.words", "stored_is_loaded", "others_as_before"),
        *(f"address_space.{step}.{law}" for step in WRITING for law in ("owned", "leads_down", "walked")),
        *(f"stack.{heap.name}.{law}" for heap in HEAPS for law in ("one_block", "on_memory")),
        *(f"stack.{one.name}.{law.name}" for one in FRAMED for law in one.ensures),
        *_theorems("stack.apart", "still_whole"),
        *_theorems("stack.gain", "still_apart"),
        *_theorems("stack.loss", "still_apart"),
        *(theorem for heap in HEAPS for theorem in _keeps_to_itself(heap)),
        *(theorem for theorems in MEMORY_RESTS_ON.values() for theorem in theorems),
    ),
}
"""Operation -> theorems that it takes for granted."""
