"""The whole stack on one RAM: one frame allocator, two address spaces, and every heap at once.

    space 0    segment heap   block heap    bin heap        program's pages
    space 1    segment heap   bucket heap   (the first at the same virtual addresses as in space 0)

After every step each physical byte that somebody owns is looked up in RAM's own tables: live blocks, headers, page
tables, the frame allocator's header and other people's frames; free frames belong to nobody.
No byte may have two owners, and everybody must find what he wrote.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, ClassVar

import impl.heaps
from impl.address_space import AddressSpace
from impl.arithmetic import NULL, PAGE_SIZE
from impl.errors import DrystoneError, PhysicalMemoryFull
from impl.frame_allocator import FrameAllocator, header_size
from impl.machine import Machine
from impl.shadow import CheckedMemory
from model.language.logic import Subject
from proofs.address_space.live.reference import tables
from proofs.address_space.live.views import unchecked
from proofs.checking.stage import Stage
from proofs.checking.violation import Violation
from proofs.checking.world import pattern
from proofs.frame_allocator.live.reference import FREE, blocks
from proofs.stack.subject import SUBJECT

DESCRIPTORS = 0x7000
"""The page of the descriptors in either space: one every 1 KiB, the bin heap's, which is large, on pages behind."""
SEGMENT_BASE = 0x4000_0000
POOL, POOL_PAGES = 0x1000_0000, 24
EXTENT, EXTENT_SIZE, EXTENTS = 0x2000_0000, 32 << 10, 3
BUCKET_PAGE = 4096

ONE_OWNER = "no physical byte has two live owners"
KEPT = "everybody finds in his block what he wrote"
SAFE = "an allocation or the release of a live block raises nothing and touches nothing foreign"
REFUSED = "a heap refuses to free the block of another and changes nothing"


@dataclass
class Resident:
    """One heap: where it lives, and how it is asked for a block and given one back."""

    name: str
    memory: CheckedMemory
    allocate: Callable[[int], int]
    free: Callable[[int], Any]
    live: dict[int, bytes] = field(default_factory=dict)
    """Address of each block -> what its user wrote into it."""


@dataclass(frozen=True)
class Whole:
    """The stack, put to the test."""

    subject: Subject = SUBJECT
    module: types.ModuleType = impl.heaps


