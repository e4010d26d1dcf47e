"""Runs one operation of a subject over symbolic values and collects what must be shown of it.

TRUSTED: what is assumed on entry and what is demanded at the end.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial, wraps
from typing import Any

import z3

from impl.errors import DrystoneError
from model.annotations import advancing, claiming
from model.logic import RAISES_ONLY, Clause, Operation, Subject, Transition
from proofs.checking.ends import EndRecorder, unseen
from proofs.engine import path as paths
from proofs.engine.calls import GHOST, Bind, altered, check_promises, of_the_heap, rely_on
from proofs.engine.functions import Stateless, install
from proofs.engine.ghost import Induction
from proofs.engine.memory import SymMemory, SymOperation
from proofs.engine.path import EngineError, Path, PathEnd
from proofs.engine.rewrite import load_symbolic
from proofs.engine.speclint import check, check_subject
from proofs.engine.state import SymState
from proofs.engine.values import SymBool, SymInt, term_of

EXPECTED = (ValueError, ZeroDivisionError, DrystoneError)
"""Exceptions that a contract may speak about; any other is an error of the proof."""

CONTAINERS = (list, dict, set, bytearray)
"""A cut loop forgets what its locals are, not what such a local holds."""

STATELESS = "nothing is stored, and nothing loaded"

TERMINATES = "the loop ends: its measure is never negative and falls with every iteration"


@dataclass(frozen=True)
class Proof:
    """How a subject's source meets its model.

    ``heap`` is the class that holds the operations, ``structs`` the header types that it uses.
    ``ghost()`` makes an arbitrary abstract state, ``unborn()`` that of a heap before init.
    ``names`` tells which words of a state to show in a report.  ``invoke(edition, memory, address,
    operation, arguments)`` calls an operation that is no method of ``heap`` at that address.
    ``numbered`` gives, for each struct that lies in one array and that the model names by its number
    there, where number 0 would lie, from a state and the address of the descriptor.  ``relocatable``
    says that the header may be moved between calls (relocation.py).  ``parts`` are modules whose loops
    are cut as well (rewrite.py).  Calls of ``functions`` go by contract (functions.py).
    ``arguments`` makes an arbitrary argument of a name that is no number.
    ``bind`` names the arguments of a call by contract (calls.py) of an operation that is no method of ``heap``.
    ``words`` says that what runs is a program of machine words; what is no program, but part of the machine itself,
    may compute with any integers.
    """

    subject: Subject
    module: types.ModuleType
    heap: str
    structs: tuple[str, ...]
    ghost: Callable[[], Any]
    unborn: Callable[[], Any]
    names: Callable[[Any], dict[str, Any]] = lambda ghost: {}
    invoke: Callable[..., Any] | None = None
    numbered: Mapping[str, Callable[[Any, Any], Any]] = field(default_factory=dict)
    relocatable: bool = False
    parts: tuple[types.ModuleType, ...] = ()
    functions: tuple[Stateless, ...] = ()
    arguments: Mapping[str, Callable[[], Any]] = field(default_factory=dict)
    bind: Bind = of_the_heap
    words: bool = True


def call_method(heap: str, edition: Any, memory: Any, address: Any, operation: str, arguments: dict[str, Any]) -> Any:
    """Call the operation as a method of the heap's descriptor at ``address``."""
    return getattr(getattr(edition, heap)(memory, address), operation)(*arguments.values())


