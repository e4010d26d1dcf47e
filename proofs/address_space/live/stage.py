"""Two address spaces over one RAM, each with two TLBs, and the judgement of what is done to them.

    space 0    supervisor mode                        one RAM full of garbage, one frame allocator,
    space 1    user mode, TLBs of three entries       other people's frames, reserved frames

After every call the exact refusal, the exact map, the exact number of free frames, what every page holds, and who
owns which frame are compared with the reference model (reference.py).
"""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import impl.address_space
import impl.virtual_memory
from impl.address_space import BORROWED, FLAGS, FRAME_MASK
from impl.arithmetic import PAGE_SIZE, WORD_LIMIT
from impl.frame_allocator import FrameAllocator, get_header, header_size
from impl.regions import Area
from impl.shadow import CheckedRam
from model.virtual_memory.state import TLB_INVARIANTS
from proofs.address_space.live.reference import (
    MapModel,
    agrees,
    fault_of_range,
    frames_distinct,
    frames_owned,
    leaves,
    no_table_empty,
    tables,
    tables_counted,
    tables_for,
)
from proofs.address_space.live.theorems import BOUNDS, theorem_of
from proofs.address_space.live.views import found_in, holds, tlb_of, unchecked
from proofs.address_space.subject import SUBJECT
from proofs.checking.meter import Meter, OverBound
from proofs.checking.stage import Claim, Stage
from proofs.checking.violation import Violation
from proofs.frame_allocator.live.reference import INVARIANTS as FRAME_INVARIANTS
from proofs.frame_allocator.live.reference import broken

SPACES = 2
FEW_ENTRIES = 3
RESERVED = (5, 6)
"""Frames that the frame allocator never hands out: a device's."""
LARGE = 8192
"""From so many frames on the upper half of RAM is another device's."""
GARBAGE = 0xA5

REFUSALS = "refused exactly when, and as, the reference model says"
UNCHANGED = "a refused call changes no byte of RAM"
MAP = "afterwards the pages that are mapped, and their flags, are those of the reference model"
READS = "walk and translate say of every address what the tables say"
COUNT = "as many frames are free as the reference model says: none leaks, none is given back twice"
ZERO = "a fresh page reads as zero, whatever its frame held before"
ZERO_FRAME = "every byte of the frame is 0"
BOUND = "no more loads and stores than the closed formula says"
FRAME = "a page shows the frame that it showed"
ACCESS = "a load or store faults exactly if the map does not grant it, and reads what was last written there"
TABLES = {
    "leads_down": frames_distinct,
    "owned": frames_owned,
    "counted": tables_counted,
    "no_table_empty": no_table_empty,
}
"""What holds of the tables, by the fact that it is."""
LOOKS = ("walk", "translate")
"""Operations that never change anything."""
APART = "no frame has two owners: the spaces, their tables, and others who hold frames"
KEPT = "no byte of another owner's frame changes"


@dataclass
class Tenant:
    """One space, its two TLBs, and what the reference model knows of it."""

    space: Any
    views: tuple[Any, Any]
    model: MapModel
    borrowed: dict[int, int] = field(default_factory=dict)
    """Page that shows a reserved frame -> that frame."""
    contents: dict[int, bytearray] = field(default_factory=dict)
    """Page -> what it must hold."""
    frames_shown: dict[int, int] = field(default_factory=dict)
    """Page -> the frame that it must show."""

    @property
    def alive(self) -> bool:
        """Whether the space was not destroyed."""
        return bool(self.space.root != impl.address_space.NO_ROOT)

    def frames(self) -> int:
        """Frames of the allocator that the space uses."""
        return len(self.model.pages) - len(self.borrowed) + tables_for(self.model.pages) if self.alive else 0


