"""Short runs of edited allocators on the real machine: each tells what harm it meets, or "" if it meets none."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from impl.arithmetic import PAGE_SIZE
from impl.errors import DrystoneError, InvalidFree, PageFault
from impl.layout import Field
from impl.machine import Machine
from impl.page_tables import USER, WRITABLE
from impl.ram import PhysicalMemory
from impl.regions import Area, no_regions

RAM = 4 << 20
HEAP = 0x1_0000
"""Where a heap's descriptor lies."""
BASE = 0x4000_0000
"""Where a heap's own pages lie."""
Scene = Callable[[Any], str]
"""What a run of an edited module meets."""


def raising(error: BaseException, call: str) -> str:
    """An exception that no contract knows is a harm, too."""
    return "" if isinstance(error, ValueError | DrystoneError) else f"{call} raises {type(error).__name__}: {error}"


def segment_heap(module: Any) -> Any:
    """A segment heap of this edition, on a machine of its own."""
    machine = Machine(RAM, checked=True)
    machine.memory.map(HEAP, 1)
    heap = module.SegmentHeap.claim(machine.memory, HEAP)
    heap.init(BASE)
    return heap


def block_heap(module: Any) -> Any:
    """A block heap of this edition, of eight blocks."""
    machine = Machine(RAM, checked=True)
    machine.memory.map(HEAP, 1)
    machine.memory.map(BASE, 8)
    heap = module.BlockHeap.claim(machine.memory, HEAP)
    table = module.HeapTable.claim(machine.memory, HEAP + 64)
    table.entries, table.total = HEAP + 128, 8
    heap.create(BASE, BASE + 8 * PAGE_SIZE, table.address)
    return heap


def served(heap: Callable[[Any], Any], method: str, *sizes: int) -> Scene:
    """What hands out blocks of these sizes: the harm is a block that is handed out twice, or an exception."""

    def scene(module: Any) -> str:
        made, live = heap(module), set()
        for size in sizes:
            call = f"{method}({size})"
            try:
                block = getattr(made, method)(size)
            except (Exception, SystemExit) as error:
                return raising(error, call)
            if block in live:
                return f"{call} hands out {block:#x}, which is a live block"
            live |= {block} - {0}
        return ""

    return scene


def refusing(heap: Callable[[Any], Any], method: str, *sizes: int) -> Scene:
    """The harm is an exception, where the contract knows none."""

    def scene(module: Any) -> str:
        made = heap(module)
        for size in sizes:
            try:
                getattr(made, method)(size)
            except Exception as error:
                return f"{method}({size}) raises {type(error).__name__}: {error}"
        return ""

    return scene


def apart(scene: Scene) -> Scene:
    """The scene in a process of its own; that it ends without a word is the harm."""

    def watched(module: Any) -> str:
        ours, theirs = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(theirs, b"met: " + scene(module).encode())
            os._exit(1)
        os.close(theirs)
        _, status = os.waitpid(child, 0)
        with os.fdopen(ours) as said:
            met = said.read().removeprefix("met: ")
        return met if os.waitstatus_to_exitcode(status) else "the process ends with status 0, without a word"

    return watched


def supervisor_page_read(module: Any) -> str:
    """A user program loads from a page that is the supervisor's."""
    machine = Machine(RAM)
    memory = module.VirtualMemory(machine.space)
    memory.map(BASE, 2)
    machine.space.protect(BASE + PAGE_SIZE, 1, WRITABLE | USER)
    memory.store(BASE, 8, 42)
    memory.flush()
    memory.user_mode = True
    try:
        memory.load(BASE + PAGE_SIZE, 8)
        return f"a user loads {memory.load(BASE, 8)} from a page of the supervisor"
    except PageFault:
        return ""


def read_only_page_written(module: Any) -> str:
    """A program stores into a page that is read-only."""
    machine = Machine(RAM)
    memory = module.VirtualMemory(machine.space)
    memory.map(BASE, 2)
    memory.protect(BASE, 1, 0)
    try:
        memory.store(BASE + PAGE_SIZE, 8, 1)
        memory.load(BASE, 8)
        memory.store(BASE, 8, 42)
    except PageFault:
        return ""
    return "a program stores into a page that is read-only"


