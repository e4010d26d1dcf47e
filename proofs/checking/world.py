"""A small world around one heap: a checked machine, the users of its blocks, and unfriendly neighbours.

    0x7000             base - 4096     base                    end
    | descriptor page | ... | guard  | the heap ............. | a page of somebody else, maybe |

The users fill their blocks; what they wrote is remembered here and compared after every step.
"""

from __future__ import annotations

import types
from typing import Any, ClassVar

from impl.arithmetic import PAGE_SIZE, check_word
from impl.errors import PhysicalMemoryFull
from impl.machine import Machine
from model.language.logic import Transition
from proofs.checking.bench import Bench
from proofs.checking.harness import Checked
from proofs.checking.meter import Meter
from proofs.checking.stage import Stage
from proofs.checking.violation import Violation
from proofs.engine.lineage import class_in

DESCRIPTOR_PAGE = 0x7000
DESCRIPTOR = DESCRIPTOR_PAGE + 0x100
GUARD_BYTE = 0xA5
PATTERN_LENGTH = 251
"""A prime, so that a pattern shifted by any power of two differs from itself."""
UNITS = [bytes((number * 29 + i * 7 + 1) & 0xFF for i in range(PATTERN_LENGTH)) for number in range(256)]
"""How the pattern of each number begins, and goes on."""

KEPT = "no byte of any live block is touched"
ALL_BACK = "when the heap is gone, every frame of RAM that it used is free again"


def pattern(number: int, size: int) -> bytes:
    """``size`` bytes that a user writes into his block; different for each ``number``."""
    unit = UNITS[number & 0xFF]
    return (unit * (size // PATTERN_LENGTH + 1))[:size]


class World(Stage):
    """One heap on a machine with ``frames`` frames of RAM.  Subclasses offer the heap's own operations."""

    bench: ClassVar[Bench]
    descriptor_pages = 1

    def __init__(self, frames: int = 128, edition: types.ModuleType | None = None, every: int = 1) -> None:
        super().__init__(frames, edition)
        self.machine = Machine(frames * PAGE_SIZE, checked=True, counter=Meter())
        self.machine.memory.map(DESCRIPTOR_PAGE, self.descriptor_pages)
        self.machine.memory.fill(DESCRIPTOR_PAGE, self.descriptor_pages * PAGE_SIZE, GUARD_BYTE)
        self.checked = Checked(self.bench, self.machine, DESCRIPTOR, edition, every)
        self.free_at_start = self.machine.free_frames()
        self.held: list[int] = []
        self.foreign: list[int] = []
        self.contents: dict[int, bytes] = {}
        self.names: dict[int, str] = {}
        self.blocks = 0

    def sit(self, descriptor: int) -> None:
        """The caller keeps the descriptor at another address, where pages are mapped; there is no heap yet."""
        self.note("sit", f"{descriptor:#x}")
        before = self.checked
        for name in self.bench.structs:
            before.memory.release_range(class_in(before.module, name), before.address, before.address + PAGE_SIZE)
        foreign = before.camera.foreign
        self.checked = Checked(self.bench, self.machine, descriptor, self.edition, before.every)
        self.checked.camera.foreign = foreign
        self.checked.around = before.around

    # ------------------------------------------------------------ the journal

    @property
    def checks(self) -> int:
        """Clauses evaluated so far."""
        return self.checked.checks

    def text(self, value: int) -> str:
        """An address as it stands in a script: relative to a block if that block is near."""
        nearest = max((address for address in self.names if address <= value), default=None)
        if nearest is None or value - nearest >= PAGE_SIZE:
            return f"{value:#x}" if value >= PAGE_SIZE else str(value)
        return self.names[nearest] + (f" + {value - nearest}" if value != nearest else "")

    # ------------------------------------------------------------ users

    def call(self, name: str, *arguments: Any) -> Transition:
        """One checked operation of the heap."""
        return self.checked.call(name, *arguments)

    def admit(self, address: int, size: int, name: str) -> None:
        """A user got a block; he fills it."""
        self.contents[address] = pattern(self.blocks, size)
        self.names[address] = name
        self.machine.memory.store_bytes(address, self.contents[address])

    def write(self, address: int, offset: int, data: bytes) -> None:
        """The user of the live block at ``address`` writes ``data`` into it."""
        self.note("write", self.text(address), str(offset), repr(data))
        old = self.contents[address]
        data = data[: len(old) - offset]
        self.contents[address] = old[:offset] + data + old[offset + len(data) :]
        self.machine.memory.store_bytes(address + offset, data)

    def look_after(self, operation: str) -> None:
        """Every user finds in his block what he wrote."""
        for address, data in self.contents.items():
            if self.machine.memory.load_bytes(address, len(data)) != data:
                name = f"{self.bench.subject.name}.{operation}.payloads_kept"
                raise Violation(name, KEPT, f"the block at {address:#x} no longer holds what its user wrote")

    # ------------------------------------------------------------ neighbours

    def grab(self, count: int) -> None:
        """Somebody takes ``count`` frames of RAM, or as many as there are."""
        self.note("grab", str(count))
        try:
            while count > 0:
                self.held.append(self.machine.frames.allocate(0).base)
                count -= 1
        except PhysicalMemoryFull:
            return

    def give(self, count: int) -> None:
        """Somebody gives ``count`` of his frames back, or all."""
        self.note("give", str(count))
        for frame in self.held[:count]:
            self.machine.frames.free(frame, PAGE_SIZE)
        del self.held[:count]

    def settle(self, address: int) -> bool:
        """Somebody maps the page at ``address`` and fills it; False if the machine refuses."""
        check_word(address, "address")
        if not self.machine.memory.map(address, 1):
            return False
        self.machine.memory.fill(address, PAGE_SIZE, GUARD_BYTE)
        self.foreign.append(address)
        self.checked.adopt(address, 1)
        return True

    def leave(self) -> None:
        """All neighbours unmap their pages."""
        for address in self.foreign:
            self.machine.memory.unmap(address, 1)
            self.checked.disown(address, 1)
        self.foreign.clear()

    def all_back(self, operation: str) -> None:
        """No frame is missing, now that the heap is dead and the neighbours have left."""
        missing = self.free_at_start - len(self.held) - self.machine.free_frames()
        if missing:
            name = f"{self.bench.subject.name}.{operation}.no_leak"
            raise Violation(name, ALL_BACK, f"{missing} frames are missing")
