"""Cut loops and calls by contract: what a rewritten program calls while one operation of a subject is executed.

TRUSTED: what is assumed at the head of a loop, and what is demanded on every way back to it.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Callable
from functools import wraps
from typing import Any

import z3

from model.language.logic import Loop, Operation, Subject
from proofs.checking.ends import unseen
from proofs.engine import path as paths
from proofs.engine.calls import GHOST, Bind, altered, of_the_heap, rely_on
from proofs.engine.ghost import SymMap
from proofs.engine.outside import WORD
from proofs.engine.path import EngineError, PathEnd
from proofs.engine.places import source_line
from proofs.engine.runtime import Engine
from proofs.engine.sequences import SymSequence, arbitrary
from proofs.engine.stating import Misstated, defined_at, nearest, shape_of_loop, stated, triples
from proofs.engine.values import SymBool, SymInt, term_of

TERMINATES = "the loop ends: its measure is never negative and falls with every iteration"


class Cutter(Engine):
    """The ``__engine__`` of a rewritten program, when one operation of a subject is executed."""

    def __init__(
        self,
        subject: Subject | None = None,
        operation: Operation | None = None,
        bind: Bind = of_the_heap,
        heap: str = "",
    ) -> None:
        self.subject = subject
        self.operation = operation
        self.bind = bind
        self.heap = heap
        self.edition: types.ModuleType | None = None
        self.calls: list[Any] = []

    def by_contract(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, executed if it is the operation itself, else replaced by its contract."""

        @wraps(function)
        def call(view: Any, *arguments: Any) -> Any:
            self._check_owner(function.__name__, call, view)
            operating = paths.current().memory.operation
            if self.operation is not None and function.__name__ == self.operation.name and not operating.entered:
                operating.entered = True
                return function(view, *arguments)
            return rely_on(self.subject, self.operation, function.__name__, view, arguments, self.bind)

        self.calls.append(call)
        return call

    def _check_owner(self, name: str, call: Any, view: Any) -> None:
        """A contract belongs to the function of the subject's own class, not to whatever has its name.

        Nor to what is derived from that class: it may do otherwise what the function calls.
        """
        if paths.current().ghost_depth:
            raise EngineError(f"a specification calls {name}")
        if not self.is_own(name, call) or type(view) is not getattr(self.edition, self.heap):
            raise EngineError(f"{name} at {source_line()} is no operation of {self.heap or 'a subject'}")

    def is_own(self, name: str, call: Any) -> bool:
        """Whether ``call`` is what the subject's own class has under that name."""
        owner = getattr(self.edition, self.heap, None)
        return owner is not None and inspect.getattr_static(owner, name, None) is call

    def goes_by_contract(self, name: str) -> bool:
        """Whether calls of the subject's operation of that name go by contract."""
        found = inspect.getattr_static(getattr(self.edition, self.heap, None), name, None)
        return any(found is call for call in self.calls)

    def cut(self, name: str, line: int, changed: tuple[str, ...] = ()) -> Cut:
        """Begin a cut loop, at the specification of that name; ``changed`` are the locals that it may assign."""
        return Cut(paths.current().memory.operation.specification(name), line, changed)


