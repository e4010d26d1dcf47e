"""The steps of the bin heap in a plain run: what their contracts start from really occurs."""

from __future__ import annotations

from typing import Any

import impl.bin_heap
from impl.bin_heap import BinHeap
from impl.bin_layout import BitmapWord, BlockHeader, ListEntry
from impl.layout import Struct
from impl.machine import Machine
from model.bin_heap import SUBJECT
from model.bin_state import HEADER
from proofs.checking.bin_heap import extract
from proofs.checking.memory import Watch
from proofs.checking.recorder import Recorder, Witnesses, unmet
from proofs.checking.state import Camera

HEAP = 0x7100
TABLES = 0x7000
TABLE_PAGES = 3
STRUCTS: dict[str, type[Struct]] = {struct.__name__: struct for struct in (BinHeap, BlockHeader, ListEntry, BitmapWord)}


class Scenario:
    """A heap on a small machine whose steps are recorded."""

    def __init__(self) -> None:
        self.machine = Machine(1 << 20, checked=True)
        self.machine.memory.map(TABLES, TABLE_PAGES)
        self.camera = Camera(self.machine, STRUCTS, Watch())
        self.heap = BinHeap.claim(self.machine.memory, HEAP)
        self.heap.init()
        self.recorder = Recorder(SUBJECT, impl.bin_heap)

    def call(self, name: str, *arguments: int) -> Any:
        """One recorded call; its result, None if it was refused."""
        named = dict(zip(SUBJECT.operation(name).arguments, arguments, strict=True))
        return self.recorder.call(name, not self.violated(name, named), lambda: getattr(self.heap, name)(*arguments))

    def violated(self, name: str = "", named: dict[str, Any] | None = None) -> list[str]:
        """The invariants that do not hold now, and what the operation requires and misses."""
        state = self.camera.take()
        return unmet(SUBJECT, state, HEAP, extract(state, HEAP), name, named)


def witness() -> Witnesses:
    """Play a scenario that comes to every end of every operation; what it reached."""
    scenario = Scenario()
    _lock_and_index(scenario)
    _cut_and_join(scenario)
    _free_and_split(scenario)
    return scenario.recorder.found


def _lock_and_index(scenario: Scenario) -> None:
    """Taken twice, given back twice; no bin, a bin."""
    for name in ("release_lock", "acquire_lock", "acquire_lock", "release_lock", "acquire_lock"):
        scenario.call(name)
    for size in (0, 1, 64, 16384, 16385):
        scenario.call("bin_index", size)


def _cut_and_join(scenario: Scenario) -> None:
    """A block in pieces of one size; they leave their bin and come back, are joined, are found."""
    first = scenario.heap.block_new(4000)
    for name in ("mergeable_after", "mergeable_before"):
        scenario.call(name, first)
    second = scenario.call("carve", first, 640)
    third = scenario.call("carve", second, 640)
    fourth = scenario.call("carve", third, 640)
    for block in (first, third):
        scenario.call("give", block)
    for index in (0, 9, 10):
        scenario.call("first_bin", index)
    for block in (third, first):
        scenario.call("take", block)
    BlockHeader(scenario.machine.memory, first).flags = 1
    scenario.call("join", first, second)
    scenario.call("join", third, fourth)
    scenario.call("first_bin", 255)
    scenario.call("unmap_block", scenario.heap.alloc(4 * HEADER * HEADER + 1))


def _free_and_split(scenario: Scenario) -> None:
    """Neighbours on either side that can be merged with, or not; a block mapped for itself; nothing to split off."""
    first = scenario.heap.block_new(16384)
    blocks = [first]
    for size in (640, 640, 640, 640, 64, 4096):
        blocks.append(scenario.heap.carve(blocks[-1], size))
    for number in (0, 2):
        scenario.heap.give(blocks[number])
    for name in ("mergeable_after", "mergeable_before"):
        for number in (1, 3, 4, 5):
            scenario.call(name, blocks[number])
    for number, needed in ((1, 1300), (1, 20000), (4, 64), (5, 64)):
        scenario.call("absorbable_after", blocks[number], needed)
    scenario.call("block_split", blocks[3], 576)
    scenario.call("block_split", blocks[3], 64)
    for block in (blocks[5], blocks[1], blocks[4], blocks[3], scenario.heap.alloc(20000)):
        scenario.call("free_block", block)
