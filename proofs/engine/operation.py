"""Runs one operation of a subject over symbolic values and collects what must be shown of it.

TRUSTED: what is assumed on entry and what is demanded at the end.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import z3

from impl.errors import DrystoneError
from model.language.annotations import advancing, claiming
from model.language.logic import NO_ANSWERS, RAISES_ONLY, Clause, Operation, Subject, Transition
from proofs.checking.ends import EndRecorder, unseen
from proofs.engine import kinds
from proofs.engine import path as paths
from proofs.engine.annotations import Names, Specifications, named
from proofs.engine.calls import Bind, check_promises, of_the_heap
from proofs.engine.cut import Cutter
from proofs.engine.edition import check_bases, compiled, load_symbolic, refuse, struct_in
from proofs.engine.errors import Unsupported
from proofs.engine.functions import Stateless, check_result, install
from proofs.engine.ghost import Induction
from proofs.engine.hints import Hints
from proofs.engine.lineage import files_of
from proofs.engine.memory import SymMemory, SymOperation
from proofs.engine.outside import AGREES, Outside, close
from proofs.engine.path import EngineError, Path, programs_own
from proofs.engine.polarity import denied
from proofs.engine.speclint import check, check_subject
from proofs.engine.speclint_reach import check_tables
from proofs.engine.state import LIMITED, SymState
from proofs.engine.stating import Misstated, defined_at, said, stated, truth
from proofs.engine.values import SymBool, SymInt, term_of

EXPECTED = (ValueError, KeyError, ZeroDivisionError, DrystoneError)
"""Exceptions that a contract may speak about; any other is an error of the proof."""

STATELESS = "nothing is stored, and nothing loaded"


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
    ``outside`` declares what the subject keeps outside memory (outside.py).
    ``words`` says that what runs is a program of machine words; what is no program, but part of the machine itself,
    may compute with any integers.
    ``virtual`` says that the memory of the program is a VirtualMemory: its theorems rest on those of loads and stores.
    ``hints`` tell which facts are tried first for a theorem (hints.py).
    ``annotations`` are the specifications that the program's annotations say by their names (annotations.py).
    ``state`` is the class of the abstract state, if an empty one can be made of it (plain.py).
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
    outside: Outside = field(default_factory=Outside)
    words: bool = True
    virtual: bool = False
    hints: Hints = field(default_factory=dict)
    annotations: Specifications = field(default_factory=named)
    state: type | None = None

    def __post_init__(self) -> None:
        if named(self.annotations) != self.annotations:
            raise EngineError(f"the record of {self.subject.name} calls a specification by another name than its own")

    @property
    def says(self) -> Names:
        """What the program's annotations may say."""
        return Names(self.subject.name, frozenset(self.annotations))


def call_method(heap: str, edition: Any, memory: Any, address: Any, operation: str, arguments: dict[str, Any]) -> Any:
    """Call the operation as a method of the heap's descriptor at ``address``."""
    return getattr(getattr(edition, heap)(memory, address), operation)(*arguments.values())


@dataclass
class Setup:
    """What every path of an operation starts from; made once, because nothing in it depends on a decision."""

    path: Path
    memory: SymMemory
    address: SymInt
    ghost: Any
    arguments: dict[str, Any]


def verify(
    proof: Proof,
    operation: Operation,
    source: str | None = None,
    variants: Mapping[str, str] | None = None,
    checked: bool = False,
) -> list[Path]:
    """Every path of one operation, with its obligations.

    ``source`` replaces the module's text (a variant), and ``variants`` those of its parts, by their names.
    ``checked`` says that the specifications have passed, and that no program was executed since.
    """
    if not checked:
        check_specifications(proof)
    edition = load_edition(proof, operation, source, variants)
    theorem = f"{proof.subject.name}.{operation.name}"
    setup = paths.prepare(theorem, lambda path: _set_up(path, proof, operation, edition))
    found = paths.explore(theorem, lambda path: _run(path, proof, operation, edition, setup))
    check_tables()
    return found


