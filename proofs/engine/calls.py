"""Calls by contract: a caller shows what an operation relies on, and knows afterwards what it promises.

TRUSTED.  It is sound because every operation is proved to keep its contract from any state that meets
what it relies on, and because an operation may call only such as stand before it in its subject, so
that no two lean on each other.  What the operation may change becomes arbitrary; of the new state,
and of the abstract one, only the promises and the subject's invariants are known.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import z3

from model.logic import Operation, Subject, Transition
from proofs.engine import path as paths
from proofs.engine.memory import SymMemory, SymOperation
from proofs.engine.path import EngineError
from proofs.engine.values import SymBool, SymInt, term_of

GHOST = "ghost."
"""Prefix of the parts of the abstract state among what a loop or an operation changes."""
PAGES = "pages"
RELIED_ON = "what the operation relies on holds where it is called"


def rely_on(subject: Subject | None, caller: Operation | None, name: str, view: Any, arguments: tuple[Any, ...]) -> Any:
    """The effect of a call of the operation ``name`` of the heap ``view``; its result."""
    path, memory = paths.current(), view.memory
    callee = _allowed(subject, caller, name)
    if subject is None or not term_of(view.address).eq(term_of(memory.operation.heap)):
        raise EngineError(f"{name} is called for another heap")
    named = dict(zip(callee.arguments, arguments, strict=True))
    with path.ghost():
        _demand(path, subject, callee, memory, named)
        t = _transition(path, callee, memory, named)
        for clause in callee.ensures:
            path.know(term_of(clause.formula(t)), f"{name}.{clause.name}")
        for clause in subject.invariants:
            path.know(term_of(clause.formula(t.new, t.heap, t.ghost_after)), clause.name)
    return t.result


def _allowed(subject: Subject | None, caller: Operation | None, name: str) -> Operation:
    """The operation, if its contract may be used here."""
    if subject is None or caller is None:
        raise EngineError(f"{name} is called outside the operations of a subject")
    order = [operation.name for operation in subject.operations]
    if name not in order[: order.index(caller.name)]:
        raise EngineError(f"{name} does not stand before {caller.name}: each could lean on the other")
    callee = subject.operation(name)
    if callee.changes is None or callee.raises or callee.establishes:
        raise EngineError(f"{name} does not say what it changes, or may raise: nobody can rely on its contract alone")
    return callee


def _demand(path: Any, subject: Subject, callee: Operation, memory: SymMemory, named: dict[str, Any]) -> None:
    """Show the subject's invariants, and what the operation requires beyond them."""
    operating = _operating(memory)
    now, heap, ghost = memory.state(), operating.heap, operating.ghost
    for clause in subject.invariants:
        goal = term_of(clause.formula(now, heap, ghost))
        path.show(f"calls.{callee.name}", f"{RELIED_ON}: {clause.sentence}", goal, clause.needs, then_known=False)
        path.know(goal, clause.name)
    for clause in callee.requires:
        goal = term_of(clause.formula(now, heap, ghost, named))
        path.show(f"calls.{callee.name}", f"{RELIED_ON}: {clause.sentence}", goal, clause.needs)


def _transition(path: Any, callee: Operation, memory: SymMemory, named: dict[str, Any]) -> Transition:
    """An arbitrary execution within ``changes``; memory and the abstract state are those after it."""
    changes, operating = callee.changes or (), _operating(memory)
    old, ghost = memory.state(), operating.ghost
    paid = SymInt(path.integer("cost"))
    path.know(paid.term >= 0)
    memory.cost = memory.cost + paid
    memory.havoc([part for part in changes if not part.startswith(GHOST) and part != PAGES], keep_cost=True)
    operating.forget([part[len(GHOST) :] for part in changes if part.startswith(GHOST)])
    pages = _pages(path, memory) if PAGES in changes else (0, 0, False)
    old, new = replace(old, cost=0), replace(memory.state(), cost=paid)
    facts = (named, _result(path, callee.returns), "", paid, *pages)
    t = Transition(operating.heap, old, new, ghost, *facts)
    t.ghost_after = operating.ghost
    return t


def _operating(memory: SymMemory) -> SymOperation:
    """The operation in progress, which makes the call."""
    if memory.operation is None:
        raise EngineError("nothing is in progress that could call an operation")
    return memory.operation


def _pages(path: Any, memory: SymMemory) -> tuple[Any, Any, Any]:
    """How many pages the operation was granted, how many it asked for, whether it was refused; any at all."""
    granted, asked = SymInt(path.integer("granted")), SymInt(path.integer("asked"))
    refused = SymBool(z3.Bool(path.name("refused")))
    path.know(z3.And(granted.term >= 0, granted.term <= asked.term))
    memory.pages_mapped = memory.pages_mapped + granted
    memory.pages_asked = memory.pages_asked + asked
    memory.refused = SymBool(z3.Or(refused.term, term_of(memory.refused)))
    return granted, asked, refused


def _result(path: Any, kind: str) -> Any:
    """Any value of that kind."""
    if kind == "word":
        result = path.integer("result")
        path.know(z3.And(result >= 0, result < paths.WORD_LIMIT), "range")
        return SymInt(result)
    return SymBool(z3.Bool(path.name("result"))) if kind == "flag" else None


def check_promises(operation: Operation, t: Transition, memory: SymMemory) -> None:
    """An operation on which others rely changed only what it names, and returned what it says."""
    if operation.changes is None:
        return
    declared = set(operation.changes)
    undeclared = {part for part in memory.changed_since(t.old) if part not in declared}
    if "log" not in declared and memory.log_length is not t.old.log_length:
        undeclared.add("log")
    if PAGES not in declared and not all(type(n) in (int, bool) and not n for n in (t.pages_asked, t.map_refused)):
        undeclared.add(PAGES)
    undeclared |= {GHOST + part for part in altered(t.ghost, t.ghost_after)} - declared
    if undeclared:
        raise EngineError(f"{operation.name} changes {sorted(undeclared)} undeclared")
    kind = "nothing" if t.result is None else "flag" if isinstance(t.result, bool | SymBool) else "word"
    if not t.raised and kind != operation.returns:
        raise EngineError(f"{operation.name} returns a {kind}, not a {operation.returns}")


def altered(before: Any, now: Any) -> list[str]:
    """The parts of the abstract state that are no longer the same object."""
    if now is before:
        return []
    return [name for name in vars(now) if getattr(now, name) is not getattr(before, name)]
