"""Functions by contract: inside the proofs of others, a function that is proved by itself is what its contract says.

TRUSTED.  Only for stateless operations: nothing but the result and the exception can come of a call.  The
caller shows what the function requires; then some end of it is chosen, and of the result is known
what the contract ensures there.  A function that goes by contract may itself rely on those before it
in ``Proof.functions``; so no two lean on each other.
"""

from __future__ import annotations

import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from model.language.logic import Operation, Subject, Transition
from proofs.checking.ends import unseen
from proofs.engine import kinds
from proofs.engine import path as paths
from proofs.engine.calls import outcome, refusal
from proofs.engine.path import EngineError, PathEnd, program_error
from proofs.engine.values import SymBool, SymInt, term_of


@dataclass(frozen=True)
class Stateless:
    """The stateless ``operation`` stands for the function of its name; ``result()`` makes anything it could return."""

    operation: Operation
    result: Callable[[], Any]


def install(subject: Subject, edition: types.ModuleType, functions: Sequence[Stateless], proved: Operation) -> None:
    """In a program these calls go by contract; where one is ``proved`` itself, those before it."""
    editions = edition.__dict__["__drystone_editions__"]
    for function in functions:
        name = function.operation.name
        if not function.operation.stateless:
            raise EngineError(f"{name} is not stateless: no call of it can go by contract")
        if same_contract(function.operation, proved):
            return
        if not any(same_contract(operation, function.operation) for operation in subject.operations):
            raise EngineError(f"nobody proves {name}: it is no operation of {subject.name}")
        users = [one for one in editions if name in vars(one)]
        if len({id(vars(one)[name]) for one in users}) != 1:
            raise EngineError(f"{'several functions are' if users else 'no module has a function'} called {name}")
        for one in users:
            setattr(one, name, stand_in(function, subject.name))


CONTRACT = (
    *("name", "arguments", "after", "ensures", "requires", "establishes", "established", "raises", "changes"),
    *("returns", "stateless", "kinds"),
)
"""What makes a contract; the other parts of an operation only help to prove it."""


def same_contract(one: Operation, other: Operation) -> bool:
    """Whether two operations promise the same, by the identity of every formula."""
    return all(getattr(one, part) == getattr(other, part) for part in CONTRACT)


def check_result(functions: Sequence[Stateless], operation: Operation, t: Transition) -> None:
    """What a function returns is of the kind that its stand-in returns in the proofs of others."""
    for function in functions:
        if (
            same_contract(function.operation, operation)
            and not t.raised
            and shape(t.result) != shape(function.result())
        ):
            raise EngineError(f"{operation.name} returns {shape(t.result)}, its contract {shape(function.result())}")


def shape(value: Any) -> Any:
    """The kind of a value: a word, a flag, nothing, or a tuple of kinds."""
    return tuple(shape(part) for part in value) if isinstance(value, tuple) else kinds.kind_of(value)


def stand_in(function: Stateless, subject: str) -> Callable[..., Any]:
    """A function that does what the contract says; whoever calls it rests on its proof."""
    operation = function.operation

    @unseen
    def call(*given: Any) -> Any:
        path = paths.current()
        if path.ghost_depth:
            raise EngineError(f"a specification calls {operation.name}")
        path.rests |= {f"{subject}.{operation.name}"}
        state = path.memory.state()
        arguments = dict(zip(operation.arguments, flattened(given), strict=True))
        for value in arguments.values():
            if isinstance(value, SymInt | SymBool):
                path.relocatable(value.term)
        with path.ghost():
            for clause in operation.requires:
                truth = clause.formula(state, None, None, arguments)
                path.show(f"{operation.name}_{clause.name}", clause.sentence, term_of(truth))
            raised = outcome(path, operation)
            result = None if raised else function.result()
            t = Transition(None, state, state, None, arguments, result, raised)
            for clause in operation.ensures:
                path.know(term_of(clause.formula(t)), f"{operation.name}.{clause.name}")
        if path.impossible():
            raise PathEnd
        if raised:
            raise program_error(refusal(raised, f"{operation.name} by contract"))
        return result

    return call


def flattened(values: Sequence[Any]) -> Iterator[Any]:
    """The values, with what tuples hold in the place of the tuples."""
    for value in values:
        if isinstance(value, tuple):
            yield from flattened(value)
        else:
            yield value