def unmapped_page_read(module: Any) -> str:
    """A program loads from where nothing is mapped."""
    machine = Machine(RAM)
    memory = module.VirtualMemory(machine.space)
    memory.map(BASE, 1)
    try:
        return f"a program loads {memory.load(BASE + PAGE_SIZE, 8)} from where nothing is mapped"
    except PageFault:
        return ""


def full_tlb_kept(module: Any) -> str:
    """A TLB with room for two pages holds more."""
    machine = Machine(RAM)
    memory = module.VirtualMemory(machine.space, False, 2)
    memory.map(BASE, 8)
    for page in range(8):
        memory.load(BASE + page * PAGE_SIZE, 8)
    held = len(memory.translations())
    return f"a TLB with room for 2 pages holds {held}" if held > 2 else ""


def pages_vanish(module: Any) -> str:
    """Unmapping one page takes others with it."""
    machine = Machine(RAM)
    space = module.AddressSpace(machine.ram, machine.frames)
    space.map(BASE, 4)
    space.unmap(BASE, 1)
    gone = [page for page in range(1, 4) if not space.walk(BASE + page * PAGE_SIZE)]
    return f"unmapping one page of four takes {len(gone)} others with it" if gone else ""


def frames_leak(module: Any) -> str:
    """Mapping and unmapping a page costs frames."""
    machine = Machine(RAM)
    space = module.AddressSpace(machine.ram, machine.frames)
    before = machine.free_frames()
    space.map(BASE, 1)
    space.unmap(BASE, 1)
    lost = before - machine.free_frames()
    return f"a page that is mapped and unmapped costs {lost} frames" if lost else ""


class Counting(PhysicalMemory):
    """RAM that counts loads of fields."""

    loads = 0

    def read(self, field: Field[Any], address: int, /) -> Any:
        """Load a field."""
        self.loads += 1
        return super().read(field, address)


def header_moved(module: Any) -> str:
    """One allocation through a header, and through a copy of it that lies elsewhere: they load different numbers."""
    ram, area, kept = Counting(RAM), Area(0, RAM), 1 << 20
    header = Area(kept, module.get_header(area, no_regions).size)
    module.FrameAllocator.init_region(ram, area, header, lambda n: Area(3 * kept, kept) if n == 0 else None)
    ram.store_bytes(3 * kept, ram.load_bytes(header.base, header.size))
    loads = []
    for place in (header.base, 3 * kept):
        ram.loads = 0
        module.FrameAllocator(ram, place).allocate(0)
        loads.append(ram.loads)
    return f"an allocation makes {loads[0]} loads, by a header elsewhere {loads[1]}" if loads[0] != loads[1] else ""


def wrong_frame(module: Any) -> str:
    """A program that loads what it stored finds something else."""
    machine = Machine(RAM)
    memory = module.VirtualMemory(machine.space)
    memory.map(BASE, 1)
    machine.ram.store(machine.space.translate(BASE), 8, 42)
    found = memory.load(BASE, 8)
    return "" if found == 42 else f"a program finds {found} where 42 lies"


def destructed(module: Any) -> str:
    """A heap cannot be taken down."""
    heap = segment_heap(module)
    try:
        heap.destruct()
    except Exception as error:
        return f"destruct() raises {type(error).__name__}: {error}"
    return ""


def wild_free(module: Any) -> str:
    """A wild address is freed."""
    heap = block_heap(module)
    try:
        heap.free(BASE - PAGE_SIZE)
    except InvalidFree:
        return ""
    except Exception as error:
        return f"free of a wild address raises {type(error).__name__}: {error}"
    return "free of a wild address is accepted"


def created(module: Any) -> str:
    """A block heap is created."""
    try:
        block_heap(module)
    except Exception as error:
        return f"create raises {type(error).__name__}: {error}"
    return ""
