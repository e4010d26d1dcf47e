"""Functions by contract: inside the proofs of others, a function that is proved by itself is what its contract says.

TRUSTED.  Only for stateless operations: nothing but the result and the exception can come of a call.  The
caller shows what the function requires; then some end of it is chosen, and of the result is known
what the contract ensures there.  A function that goes by contract may itself rely on those before it
in ``Proof.functions``; so no two lean on each other.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from model.logic import Operation, Transition
from proofs.checking.ends import unseen
from proofs.engine import path as paths
from proofs.engine.calls import exception, outcome
from proofs.engine.path import EngineError, PathEnd
from proofs.engine.rewrite import edition_name
from proofs.engine.values import term_of


@dataclass(frozen=True)
class Stateless:
    """The stateless ``operation`` stands for the function of its name; ``result()`` makes anything it could return."""

    operation: Operation
    result: Callable[[], Any]


def install(modules: Sequence[types.ModuleType], functions: Sequence[Stateless], proved: str) -> None:
    """In the editions of these modules these calls go by contract; where one is ``proved`` itself, those before it."""
    editions = [sys.modules[edition_name(module.__name__)] for module in modules]
    for function in functions:
        name = function.operation.name
        if not function.operation.stateless:
            raise EngineError(f"{name} is not stateless: no call of it can go by contract")
        if name == proved:
            return
        users = [edition for edition in editions if name in vars(edition)]
        if not users:
            raise EngineError(f"no module has a function {name}")
        for edition in users:
            setattr(edition, name, stand_in(function))


def stand_in(function: Stateless) -> Callable[..., Any]:
    """A function that does what the contract says."""
    operation = function.operation

    @unseen
    def call(*given: Any) -> Any:
        path = paths.current()
        if path.ghost_depth:
            raise EngineError(f"a specification calls {operation.name}")
        state = path.memory.state()
        arguments = dict(zip(operation.arguments, flattened(given), strict=True))
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
            raise exception(raised)(f"{operation.name} by contract")
        return result

    return call


def flattened(values: Sequence[Any]) -> Iterator[Any]:
    """The values, with what tuples hold in the place of the tuples."""
    for value in values:
        if isinstance(value, tuple):
            yield from flattened(value)
        else:
            yield value
