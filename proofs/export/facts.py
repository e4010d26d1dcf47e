"""What a function can do: with which errors it may end, whether it changes anything, whether it loads.

TRUSTED: what is said to do nothing may be left out, evaluated in another order, or not evaluated.

The functions are looked at in the order of their calls, callees first; as none calls itself, what is found is the
least fixpoint over the graph of calls.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from impl import errors as machine_errors
from proofs.engine.modules import is_annotation
from proofs.export.inference import Kinds, Reader
from proofs.export.program import Function
from proofs.export.targets import Target
from proofs.export.zeros import Divisors

ZERO = "ZeroDivisionError"
WRITES = ("write", "fill", "copy", "map", "find_place", "unmap", "is_mapped", "log")
"""Of what a program asks of its memory: what changes something, or is seen by the user of the C."""


@dataclass(frozen=True)
class Doing:
    """What an expression or a function does."""

    errors: frozenset[str] = frozenset()
    acts: bool = False
    looks: bool = False

    def __or__(self, other: Doing) -> Doing:
        return Doing(self.errors | other.errors, self.acts or other.acts, self.looks or other.looks)

    @property
    def nothing(self) -> bool:
        """Whether it changes nothing and cannot fail."""
        return not self.acts and not self.errors


@dataclass
class Facts:
    """Finds out about all functions."""

    kinds: Kinds
    divisors: Divisors

    def find(self) -> None:
        """Functions in order, callees first."""
        for function in self.kinds.order:
            found = Walk(self, Reader(self.kinds, function)).block(function.node.body)
            function.errors, function.acts, function.looks = found.errors, found.acts, found.looks

    def errors_in(self, function: Function, body: list[ast.stmt], caught: frozenset[str]) -> frozenset[str]:
        """The errors with which some statements can end; ``caught`` are those that a bare ``raise`` raises."""
        return Walk(self, Reader(self.kinds, function)).block(body, caught).errors

    def of(self, function: Function, node: ast.AST) -> Doing:
        """What an expression of a function does."""
        return Walk(self, Reader(self.kinds, function)).expression(node)


@dataclass
class Walk:
    """Goes through one function."""

    facts: Facts
    reader: Reader

    def block(self, statements: Iterable[ast.stmt], caught: frozenset[str] = frozenset()) -> Doing:
        """Statements; ``caught`` are the errors that a bare ``raise`` raises."""
        found = Doing()
        for statement in statements:
            found |= self._statement(statement, caught)
        return found

    def _statement(self, node: ast.stmt, caught: frozenset[str]) -> Doing:
        if isinstance(node, ast.Expr) and is_annotation(node.value):
            return Doing()
        if isinstance(node, ast.Raise):
            return Doing(frozenset({ast.unparse(node.exc.func)}) if isinstance(node.exc, ast.Call) else caught)
        if isinstance(node, ast.Try):
            return self._try(node, caught)
        found = Doing(acts=any(isinstance(one, ast.Attribute) for one in targets(node)))
        if isinstance(node, ast.AugAssign) and id(node) in self.facts.divisors.unsafe:
            found |= Doing(frozenset({ZERO}))
        for part in ast.iter_child_nodes(node):
            found |= self._statement(part, caught) if isinstance(part, ast.stmt) else self.expression(part)
        return found

    def _try(self, node: ast.Try, caught: frozenset[str]) -> Doing:
        body = self.block(node.body, caught)
        left = body.errors
        found = Doing(frozenset(), body.acts, body.looks)
        for handler in node.handlers:
            taken = frozenset(error for error in left if catches(handler, error))
            left -= taken
            found |= self.block(handler.body, taken)
        return found | Doing(left) | self.block(node.orelse, caught) | self.block(node.finalbody, caught)

    def expression(self, node: ast.AST) -> Doing:
        """An expression, and all that is in it."""
        found = Doing()
        if isinstance(node, ast.BinOp | ast.AugAssign) and id(node) in self.facts.divisors.unsafe:
            found |= Doing(frozenset({ZERO}))
        if isinstance(node, ast.Call):
            if is_annotation(node):
                return found
            found |= self._called(self.reader.target(node))
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.ctx, ast.Load)
            and node.attr not in ("memory", "address")
        ):
            found |= Doing(looks=True)
        if isinstance(node, ast.Subscript):
            found |= Doing(looks=True)
        for part in ast.iter_child_nodes(node):
            found |= self.expression(part)
        return found

    def _called(self, target: Target) -> Doing:
        if target.function is not None:
            one = target.function
            return Doing(one.errors, one.acts, one.looks)
        if target.what == "memory":
            return Doing(acts=target.name in WRITES, looks=True)
        return Doing(acts=target.what == "callable", looks=target.what == "callable")


def targets(node: ast.stmt) -> Iterator[ast.expr]:
    """What a statement assigns to."""
    for one in getattr(node, "targets", []):
        yield from one.elts if isinstance(one, ast.Tuple) else [one]


def catches(handler: ast.ExceptHandler, error: str) -> bool:
    """Whether a handler catches an error, as CPython does."""
    names = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    return any(issubclass(error_class(error), error_class(ast.unparse(one))) for one in names if one is not None)


def error_class(name: str) -> type[BaseException]:
    """The error of that name."""
    own = {"ValueError": ValueError, "TypeError": TypeError, ZERO: ZeroDivisionError}
    found: type[BaseException] = own.get(name) or getattr(machine_errors, name)
    return found