class StackWorld(Stage):
    """Every heap on one machine with ``frames`` frames of RAM."""

    bench: ClassVar[Whole] = Whole()

    def __init__(self, frames: int = 256, edition: types.ModuleType | None = None) -> None:
        super().__init__(frames, edition)
        self.machine = Machine(frames * PAGE_SIZE, checked=True)
        self.heaps: Any = edition or impl.heaps
        other = AddressSpace(self.machine.ram, self.machine.frames)
        self.memories = tuple(CheckedMemory(space, self.machine.counter) for space in (self.machine.space, other))
        self.residents: list[Resident] = []
        self.held: list[int] = []
        self.blocks = 0
        self._checks = 0
        for memory in self.memories:
            memory.map(DESCRIPTORS, 4)
            self._segment_heap(memory)
        self._block_heap(self.memories[0])
        self._bin_heap(self.memories[0])
        self._bucket_heap(self.memories[1])
        self.inspect("boot")

    @property
    def checks(self) -> int:
        """Bytes' owners are compared so often."""
        return self._checks

    # ------------------------------------------------------------ the boot code

    def _segment_heap(self, memory: CheckedMemory) -> None:
        heap = self.heaps.SegmentHeap.claim(memory, DESCRIPTORS)
        heap.init(SEGMENT_BASE)
        name = f"segment_heap of space {len(self.residents)}"
        self.residents.append(Resident(name, memory, heap.allocate, heap.free))

    def _block_heap(self, memory: CheckedMemory) -> None:
        place = DESCRIPTORS + 0x400
        table = self.heaps.HeapTable.claim(memory, place)
        heap = self.heaps.BlockHeap.claim(memory, place + table.SIZE)
        table.entries, table.total = DESCRIPTORS + 0x800, POOL_PAGES
        memory.map(POOL, POOL_PAGES)
        heap.create(POOL, POOL + POOL_PAGES * PAGE_SIZE, place)
        self.residents.append(Resident("block_heap", memory, heap.malloc, heap.free))

    def _bin_heap(self, memory: CheckedMemory) -> None:
        place = DESCRIPTORS + PAGE_SIZE
        heap = self.heaps.BinHeap.claim(memory, place)
        heap.init()
        self.residents.append(Resident("bin_heap", memory, heap.malloc, heap.free))

    def _bucket_heap(self, memory: CheckedMemory) -> None:
        heap = self.heaps.BucketHeap.claim(memory, DESCRIPTORS + PAGE_SIZE)
        memory.map(EXTENT, EXTENTS * EXTENT_SIZE // PAGE_SIZE)
        heap.init(EXTENT, EXTENT_SIZE, BUCKET_PAGE)
        for number in range(1, EXTENTS):
            heap.extend(EXTENT + number * EXTENT_SIZE, EXTENT_SIZE)
        self.residents.append(Resident("bucket_heap", memory, heap.alloc, heap.free))

    # ------------------------------------------------------------ what happens

    def allocate(self, who: int, size: int) -> int:
        """Somebody asks a heap for ``size`` bytes and fills them; NULL if there is nothing."""
        self.blocks += 1
        self.note("allocate", str(who), str(size), result=f"a{self.blocks}")
        resident = self.residents[who]
        address: int = self._act("allocate", lambda: resident.allocate(size))
        if address != NULL:
            resident.live[address] = pattern(self.blocks, size)
            self.demand_one_owner("allocate")
            resident.memory.store_bytes(address, resident.live[address])
        self.inspect("allocate")
        return address

    def free(self, who: int, address: int) -> None:
        """A block goes back to the heap that it came from."""
        self.note("free", str(who), f"{address:#x}")
        resident = self.residents[who]
        del resident.live[address]
        self._act("free", lambda: resident.free(address))
        self.inspect("free")

    def mistake(self, who: int, other: int, address: int) -> None:
        """A block of the heap ``other`` is given to the heap ``who``, which must not believe in it."""
        self.note("mistake", str(who), str(other), f"{address:#x}")
        resident = self.residents[who]
        if resident.memory is not self.residents[other].memory and address in resident.live:
            return  # in that space the address is a live block of the heap itself
        before = self.machine.ram.buffer[:]
        with suppress(DrystoneError):
            resident.free(address)
        self._demand("mistake", "refused", self.machine.ram.buffer[:] == before, REFUSED, resident.name)
        self.inspect("mistake")

    def program(self, space: int, page: int, pages: int) -> None:
        """A program maps pages of its own far away from the heaps, or unmaps them if they are there."""
        self.note("program", str(space), str(page), str(pages))
        memory, address = self.memories[space], 0x7000_0000_0000 + page * PAGE_SIZE
        if memory.is_mapped(address, pages * PAGE_SIZE):
            memory.unmap(address, pages)
        else:
            memory.map(address, pages)
        self.inspect("program")

    def grab(self, count: int) -> None:
        """Somebody takes ``count`` frames, or as many as there are."""
        self.note("grab", str(count))
        try:
            for _ in range(count):
                self.held.append(self.machine.frames.allocate(0).base)
        except PhysicalMemoryFull:
            pass
        self.inspect("grab")

    def give(self, count: int) -> None:
        """Somebody gives ``count`` of his frames back."""
        self.note("give", str(count))
        for frame in self.held[:count]:
            self.machine.frames.free(frame, PAGE_SIZE)
        del self.held[:count]
        self.inspect("give")

    # ------------------------------------------------------------ who owns what

    def inspect(self, operation: str) -> None:
        """Every physical byte has at most one owner, and every user finds what he wrote."""
        self.demand_one_owner(operation)
        for resident in self.residents:
            self._look_after(operation, resident)

    def demand_one_owner(self, operation: str) -> None:
        """Every physical byte has at most one owner."""
        for (_, end, first), (start, _, second) in pairwise(sorted(self.owners())):
            self._demand(operation, "one_owner", end <= start, ONE_OWNER, f"{start:#x}: {first}; {second}")

    def owners(self) -> Iterator[tuple[int, int, str]]:
        """All that is owned: [start, end) in RAM and by whom; free frames are the frame allocator's."""
        frames = FrameAllocator(unchecked(self.machine.ram), self.machine.frames.address)
        yield frames.address, frames.address + header_size(self.frames), "the frame allocator's header"
        for block in blocks(frames):
            if block.state == FREE:
                yield block.first * PAGE_SIZE, block.end * PAGE_SIZE, "nobody: it is free"
        for frame in self.held:
            yield frame, frame + PAGE_SIZE, "somebody who took frames"
        for number, memory in enumerate(self.memories):
            for table in tables(memory.space):
                yield table.frame, table.frame + PAGE_SIZE, f"the tables of space {number}"
            yield from self._headers(number, memory)
        for resident in self.residents:
            for address, content in resident.live.items():
                yield from _pieces(resident.memory, address, len(content), f"{resident.name}: block {address:#x}")

    def _headers(self, number: int, memory: CheckedMemory) -> Iterator[tuple[int, int, str]]:
        """What the heaps of a space claimed for themselves."""
        for address, struct, count in memory.shadow.all_claims():
            yield from _pieces(
                memory, address, struct.SIZE * count, f"{struct.__name__} {address:#x} of space {number}"
            )

    def _look_after(self, operation: str, resident: Resident) -> None:
        for address, content in resident.live.items():
            pieces = _pieces(resident.memory, address, len(content), "")
            found = b"".join(self.machine.ram.buffer[start:end] for start, end, _ in pieces)
            self._demand(operation, "kept", found == content, KEPT, f"{resident.name}: block {address:#x}")

    def _act(self, operation: str, call: Callable[[], Any]) -> Any:
        """A call that no theorem lets fail with an exception."""
        try:
            return call()
        except DrystoneError as error:
            detail = f"{self.journal[-1]}: {type(error).__name__}: {error}"
            raise Violation(f"stack.{operation}.safety", SAFE, detail) from error

    def _demand(self, operation: str, law: str, truth: object, sentence: str, detail: str) -> None:
        self._checks += 1
        if not truth:
            raise Violation(f"stack.{operation}.{law}", sentence, f"{self.journal[-1]}: {detail}")


def _pieces(memory: CheckedMemory, address: int, size: int, owner: str) -> Iterator[tuple[int, int, str]]:
    """Where [address, address + size) lies in RAM, page by page, as the tables say."""
    end = address + size
    while address < end:
        length = min(end - address, PAGE_SIZE - address % PAGE_SIZE)
        place = memory.space.translate(address)
        yield place, place + length, owner
        address += length