def load_edition(
    proof: Proof, operation: Operation, source: str | None, variants: Mapping[str, str] | None
) -> types.ModuleType:
    """The program of a subject, checked and rewritten, for the proof of one operation."""
    cutter = Cutter(proof.subject, operation, proof.bind, proof.heap)
    roots = roots_of(proof)
    state, names = proof.outside.state, proof.says
    edition = load_symbolic(proof.module, cutter, source, proof.parts, variants, state, roots, names)
    cutter.edition = edition
    check_bases(edition, proof.heap, (proof.module, *proof.parts))
    if not hasattr(getattr(edition, proof.heap), "FIELDS"):
        close(getattr(edition, proof.heap), proof.outside)
    install(proof.subject, edition, proof.functions, operation)
    return edition


def roots_of(proof: Proof) -> tuple[str, ...]:
    """The functions of a program that are called; what they cannot reach by name need not be in the language."""
    return (*(one.name for one in proof.subject.operations), "retired")


def check_specifications(proof: Proof) -> None:
    """EngineError if a clause that the proof speaks of, or what an annotation may name, is no specification."""
    check_subject(proof.subject, *(function.operation for function in proof.functions))
    for specification in proof.annotations.values():  # also those that no annotation names: another may get at them
        check(specification)


def at_hand(proof: Proof, sources: Mapping[str, str]) -> None:
    """Have the program of a subject checked and compiled, but not run: processes forked later need not do it."""
    source = sources.get(proof.subject.name)
    compiled(proof.module, source, proof.parts, sources, proof.outside.state, proof.says)


def is_refused(proof: Proof, sources: Mapping[str, str]) -> bool:
    """Whether the program of a subject is not in the language, or no Python: then nothing of it is to be run, either.

    What is wrong is told where an operation is executed.
    """
    source = sources.get(proof.subject.name)
    try:
        program = compiled(proof.module, source, proof.parts, sources, proof.outside.state, proof.says)
        refuse(program, roots_of(proof))
    except (EngineError, SyntaxError):
        return True
    return False


def any_number(name: str) -> SymInt:
    """An arbitrary integer."""
    return SymInt(paths.current().integer(name))


def _argument(proof: Proof, operation: Operation, name: str) -> Any:
    """An arbitrary argument of that name, of the kind that the operation takes."""
    if name in operation.kinds:
        return kinds.argument(operation.kinds[name], name)
    return proof.arguments.get(name, partial(any_number, name))()


def _set_up(path: Path, proof: Proof, operation: Operation, edition: types.ModuleType) -> Setup:
    """The precondition: an arbitrary state, the subject's invariants, what the operation requires."""
    address = SymInt(path.integer("heap"))
    # ASSUMED: a descriptor lies at an address above 0.
    path.know(z3.And(address.term > 0, address.term < paths.WORD_LIMIT))
    memory = _memory(path, proof, operation, edition, address)
    arguments = {name: _argument(proof, operation, name) for name in operation.arguments}
    with path.ghost():
        bare = operation.establishes or operation.stateless
        ghost = proof.unborn() if bare else proof.ghost()
        entry = memory.state().untold()
        if not bare:
            for clause in proof.subject.invariants:
                path.know(said(clause, entry, address, ghost), clause.name)
        for clause in operation.requires:
            path.know(said(clause, entry, address, ghost, arguments), clause.name)
        if not bare:
            for link in proof.outside.linked(ghost, arguments):
                path.know(link, "outside")
    _limit_pages(path, memory)
    path.baseless = path.impossible()
    path.values.extend((name, term_of(value)) for name, value in arguments.items() if isinstance(value, int))
    path.values.extend((name, term_of(value)) for name, value in proof.names(ghost).items())
    return Setup(path, memory, address, ghost, arguments)