class Cut:
    """One execution of a cut loop on one path."""

    def __init__(self, specification: Any, line: int, changed: tuple[str, ...] = ()) -> None:
        self.specification = specification
        self.line = line
        self.changed = changed
        self.what = f"the loop specification {specification.__name__}"
        self.measure: Any = None
        self.kinds: tuple[Any, ...] = ()

    @unseen
    def _evaluate(self, state: tuple[Any, ...]) -> Any:
        path = paths.current()
        with path.ghost():
            loop: Loop = path.remembered(lambda: self._fixed(stated(self.what, self.specification, *state)))
        return loop

    def _fixed(self, loop: Any) -> Loop:
        """The loop's specification as terms, its invariants counted out: a generator would give them once only."""
        if wrong := shape_of_loop(loop):
            raise Misstated(defined_at(self.specification), f"{self.what} {wrong}")
        invariants = triples(self.what, self.specification, loop.invariants)
        return Loop(invariants, term_of(loop.measure), tuple(loop.changes), loop.costless)

    @unseen
    def _show(self, loop: Any) -> None:
        for name, sentence, term in loop.invariants:
            paths.current().show(f"{self.specification.__name__}.{name}", sentence, term, then_known=False)

    @staticmethod
    def _carried(values: tuple[Any, ...]) -> None:
        """No number that a loop carries may depend on where the header lies."""
        for value in values:
            if isinstance(value, SymInt | SymBool | int):
                paths.current().relocatable(term_of(value))

    def establish(self, changed: tuple[Any, ...], *state: Any) -> None:
        """The invariants hold when the loop is reached; ``changed`` are the locals that the loop may assign."""
        self.kinds = tuple(kind_of(value, self.line) for value in changed)
        self._carried((*map(number_in, changed), *state))
        loop = self._evaluate(state)
        self.changes = loop.changes
        self.costless = loop.costless
        if paths.current().memory.gone:
            paths.current().memory.forget_gone(self.changes)
            loop = self._evaluate(state)
        self._show(loop)

    def havoc(self, *values: Any) -> tuple[Any, ...]:
        """Forget what the body may change: these locals, and the declared parts of memory and of state outside it."""
        memory = paths.current().memory
        self._check_known(memory)
        ghosts = [name[len(GHOST) :] for name in self.changes if name.startswith(GHOST)]
        words = [name[len(WORD) :] for name in self.changes if name.startswith(WORD)]
        parts = [name for name in self.changes if not name.startswith((GHOST, WORD))]
        before = dict(memory.arrays)
        memory.havoc(parts, keep_cost=self.costless)
        memory.unmaps_more(parts)
        memory.loses(parts, before)
        memory.operation.forget(ghosts)
        kept = memory.operation.words
        if words:
            memory.operation.words = {**kept, **{word: arbitrary_like(kept[word]) for word in words}}
        self.head = memory.state()
        self.pages = asked_of(memory)
        self.ghost = memory.operation.ghost
        self.words = memory.operation.words
        self.origins = memory.origins
        forgotten = tuple(arbitrary_like(value) for value in values)
        self._remember_lost(memory, parts, ghosts, forgotten)
        return forgotten

    def _remember_lost(self, memory: Any, parts: list[str], ghosts: list[str], values: tuple[Any, ...]) -> None:
        """Note what is forgotten here, for people, should something stay open."""
        new = [(part, memory.arrays[part]) for part in parts]
        new += [(GHOST + name, getattr(memory.operation.ghost, name)) for name in ghosts]
        new += [(f"the local {name}", number_in(value)) for name, value in zip(self.changed, values, strict=False)]
        loop = f"the loop at line {self.line} ({self.specification.__name__})"
        paths.current().lost += tuple((name, part, loop) for part, value in new if (name := constant_of(value)))

    def _check_known(self, memory: Any) -> None:
        """Misstated unless there is every part that the loop may change."""
        operating = memory.operation
        parts = [*memory.arrays, *(GHOST + name for name in getattr(operating.ghost, "__dict__", ()))]
        known = [*parts, *(WORD + name for name in operating.words or ())]
        for name in self.changes:
            if name not in known:
                what = f"{self.what} changes {name!r}, and there is no such part; {nearest(name, known)}"
                raise Misstated(defined_at(self.specification), what)

    def assume(self, *state: Any) -> None:
        """The invariants hold at the head of an arbitrary iteration, where its measure is taken."""
        loop = self._evaluate(state)
        for name, _, term in loop.invariants:
            paths.current().know(term, f"{self.specification.__name__}.{name}")
        self.measure = loop.measure

    def enter(self) -> None:
        """The condition holds: an arbitrary iteration begins."""
        paths.current().show(f"{self.specification.__name__}.terminates", TERMINATES, self.measure >= 0)

    def come_round(self, changed: tuple[Any, ...], *state: Any) -> None:
        """The iteration is over: the invariants hold again, the measure fell, and nothing undeclared changed."""
        path = paths.current()
        if tuple(kind_of(value, self.line) for value in changed) != self.kinds:
            raise EngineError(f"the loop at line {self.line} makes a local one of another kind")
        self._carried((*map(number_in, changed), *state))
        path.memory.forget_gone(self.changes)
        loop = self._evaluate(state)
        self._show(loop)
        path.show(f"{self.specification.__name__}.terminates", TERMINATES, loop.measure < self.measure)
        if loop.changes != self.changes or loop.costless != self.costless:
            raise EngineError(f"the loop at line {self.line} changes other parts in another iteration")
        self._check_changes(path.memory)
        raise PathEnd

    def _check_changes(self, memory: Any) -> None:
        """EngineError if the iteration changed what the loop does not declare."""
        undeclared = set(memory.changed_since(self.head)) - set(self.changes)
        if "log" not in self.changes and memory.log_length is not self.head.log_length:
            undeclared.add("log")
        if self.costless and memory.cost is not self.head.cost:
            undeclared.add("cost")
        if memory.origins is not self.origins:
            raise EngineError(f"the loop at line {self.line} claims an array that is kept by number")
        undeclared |= {GHOST + name for name in altered(self.ghost, memory.operation.ghost)} - set(self.changes)
        now = memory.operation.words
        undeclared |= {WORD + name for name in now if now[name] is not self.words[name]} - set(self.changes)
        if undeclared or any(now is not then for now, then in zip(asked_of(memory), self.pages, strict=True)):
            raise EngineError(f"the loop at line {self.line} changes {sorted(undeclared) or 'pages'} undeclared")


def asked_of(memory: Any) -> tuple[Any, ...]:
    """What is counted of the pages for which the machine was asked."""
    return memory.pages_mapped, memory.pages_asked, memory.asked_at, memory.refused, memory.answers


def kind_of(value: Any, line: int) -> Any:
    """What kind of value a local holds: a word, a flag, a sequence, or a view of a struct in the machine's memory."""
    kind = type(value)
    if kind in (SymBool, bool):
        return "flag"
    if kind in (SymInt, int):
        return "word"
    if kind is SymSequence:
        return value.kind
    if hasattr(kind, "FIELDS") and hasattr(value, "address"):
        if value.memory is not paths.current().memory:
            raise EngineError(f"the loop at line {line} changes a view of something else than the machine's memory")
        return kind
    raise EngineError(f"the loop at line {line} changes a local of a kind that cannot be cut: {kind.__name__}")


def constant_of(value: Any) -> str:
    """The name of the constant that a forgotten value is, "" if it is none."""
    if isinstance(value, SymMap):
        return str(value.array.decl().name())
    return str(value.term.decl().name()) if type(value) in (SymInt, SymBool) else ""


def number_in(value: Any) -> Any:
    """The number that a local holds: of a view where it lies."""
    return value.address if hasattr(type(value), "FIELDS") else value


def arbitrary_like(value: Any) -> Any:
    """An arbitrary value of the same kind: an int, a bool, a sequence, or a typed view."""
    path = paths.current()
    if type(value) in (SymBool, bool):
        return SymBool(z3.Bool(path.name("flag")))
    if type(value) in (SymInt, int):
        return SymInt(path.integer("local"))
    if type(value) is SymSequence:
        value.become_old()
        return arbitrary(value.kind, "local")
    return type(value)(value.memory, SymInt(path.integer("view")))
