"""The whole stack on one RAM: one frame allocator, two address spaces, and several heaps of every kind at once.

    space 0    two segment heaps, two block heaps, two bin heaps, two bucket heaps, programs' pages
    space 1    one heap of every kind, at the virtual addresses of the first in space 0, programs' pages

After every step each physical byte that somebody owns is looked up in RAM's own tables: live blocks, headers, page
tables, the frame allocator's header and other people's frames; free frames belong to nobody.
No byte may have two owners, and everybody must find what he wrote.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise, product
from typing import Any, ClassVar

import impl.heaps
from impl.address_space import AddressSpace
from impl.arithmetic import NULL, PAGE_SIZE
from impl.errors import DrystoneError, PhysicalMemoryFull
from impl.frame_allocator import FrameAllocator, header_size
from impl.machine import Machine
from impl.page_tables import FRAME_MASK
from impl.shadow import CheckedMemory
from model.language.logic import Subject
from model.stack.contract import HEAPS
from model.virtual_memory.state import TLB_INVARIANTS
from proofs.address_space.live.tables import leaves, tables
from proofs.address_space.live.views import unchecked
from proofs.checking.stage import Stage
from proofs.checking.violation import Violation
from proofs.checking.world import pattern
from proofs.frame_allocator.live.reference import FREE, blocks
from proofs.stack.live.processors import AS_TOLD, FORBIDDEN, Processors, closed_to, processors_of, run_through, stale
from proofs.stack.live.processors import written_through as written
from proofs.stack.subject import SUBJECT

DESCRIPTORS, DESCRIPTOR_PAGES = 0x7000, 2
"""Where the descriptors begin in either space: each heap has so many pages for its own."""
SEGMENT_BASE, SEGMENT_ROOM = 0x4000_0000, 2 << 20
POOL, POOL_PAGES = 0x1000_0000, 12
EXTENT, EXTENT_SIZE, EXTENTS = 0x2000_0000, 32 << 10, 2
BUCKET_PAGE = 4096
FRAMES = 320
KINDS = ("segment_heap", "block_heap", "bin_heap", "bucket_heap")
SPACES = (2, 1)
"""How many heaps of each kind there are in each space.  The pools of two heaps touch, and so do their extents.
Each space has several processors, and any of them may call any heap of it (proofs/stack/live/processors.py)."""

ONE_OWNER = "no physical byte has two live owners"
KEPT = "everybody finds in his block what he wrote"
SAFE = "an allocation or the release of a live block raises nothing and touches nothing foreign"
REFUSES_AS_TOLD = "a heap refuses the block of another with an error that its contract names, or with none"
REFUSED = "a heap refuses to free the block of another and changes nothing"


NAMES = {
    "segment_heap": ("allocate", "free"),
    "block_heap": ("malloc", "free"),
    "bin_heap": ("malloc", "free", "realloc"),
    "bucket_heap": ("alloc", "free"),
}
"""What each kind calls it to allocate, to free, and to resize if it does."""


@dataclass
class Calls:
    """How one processor asks a heap for a block, and gives one back."""

    allocate: Callable[[int], int]
    free: Callable[[int], Any]
    resize: Callable[[int, int], Any] | None = None


def calls_of(kind: str, heap: Any, processors: Processors) -> list[Calls]:
    """How each of the processors calls the heap."""
    views = [type(heap)(memory, heap.address) for memory in processors]
    return [Calls(*(getattr(view, name) for name in NAMES[kind])) for view in views]


@dataclass
class Resident:
    """One heap: where it lives, and how each processor of its space asks it for a block and gives one back."""

    kind: str
    number: int
    processors: Processors
    calls: list[Calls]
    live: dict[int, bytes] = field(default_factory=dict, init=False)
    """Address of each block -> what its user wrote into it."""

    @property
    def name(self) -> str:
        """How a report calls the heap."""
        return f"{self.kind} {self.number}"

    @property
    def memory(self) -> CheckedMemory:
        """Its space, as the first processor sees it."""
        return self.processors[0]

    def may_refuse(self, operation: str) -> tuple[str, ...]:
        """The errors that the contract of free, or realloc, names: any other breaks it."""
        return HEAPS[self.kind].subject.operation(operation).raises


@dataclass(frozen=True)
class Whole:
    """The stack, put to the test."""

    subject: Subject = SUBJECT
    module: types.ModuleType = impl.heaps


class StackWorld(Stage):
    """Every heap on one machine with ``frames`` frames of RAM."""

    bench: ClassVar[Whole] = Whole()

    def __init__(self, frames: int = FRAMES, edition: types.ModuleType | None = None) -> None:
        super().__init__(frames, edition)
        self.machine = Machine(frames * PAGE_SIZE, checked=True)
        self.heaps: Any = edition or impl.heaps
        other = AddressSpace(self.machine.ram, self.machine.frames)
        self.spaces = tuple(processors_of(space, self.machine.counter) for space in (self.machine.space, other))
        self.memories = tuple(processors[0] for processors in self.spaces)
        self.residents: list[Resident] = []
        self.held: list[int] = []
        self.blocks = 0
        self._checks = 0
        for processors, heaps in zip(self.spaces, SPACES, strict=True):
            for place, (kind, number) in enumerate(product(KINDS, range(heaps))):
                at = DESCRIPTORS + place * DESCRIPTOR_PAGES * PAGE_SIZE
                processors[0].map(at, DESCRIPTOR_PAGES)
                self._boot(kind, processors, at, number)
        self.inspect("boot")

    @property
    def checks(self) -> int:
        """Bytes' owners are compared so often."""
        return self._checks

    # ------------------------------------------------------------ the boot code

    def _boot(self, kind: str, processors: Processors, at: int, number: int) -> None:
        """One more heap of that kind, the descriptor at ``at``; the number says where its memory lies."""
        begin = {
            "segment_heap": self._segment_heap,
            "block_heap": self._block_heap,
            "bin_heap": self._bin_heap,
            "bucket_heap": self._bucket_heap,
        }
        heap = begin[kind](processors[0], at, number)
        calls = calls_of(kind, heap, processors)
        self.residents.append(Resident(kind, len(self.residents), processors, calls))

    def _segment_heap(self, memory: CheckedMemory, at: int, number: int) -> Any:
        heap = self.heaps.SegmentHeap.claim(memory, at)
        heap.init(SEGMENT_BASE + number * SEGMENT_ROOM)
        return heap

    def _block_heap(self, memory: CheckedMemory, at: int, number: int) -> Any:
        table = self.heaps.HeapTable.claim(memory, at)
        heap = self.heaps.BlockHeap.claim(memory, at + table.SIZE)
        table.entries, table.total = at + 0x800, POOL_PAGES
        pool = POOL + number * POOL_PAGES * PAGE_SIZE
        memory.map(pool, POOL_PAGES)
        heap.create(pool, pool + POOL_PAGES * PAGE_SIZE, at)
        return heap

    def _bin_heap(self, memory: CheckedMemory, at: int, number: int) -> Any:
        heap = self.heaps.BinHeap.claim(memory, at)
        heap.init()
        return heap

    def _bucket_heap(self, memory: CheckedMemory, at: int, number: int) -> Any:
        heap = self.heaps.BucketHeap.claim(memory, at)
        first = EXTENT + number * EXTENTS * EXTENT_SIZE
        memory.map(first, EXTENTS * EXTENT_SIZE // PAGE_SIZE)
        heap.init(first, EXTENT_SIZE, BUCKET_PAGE)
        for extent in range(first + EXTENT_SIZE, first + EXTENTS * EXTENT_SIZE, EXTENT_SIZE):
            heap.extend(extent, EXTENT_SIZE)
        return heap

    # ------------------------------------------------------------ what happens

    def allocate(self, who: int, size: int, on: int = 0) -> int:
        """Somebody on the processor ``on`` asks a heap for ``size`` bytes and fills them; NULL if there is nothing."""
        self.blocks += 1
        self.note("allocate", str(who), str(size), str(on), result=f"a{self.blocks}")
        resident = self.residents[who]
        address: int = self._act("allocate", lambda: resident.calls[on].allocate(size))
        if address != NULL:
            self._fill("allocate", resident, address, size, on)
        self.inspect("allocate")
        return address

    def free(self, who: int, address: int, on: int = 0) -> None:
        """A block goes back to the heap that it came from."""
        self.note("free", str(who), f"{address:#x}", str(on))
        resident = self.residents[who]
        del resident.live[address]
        self._act("free", lambda: resident.calls[on].free(address))
        self.inspect("free")

    def resize(self, who: int, address: int, size: int, on: int = 0) -> int:
        """A live block becomes ``size`` bytes, wherever it lies then; the user writes it anew."""
        self.blocks += 1
        self.note("resize", str(who), f"{address:#x}", str(size), str(on), result=f"a{self.blocks}")
        resident = self.residents[who]
        call = resident.calls[on].resize
        if call is None:
            return address
        moved: int = self._act("resize", lambda: call(address, size))
        if moved != NULL:
            del resident.live[address]
            self._fill("resize", resident, moved, size, on)
        self.inspect("resize")
        return moved

    def _fill(self, operation: str, resident: Resident, address: int, size: int, on: int) -> None:
        """The user of a block that he was given writes all of it; every processor sees that."""
        resident.live[address] = pattern(self.blocks, size)
        self.demand_one_owner(operation)
        seen = written(resident.processors, address, resident.live[address], on)
        self._demand(operation, "seen_by_all", seen, AS_TOLD, f"{resident.name}: block {address:#x}")

    def mistake(self, who: int, other: int, address: int, size: int = 0) -> None:
        """A block of the heap ``other`` is given to the heap ``who``, to free or to resize: it must not believe in it.

        It refuses as its contract says, by that error or none, and changes nothing.
        """
        self.note("mistake", str(who), str(other), f"{address:#x}", str(size))
        resident, owner = self.residents[who], self.residents[other]
        if not self.tells_apart(resident, owner, address):
            return
        calls, before = resident.calls[0], self.machine.ram.buffer[:]
        if size and calls.resize is not None:
            resize = calls.resize
            self._refuse(resident, "realloc", lambda: resize(address, size))
        else:
            self._refuse(resident, "free", lambda: calls.free(address))
        self._demand("mistake", "refused", self.machine.ram.buffer[:] == before, REFUSED, resident.name)
        self.inspect("mistake")

    @staticmethod
    def tells_apart(resident: Resident, owner: Resident, address: int) -> bool:
        """Whether the heap can know that the block is not its own: in its own space it may be a live one of its own."""
        return resident.memory is owner.memory or address not in resident.live

    def _refuse(self, resident: Resident, operation: str, call: Callable[[], Any]) -> None:
        """A call that may end with the errors of its contract, and no other."""
        try:
            call()
        except DrystoneError as error:
            if type(error).__name__ not in resident.may_refuse(operation):
                detail = f"{resident.name}: {self.journal[-1]}: {type(error).__name__}: {error}"
                raise Violation("stack.mistake.safety", REFUSES_AS_TOLD, detail) from error

    def program(self, space: int, page: int, pages: int, on: int = 0) -> None:
        """A program maps pages of its own far away from the heaps, and runs what it writes there.

        If they are there, it makes them constants, and unmaps them.
        """
        self.note("program", str(space), str(page), str(pages), str(on))
        processors, address = self.spaces[space], 0x7000_0000_0000 + page * PAGE_SIZE
        memory = processors[on]
        if memory.is_mapped(address, pages * PAGE_SIZE):
            refused = self._act("program", lambda: closed_to(processors, address, pages, on))
            self._demand("program", "protected", refused, FORBIDDEN, f"{address:#x}")
            self.demand_no_stale("program")
            self._act("program", lambda: memory.unmap(address, pages))
        elif memory.map(address, pages):
            seen = self._act("program", lambda: run_through(processors, address, pages, on))
            self._demand("program", "seen_by_all", seen, AS_TOLD, f"{address:#x}")
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
        """Every physical byte has at most one owner, no TLB shows another, and every user finds what he wrote."""
        self.demand_one_owner(operation)
        self.demand_no_stale(operation)
        for memory in self.memories:
            shown = _shown(memory)
            for resident in (one for one in self.residents if one.memory is memory):
                self._look_after(operation, resident, shown)

    def demand_one_owner(self, operation: str) -> None:
        """Every physical byte has at most one owner."""
        for (_, end, first), (start, _, second) in pairwise(sorted(self.owners())):
            self._demand(operation, "one_owner", end <= start, ONE_OWNER, f"{start:#x}: {first}; {second}")

    def demand_no_stale(self, operation: str) -> None:
        """No TLB of either space holds anything but what the page tables say."""
        for number, processors in enumerate(self.spaces):
            self._checks += len(TLB_INVARIANTS) * len(processors)
            for law, whose in stale(processors):
                self._demand(operation, law.name, False, law.sentence, f"{whose} of space {number}")

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
            shown = _shown(memory)
            for address, struct, count in memory.shadow.all_claims():
                owner = f"{struct.__name__} {address:#x} of space {number}"
                yield from _pieces(shown, address, struct.SIZE * count, owner)
            for resident in self.residents:
                for address, content in resident.live.items() if resident.memory is memory else ():
                    yield from _pieces(shown, address, len(content), f"{resident.name}: block {address:#x}")

    def _look_after(self, operation: str, resident: Resident, shown: Mapping[int, int]) -> None:
        for address, content in resident.live.items():
            pieces = _pieces(shown, address, len(content), "")
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


def _shown(memory: CheckedMemory) -> dict[int, int]:
    """Page -> frame, by their addresses, as the tables of a space say."""
    return {page: entry & FRAME_MASK for page, entry in leaves(memory.space).items()}


def _pieces(shown: Mapping[int, int], address: int, size: int, owner: str) -> Iterator[tuple[int, int, str]]:
    """Where [address, address + size) lies in RAM, page by page; what is not mapped lies nowhere."""
    end = address + size
    while address < end:
        length = min(end - address, PAGE_SIZE - address % PAGE_SIZE)
        frame = shown.get(address - address % PAGE_SIZE)
        if frame is not None:
            place = frame + address % PAGE_SIZE
            yield place, place + length, owner
        address += length
