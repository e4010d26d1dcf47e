"""Calls by contract: a caller shows what an operation relies on, and knows afterwards what it promises.

TRUSTED.  It is sound because every operation is proved to keep its contract from any state that meets
what it relies on, and because an operation may call only such as stand before it in its subject, so
that no two lean on each other.  What the operation may change becomes arbitrary; of the new state,
and of the abstract one, only the promises and the subject's invariants are known.
"""

from __future__ import annotations

import builtins
from collections.abc import Callable, Sequence
from dataclasses import fields, replace
from functools import partial
from typing import Any

import z3

import impl.errors
from model.language.logic import NO_ANSWERS, Answers, Clause, Operation, Subject, Transition
from proofs.checking.ends import unseen
from proofs.engine import kinds
from proofs.engine import path as paths
from proofs.engine.memory import SymMemory, SymOperation
from proofs.engine.outside import AGREES
from proofs.engine.path import EngineError, PathEnd, program_error
from proofs.engine.stating import said
from proofs.engine.values import SymBool, SymInt, term_of

GHOST = "ghost."
"""Prefix of the parts of the abstract state among what a loop or an operation changes."""
PAGES = "pages"
RELIED_ON = "what the operation relies on holds where it is called"


Bind = Callable[[Any, Operation, tuple[Any, ...]], dict[str, Any]]
"""Names the arguments of a call of an operation, given the object whose method is called."""


def of_the_heap(view: Any, operation: Operation, arguments: tuple[Any, ...]) -> dict[str, Any]:
    """The arguments in their order; the method must be one of the heap that the operation in progress works on."""
    if not term_of(view.address).eq(term_of(_operating(view.memory).heap)):
        raise EngineError(f"{operation.name} is called for another heap")
    return dict(zip(operation.arguments, arguments, strict=True))


@unseen
def rely_on(
    subject: Subject | None,
    caller: Operation | None,
    name: str,
    view: Any,
    arguments: tuple[Any, ...],
    bind: Bind = of_the_heap,
) -> Any:
    """The effect of a call of the operation ``name`` of the heap ``view``; its result."""
    callee = _allowed(subject, caller, name)
    if subject is None:
        raise EngineError(f"{name} is called outside the operations of a subject")
    path, operating = paths.current(), _operating(paths.current().memory)
    path.rests |= {f"{subject.name}.{callee.name}"}
    for value in arguments:
        if isinstance(value, SymInt | SymBool):
            path.relocatable(value.term)
    before = operating.ghost
    named = bind(view, callee, arguments)
    if any(kinds.kind_of(value) != callee.kinds.get(argument, "word") for argument, value in named.items()):
        raise EngineError(f"{name} is called with something of another kind: nobody proved what it does then")
    links = operating.outside.linked(before, named)
    goal = z3.And(operating.outside.agreement(operating.words, before, before), *links)
    path.show(f"calls.{callee.name}", f"{RELIED_ON}: {AGREES}", goal, then_known=False)
    try:
        return perform(callee, subject.invariants, named, partial(kinds.any_of, callee.returns))
    finally:
        operating.words = operating.outside.afterwards(operating.words, before, operating.ghost)


def perform(callee: Operation, invariants: Sequence[Clause], named: dict[str, Any], result: Callable[[], Any]) -> Any:
    """One call: show what it relies on, forget what it may change, know what it promises; its result or exception."""
    path = paths.current()
    memory = path.memory
    with path.ghost():
        memory.forget_gone(parts_of(callee))
        _demand(path, callee, invariants, memory, named)
        t = _transition(path, callee, memory, named, result)
        told = [clause for clause in callee.ensures if not clause.inner]
        promised = path.remembered(lambda: [said(clause, t) for clause in told])
        for clause, term in zip(told, promised, strict=True):
            path.know(term, f"{callee.name}.{clause.name}")
        for clause, term in _invariants(path, invariants, _operating(memory)):
            path.know(term, clause.name)
        if invariants:
            _operating(memory).settle()
    if callee.raises and path.impossible():
        raise PathEnd
    if t.raised:
        raise program_error(refusal(t.raised, f"{callee.name} refused"))
    return t.result


def _allowed(subject: Subject | None, caller: Operation | None, name: str) -> Operation:
    """The operation, if its contract may be used here."""
    if subject is None or caller is None:
        raise EngineError(f"{name} is called outside the operations of a subject")
    order = [operation.name for operation in subject.operations]
    if name not in order[: order.index(caller.name)]:
        raise EngineError(f"{name} does not stand before {caller.name}: each could lean on the other")
    callee = subject.operation(name)
    if callee.changes is None or callee.establishes:
        raise EngineError(f"{name} does not say what it changes: nobody can rely on its contract alone")
    return callee


def _demand(
    path: Any, callee: Operation, invariants: Sequence[Clause], memory: SymMemory, named: dict[str, Any]
) -> None:
    """Show the invariants, and what the operation requires beyond them."""
    operating = _operating(memory)
    now, heap, ghost = memory.state().untold(), operating.heap, operating.ghost
    for clause, goal in _invariants(path, invariants, operating):
        path.show(f"calls.{callee.name}", f"{RELIED_ON}: {clause.sentence}", goal, then_known=False)
        path.know(goal, clause.name)
    required = path.remembered(lambda: [said(c, now, heap, ghost, named) for c in callee.requires])
    for clause, goal in zip(callee.requires, required, strict=True):
        path.show(f"calls.{callee.name}", f"{RELIED_ON}: {clause.sentence}", goal)