def _memory(path: Path, proof: Proof, operation: Operation, edition: types.ModuleType, address: SymInt) -> SymMemory:
    """A memory of which nothing is known; an initialiser has yet to claim the arrays that are kept by number."""
    structs = {name: struct_in(edition, name) for name in proof.structs}
    numbered = {name: partial(at_heap, origin, address) for name, origin in proof.numbered.items()}
    with path.ghost():
        memory = SymMemory(structs, () if operation.establishes else numbered, proof.virtual)
        if operation.establishes:
            memory.number_when_claimed(numbered)
        else:
            memory.number_from({name: origin(memory.state()) for name, origin in numbered.items()})
    return memory


def _limit_pages(path: Path, memory: SymMemory) -> None:
    """Specifications that deny that a page is mapped speak of the heap's own pages."""
    mapped = memory.arrays["mapped"].array
    if denied((fact.term for fact in path.facts), mapped):
        path.theories |= {LIMITED}


def at_heap(origin: Callable[[Any, Any], Any], address: SymInt, state: SymState) -> Any:
    """Where number 0 lies, for the descriptor at ``address``."""
    return origin(state, address)


def _run(path: Path, proof: Proof, operation: Operation, edition: types.ModuleType, setup: Setup) -> None:
    """One path: start from the precondition, execute, demand the postcondition."""
    path.start_from(setup.path)
    path.header = setup.address.term if proof.relocatable else None
    path.hints = proof.hints
    path.words = proof.words
    memory = path.memory = setup.memory.fork()
    entry = memory.state()
    operating = memory.operation = SymOperation(memory, setup.ghost, entry, heap=setup.address)
    operating.specifications = proof.annotations
    bare = operation.establishes or operation.stateless
    operating.words = proof.outside.on_entry(proof.unborn() if bare else setup.ghost, setup.arguments)
    operating.outside, operating.relied_on = proof.outside, operation.changes is not None
    words = operating.words
    if not bare:
        operating.settle()
    with path.ghost():
        for lemma in operation.lemmas:
            formula = said(lemma, entry, setup.address, setup.ghost, setup.arguments)
            path.show(lemma.name, lemma.sentence, formula)
    invoke = proof.invoke or partial(call_method, proof.heap)
    result, raised = None, ""
    advance, claim = unseen(operating.advance), unseen(operating.claim)
    with EndRecorder(files_of(proof.module)) as ends, advancing(advance), claiming(claim):
        try:
            result = invoke(edition, memory, setup.address, operation.name, setup.arguments)
        except EXPECTED as error:
            if not programs_own(error):
                raise EngineError(f"{type(error).__name__}, which the program did not raise: {error}") from error
            raised = type(error).__name__
    _check_executed(edition, operation, operating)
    t = Transition(
        setup.address,
        entry,
        memory.finish(),
        setup.ghost,
        setup.arguments,
        result,
        raised,
        memory.cost,
        memory.pages_mapped,
        memory.pages_asked,
        memory.refused,
    )
    t.ghost_after, t.asked_at, t.answers = operating.ghost, memory.asked_at, memory.answers
    t.pages_unmapped = memory.pages_unmapped
    with path.ghost():
        t.ghost_after = _state_after(operation, t)
        check_promises(operation, t, memory)
        check_result(proof.functions, operation, t)
        path.remarks = _unmoved(operation, t, memory)
        path.conclude(ends.end)
        _keeps_outside(path, proof, operation, t, operating, words)
        _demand(path, proof, operation, t)


def _check_executed(edition: types.ModuleType, operation: Operation, operating: SymOperation) -> None:
    """EngineError unless the function that goes by this operation's contract elsewhere was executed here."""
    if edition.__dict__["__engine__"].goes_by_contract(operation.name) and not operating.entered:
        raise EngineError(f"{operation.name} goes by contract, but its proof does not execute it")