class Cutter:
    """The ``__engine__`` of a rewritten module, when one operation of a subject is executed."""

    def __init__(
        self, subject: Subject | None = None, operation: Operation | None = None, bind: Bind = of_the_heap
    ) -> None:
        self.subject = subject
        self.operation = operation
        self.bind = bind

    def by_contract(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, executed if it is the operation itself, else replaced by its contract."""

        @wraps(function)
        def call(view: Any, *arguments: Any) -> Any:
            operating = paths.current().memory.operation
            if self.operation is not None and function.__name__ == self.operation.name and not operating.entered:
                operating.entered = True
                return function(view, *arguments)
            return rely_on(self.subject, self.operation, function.__name__, view, arguments, self.bind)

        return call

    def cut(self, specification: Any, line: int) -> Cut:
        """Begin a cut loop."""
        return Cut(specification, line)

    def again(self) -> None:
        """One more round of a loop that is not cut."""
        paths.current().again()


class Cut:
    """One execution of a cut loop on one path."""

    def __init__(self, specification: Any, line: int) -> None:
        check(specification)
        self.specification = specification
        self.line = line
        self.measure: Any = None

    @unseen
    def _evaluate(self, state: tuple[Any, ...]) -> Any:
        path = paths.current()
        with path.ghost():
            return path.remembered(lambda: self.specification(*state))

    @unseen
    def _show(self, loop: Any, then_known: bool, needs: Callable[[str], str] = lambda name: name) -> None:
        for name, sentence, truth, *chosen in loop.invariants:
            known = tuple(needs(other) for other in chosen[0]) if chosen else None
            theorem = f"{self.specification.__name__}.{name}"
            paths.current().show(theorem, sentence, term_of(truth), known, then_known)

    def _carried(self, state: tuple[Any, ...]) -> None:
        """The numbers among a loop's state must not depend on where the header lies."""
        for value in state:
            if isinstance(value, SymInt | int):
                paths.current().relocatable(term_of(value))

    def establish(self, *state: Any) -> None:
        """The invariants hold when the loop is reached."""
        containers = [name for name, value in sys._getframe(1).f_locals.items() if isinstance(value, CONTAINERS)]
        if containers:
            raise EngineError(f"the loop at line {self.line} could change what {containers} hold, unseen")
        self._carried(state)
        loop = self._evaluate(state)
        self.changes = loop.changes
        self.costless = loop.costless
        self._show(loop, then_known=False)

    def havoc(self, *values: Any) -> tuple[Any, ...]:
        """Forget what the body may change: these locals, and the declared parts of memory."""
        memory = paths.current().memory
        memory.havoc([name for name in self.changes if not name.startswith(GHOST)], keep_cost=self.costless)
        memory.operation.forget([name[len(GHOST) :] for name in self.changes if name.startswith(GHOST)])
        self.head = memory.state()
        self.pages = (memory.pages_mapped, memory.pages_asked, memory.refused)
        self.ghost = memory.operation.ghost
        self.origins = memory.origins
        return tuple(arbitrary_like(value) for value in values)

    def assume(self, *state: Any) -> None:
        """The invariants hold at the head of an arbitrary iteration."""
        for name, _, truth, *_ in self._evaluate(state).invariants:
            paths.current().know(term_of(truth), f"{self.specification.__name__}.{name}")

    def enter(self, *state: Any) -> None:
        """The condition holds: an arbitrary iteration begins."""
        self.measure = term_of(self._evaluate(state).measure)
        paths.current().show(f"{self.specification.__name__}.terminates", TERMINATES, self.measure >= 0)

    def come_round(self, *state: Any) -> None:
        """The iteration is over: the invariants hold again, the measure fell, and nothing undeclared changed."""
        path = paths.current()
        self._carried(state)
        loop = self._evaluate(state)
        own = {invariant[0] for invariant in loop.invariants}
        self._show(loop, False, lambda name: f"{self.specification.__name__}.{name}" if name in own else name)
        path.show(f"{self.specification.__name__}.terminates", TERMINATES, term_of(loop.measure) < self.measure)
        undeclared = set(path.memory.changed_since(self.head)) - set(self.changes)
        if "log" not in self.changes and path.memory.log_length is not self.head.log_length:
            undeclared.add("log")
        if self.costless and path.memory.cost is not self.head.cost:
            undeclared.add("cost")
        if path.memory.origins is not self.origins:
            raise EngineError(f"the loop at line {self.line} claims an array that is kept by number")
        undeclared |= {GHOST + name for name in altered(self.ghost, path.memory.operation.ghost)} - set(self.changes)
        if undeclared or self.pages != (
            path.memory.pages_mapped,
            path.memory.pages_asked,
            path.memory.refused,
        ):
            raise EngineError(f"the loop at line {self.line} changes {sorted(undeclared) or 'pages'} undeclared")
        raise PathEnd


def arbitrary_like(value: Any) -> Any:
    """An arbitrary value of the same kind: an int, a bool, or a typed view."""
    path = paths.current()
    if isinstance(value, bool) or type(value).__name__ == "SymBool":
        return SymBool(z3.Bool(path.name("flag")))
    if isinstance(value, int):
        return SymInt(path.integer("local"))
    if hasattr(value, "memory") and hasattr(value, "address"):
        return type(value)(value.memory, SymInt(path.integer("view")))
    raise EngineError(f"a loop changes a local of a kind that cannot be cut: {value!r}")


@dataclass
class Setup:
    """What every path of an operation starts from; made once, because nothing in it depends on a decision."""

    path: Path
    memory: SymMemory
    address: SymInt
    ghost: Any
    arguments: dict[str, Any]


def verify(
    proof: Proof, operation: Operation, source: str | None = None, variants: Mapping[str, str] | None = None
) -> list[Path]:
    """Every path of one operation, with its obligations.

    ``source`` replaces the module's text (a variant), and ``variants`` those of its parts, by their names.
    """
    check_subject(proof.subject, *(function.operation for function in proof.functions))
    edition = load_symbolic(proof.module, Cutter(proof.subject, operation, proof.bind), source, proof.parts, variants)
    install((proof.module, *proof.parts), proof.functions, operation.name)
    theorem = f"{proof.subject.name}.{operation.name}"
    setup = paths.prepare(theorem, lambda path: _set_up(path, proof, operation, edition))
    return paths.explore(theorem, lambda path: _run(path, proof, operation, edition, setup))


def any_number(name: str) -> SymInt:
    """An arbitrary integer."""
    return SymInt(paths.current().integer(name))


def _set_up(path: Path, proof: Proof, operation: Operation, edition: types.ModuleType) -> Setup:
    """The precondition: an arbitrary state, the subject's invariants, what the operation requires."""
    address = SymInt(path.integer("heap"))
    # ASSUMED: a descriptor lies at an address above 0.
    path.know(z3.And(address.term > 0, address.term < paths.WORD_LIMIT))
    memory = _memory(path, proof, operation, edition, address)
    arguments = {name: proof.arguments.get(name, partial(any_number, name))() for name in operation.arguments}
    with path.ghost():
        bare = operation.establishes or operation.stateless
        ghost = proof.unborn() if bare else proof.ghost()
        entry = memory.state()
        if not bare:
            for clause in proof.subject.invariants:
                path.know(term_of(clause.formula(entry, address, ghost)), clause.name)
        for clause in operation.requires:
            path.know(term_of(clause.formula(entry, address, ghost, arguments)), clause.name)
    path.values.extend((name, term_of(value)) for name, value in arguments.items() if isinstance(value, int))
    path.values.extend((name, term_of(value)) for name, value in proof.names(ghost).items())
    return Setup(path, memory, address, ghost, arguments)


def _memory(path: Path, proof: Proof, operation: Operation, edition: types.ModuleType, address: SymInt) -> SymMemory:
    """A memory of which nothing is known; an initialiser has yet to claim the arrays that are kept by number."""
    structs = {name: getattr(edition, name) for name in proof.structs}
    numbered = {name: partial(at_heap, origin, address) for name, origin in proof.numbered.items()}
    with path.ghost():
        memory = SymMemory(structs, () if operation.establishes else numbered)
        if operation.establishes:
            memory.number_when_claimed(numbered)
        else:
            memory.number_from({name: origin(memory.state()) for name, origin in numbered.items()})
    return memory


def at_heap(origin: Callable[[Any, Any], Any], address: SymInt, state: SymState) -> Any:
    """Where number 0 lies, for the descriptor at ``address``."""
    return origin(state, address)


def _run(path: Path, proof: Proof, operation: Operation, edition: types.ModuleType, setup: Setup) -> None:
    """One path: start from the precondition, execute, demand the postcondition."""
    path.start_from(setup.path)
    path.basis = operation.basis
    path.header = setup.address.term if proof.relocatable else None
    path.needs = operation.needs
    path.words = proof.words
    memory = path.memory = setup.memory.fork()
    entry = memory.state()
    operating = memory.operation = SymOperation(memory, setup.ghost, entry, heap=setup.address)
    if not operation.establishes:
        operating.settle()
    with path.ghost():
        for lemma in operation.lemmas:
            formula = term_of(lemma.formula(entry, setup.address, setup.ghost, setup.arguments))
            path.show(lemma.name, lemma.sentence, formula, lemma.needs)
    invoke = proof.invoke or partial(call_method, proof.heap)
    result, raised = None, ""
    advance, claim = unseen(operating.advance), unseen(operating.claim)
    with EndRecorder(proof.module.__file__ or "") as ends, advancing(advance), claiming(claim):
        try:
            result = invoke(edition, memory, setup.address, operation.name, setup.arguments)
        except EXPECTED as error:
            raised = type(error).__name__
    t = Transition(
        setup.address,
        entry,
        memory.state(),
        setup.ghost,
        setup.arguments,
        result,
        raised,
        memory.cost,
        memory.pages_mapped,
        memory.pages_asked,
        memory.refused,
    )
    t.ghost_after, t.asked_at = operating.ghost, memory.asked_at
    with path.ghost():
        t.ghost_after = operation.after(t)
        check_promises(operation, t, memory)
        path.conclude(ends.end)
        _demand(path, proof, operation, t)


def _demand(path: Path, proof: Proof, operation: Operation, t: Transition) -> None:
    """The postcondition, conjunct by conjunct, and every invariant of the state after."""
    known = operation.may_end_with(t.raised)
    if not known:  # asked first: what a clause would say of such an end is no reason why it does not come
        path.show("raises_only", f"{RAISES_ONLY} ({t.raised})", z3.BoolVal(False), then_known=False)
    for clause in operation.ensures:
        _show_clause(path, clause, clause.formula(t) if known else _of_unknown_end(clause, t))
    if operation.stateless:
        path.show("stateless", STATELESS, z3.And(term_of(t.new.same_memory(t.old)), term_of(t.cost) == 0))
        return
    if operation.establishes and not operation.established(t):
        return
    for clause in proof.subject.invariants:
        formula = term_of(clause.formula(t.new, t.heap, t.ghost_after))
        path.show(clause.name, f"afterwards {clause.sentence}", formula, clause.needs, then_known=False)


def _of_unknown_end(clause: Clause, t: Transition) -> Any:
    """What the clause states of an end with an exception that the contract does not know.

    Where it speaks of a result that there is none of, it holds only if such an end does not come.
    """
    try:
        return clause.formula(t)
    except TypeError:
        return SymBool(z3.BoolVal(False))


def _show_clause(path: Path, clause: Clause, stated: Any) -> None:
    """What a clause states follows; by induction: at the start, and from one number to the next."""
    if not isinstance(stated, Induction):
        path.show(clause.name, clause.sentence, term_of(stated), clause.needs, then_known=clause.lemma)
        return
    path.show(clause.name, f"{clause.sentence}: at the start", stated.start, clause.needs, then_known=False)
    path.show(clause.name, f"{clause.sentence}: step by step", stated.step, clause.needs, then_known=False)
    if clause.lemma:
        path.know(stated.whole, clause.name)
