"""The steps of the bin heap in a plain run: what their contracts start from really occurs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import impl.bin_heap
from impl.arithmetic import PAGE_SIZE, WORD_LIMIT
from impl.bin_heap import BinHeap
from impl.bin_layout import BitmapWord, BlockHeader, ListEntry
from impl.layout import Struct
from impl.machine import Machine
from model.bin_heap.state import HEADER
from proofs.bin_heap.ghosts import no_blocks
from proofs.bin_heap.live import sibling
from proofs.bin_heap.live.bench import extract
from proofs.bin_heap.subject import SUBJECT
from proofs.checking.camera import Camera
from proofs.checking.memory import Watch
from proofs.checking.recorder import Recorder, Witnesses, unmet

HEAP = 0x7100
SIBLING = 0x2_0000
TABLES = 0x7000
TABLE_PAGES = sibling.TABLE_PAGES
STRUCTS: dict[str, type[Struct]] = {struct.__name__: struct for struct in (BinHeap, BlockHeader, ListEntry, BitmapWord)}


class Scenario:
    """A heap on a small machine whose steps are recorded."""

    def __init__(self) -> None:
        self.machine = Machine(1 << 20, checked=True)
        self.machine.memory.map(TABLES, TABLE_PAGES)
        self.machine.memory.map(SIBLING, sibling.PAGES)
        self.machine.memory.vandalise(SIBLING, sibling.image(SIBLING))
        self.camera = Camera(self.machine, STRUCTS, Watch())
        self.camera.foreign = {SIBLING // PAGE_SIZE + number for number in range(sibling.PAGES)}
        self.heap = BinHeap.claim(self.machine.memory, HEAP)
        self.recorder = Recorder(SUBJECT, impl.bin_heap)
        start, blocks = self.camera.take(), no_blocks()
        ready = all(law.formula(start, HEAP, blocks, {}) for law in SUBJECT.operation("init").requires)
        self.recorder.call("init", ready, self.heap.init)

    def call(self, name: str, *arguments: int) -> Any:
        """One recorded call; its result, None if it was refused."""
        named = dict(zip(SUBJECT.operation(name).arguments, arguments, strict=True))
        return self.recorder.call(name, not self.violated(name, named), lambda: getattr(self.heap, name)(*arguments))

    @contextmanager
    def without_place(self) -> Iterator[None]:
        """The window has no hole: another took it all."""
        memory = self.machine.memory
        before, memory.placement = memory.placement, lambda pages: 0
        yield
        memory.placement = before

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
    _map_and_find(scenario)
    scenario.call("release_lock")
    _allocate(scenario)
    _free(scenario)
    fresh = Scenario()
    fresh.recorder.found = scenario.recorder.found
    _give_back(fresh)
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
    for name in ("mergeable_after", "mergeable_before", "free_before"):
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
    for name in ("mergeable_after", "mergeable_before", "free_before"):
        for number in (1, 3, 4, 5):
            scenario.call(name, blocks[number])
    for number, needed in ((1, 1300), (1, 20000), (4, 64), (5, 64)):
        scenario.call("absorbable_after", blocks[number], needed)
    scenario.call("block_split", blocks[3], 576)
    scenario.call("block_split", blocks[3], 64)
    for block in (blocks[5], blocks[1], blocks[4], blocks[3], scenario.heap.alloc(20000)):
        scenario.call("free_block", block)


def _map_and_find(scenario: Scenario) -> None:
    """Blocks of fresh pages, of a bin, of none; a machine that has no more pages."""
    for size in (0, WORD_LIMIT - 1, 100, 640, 20000):
        scenario.call("alloc", size)
    for size in (20000, WORD_LIMIT // 2):
        scenario.call("alloc_mapped", size)
    block = scenario.call("block_new", 4000)
    for entry in (0, block, WORD_LIMIT // 2):
        scenario.call("entry_before", entry)
    scenario.call("first_block", scenario.heap.first_bin(0))
    for name in ("clear", "hand_out", "clear"):
        scenario.call(name, block)
    _resize(scenario, scenario.heap.alloc(20000), scenario.heap.alloc(640))
    while scenario.heap.alloc(200000):
        pass
    while scenario.heap.alloc(16384):
        pass
    scenario.call("block_new", 16384)
    scenario.call("alloc", 16384)
    with scenario.without_place():
        scenario.call("block_new", 16384)
    scenario.heap.free_block(block)
    for b in scenario.camera.take().claimed("BlockHeader"):
        header = BlockHeader(scenario.machine.memory, b)
        header.flags = header.flags & 3  # users have them all


def _resize(scenario: Scenario, large: int, small: int) -> None:
    """In place, in the neighbour, not at all; moved to a larger and to a smaller block, refused."""
    for b in scenario.camera.take().claimed("BlockHeader"):
        header = BlockHeader(scenario.machine.memory, b)
        header.flags = header.flags & 3  # users have what is allocated, and may have written to what is free
    for needed in (17024, 12288):
        scenario.call("shrink_mapped", large, needed)
    for needed in (64, 32768):
        scenario.call("resize_in_place", large, needed)
    for needed in (320, 640, 16384):
        scenario.call("resize_in_place", small, needed)
    for size in (WORD_LIMIT - 1, WORD_LIMIT // 2, 100, 8000, 30000):
        small = (scenario.call("resize", small, size) or small + HEADER) - HEADER
    scenario.call("resize", large, 64)
    scenario.call("resize", large, 40000)


def _allocate(scenario: Scenario) -> None:
    """No word, nothing, too much, what fits; the same while the lock is held."""
    for name in ("malloc", "zalloc"):
        for size in (-1, 0, WORD_LIMIT - 1, 64, 100):
            scenario.call(name, size)
    for count, size in ((-1, 1), (1, -1), (WORD_LIMIT // 2, 2), (0, 5), (5, 0), (2, 32)):
        scenario.call("calloc", count, size)
    scenario.heap.acquire_lock()
    for name in ("malloc", "zalloc"):
        scenario.call(name, 64)
    scenario.call("calloc", 1, 64)
    scenario.call("free", 64)
    for address, size in ((0, 64), (64, 0), (64, 64)):
        scenario.call("realloc", address, size)
    scenario.heap.release_lock()


def _free(scenario: Scenario) -> None:
    """No word, NULL, places where no block can be, a free block, a user's forged header, a live block, it again."""
    first, second = scenario.call("malloc", 640), scenario.call("malloc", 64)
    for address, size in ((-1, 1), (0, -1), (0, WORD_LIMIT - 1), (0, 64), (1, 0), (1, 1)):
        scenario.call("realloc", address, size)
    moved = scenario.call("realloc", scenario.call("malloc", 64), 6400)
    scenario.call("realloc", moved, 0)
    for address in (-1, 0, 1, 64, WORD_LIMIT // 2, HEAP + HEADER, HEAP + 2 * HEADER, first, first):
        scenario.call("free", address)
    memory = scenario.machine.memory
    place = min(b for b in scenario.camera.take().claimed("BlockHeader") if BlockHeader(memory, b).size > 256) + HEADER
    scenario.call("free", place + HEADER)
    for address in sibling.payloads(SIBLING):
        scenario.call("free", address)
        scenario.call("realloc", address, 100)
    scenario.call("free", second)


def _give_back(scenario: Scenario) -> None:
    """With the lock held; a heap that is empty, that has live blocks and free ones, that has free ones only."""
    for name in ("trim", "destroy", "trim"):
        scenario.call(name)
    scenario.heap.acquire_lock()
    for name in ("trim", "destroy"):
        scenario.call(name)
    _release_pages(scenario)
    for name in ("release_free", "free_mapped", "free_kept", "release_free"):
        scenario.call(name)
        scenario.call(name)
    scenario.heap.release_lock()
    for name in ("trim", "destroy"):
        for address in [scenario.call("malloc", size) for size in (20_000, 2_000, 9_000, 16_000)][:3]:
            scenario.call("free", address)
        scenario.call(name)


def _release_pages(scenario: Scenario) -> None:
    """Blocks that are whole pages, that reach beyond them on either side, that fill none."""
    heap = scenario.heap
    scenario.call("release_pages", heap.block_new(4_000))
    first = heap.block_new(16_000)
    middle = heap.carve(first, 640)
    last = heap.carve(middle, 8_960)
    heap.free_block(first)
    for block in (middle, last):
        scenario.call("gather", block)
    first = heap.block_new(16_000)
    middle = heap.carve(first, 640)
    last = heap.carve(middle, 8_960)
    end = heap.carve(last, 5_120)
    for block in (middle, first, end, last):
        scenario.call("release_pages", block)
    first = heap.block_new(16_000)
    for block in (heap.carve(first, 8_192), first):
        scenario.call("release_pages", block)
    first = heap.block_new(16_000)
    last = heap.carve(heap.carve(first, 640), 640)
    heap.free_block(last)
    scenario.call("release_run", last)
    heap.carve(heap.block_new(16_000), 640)
    for size in (640, 20_000):
        heap.hand_out(heap.alloc(size))
    for block in scenario.camera.take().claimed("BlockHeader"):
        heap.hand_out(block)  # users may have written to all that is there
