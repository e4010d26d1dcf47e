"""What can happen to a frame allocator: its operations, its users' mistakes, and whoever maps its header.

Every call is compared with the reference model (reference.py): the exact answer or exception, and
afterwards the exact owner of every frame.  Before that, every clause of the operation's contract is evaluated,
those that take quadratic time and the loops' only where the area is small.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Sequence
from typing import Any

import impl.frame_allocator
from impl.arithmetic import PAGE_SIZE
from impl.errors import BusError, ShadowViolation
from impl.regions import Area
from model.frame_allocator.state import LENT, MAX_ORDER, RESERVED
from model.language.annotations import advancing, observed
from model.language.logic import RAISES_ONLY, Clause, Operation, Transition
from proofs.checking.harness import SAFETY
from proofs.checking.loops import LoopObserver
from proofs.checking.meter import ENDLESS, UNENDING, OverBound, exceeded
from proofs.checking.stage import Claim, Stage
from proofs.checking.text import calling, shown
from proofs.checking.violation import PreconditionError, SpecificationError, Violation
from proofs.frame_allocator.ghosts import no_ghosts
from proofs.frame_allocator.live.answers import Answer, header_answer, init_answer, is_word
from proofs.frame_allocator.live.blank import Blank
from proofs.frame_allocator.live.functions import FILES, judged
from proofs.frame_allocator.live.header import Header
from proofs.frame_allocator.live.memory import HeaderMemory, Running
from proofs.frame_allocator.live.reference import INVARIANTS, FrameModel, agrees, broken
from proofs.frame_allocator.live.start import described
from proofs.frame_allocator.subject import SUBJECT
from proofs.registry import proof_of

RAM_FRAMES = 2**18 + 2**12
"""RAM reaches beyond 1 GiB, so that an area may lie across that border; only touched frames cost anything."""
SMALL = 16
"""Areas of up to so many frames are looked at with every clause and at every iteration of every loop."""
MODEST = 700
"""Of areas of up to so many frames the contract is looked at where the header is looked for, or refused."""
COSTLY = (
    "disjoint",
    "canonical",
    "latest_first",
    "nothing_between",
    "stamps",
    "rising",
    "run_of_order",
    "full_only_if",
)
"""Clauses whose names begin so take more than linear time."""

INIT_REGION = SUBJECT.operation("init_region").arguments
ANSWER = "the answer is that of the reference model"
STATE = "free, live, reserved and lent frames are exactly those of the reference model"
REFUSAL = "a refused call changes nothing: no byte and no record"


class FrameAllocatorWorld(Stage):
    """One frame allocator, whose header region lies somewhere in RAM."""

    bench = Claim(SUBJECT, impl.frame_allocator)

    def __init__(self, frames: int = RAM_FRAMES, edition: types.ModuleType | None = None) -> None:
        super().__init__(frames, edition)
        self.module = edition or impl.frame_allocator
        self.memory = HeaderMemory(frames * PAGE_SIZE)
        self.allocator: Any = None
        self.model = FrameModel(0, 0, ())
        self.area = Area(0, 0)
        self.header = Area(0, 0)
        """The physical region; where it is mapped now is another matter."""
        self.reserved: set[int] = set()
        self.lent: set[int] = set()
        self._checks = 0

    @property
    def checks(self) -> int:
        """Clauses evaluated so far."""
        return self._checks

    @property
    def born(self) -> bool:
        """Whether there is an allocator."""
        return self.allocator is not None

    # ------------------------------------------------------------ the boot code

    def get_header(self, area: tuple[int, int], regions: Sequence[tuple[int, int]]) -> Area | None:
        """Look for a place for the metadata of ``area``; None if there is none."""
        self.note("get_header", *map(str, (tuple(area), list(regions))))
        expected = header_answer(area, regions)
        small = (area[1] <= MODEST * PAGE_SIZE or expected.raised == "NotValid") and self.born
        known: Any = described(*area, list(regions)) if small else Listed(regions)
        arguments = {"base": area[0], "size": area[1], "regions": known} if small else {"area": area, "regions": known}
        run = lambda: self.module.get_header(Area(*area), Listed(regions, known))  # noqa: E731
        result = self._run("get_header", arguments, expected, run)
        return None if result is None else Area(*result)

    def init_region(
        self, area: tuple[int, int], header: tuple[int, int], regions: Sequence[tuple[int, int]]
    ) -> FrameAllocatorWorld:
        """A new machine, whose RAM holds garbage where the header is to lie, and an allocator if it can be had."""
        self.note("init_region", *map(str, (tuple(area), tuple(header), list(regions))))
        self.memory = HeaderMemory(self.frames * PAGE_SIZE)
        self.allocator = None
        expected = init_answer(area, header, regions)
        if not expected.raised:
            self.memory.place(*header)
        small = area[1] <= SMALL * PAGE_SIZE or (area[1] <= MODEST * PAGE_SIZE and bool(expected.raised))
        known = described(*area, list(regions), PAGE_SIZE) if small else None
        listed = Listed(regions, known)
        values = (*area, *header, listed) if known else (Area(*area), Area(*header), listed)
        arguments = dict(zip(INIT_REGION if known else ("area", "header", "regions"), values, strict=True))
        init_region = self.module.FrameAllocator.init_region
        run = lambda: init_region(self.memory, Area(*area), Area(*header), listed)  # noqa: E731
        view = self._run("init_region", arguments, expected, run)
        if view is not None:
            self.allocator = view
            self.area, self.header = Area(*area), Area(*header)
            self.model = FrameModel(*area, [*regions, header])
            self.reserved = set(FrameModel(*area, ()).usable) - self.model.usable
            self.lent = set()
            self._demand_state("init_region", self._look())
        return self

    def boot(
        self, area: tuple[int, int], header: tuple[int, int], regions: Sequence[tuple[int, int]]
    ) -> FrameAllocatorWorld:
        """The same on another machine, which is forgotten."""
        self.note("boot", *map(str, (tuple(area), tuple(header), list(regions))))
        other = type(self)(self.frames, self.edition).init_region(area, header, regions)
        self._checks += other.checks
        return other

    def move(self, frame: int) -> None:
        """The header region is mapped at another address: that of RAM's frame number ``frame``."""
        self.note("move", str(frame))
        low = frame * PAGE_SIZE
        if low + self.header.size <= self.memory.size:
            self.memory.move(low, self.module, len(self._look().records))
            self.allocator = self.module.FrameAllocator(self.memory, low)

    # ------------------------------------------------------------ operations

    def allocate(self, order: int) -> Area | None:
        """Allocate 2**order frames; None if that is refused."""
        self.note("allocate", shown(order), result=f"a{len(self.journal)}")
        expected = Answer(self._refusal_of_allocate(order), lambda area: self.model.accepts(area[0], area[1], order))
        area = self._call("allocate", (order,), expected, lambda area: self.model.allocate(*area))
        return None if area is None else Area(*area)

    def free(self, base: int, size: int) -> None:
        """Free [base, base + size), whatever it is."""
        self.note("free", shown(base), shown(size))
        refusal = "NotValid" if (base, size) not in self.model.live else ""
        refusal = refusal if is_word(base) and is_word(size) else "ValueError"
        self._call("free", (base, size), Answer(refusal), lambda _: self.model.release(base, size))

    def is_live(self, base: int, size: int) -> None:
        """Ask whether [base, base + size) is one live allocation; two words."""
        self.note("is_live", shown(base), shown(size))
        live = (base, size) in self.model.live
        self._call("is_live", (base, size), Answer(right=lambda told: told is live))

    def is_lent(self, base: int) -> None:
        """Ask whether the frame at ``base`` is lent."""
        self.note("is_lent", shown(base))
        lent = base % PAGE_SIZE == 0 and base // PAGE_SIZE in self.lent
        self._call("is_lent", (base,), Answer("" if is_word(base) else "ValueError", lambda told: told is lent))

    def lend(self, base: int) -> None:
        """Mark a reserved frame as mapped."""
        self.note("lend", shown(base))
        self._exchange("lend", base, self.reserved - self.lent, self.lent.add)

    def take_back(self, base: int) -> None:
        """Undo that."""
        self.note("take_back", shown(base))
        self._exchange("take_back", base, self.lent, self.lent.discard)

    def _exchange(self, name: str, base: int, accepted: set[int], exchange: Callable[[int], None]) -> None:
        frame = base // PAGE_SIZE
        told = base % PAGE_SIZE == 0 and frame in accepted
        expected = Answer("" if is_word(base) else "ValueError", lambda result: result is told)
        self._call(name, (base,), expected, lambda result: exchange(frame) if result else None)

    def _refusal_of_allocate(self, order: int) -> str:
        if not is_word(order):
            return "ValueError"
        if order > MAX_ORDER:
            return "NotValid"
        return "" if self.model.has_block(order) else "PhysicalMemoryFull"

    def ask(self, name: str, *arguments: Any) -> None:
        """Call one of the functions that go by contract."""
        self.note("ask", repr(name), *map(str, arguments))
        failed, outcome = judged(self.module, name, arguments)
        if failed:
            self._fail(name, failed, f"{calling(name, arguments)} {outcome}")

    # ------------------------------------------------------------ calls

    def _call(
        self, name: str, values: tuple[int, ...], expected: Answer, absorb: Callable[[Any], None] = lambda result: None
    ) -> Any:
        """One checked operation of the allocator; its result, which the model absorbs, None if it was refused."""
        arguments = dict(zip(SUBJECT.operation(name).arguments, values, strict=True))
        return self._run(name, arguments, expected, lambda: getattr(self.allocator, name)(*values), absorb)

    def _run(
        self,
        name: str,
        arguments: dict[str, Any],
        expected: Answer,
        run: Callable[[], Any],
        absorb: Callable[[Any], None] = lambda result: None,
    ) -> Any:
        theorem = f"frame_allocator.{name}"
        self.memory.theorem = theorem
        most = 20_000 + 100 * len(self.model.usable) + 64 * self._area_frames(arguments)
        begins = name == "init_region"
        old, ghosts = (None, no_ghosts())
        if self.born or begins:
            old = self.memory.blank(self.module) if begins else self._look()
            ghosts = old.ghosts
        operation = contract_of(name, arguments) if old else None
        self._assume(operation, arguments, old, ghosts)
        before = self.memory.counter.total
        try:
            with self.memory.meter.at_most(most):
                watched = old if operation and isinstance(old, Header) else None
                result, raised = self._watch(theorem, run, arguments, watched, ghosts)
        except OverBound as over:
            so_far = Transition(self.memory.low, old, None, ghosts, arguments, cost=most)
            law = exceeded(SUBJECT.operation(name), so_far) or UNENDING
            raise Violation(f"{theorem}.{law}", ENDLESS, f"{calling(name, (*arguments.values(),))}: {over}") from over
        cost = self.memory.counter.total - before
        failed: list[tuple[str, str]] = []
        new: Header | Blank | None = None
        if old is not None:
            new = self.memory.blank(self.module, cost) if begins and raised else self._look(cost)
            t = Transition(new.address, old, new, ghosts, arguments, result, raised, cost, ghost_after=new.ghosts)
            failed += self._contract(operation, t)
            if raised and not new.same_memory(old):
                failed.append(("refusal_changes_nothing", REFUSAL))
        if operation is None and not SUBJECT.operation(name).may_end_with(raised):
            failed.append(("raises_only", f"{RAISES_ONLY} ({raised})"))
        if raised != expected.raised or not (raised or _right(expected, result)):
            failed.append(("reference_answer", f"{ANSWER}: {expected.raised or 'a result'}"))
        if failed:
            self._fail(name, failed, self._told(name, arguments, result, raised, old, new))
        if not raised:
            absorb(result)
        if isinstance(new, Header) and self.born:
            self._demand_state(name, new)
        return result

    def _watch(
        self, theorem: str, run: Callable[[], Any], arguments: dict[str, Any], old: Header | None, ghosts: Any
    ) -> tuple[Any, str]:
        """Result and the name of the exception of one call; its loops are looked at if the area is small."""
        try:
            if old is None or len(old.records) > SMALL:
                return run(), ""
            specifications = proof_of(SUBJECT.name).annotations
            self.memory.operation = Running(self.memory, self.module, old, ghosts, ghosts, specifications)
            observer = LoopObserver(theorem, 1, FILES, specifications)
            try:
                with observed(observer), advancing(self.memory.operation.advance):
                    return run(), ""
            finally:
                self._checks += observer.checks
        except (ShadowViolation, BusError) as error:
            detail = f"{calling(theorem, tuple(arguments.values()))}\n{type(error).__name__}: {error}"
            raise Violation(f"{theorem}.safety", SAFETY, detail) from error
        except (Violation, SpecificationError):
            raise
        except Exception as error:  # what may be raised, the contract says
            return None, type(error).__name__

    # ------------------------------------------------------------ before and after

    def _look(self, cost: int = 0) -> Header:
        return self.memory.header(self.module, cost)

    def _assume(
        self, operation: Operation | None, arguments: dict[str, Any], old: Header | Blank | None, ghosts: Any
    ) -> None:
        """PreconditionError unless the theorems speak of this call."""
        if operation is None or old is None:
            return
        for clause in operation.requires:
            if not clause.formula(old, old.address, ghosts, arguments):
                raise PreconditionError(f"{clause.name}: {clause.sentence}")

    def _contract(self, operation: Operation | None, t: Transition) -> list[tuple[str, str]]:
        """The clauses of the contract, if there is one, and the invariants that do not hold."""
        kept = [] if isinstance(t.new, Blank) else self._invariants(t.new)
        if operation is None:
            return kept
        small = len(t.new.records) <= SMALL
        clauses = [c for c in operation.ensures if small or not c.name.startswith(COSTLY)]
        failed = [(c.name, c.sentence) for c in clauses if not _holds(c, t)]
        if not operation.may_end_with(t.raised):
            failed.append(("raises_only", f"{RAISES_ONLY} ({t.raised})"))
        self._checks += len(clauses)
        return failed + kept

    def _invariants(self, state: Header) -> list[tuple[str, str]]:
        """The invariants that do not hold."""
        small = len(state.records) <= SMALL
        laws = [law for law in SUBJECT.invariants if small or not law.name.startswith(COSTLY)]
        self._checks += len(laws)
        sentence = "afterwards {}"
        return [
            (law.name, sentence.format(law.sentence))
            for law in laws
            if not law.formula(state, state.address, state.ghosts)
        ]

    def _demand_state(self, name: str, state: Header) -> None:
        """Every frame has the owner that the model says."""
        reader: Any = state
        failed = [(text.split(":")[0], text) for text in broken(INVARIANTS, reader)]
        never = state.states(RESERVED) == self.reserved - self.lent and state.states(LENT) == self.lent
        if not (agrees(self.model, reader) and never):
            failed.append(("reference_state", STATE))
        self._checks += len(INVARIANTS) + 1
        if failed:
            self._fail(name, failed, state.picture())

    def _told(
        self,
        name: str,
        arguments: dict[str, Any],
        result: Any,
        raised: str,
        old: Header | Blank | None,
        new: Header | Blank | None,
    ) -> str:
        """The call, its outcome, the header before and after."""
        outcome = f"raised {raised}" if raised else f"returned {shown(result)}"
        lines = [f"{calling(name, tuple(arguments.values()))} {outcome}"]
        if old is not None and new is not None:
            lines += ["before:", old.picture(), "after:", new.picture()]
        return "\n".join(lines)

    def _fail(self, name: str, failed: list[tuple[str, str]], detail: str) -> None:
        """Report the first theorem that failed; the others, too."""
        names = tuple(f"frame_allocator.{name}.{clause}" for clause, _ in failed)
        others = [f"also violated: {theorem}: {failed[n][1]}" for n, theorem in enumerate(names) if n]
        raise Violation(names[0], failed[0][1], "\n".join([detail, *others]), names)

    def _area_frames(self, arguments: dict[str, Any]) -> int:
        """How many frames the area of a new allocator has, as far as a header in RAM can describe them."""
        return min(arguments["area"][1] // PAGE_SIZE, self.frames) if "area" in arguments else SMALL


# ---------------------------------------------------------------- what the boot code must answer


def contract_of(name: str, arguments: dict[str, Any]) -> Operation | None:
    """The contract that speaks of a call with these arguments, if there is one."""
    named = set(arguments)
    return next((o for o in SUBJECT.operations if o.name == name and set(o.arguments) == named), None)


class Listed:
    """The enumerator of a list of regions; a report shows the list.  Clauses may see ``known`` in its place."""

    def __init__(self, regions: Sequence[tuple[int, int]], known: Any = None) -> None:
        self.regions = [Area(*region) for region in regions]
        self.known = known

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["known"], name)

    def __call__(self, number: int) -> Area | None:
        """Region ``number``, None behind the last."""
        return self.regions[number] if number < len(self.regions) else None

    def __str__(self) -> str:
        return str([tuple(region) for region in self.regions])


def _holds(clause: Clause, t: Transition) -> bool:
    """Whether the clause holds of the call; of a result of another kind it does not."""
    try:
        return bool(clause.formula(t))
    except (TypeError, AttributeError):
        return False


def _right(expected: Answer, result: Any) -> bool:
    """Whether the result is right; one of another kind is not."""
    try:
        return expected.right(result)
    except (TypeError, ValueError, AttributeError):
        return False