def _keeps_outside(
    path: Path, proof: Proof, operation: Operation, t: Transition, operating: SymOperation, words: Mapping[str, Any]
) -> None:
    """What the subject keeps outside memory is what the abstract state says at this end."""
    if operation.stateless:
        if operating.words is not words:
            raise EngineError(f"{operation.name} is stateless and changes what is kept outside memory")
    elif (proof.outside.words or proof.outside.parts) and (not operation.establishes or _established(operation, t)):
        path.show("state", AGREES, proof.outside.agreement(operating.words, operating.ghost, t.ghost_after))


def _demand(path: Path, proof: Proof, operation: Operation, t: Transition) -> None:
    """The postcondition, conjunct by conjunct, and every invariant of the state after."""
    known = operation.may_end_with(t.raised)
    if not known:  # asked first: what a clause would say of such an end is no reason why it does not come
        path.show("raises_only", f"{RAISES_ONLY} ({t.raised})", z3.BoolVal(False), then_known=False)
    for clause in operation.ensures:
        _show_clause(path, clause, _stated(clause, t) if known else _of_unknown_end(clause, t))
    if operation.stateless:
        asks = type(t.pages_asked) is not int or t.answers is not NO_ANSWERS
        if t.new.log_length is not t.old.log_length or asks:
            raise EngineError(f"{operation.name} is stateless and logs, or asks for pages")
        path.show("stateless", STATELESS, z3.And(term_of(t.new.same_memory(t.old)), term_of(t.cost) == 0))
        return
    if operation.establishes and not _established(operation, t):
        return
    new = t.new.untold()
    for clause in proof.subject.invariants:
        formula = said(clause, new, t.heap, t.ghost_after)
        path.show(clause.name, f"afterwards {clause.sentence}", formula, then_known=False)


def _established(operation: Operation, t: Transition) -> bool:
    """Whether an initialiser succeeded."""
    return bool(stated(f"whether {operation.name} established the invariants", operation.established, t))


def _state_after(operation: Operation, t: Transition) -> Any:
    """The abstract state that must follow."""
    what = f"the abstract state after {operation.name}"
    after = stated(what, operation.after, t)
    if after is None and t.ghost is not None:
        raise Misstated(defined_at(operation.after), f"{what} is nothing: write `return` before it")
    return after


def _unmoved(operation: Operation, t: Transition, memory: SymMemory) -> tuple[str, ...]:
    """That memory changed and the abstract state did not, if so: for people, should something stay open."""
    changed = memory.changed_since(t.old)
    if t.ghost_after is not t.ghost or not changed:
        return ()
    return (
        f"here the abstract state stays as it was, but {', '.join(sorted(changed))} changed: either the state that "
        f"follows (`after` of {operation.name}) leaves something out, or an advance(...) is missing",
    )


def _stated(clause: Clause, t: Transition) -> Any:
    """What the clause states of this end."""
    return stated(f"the clause {clause.name}", clause.formula, t)


def _truth(clause: Clause, value: Any) -> Any:
    return truth(f"the clause {clause.name}", clause.formula, value)


def _of_unknown_end(clause: Clause, t: Transition) -> Any:
    """What the clause states of an end with an exception that the contract does not know.

    Where it speaks of a result that there is none of, of its size or of what lies there, it holds only if such an end
    does not come.
    """
    try:
        return clause.formula(t)
    except (TypeError, AttributeError, Unsupported):
        return SymBool(z3.BoolVal(False))


def _show_clause(path: Path, clause: Clause, claimed: Any) -> None:
    """What a clause states follows; by induction: at the start, and from one number to the next."""
    if not isinstance(claimed, Induction):
        path.show(clause.name, clause.sentence, _truth(clause, claimed), then_known=clause.lemma)
        return
    path.show(clause.name, f"{clause.sentence}: at the start", claimed.start, then_known=False)
    path.show(clause.name, f"{clause.sentence}: step by step", claimed.step, then_known=False)
    if clause.lemma:
        path.know(claimed.whole, clause.name)
