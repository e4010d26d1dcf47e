"""The bin heap on the bench: its blocks and lists read out of RAM, and drawn for a report."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import impl.bin_heap
from model.bin_heap.state import DESCRIPTOR, Blocks
from model.language.ghost import GhostMap, GhostSet
from model.language.logic import Transition
from proofs.bin_heap.ghosts import bitmap_places, no_blocks
from proofs.bin_heap.live.layout import (
    ADDRESS_ENTRY,
    ALLOCATED,
    FREE_ENTRY,
    HEADER,
    MAPPED,
    NULL,
    PAGE,
    ZEROED,
    Layout,
    heads_of,
    read_out,
)
from proofs.bin_heap.subject import SUBJECT as WHOLE
from proofs.checking.bench import Bench
from proofs.checking.state import ConcreteState
from proofs.checking.violation import Violation

MOST_LINES = 60
"""A picture shows so many blocks."""


def extract(state: ConcreteState, heap: int) -> Blocks:
    """The blocks and lists that RAM shows, of a heap that nobody damaged; Violation if it shows no heap."""
    return _seen(state, heap, amid=False)


def extract_amid(state: ConcreteState, heap: int) -> Blocks:
    """The same in the middle of an operation, where pages may be no block yet."""
    return _seen(state, heap, amid=True)


def _seen(state: ConcreteState, heap: int, amid: bool) -> Blocks:
    layout = read_out(state, heap, amid)
    blocks: Blocks = state.once(("blocks", heap, amid), lambda: ghost_of(layout, heap))
    return blocks


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
        GhostSet(page for b, size in layout.size.items() for page in range(b // PAGE, -(-(b + HEADER + size) // PAGE))),
        GhostMap(),  # every byte of the pages lies in a block of the layout: none is asked for its own
    )


def _lists(layout: Layout, heads: Sequence[int]) -> list[tuple[int, int, tuple[int, ...]]]:
    """Head, part of the header, and members of every list that has some."""
    bins = [(heads[number + 1], FREE_ENTRY, members) for number, members in layout.bins.items()]
    return [(heads[0], ADDRESS_ENTRY, layout.by_address), (heads[-1], ADDRESS_ENTRY, layout.alone), *bins]


MEANS = {
    "lists": "next_links",
    "loose": "next_links",
    "headers": "claims",
    "sizes": "shape",
    "sorted": "ordered",
    "mapped": "listed",
    "bins": "listed",
    "bitmap": "bits",
    "coalesced": "coalesced",
    "zeroed": "zeroes",
    "pages": "mapped",
}
"""Which clause of the model says what a law of the layout says, of a heap that can no longer be read out."""


def successor(name: str, t: Transition) -> Blocks:
    """What RAM shows after the call ``name``; after one within another there may be pages that are no block yet."""
    try:
        return (extract_amid if name in INNER else extract)(t.new, t.heap)
    except Violation as broken:
        theorem = f"bin_heap.{name}.{MEANS[broken.theorem.rsplit('.', 1)[-1]]}"
        raise Violation(theorem, broken.sentence, broken.detail, (theorem, broken.theorem)) from broken


INNER = tuple(operation.name for operation in WHOLE.operations if operation.changes is not None)
"""What the others call by contract."""

READ_OUT = ("heads", "own_parts", "filled")
"""Invariants that take a look at every byte of the tables or pages, or at every pair of headers: whatever is read out
keeps to them, because each list is walked from its head, headers lie nowhere but where blocks are, and blocks fill the
pages exactly."""

SUBJECT = replace(
    WHOLE,
    invariants=tuple(law for law in WHOLE.invariants if law.name not in READ_OUT),
    operations=tuple(replace(operation, after=partial(successor, operation.name)) for operation in WHOLE.operations),
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
    inner=INNER,
    advances=False,
    amid=extract_amid,
    looks=2,  # each look at the loop of init compares all 258 lists
    descriptor=DESCRIPTOR,
    invariants_amid=False,
)

LARGE_BENCH = replace(BENCH, subject=replace(SUBJECT, invariants=()))
"""For heaps of many thousand blocks: of the invariants only what every layout that is read out must keep to."""