class SpaceStage(Stage):
    """Two address spaces over one RAM of ``frames`` frames."""

    bench = Claim(SUBJECT, impl.address_space)

    def __init__(self, frames: int = 64, edition: types.ModuleType | None = None) -> None:
        super().__init__(frames, edition)
        self.meter = Meter()
        self.ram = CheckedRam(frames * PAGE_SIZE, self.meter)
        self.ram.buffer[:] = bytes([GARBAGE]) * len(self.ram.buffer)
        area, reserved = Area(0, frames * PAGE_SIZE), [Area(frame * PAGE_SIZE, PAGE_SIZE) for frame in RESERVED]
        if frames >= LARGE:
            reserved.append(Area(frames // 2 * PAGE_SIZE, (frames - frames // 2) * PAGE_SIZE))
        self.devices = {page for base, size in reserved for page in range(base, base + size, PAGE_SIZE)}
        regions = lambda number: reserved[number] if number < len(reserved) else None  # noqa: E731
        self.allocator = FrameAllocator.init_region(self.ram, area, get_header(area, regions), regions)
        self.quick_allocator = FrameAllocator(unchecked(self.ram), self.allocator.address)
        self.usable = self.allocator.free_frames
        self.held: list[int] = []
        self.uncleared: list[int] = []
        self._checks = 0
        modules = {kind: self._module(kind) for kind in (impl.address_space, impl.virtual_memory)}
        self._tables, self._paging = modules.values()
        self.tenants: dict[int, Tenant] = {}
        for number in range(SPACES):
            self._settle(number)

    def _module(self, sound: types.ModuleType) -> types.ModuleType:
        """The code that runs: the edition, if it is one of this module."""
        return self.edition if self.edition is not None and self.bench.module is sound else sound

    def _settle(self, number: int) -> None:
        space = self._watched()(self.ram, self.allocator)
        room = FEW_ENTRIES if number == 1 else impl.virtual_memory.TLB_ENTRIES
        first, second = (self._paging.VirtualMemory(space, number == 1, room) for _ in range(2))
        self.tenants[number] = Tenant(space, (first, second), MapModel(0))

    def _watched(self) -> type[Any]:
        """Address spaces in which every frame is looked at as it comes, for a page and for a table alike."""
        kind: type[Any] = self._tables.AddressSpace

        def new_frame(space: Any) -> int:
            frame: int = kind._new_frame(space)
            if any(self._content(frame)):
                self.uncleared.append(frame)
            return frame

        return type(kind.__name__, (kind,), {"__slots__": (), "_new_frame": new_frame})

    @property
    def checks(self) -> int:
        """Clauses evaluated so far."""
        return self._checks

    def free_frames(self) -> int:
        """How many frames must be free now."""
        return self.usable - len(self.held) - sum(tenant.frames() for tenant in self.tenants.values())

    def _model(self, number: int) -> MapModel:
        """The map of a space, with as many frames as there are for it."""
        tenant = self.tenants[number]
        tenant.model.frames = self.free_frames() + tenant.frames() + len(tenant.borrowed)
        return tenant.model

    # ------------------------------------------------------------ what must be refused

    def _refusal(self, number: int, address: int, pages: int, flags: int = 0, dead: str = "NotMapped") -> str:
        """What is refused whatever the map says; ``dead`` is what a space that was destroyed answers."""
        if flags & ~FLAGS:
            return "ValueError"
        if not (is_word(address) and is_word(pages)):
            return "ValueError"
        if fault := fault_of_range(address, pages):
            return fault
        return "" if self.tenants[number].alive else dead

    def _refusal_to_lend(self, number: int, address: int, base: int, pages: int) -> str:
        if not is_word(base):
            return "ValueError"
        if base % PAGE_SIZE or base // PAGE_SIZE + pages > self.frames:
            return "NoSuchFrame"
        model = self._model(number)
        new = dict.fromkeys(pages_of(address, pages), 0)
        if new.keys() & model.pages.keys():
            return "AlreadyMapped"
        if tables_for(model.pages | new) - tables_for(model.pages) > self.free_frames():
            return "PhysicalMemoryFull"
        lent = {frame for tenant in self.tenants.values() for frame in tenant.borrowed.values()}
        reserved = self.devices | set(self.header_frames())
        for frame in pages_of(base, pages):
            if frame in lent or frame not in reserved:
                return "AlreadyLent" if frame in lent else "NotReserved"
        return ""

    def header_frames(self) -> range:
        """The frames that hold the frame allocator's own state."""
        base = self.allocator.address
        return range(base, base + header_size(self.frames), PAGE_SIZE)

    # ------------------------------------------------------------ judgement

    def _call(self, name: str, refusal: str, pages: int, operation: Callable[[], Any]) -> bool:
        """Call and compare with the refusal that the model demands, "" for none; whether it was carried out."""
        before, raised = self.ram.buffer[:], ""
        try:
            with self.meter.at_most(BOUNDS[name](pages) if name in BOUNDS and is_word(pages) else None):
                operation()
        except OverBound as over:
            raise self._violation(name, "cost", BOUND, f"{over}") from over
        except Violation:
            raise
        except Exception as error:
            raised = type(error).__name__
        self._demand("_new_frame", "reads_zero", not self.uncleared, ZERO_FRAME, _frames(self.uncleared))
        detail = f"{raised or 'carried out'}; the model says: {refusal or 'carried out'}"
        if refusal or name in LOOKS:
            self._demand(name, "refused", self.ram.buffer[:] == before, UNCHANGED, detail)
        self._demand(name, "refusal", raised == refusal, REFUSALS, detail)
        return not refusal

    def _inspect(self, name: str, who: int) -> None:
        """The tables say what the models say, every frame has one owner, and every page holds what it must.

        ``name`` was done in space ``who``.
        """
        found = broken(FRAME_INVARIANTS, self.quick_allocator)
        self._demand(name, "frames", not found, "the frame allocator's invariants hold", "\n".join(found))
        for number in sorted(self.tenants, key=lambda number: number != who):
            self._inspect_space(name, number, number == who)
        free = self.quick_allocator.free_frames
        self._demand(name, "count", free == self.free_frames(), COUNT, f"{free}, not {self.free_frames()}")
        self._demand_one_owner(name)
        self._inspect_bytes(name)

    def _inspect_space(self, name: str, number: int, own: bool) -> None:
        """One space; what is wrong with one that is not the operation's ``own`` are bytes that it had no right to."""
        tenant = self.tenants[number]
        if not tenant.alive:
            return
        with self.meter.paused():
            for fact, law in TABLES.items():
                held = holds(law, tenant.space)
                self._demand(name, fact if own else "bytes", held, law.sentence, f"space {number}")
        fact = "pages" if own else "bytes"
        self._demand(name, fact, agrees(tenant.model, tenant.space), MAP, f"space {number}")
        self._inspect_frames(name, fact, number)
        for tlb in map(tlb_of, tenant.views):
            for law in TLB_INVARIANTS:
                self._demand(name, law.name, law.formula(None, 0, tlb), law.sentence, f"space {number}")

    def _inspect_frames(self, name: str, fact: str, number: int) -> None:
        """Every page shows the frame that it showed before; one that is new may show any."""
        shown = self.tenants[number].frames_shown
        for page, entry in leaves(self.tenants[number].space).items():
            frame = shown.setdefault(page, entry & FRAME_MASK)
            self._demand(name, fact, entry & FRAME_MASK == frame, FRAME, f"{page:#x} of space {number}")

    def _inspect_bytes(self, name: str) -> None:
        """Everybody finds in his frames what he wrote."""
        for frame in self.held:
            kept = self.ram.buffer[frame : frame + PAGE_SIZE].count(GARBAGE) == PAGE_SIZE
            self._demand(name, "bytes", kept, KEPT, f"somebody's frame {frame:#x}")
        for number, tenant in self.tenants.items():
            self._inspect_pages(name, number, tenant)

    def _inspect_pages(self, name: str, number: int, tenant: Tenant) -> None:
        entries = leaves(tenant.space) if tenant.contents else {}
        for page, content in tenant.contents.items():
            kept = self._content(entries[page]) == content
            self._demand(name, "bytes", kept, KEPT, f"{page:#x} of space {number}")

    def _demand_one_owner(self, name: str) -> None:
        owned = list(self.held)
        for tenant in self.tenants.values():
            if tenant.alive:
                owned += [entry & FRAME_MASK for entry in leaves(tenant.space).values()]
                owned += [table.frame for table in tables(tenant.space)]
        self._demand(name, "owners", len(owned) == len(set(owned)), APART)

    def _content(self, entry: int) -> bytes:
        """What the frame that an entry names holds."""
        frame = entry & FRAME_MASK
        content: bytes = self.ram.buffer[frame : frame + PAGE_SIZE]
        return content

    def _demand(self, operation: str, fact: str, truth: object, sentence: str, detail: str = "") -> None:
        self._checks += 1
        if not truth:
            raise self._violation(operation, fact, sentence, detail)

    def _violation(self, operation: str, fact: str, sentence: str, detail: str) -> Violation:
        theorem = f"{self.bench.subject.name}.{operation}.{theorem_of(self.bench.subject, operation, fact)}"
        return Violation(theorem, sentence, f"{self.journal[-1]}: {detail}\n{self._picture()}")

    def _picture(self) -> str:
        """Every page of every space."""
        lines = [f"{len(self.held)} frames are held by others, {self.free_frames()} should be free"]
        for number, tenant in self.tenants.items():
            for page, entry in found_in(tenant.space).items() if tenant.alive else ():
                kind = " borrowed" if entry & BORROWED else ""
                lines.append(f"space {number}: {page:#x} -> {entry & FRAME_MASK:#x}{kind}, flags {entry & FLAGS:#x}")
        return "\n".join(lines)


def is_word(value: int) -> bool:
    """Whether the value is a machine word."""
    return 0 <= value < WORD_LIMIT


def pages_of(address: int, pages: int) -> range:
    """The addresses of the pages of a range."""
    return range(address, address + pages * PAGE_SIZE, PAGE_SIZE)


def _frames(bases: list[int]) -> str:
    return ", ".join(f"frame {base:#x}" for base in bases)


def through(view: int) -> tuple[str, ...]:
    """The TLB of the space that a call goes through, as it stands in a script; the first is not named."""
    return (f"view={view}",) if view else ()


def in_script(value: int) -> str:
    """A number as it stands in a script."""
    return f"{value:#x}" if abs(value) >= PAGE_SIZE else str(value)
