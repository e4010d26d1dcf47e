"""Two address spaces over one RAM, each with two TLBs, and the judgement of what is done to them.

    space 0    supervisor mode                        one RAM full of garbage, one frame allocator,
    space 1    user mode, TLBs of three entries       other people's frames, reserved frames

After every call each clause of the operation's contract is evaluated, and every invariant, on what RAM held before and
holds now (moment.py).  What no contract speaks of is looked at, too: the pages and tables of the other space, what
programs and others find in their frames, and that no frame is lost to all of them.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import impl.address_space
import impl.virtual_memory
from impl.address_space import FLAGS
from impl.arithmetic import PAGE_SIZE, WORD_LIMIT
from impl.errors import DrystoneError
from impl.frame_allocator import FrameAllocator, get_header, header_size
from impl.page_tables import BORROWED, ENTRIES, FRAME_MASK, NO_ROOT
from impl.regions import Area
from impl.shadow import CheckedRam
from model.language.annotations import observed
from model.language.logic import RAISES_ONLY, Clause, Operation, Subject, Transition
from model.virtual_memory.state import TLB_INVARIANTS
from proofs.address_space.live.moment import Moment
from proofs.address_space.live.tables import found_in, tables
from proofs.address_space.live.views import tlb_of, unchecked
from proofs.address_space.subject import SUBJECT
from proofs.checking.loops import IterationLimit, LoopObserver
from proofs.checking.meter import ENDLESS, UNENDING, Meter, OverBound, exceeded
from proofs.checking.stage import Claim, Stage
from proofs.checking.violation import Violation
from proofs.engine.lineage import files_of
from proofs.frame_allocator.live.reference import INVARIANTS as FRAME_INVARIANTS
from proofs.frame_allocator.live.reference import broken

SPACES = 2
FEW_ENTRIES = 3
RESERVED = (5, 6)
"""Frames that the frame allocator never hands out: a device's."""
LARGE = 8192
"""From so many frames on the upper half of RAM is another device's."""
GARBAGE = 0xA5
MOST_COST = (50_000, 1_000)
"""Loads and stores of a call, and more for each frame of RAM: more than any that ends can cost there."""

MOST_ROUNDS = ENTRIES + 2
"""How often a loop of a call comes round at most, but for one over pages."""

COUNT = "no frame is lost: those that are not free are held by somebody, or by a space for a page or a table"
ZERO_FRAME = "every byte of the frame is 0"
ACCESS = "a load or store faults exactly if the map does not grant it, and reads what was last written there"
APART = "no frame has two owners: the spaces, their tables, and others who hold frames"
KEPT = "no byte of another owner's frame changes"
OTHERS_KEPT = "no page and no table of another space changes"
SAID_BY: Mapping[str, tuple[str, ...]] = {
    "count": ("all_counted", "all_tables_counted", "frames_back", "all_back", "frames_counted"),
    "owners": ("only_free_taken", "only_own_frames", "all_back", "pages_read_zero"),
    "bytes": (
        *("only_free_bytes", "only_bytes_of_tables", "only_bytes_of_own_tables", "pages_read_zero"),
        "store_changes_those_bytes_only",
    ),
    "faults": ("faults_rightly",),
    "reads_what_was_written": ("load_is_what_is_there",),
    "refuses_words": ("width_refused", "value_refused"),
}
"""What is seen of all frames and bytes -> the clauses that say it, each of some operations."""


def law_of(subject: Subject, operation: str, fact: str) -> str:
    """The clause of the operation that says the fact; the fact's own name if none does."""
    clauses = [law.name for one in subject.operations if one.name == operation for law in one.ensures]
    return next((name for name in SAID_BY.get(fact, ()) if name in clauses), fact)


