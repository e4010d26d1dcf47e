"""The machine: RAM, the frame allocator over it, one address space, and the memory that programs see.

    machine = Machine(ram_bytes=16 << 20)
    machine.memory.map(0x40_0000, 4)
    machine.memory.store(0x40_0000, 8, 42)

An ordinary machine neither counts nor checks.  A checked one counts every access in
``counter`` and compares it with the shadow (impl/shadow.py).
"""

from __future__ import annotations

from collections.abc import Sequence

from impl.address_space import AddressSpace
from impl.counter import Counter
from impl.frame_allocator import FrameAllocator, get_header
from impl.ram import PhysicalMemory
from impl.regions import Area
from impl.shadow import CheckedMemory, CheckedRam
from impl.virtual_memory import VirtualMemory

DEFAULT_RAM = 64 << 20


class Machine:
    """A machine with ``ram_bytes`` of RAM (a positive multiple of 4096), some of it ``reserved``.

    If it is ``checked``, the ``counter`` counts loads and stores.

    OutOfMemory if the header of the frame allocator, PhysicalMemoryFull if the root page
    table finds no room.
    """

    def __init__(
        self,
        ram_bytes: int = DEFAULT_RAM,
        checked: bool = False,
        reserved: Sequence[Area | tuple[int, int]] = (),
        counter: Counter | None = None,
    ) -> None:
        self.counter = counter or Counter()
        self.reserved = tuple(Area(base, size) for base, size in reserved)
        self.ram = CheckedRam(ram_bytes, self.counter) if checked else PhysicalMemory(ram_bytes)
        self.area = Area(0, ram_bytes)
        self.header = get_header(self.area, self.region)
        self.frames = FrameAllocator.init_region(self.ram, self.area, self.header, self.region)
        self.space = AddressSpace(self.ram, self.frames)
        self.memory = self._memory(checked)

    def _memory(self, checked: bool) -> VirtualMemory:
        if checked:
            return CheckedMemory(self.space, self.counter)
        return VirtualMemory(self.space)

    def region(self, number: int) -> Area | None:
        """The enumerator of reserved regions (impl/regions.py)."""
        return self.reserved[number] if number < len(self.reserved) else None

    def free_frames(self) -> int:
        """How many frames are free now."""
        with self.counter.paused():
            return self.frames.free_frames

    def destroy(self) -> None:
        """Give every frame of the address space back; nothing is mapped any more."""
        self.memory.destroy_space()
