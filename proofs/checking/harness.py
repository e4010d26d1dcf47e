"""Runs an operation on the live machine and evaluates on it every clause that the prover proves.

``Checked.call`` does what ``proofs/engine/operation.py`` does over symbolic values: it builds the
Transition, asks the model for the abstract state that must follow, and demands every postcondition
and every invariant.  Loop invariants are evaluated at every iteration, and the measure is seen
to fall.  A damaged heap is a heap like any other: the abstract state does not notice.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Container, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from functools import cache
from typing import Any

from impl.arithmetic import PAGE_SIZE, pages_for
from impl.errors import BusError, DrystoneError, MappingError, PageFault, ShadowViolation
from impl.machine import Machine
from impl.shadow import CheckedMemory
from model.language.annotations import advancing, observed
from model.language.logic import NO_ANSWERS, RAISES_ONLY, Clause, Operation, Transition
from proofs.checking.bench import Bench
from proofs.checking.camera import Camera
from proofs.checking.ends import unrecorded
from proofs.checking.hurried import HurriedMemory
from proofs.checking.inside import RELIED_ON, looked_at, shown_amid, unseen
from proofs.checking.loops import LOOKS, LoopObserver
from proofs.checking.memory import QuickMemory, WatchedMemory
from proofs.checking.meter import ENDLESS, UNENDING, Meter, OverBound, exceeded
from proofs.checking.running import ConcreteOperation
from proofs.checking.state import ConcreteState
from proofs.checking.stating import said, stated
from proofs.checking.text import calling, line_of, shown
from proofs.checking.violation import PreconditionError, SpecificationError, Violation
from proofs.engine.lineage import class_in, files_of
from proofs.registry import proof_of

EXPECTED = (ValueError, ZeroDivisionError, DrystoneError)
"""Exceptions that a contract may speak about."""
UNSAFE = (ShadowViolation, PageFault, BusError, MappingError)
"""Exceptions that no operation of a heap may raise: it touched what is not its own."""

SAFETY = "every access is to memory that is mapped, through a header that is there; nothing foreign is touched"
FRAMES = "as long as the same pages are mapped, no frame of RAM is taken or given back"
OWN_FRAME = "every mapped page has a frame of its own"

NOTHING = nullcontext()
MOST_COST = 2_000_000
"""Loads and stores of a call in a world: more than any that ends can cost there."""
LARGE = 200
"""From this size on, clauses that take quadratic time are skipped and loops looked at only now and then."""


class Checked:
    """One heap of a checked machine, with its descriptor at ``heap_address``, in lock step with its model.

    Every ``every``-th call is checked in full.  The calls between run without checks, their accesses
    counted; at the next checked call the abstract state is read out of RAM again.  ``checks``
    counts evaluated clauses, ``checked_calls`` the calls that they belong to.
    """

    def __init__(
        self, bench: Bench, machine: Machine, heap_address: int, edition: types.ModuleType | None = None, every: int = 1
    ) -> None:
        if not isinstance(machine.memory, CheckedMemory):
            raise TypeError("only a checked machine can be watched")
        self.bench = bench
        self.operation = cache(bench.subject.operation)
        self._safety = cache(f"{bench.subject.name}.{{}}.safety".format)
        self.specifications = proof_of(bench.subject.name).annotations
        self.machine = machine
        self.address = heap_address
        self.every = every
        self.calls = 0
        self.checked_calls = 0
        self.checks = 0
        self.ghost: Any = bench.unborn()
        self.damaged = True
        """Whether the invariants must be evaluated before the next call: they do not follow from the last."""
        self.hurried = False
        self.caller = ""
        """The operation in progress, which calls others."""
        self.around: Callable[[str], AbstractContextManager[None]] = lambda name: NOTHING
        """Entered around each operation, given its name."""
        self.seen: Callable[[Operation, Transition], None] = lambda operation, t: None
        """Told every call that was checked in full and broke nothing."""
        self.also: Container[int] = ()
        """Numbers of calls that are checked in full, too; the call that is made first is number 1."""
        self.wanted: Callable[[int], bool] = lambda n: n % self.every == 0 or n in self.also
        """Whether the call of that number is checked in full; asked once of each that may be."""
        self._decided = (0, False)
        self._standing: ConcreteState | None = None
        self.look_inside = True
        """Whether in a call that is checked in full the operations within it are checked, too."""
        module = self.module = edition or bench.module
        self.files = files_of(module)
        self.memory = WatchedMemory(machine.memory)
        heap = getattr(module, bench.heap)
        self.heap = looked_at(heap, bench.inner, self._inside)(self.memory, heap_address)
        self.hurried_heap = heap(HurriedMemory(machine.memory), heap_address)
        self.quick_heap = heap(QuickMemory(machine.memory), heap_address)
        if not self.memory.shadow.is_claimed(heap, heap_address):
            heap.claim(self.memory, heap_address)
        self.camera = Camera(machine, {name: class_in(module, name) for name in bench.structs}, self.memory.watch)
        if bench.descriptor:
            self.disown(heap_address, pages_for(heap_address % PAGE_SIZE + bench.descriptor))

    # ------------------------------------------------------------ calls

    def call(self, name: str, *arguments: Any) -> Transition:
        """Run one operation, and tell what it did, exceptions included; Violation if a theorem fails."""
        if self.due:
            return self.check(name, *arguments)
        named = dict(zip(self.operation(name).arguments, arguments, strict=True))
        return Transition(self.address, None, None, None, named, *self.hurry(name, *arguments))

    @property
    def due(self) -> bool:
        """Whether the next call will be checked in full."""
        number = self.calls + 1
        if self._decided[0] != number:
            self._decided = number, self.wanted(number)
        return self._decided[1]

    def check(self, name: str, *arguments: Any) -> Transition:
        """``call``, checked in full whether that is due or not."""
        self.calls += 1
        return self._check(self.operation(name), arguments)

    def hurry(self, name: str, *arguments: Any) -> tuple[Any, str, int]:
        """``call``, not checked in full whether that is due or not: result, exception, loads and stores.

        The abstract state is lost until it is read out of RAM.
        """
        self.calls += 1
        before = self.machine.counter.total
        result, raised = self._execute(self.hurried_heap, self.operation(name), arguments)
        self.ghost, self.damaged, self.hurried, self._standing = None, True, True, None
        return result, raised, self.machine.counter.total - before

    def refresh(self) -> Any:
        """The abstract state, read out of RAM if unchecked calls changed it."""
        if self.ghost is None:
            self.ghost = self.bench.extract(self.state(), self.address)
        return self.ghost

    def stand(self) -> None:
        """Nothing changes memory before the next call: until then ``state`` is one and the same."""
        self.camera.cost_before = self.machine.counter.total
        self._standing = self.camera.take()

    def _read_out(self, state: ConcreteState) -> Any:
        """The abstract state that RAM shows in the middle of an operation."""
        return (self.bench.amid or self.bench.extract)(state, self.address)

    def _check(self, operation: Operation, arguments: tuple[Any, ...]) -> Transition:
        self.camera.cost_before = self.machine.counter.total
        old, self._standing = self.state(), None
        if self.ghost is None:
            self.ghost = self.bench.extract(old, self.address)
        named = dict(zip(operation.arguments, arguments, strict=True))
        self._assume(operation, old, named)
        frames = self.machine.free_frames()
        watch = self.memory.watch
        watch.operation = ConcreteOperation(self.camera, self.ghost, old, self._read_out)
        observer = self._observer(operation)
        with observed(observer), advancing(self._advance), self._ending(operation, old, named), self._calls(operation):
            result, raised = self._execute(self.heap, operation, arguments)
        self.checks += observer.over()
        new = self.camera.take()
        facts = (named, result, raised, new.cost, watch.mapped, watch.asked, watch.refused)
        t = Transition(self.address, old, new, self.ghost, *facts)
        t.asked_at, t.answers, t.pages_unmapped = watch.asked_at, watch.answers, watch.unmapped
        t.ghost_after = watch.operation.ghost
        t.ghost_after = stated(f"the abstract state after {operation.name}", operation.after, t)
        self._demand(operation, t, frames)
        unborn = operation.establishes and not operation.established(t)
        self.ghost, self.damaged, self.hurried = t.ghost_after, unborn, False
        self.checked_calls += 1
        self.seen(operation, t)
        return t

    def _execute(self, heap: Any, operation: Operation, arguments: tuple[Any, ...]) -> tuple[Any, str]:
        """Result and the name of what was raised; an exception that no contract allows is a Violation."""
        self.memory.watch.begin(theorem := self._safety(operation.name))
        try:
            with self.around(operation.name):
                return self.bench.invoke(self.module, heap, operation.name, arguments), ""
        except UNSAFE as error:
            detail = f"{calling(operation.name, arguments)}\n{type(error).__name__}: {error}"
            raise Violation(theorem, SAFETY, detail) from error
        except EXPECTED as error:
            return None, type(error).__name__
        except (Violation, SpecificationError, PreconditionError, MemoryError):
            raise
        except Exception as error:
            kind = type(error).__name__
            detail = f"{calling(operation.name, arguments)}\n{kind}: {error}{line_of(error, self.files)}"
            raise Violation(f"{self._theorem(operation)}.raises_only", f"{RAISES_ONLY} ({kind})", detail) from error

    @contextmanager
    def _ending(self, operation: Operation, old: ConcreteState, named: dict[str, Any]) -> Iterator[None]:
        """A call inside that costs more than it ever may is ended: a Violation of the theorem on its cost."""
        if not isinstance(self.machine.counter, Meter):
            yield
            return
        try:
            with self.machine.counter.at_most(MOST_COST):
                yield
        except OverBound as over:
            t = Transition(self.address, old, None, self.ghost, named, cost=MOST_COST)
            theorem = f"{self._theorem(operation)}.{exceeded(operation, t) or UNENDING}"
            raise Violation(theorem, ENDLESS, f"{calling(operation.name, (*named.values(),))}: {over}") from over

    def _inside(self, name: str, run: Callable[..., Any], *arguments: Any) -> Any:
        """A call within another: checked if that is wanted."""
        if self.look_inside:
            return self._inner(self.operation(name), run, *arguments)
        with observed(unseen):
            return run(*arguments)

    def _inner(self, operation: Operation, run: Callable[..., Any], *arguments: Any) -> Any:
        """A call within another, of an operation on whose contract others rely: checked as if it stood alone."""
        watch, failure = self.memory.watch, None
        named = dict(zip(operation.arguments, arguments, strict=True))
        with self._afresh():
            with unrecorded():
                old, frames = self.camera.look().freeze(), self.machine.free_frames()
                ghost = shown_amid(self.bench, old, self.address, self._called(operation, named))
                self._require(operation, old, ghost, named)
            watch.operation = ConcreteOperation(self.camera, ghost, old, self._read_out)
            observer = self._observer(operation)
            result, raised = None, ""
            try:
                with observed(observer), self._calls(operation):
                    result = run(*arguments)
            except UNSAFE:
                raise
            except EXPECTED as error:
                failure, raised = error, type(error).__name__
            self.checks += observer.over()
            with unrecorded():
                new = self.camera.look().freeze()
                facts = (named, result, raised, new.cost, watch.mapped, watch.asked, watch.refused)
                t = Transition(self.address, old, new, ghost, *facts)
                t.asked_at, t.answers, t.pages_unmapped = watch.asked_at, watch.answers, watch.unmapped
                t.ghost_after = watch.operation.ghost
                t.ghost_after = stated(f"the abstract state after {operation.name}", operation.after, t)
                self._demand(operation, t, frames, self.bench.invariants_amid)
        watch.operation.ghost = t.ghost_after
        if failure is not None:
            raise failure
        return result

    def _advance(self, step: str, state: tuple[Any, ...]) -> None:
        """The abstract state moves on, where the code of this heap says so: the machine below has steps of its own."""
        if self.bench.advances and sys._getframe(2).f_code.co_filename in self.files:
            self.memory.watch.operation.advance(self.specifications, step, state)

    def _require(self, operation: Operation, state: ConcreteState, ghost: Any, named: dict[str, Any]) -> None:
        """What an operation relies on holds where another calls it."""
        call = self._called(operation, named)
        for clause in operation.requires:
            if not said(clause, state, self.address, ghost, named):
                names = call[0], f"{self._theorem(operation)}.{clause.name}"
                raise Violation(call[0], f"{RELIED_ON}: {clause.sentence}", call[1], names)

    def _called(self, operation: Operation, named: dict[str, Any]) -> tuple[str, str]:
        """The theorem on this call within another, and the call."""
        theorem = f"{self.bench.subject.name}.{self.caller}.calls.{operation.name}"
        return theorem, calling(operation.name, (*named.values(),))

    @contextmanager
    def _calls(self, operation: Operation) -> Iterator[None]:
        """Inside, what is called is called by ``operation``."""
        outer, self.caller = self.caller, operation.name
        try:
            yield
        finally:
            self.caller = outer

    @contextmanager
    def _afresh(self) -> Iterator[None]:
        """Costs and pages count from here on; afterwards those of the outer operation go on."""
        watch, camera = self.memory.watch, self.camera
        outer = watch.operation, camera.cost_before
        before = watch.asked, watch.mapped, watch.refused, watch.answers, watch.unmapped
        camera.cost_before, watch.asked, watch.mapped, watch.refused = self.machine.counter.total, 0, 0, False
        watch.answers, watch.unmapped = NO_ANSWERS, 0
        try:
            yield
        finally:
            watch.operation, camera.cost_before = outer
            watch.asked, watch.mapped = before[0] + watch.asked, before[1] + watch.mapped
            watch.refused = before[2] or watch.refused
            watch.answers = before[3].and_then(watch.answers)
            watch.unmapped = before[4] + watch.unmapped

    # ------------------------------------------------------------ before and after

    def _assume(self, operation: Operation, old: ConcreteState, arguments: dict[str, Any]) -> None:
        """PreconditionError unless the theorems speak of this call (Violation after unchecked calls)."""
        if self.damaged and not operation.establishes:
            for clause in self.bench.subject.invariants:
                if not self._skipped(clause, self.ghost) and not said(clause, old, self.address, self.ghost):
                    self._refuse(clause, old)
        for clause in operation.requires:
            if not said(clause, old, self.address, self.ghost, arguments):
                raise PreconditionError(f"{clause.name}: {clause.sentence}")

    def _refuse(self, clause: Clause, state: ConcreteState) -> None:
        """An invariant does not hold before the call: unchecked calls broke it, or the test is wrong."""
        picture = self.bench.picture(state, self.address, self.ghost)
        if self.hurried:
            theorem = f"{self.bench.subject.name}.unchecked_calls.{clause.name}"
            raise Violation(theorem, f"after calls that were not checked, {clause.sentence}", picture)
        raise PreconditionError(f"{clause.name}: {clause.sentence}\n{picture}")

    def _demand(self, operation: Operation, t: Transition, frames: int, invariants: bool = True) -> None:
        """The postcondition, every invariant of the state after unless told otherwise, and that no frame was lost."""
        failed = []
        strange = not operation.may_end_with(t.raised)
        for clause in operation.ensures:
            with suppress(*[SpecificationError] * strange):  # it may speak of a result that such an end does not have
                if not self._holds(clause, t, t):
                    failed.append((clause.name, clause.sentence))
        if strange:
            failed.append(("raises_only", f"{RAISES_ONLY} ({t.raised})"))
        if invariants and (not operation.establishes or operation.established(t)):
            for clause in self.bench.subject.invariants:
                if not self._holds(clause, t, t.new, t.heap, t.ghost_after):
                    failed.append((clause.name, f"afterwards {clause.sentence}"))
        frame_of = self.camera.frames
        if len(set(frame_of.values())) != len(frame_of):
            failed.append(("safety", OWN_FRAME))
        if t.new.mapped.same(t.old.mapped) and self.machine.free_frames() != frames:
            failed.append(("safety", FRAMES))
        if failed:
            self._fail(operation, failed, t)

    def _holds(self, clause: Clause, t: Transition, *state: Any) -> bool:
        if self._skipped(clause, t.ghost) or self._skipped(clause, t.ghost_after):
            return True
        self.checks += 1
        return said(clause, *state)

    def _skipped(self, clause: Clause, ghost: Any) -> bool:
        """Whether the clause would take too long on so large a heap."""
        return clause.name in self.bench.quadratic and self.bench.size_of(ghost) >= LARGE

    def _fail(self, operation: Operation, failed: list[tuple[str, str]], t: Transition) -> None:
        """Report the first theorem that failed; the others, too."""
        theorem = self._theorem(operation)
        outcome = f"raised {t.raised}" if t.raised else f"returned {shown(t.result)}"
        detail = [
            f"{calling(operation.name, tuple(t.arguments.values()))} {outcome}",
            f"with {t.cost} loads and stores; pages mapped: {t.pages_mapped} of {t.pages_asked} asked for",
            *self._drawn("before", t.old, t.ghost),
            *self._drawn("after", t.new, t.ghost_after),
        ]
        detail.extend(f"also violated: {theorem}.{name}: {sentence}" for name, sentence in failed[1:])
        names = tuple(f"{theorem}.{name}" for name, _ in failed)
        violation = Violation(names[0], failed[0][1], "\n".join(detail), names)
        violation.transition = t
        raise violation

    def _drawn(self, when: str, state: ConcreteState, ghost: Any) -> list[str]:
        return [f"{when}:", picture] if (picture := self.bench.picture(state, self.address, ghost)) else []

    def _theorem(self, operation: Operation) -> str:
        return f"{self.bench.subject.name}.{operation.name}"

    def _observer(self, operation: Operation) -> LoopObserver:
        """Looks at the loops of one call."""
        size = self.bench.size_of(self.ghost)
        stride = 1 if size < LARGE else max(size // LOOKS, 1)
        return LoopObserver(self._theorem(operation), stride, self.files, self.specifications, self.bench.looks)

    # ------------------------------------------------------------ the surroundings

    def vandalise(self, address: int, data: bytes) -> None:
        """Overwrite memory as a wild device would; the model does not notice."""
        self.memory.vandalise(address, data)
        self.damaged = True

    def state(self) -> ConcreteState:
        """The state now, between operations."""
        return self.camera.take() if self._standing is None else self._standing

    def adopt(self, address: int, pages: int) -> None:
        """These pages were mapped by somebody else."""
        self.camera.foreign.update(range(address >> 12, (address >> 12) + pages))
        self.memory.watch.paged = True

    def disown(self, address: int, pages: int) -> None:
        """Somebody else's pages are gone."""
        self.camera.foreign.difference_update(range(address >> 12, (address >> 12) + pages))
        self.memory.watch.paged = True