@dataclass
class Tenant:
    """One space, its two TLBs, and what its pages must hold: ``contents`` by page."""

    space: Any
    views: tuple[Any, Any]
    contents: dict[int, bytearray] = field(default_factory=dict)

    @property
    def alive(self) -> bool:
        """Whether the space was not destroyed."""
        return bool(self.space.root != NO_ROOT)

    @property
    def entries(self) -> dict[int, int]:
        """Page -> entry, as its tables say."""
        return found_in(self.space) if self.alive else {}

    @property
    def pages(self) -> dict[int, int]:
        """Page -> flags, as its tables say."""
        return {page: entry & FLAGS for page, entry in self.entries.items()}

    @property
    def borrowed(self) -> dict[int, int]:
        """Page that shows a reserved frame -> that frame."""
        return {page: entry & FRAME_MASK for page, entry in self.entries.items() if entry & BORROWED}

    def frames(self) -> list[int]:
        """Frames of the allocator that the space uses."""
        if not self.alive:
            return []
        own = [entry & FRAME_MASK for entry in self.entries.values() if not entry & BORROWED]
        return own + [table.frame for table in tables(self.space)]


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
        regions = lambda number: reserved[number] if number < len(reserved) else None  # noqa: E731
        self.allocator = FrameAllocator.init_region(self.ram, area, get_header(area, regions), regions)
        self.quick_allocator = FrameAllocator(unchecked(self.ram), self.allocator.address)
        self.usable = self.allocator.free_frames
        self.held: list[int] = []
        self.uncleared: list[int] = []
        self._checks = 0
        self._limit: IterationLimit | None = None
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
        self.tenants[number] = Tenant(space, (first, second))

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
        return self.usable - len(self.held) - sum(len(tenant.frames()) for tenant in self.tenants.values())

    def header_frames(self) -> range:
        """The frames that hold the frame allocator's own state."""
        base = self.allocator.address
        return range(base, base + header_size(self.frames), PAGE_SIZE)

    # ------------------------------------------------------------ judgement

    def judged(
        self, subject: Subject, name: str, number: int, given: Mapping[str, int], run: Callable[[], Any]
    ) -> Transition:
        """Carry out an operation on a space, and evaluate every clause of its contract and every invariant."""
        operation, space = subject.operation(name), self.tenants[number].space
        arguments = {argument: given.get(argument, space.root) for argument in operation.arguments}
        before = {who: tenant.entries for who, tenant in self.tenants.items() if who != number}
        old = self._moment(space, given)
        t = Transition(0, old, None, self._ghost(number, old), arguments)
        started = self.meter.total
        try:
            most = MOST_COST[0] + MOST_COST[1] * self.frames
            with self.meter.at_most(most), self._ending(name, max(given.get("pages", 0), 0) + MOST_ROUNDS):
                t.result = run()
        except OverBound as over:
            t.cost = self.meter.total - started
            raise self._violation(subject, name, exceeded(operation, t) or UNENDING, ENDLESS, f"{over}") from over
        except Violation:
            raise
        except Exception as error:
            t.raised = type(error).__name__
        t.cost = self.meter.total - started
        self._demand("_new_frame", "reads_zero", not self.uncleared, ZERO_FRAME, _frames(self.uncleared))
        with self.meter.paused():
            t.new = self._moment(space, given, old)
            t.ghost_after = self._ghost(number, t.new)
            self._fulfil(subject, operation, t)
        self._look_around(name, before)
        return t

    @contextmanager
    def _ending(self, name: str, rounds: int) -> Iterator[None]:
        """No loop of the tables and of the views of them comes round more often than that in a call."""
        files = dict.fromkeys(files_of(impl.address_space), SUBJECT.name)
        files |= dict.fromkeys(files_of(impl.virtual_memory), "virtual_memory")
        self._limit = IterationLimit(name, rounds, files)
        try:
            with observed(self._limit):
                yield
        except Violation as endless:
            detail = f"{self.journal[-1]}: {endless.detail}\n{self._picture()}"
            raise Violation(endless.theorem, endless.sentence, detail, endless.theorems) from endless
        finally:
            self._limit = None

    @contextmanager
    def _looking_too(self, observer: LoopObserver) -> Iterator[None]:
        """The observer looks at loops, beside the limit of a call, if there is one."""
        if self._limit is None:
            with observed(observer):
                yield
            return
        self._limit.then = observer
        try:
            yield
        finally:
            self._limit.then = None

    def _moment(self, space: Any, about: Mapping[str, int], then: Moment | None = None) -> Moment:
        with self.meter.paused():
            header = range(self.allocator.address, self.header_frames().stop)
            return Moment(self.ram, self.quick_allocator, self._tables.Entry, header, space, about, then)

    def _ghost(self, number: int, moment: Moment) -> Any:
        """The abstract state of what is under test."""
        return moment.space

    def _clauses(self, subject: Subject, operation: Operation) -> Iterable[Clause]:
        """The clauses of the contract that are evaluated on what RAM held before and holds now."""
        return operation.ensures

    def _fulfil(self, subject: Subject, operation: Operation, t: Transition) -> None:
        """Violation unless the contract is fulfilled and the invariants hold: of the first that falls, and of all."""
        laws: list[tuple[Clause, tuple[Any, ...]]] = [(law, (t,)) for law in self._clauses(subject, operation)]
        laws += [(law, (t.new, 0, t.ghost_after)) for law in SUBJECT.invariants]
        fallen = [law for law, facts in laws if not _holds(law, facts)]
        self._checks += len(laws)
        detail = f"{t.raised or 'carried out'}"
        if not operation.may_end_with(t.raised):
            raise self._violation(subject, operation.name, "raises_only", RAISES_ONLY, detail)
        if fallen:
            names = tuple(f"{subject.name}.{operation.name}.{law.name}" for law in fallen)
            raise self._violation(subject, operation.name, fallen[0].name, fallen[0].sentence, detail, names)

    def _look_around(self, name: str, before: Mapping[int, Mapping[int, int]]) -> None:
        """The frame allocator is right, and the other spaces have the pages that they had ``before``."""
        found = broken(FRAME_INVARIANTS, self.quick_allocator)
        self._demand(name, "frames", not found, "the frame allocator's invariants hold", "\n".join(found))
        for who, entries in before.items():
            self._demand(name, "bytes", self.tenants[who].entries == entries, OTHERS_KEPT, f"space {who}")

    def _inspect(self, name: str) -> None:
        """Every frame has one owner, every TLB is right, and everybody finds what he wrote."""
        free = self.quick_allocator.free_frames
        self._demand(name, "count", free == self.free_frames(), COUNT, f"{free}, not {self.free_frames()}")
        owned = [*self.held, *(frame for tenant in self.tenants.values() for frame in tenant.frames())]
        self._demand(name, "owners", len(owned) == len(set(owned)), APART)
        for number, tenant in self.tenants.items():
            for tlb in map(tlb_of, tenant.views if tenant.alive else ()):
                for law in TLB_INVARIANTS:
                    self._demand(name, law.name, law.formula(None, 0, tlb), law.sentence, f"space {number}")
        self._inspect_bytes(name)

    def _inspect_bytes(self, name: str) -> None:
        """Everybody finds in his frames what he wrote."""
        for frame in self.held:
            kept = self.ram.buffer[frame : frame + PAGE_SIZE].count(GARBAGE) == PAGE_SIZE
            self._demand(name, "bytes", kept, KEPT, f"somebody's frame {frame:#x}")
        for number, tenant in self.tenants.items():
            entries = tenant.entries if tenant.contents else {}
            for page, content in tenant.contents.items():
                kept = page in entries and self._content(entries[page]) == content
                self._demand(name, "bytes", kept, KEPT, f"{page:#x} of space {number}")

    def _content(self, entry: int) -> bytes:
        """What the frame that an entry names holds."""
        frame = entry & FRAME_MASK
        content: bytes = self.ram.buffer[frame : frame + PAGE_SIZE]
        return content

    def _demand(self, operation: str, fact: str, truth: object, sentence: str, detail: str = "") -> None:
        self._checks += 1
        if not truth:
            law = law_of(self.bench.subject, operation, fact)
            raise self._violation(self.bench.subject, operation, law, sentence, detail)

    def _violation(
        self, subject: Subject, operation: str, law: str, sentence: str, detail: str, names: tuple[str, ...] = ()
    ) -> Violation:
        theorem = f"{subject.name}.{operation}.{law}"
        return Violation(theorem, sentence, f"{self.journal[-1]}: {detail}\n{self._picture()}", names)

    def _picture(self) -> str:
        """Every page of every space."""
        lines = [f"{len(self.held)} frames are held by others, {self.free_frames()} should be free"]
        for number, tenant in self.tenants.items():
            for page, entry in tenant.entries.items():
                kind = " borrowed" if entry & BORROWED else ""
                lines.append(f"space {number}: {page:#x} -> {entry & FRAME_MASK:#x}{kind}, flags {entry & FLAGS:#x}")
        return "\n".join(lines)


def _holds(law: Clause, facts: tuple[Any, ...]) -> bool:
    """Whether a clause holds; it does not if what it reads leads to where no frame is."""
    try:
        return bool(law.formula(*facts))
    except (DrystoneError, IndexError):
        return False


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
