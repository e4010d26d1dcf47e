"""The block heap on the bench: its allocations read out of RAM, and drawn for a report."""

from __future__ import annotations

import types
from typing import Any

import impl.block_heap
from model.block_heap.state import FREE, HAS_NEXT, BlockTable, code, entry
from model.language.ghost import GhostMap
from model.language.words import NULL
from proofs.block_heap.ghosts import no_blocks
from proofs.block_heap.subject import SUBJECT
from proofs.checking.bench import Bench, call_method
from proofs.checking.state import ConcreteState

MOST_LINES = 40
"""A picture shows so many allocations."""


def extract(state: ConcreteState, heap: int) -> BlockTable:
    """The allocations that RAM shows, of a heap that nobody damaged; ``shown`` tells whether they are well-formed."""
    descriptor, table = state.fields("BlockHeap"), state.fields("HeapTable")
    at = descriptor.table[heap]
    entries, total = table.entries[at], table.total[at]
    first, last = _owners(state, entries, entries + total)
    until = {entries + total: entries + total}
    for a in range(entries + total - 1, entries - 1, -1):
        until[a] = until[a + 1] if first[a] == NULL else a
    return BlockTable(at, entries, total, descriptor.saddr[heap], GhostMap(first), GhostMap(last), GhostMap(until))


def _owners(state: ConcreteState, low: int, high: int) -> tuple[dict[int, int], dict[int, int]]:
    """The first and the last block of each block's allocation."""
    value = entry(state)
    first: dict[int, int] = {}
    last: dict[int, int] = {}
    begin = low
    for a in range(low, high):
        if value[a] == FREE:
            first[a], begin = NULL, a + 1
        else:
            first[a] = begin
            if not value[a] & HAS_NEXT or a + 1 == high:
                last.update(dict.fromkeys(range(begin, a + 1), a))
                begin = a + 1
    return first, last


def picture(state: ConcreteState, heap: int, blocks: BlockTable) -> str:
    """One line per allocation or run of free blocks of the model, with the entries that RAM has instead."""
    lines = [f"heap of {blocks.total} blocks at {blocks.saddr:#x}, entries at {blocks.entries:#x}"]
    a = blocks.entries
    while a < blocks.end and len(lines) <= MOST_LINES:
        behind = blocks.free_until[a] if blocks.free(a) else blocks.last[a] + 1
        kind = "free" if blocks.free(a) else "taken"
        number = a - blocks.entries
        lines.append(f"{blocks.address(a):#x}  blocks {number} to {behind - 1 - blocks.entries} {kind}")
        wrong = [(b, entry(state)[b]) for b in range(a, behind) if entry(state)[b] != code(blocks, b)]
        if wrong:
            shown = ", ".join(f"entry {b - blocks.entries} is {value:#04x}" for b, value in wrong[:8])
            lines[-1] += f"; RAM: {shown}"
        a = max(behind, a + 1)
    if a < blocks.end:
        lines.append("...")
    return "\n".join(f"  {line}" for line in lines)


def invoke(module: types.ModuleType, heap: Any, name: str, arguments: tuple[Any, ...]) -> Any:
    """Call the operation: memset is a function, all others are methods of the heap."""
    if name == "memset":
        return module.memset(heap.memory, *arguments)
    return call_method(module, heap, name, arguments)


BENCH = Bench(
    SUBJECT,
    impl.block_heap,
    "KernelHeap",
    ("TableEntry", "HeapTable", "BlockHeap"),
    no_blocks,
    extract,
    lambda blocks: int(blocks.total),
    picture,
    quadratic=("runs", "ends", "room_free"),
    invoke=invoke,
)