def _invariants(path: Any, invariants: Sequence[Clause], operating: SymOperation) -> list[tuple[Clause, Any]]:
    """The invariants, and what they say now; none if they are known of memory and abstract state as they are."""
    if operating.is_settled:
        return []
    now, heap, ghost = operating.now().untold(), operating.heap, operating.ghost
    terms = path.remembered(lambda: [said(clause, now, heap, ghost) for clause in invariants])
    return list(zip(invariants, terms, strict=True))


def _transition(
    path: Any, callee: Operation, memory: SymMemory, named: dict[str, Any], result: Callable[[], Any]
) -> Transition:
    """An arbitrary execution within ``changes``; memory and the abstract state are those after it."""
    changes, operating = callee.changes or (), _operating(memory)
    old, ghost = memory.state(), operating.ghost
    paid = SymInt(path.integer("cost"))
    path.know(paid.term >= 0)
    memory.cost = memory.cost + paid
    unmapped = memory.pages_unmapped
    memory.havoc(parts_of(callee), keep_cost=True)
    memory.unmaps_more(parts_of(callee))
    memory.loses(parts_of(callee), old.arrays, dict(memory.arrays))
    operating.forget([part[len(GHOST) :] for part in changes if part.startswith(GHOST)])
    *pages, asked_at, answers = _pages(path, memory) if PAGES in changes else (0, 0, False, 0, NO_ANSWERS)
    old, new = replace(old, cost=0), replace(memory.state(), cost=paid)
    raised = outcome(path, callee)
    facts = (named, None if raised else result(), raised, paid, *pages)
    t = Transition(operating.heap, old, new, ghost, *facts)
    t.ghost_after, t.asked_at, t.answers = operating.ghost, asked_at, answers
    t.pages_unmapped = memory.pages_unmapped - unmapped
    return t


def parts_of(callee: Operation) -> list[str]:
    """The parts of memory that an operation may change."""
    return [part for part in callee.changes or () if not part.startswith(GHOST) and part != PAGES]


def outcome(path: Any, callee: Operation) -> str:
    """The name of the exception that the call ends with, or ""; each is a path of its own."""
    outcomes = (name for name in callee.raises if path.branch(z3.Bool(path.name(f"raises_{name}"))))
    return next(outcomes, "")


def exception(name: str) -> type[Exception]:
    """The exception class of that name."""
    found: type[Exception] = getattr(impl.errors, name, None) or getattr(builtins, name)
    return found


def refusal(name: str, message: str) -> Exception:
    """An exception of that name, with nothing else known of it: its class may want to be told more."""
    kind = exception(name)
    return kind.__new__(kind, message)


def _operating(memory: SymMemory) -> SymOperation:
    """The operation in progress, which makes the call."""
    if memory.operation is None:
        raise EngineError("nothing is in progress that could call an operation")
    return memory.operation


def _pages(path: Any, memory: SymMemory) -> tuple[Any, Any, Any, Any, Answers]:
    """How many pages the operation was granted, how many it asked for, whether it was refused, where, why; any at all.

    Where it asked for none, the caller may have asked before, at any address.
    """
    granted, asked = SymInt(path.integer("granted")), SymInt(path.integer("asked"))
    refused = SymBool(z3.Bool(path.name("refused")))
    path.know(z3.And(granted.term >= 0, granted.term <= asked.term))
    memory.pages_mapped = memory.pages_mapped + granted
    at, before = path.integer("asked_at"), path.integer("asked_at")
    memory.pages_asked, memory.asked_at = memory.pages_asked + asked, SymInt(z3.If(asked.term != 0, at, before))
    memory.refused = SymBool(z3.Or(refused.term, term_of(memory.refused)))
    answers = Answers(
        SymInt(path.integer("sought")),
        *(SymBool(z3.Bool(path.name(part.name))) for part in fields(Answers) if part.name != "sought"),
    )
    memory.hears(answers)
    return granted, asked, refused, SymInt(at), answers


def check_promises(operation: Operation, t: Transition, memory: SymMemory) -> None:
    """An operation on which others rely changed only what it names, and returned what it says."""
    if operation.changes is None:
        return
    declared = set(operation.changes)
    undeclared = {part for part in memory.changed_since(t.old) if part not in declared}
    if "log" not in declared and memory.log_length is not t.old.log_length:
        undeclared.add("log")
    silent = all(type(n) in (int, bool) and not n for n in (t.pages_asked, t.map_refused))
    if PAGES not in declared and not (silent and t.answers is NO_ANSWERS):
        undeclared.add(PAGES)
    undeclared |= {GHOST + part for part in altered(t.ghost, t.ghost_after)} - declared
    if undeclared:
        raise EngineError(f"{operation.name} changes {sorted(undeclared)} undeclared")
    if not t.raised:
        kinds.show(operation.returns, t.result)


def altered(before: Any, now: Any) -> list[str]:
    """The parts of the abstract state that are no longer the same object."""
    if now is before:
        return []
    return [name for name in vars(now) if getattr(now, name) is not getattr(before, name)]
