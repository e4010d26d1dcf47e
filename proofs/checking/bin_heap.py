"""The bin heap on the bench: its blocks and lists read out of RAM, and drawn for a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import impl.bin_heap
from model.bin_state import DESCRIPTOR, Blocks, bitmap_places, no_blocks
from model.ghost import GhostMap, GhostSet
from model.logic import Operation, Subject, Transition
from proofs.checking.bench import Bench
from proofs.checking.bin_heap_layout import (
    ADDRESS_ENTRY,
    ALLOCATED,
    FREE_ENTRY,
    HEADER,
    MAPPED,
    NULL,
    ZEROED,
    Layout,
    heads_of,
    read_out,
)
from proofs.checking.state import ConcreteState
from proofs.checking.violation import Violation

MOST_LINES = 60
"""A picture shows so many blocks."""


def extract(state: ConcreteState, heap: int) -> Blocks:
    """The blocks and lists that RAM shows, of a heap that nobody damaged; Violation if it shows no heap."""
    return ghost_of(read_out(state, heap), heap)


def extract_amid(state: ConcreteState, heap: int) -> Blocks:
    """The same in the middle of an operation, where pages may be no block yet."""
    return ghost_of(read_out(state, heap, amid=True), heap)


def ghost_of(layout: Layout, heap: int) -> Blocks:
    """The same heap in the words of the model."""
    heads = heads_of(heap)
    owner = dict.fromkeys(heads, NULL)
    position = dict.fromkeys(heads, -1)
    for b in layout.size:
        owner[b + FREE_ENTRY] = owner[b + ADDRESS_ENTRY] = b
        position[b + FREE_ENTRY] = position[b + ADDRESS_ENTRY] = 0
    length = dict.fromkeys(heads, 0)
    for head, part, members in _lists(layout, heads):
        position.update({b + part: number for number, b in enumerate(members)})
        length[head] = len(members)
    return Blocks(
        GhostSet(layout.size),
        GhostSet(owner),
        GhostMap(owner),
        GhostMap(position, default=-1),
        GhostMap(length),
        *bitmap_places(heap),
    )


def _lists(layout: Layout, heads: Sequence[int]) -> list[tuple[int, int, tuple[int, ...]]]:
    """Head, part of the header, and members of every list that has some."""
    bins = [(heads[number + 1], FREE_ENTRY, members) for number, members in layout.bins.items()]
    return [(heads[0], ADDRESS_ENTRY, layout.by_address), *bins]


def successor(t: Transition) -> Blocks:
    """What RAM shows after the call."""
    return extract(t.new, t.heap)


def _inner(name: str, *arguments: str) -> Operation:
    """An operation that others call by contract."""
    return replace(_operation(name, *arguments), changes=())


def _operation(name: str, *arguments: str, establishes: bool = False) -> Operation:
    """An operation of which the structure of memory is demanded, and nothing more."""
    raises = ("ValueError", "InvalidFree", "HeapCorruption", "DoubleFree", "LockError")
    established = lambda t: True  # noqa: E731 - init cannot fail
    return Operation(name, arguments, successor, (), establishes=establishes, established=established, raises=raises)


INNER = (
    _inner("first_bin", "index"),
    _inner("take", "block"),
    _inner("give", "block"),
    _inner("alloc_mapped", "size"),
    _inner("block_new", "size"),
    replace(_inner("entry_before", "entry"), after=lambda t: t.ghost),
    _inner("carve", "block", "size"),
    _inner("join", "left", "right"),
    _inner("unmap_block", "block"),
    _inner("free_block", "block"),
    _inner("block_split", "block", "size"),
    _inner("alloc", "size"),
    _inner("resize_in_place", "block", "needed"),
    _inner("resize", "block", "size"),
)
"""What the others call by contract."""

SUBJECT = Subject(
    "bin_heap",
    (),
    (
        *INNER,
        _operation("init", establishes=True),
        _operation("malloc", "size"),
        _operation("zalloc", "size"),
        _operation("calloc", "count", "size"),
        _operation("realloc", "address", "size"),
        _operation("free", "address"),
        _operation("acquire_lock"),
        _operation("release_lock"),
    ),
)


def picture(state: ConcreteState, heap: int, ghost: Any) -> str:
    """One line per block, or what is wrong with the heap in RAM."""
    try:
        layout = read_out(state, heap)
    except Violation as violation:
        return f"  {violation.sentence}: not so, {violation.detail}"
    bin_of = {b: number for number, members in layout.bins.items() for b in members}
    lines = [f"heap at {heap:#x}, lock {layout.lock}, bins {sorted(layout.bins)}"]
    for b in sorted(layout.size)[:MOST_LINES]:
        flags = layout.flags[b]
        kind = "mapped" if flags & MAPPED else "used" if flags & ALLOCATED else f"free in bin {bin_of[b]}"
        zero = ", zero" if flags & ZEROED else ""
        lines.append(f"{b:#x}  {layout.size[b]:6} bytes {kind}{zero}, payload {b + HEADER:#x}")
    if len(layout.size) > MOST_LINES:
        lines.append(f"... and {len(layout.size) - MOST_LINES} more")
    return "\n".join(f"  {line}" for line in lines)


BENCH = Bench(
    SUBJECT,
    impl.bin_heap,
    "BinHeap",
    ("BlockHeader", "ListEntry", "BitmapWord", "BinHeap"),
    no_blocks,
    extract,
    lambda blocks: len(blocks.headers),
    picture,
    inner=tuple(operation.name for operation in INNER),
    amid=extract_amid,
    looks=2,  # each look at the loop of init compares all 257 lists
    descriptor=DESCRIPTOR,
)
