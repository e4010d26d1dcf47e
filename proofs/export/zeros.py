"""Divisors that cannot be 0: what tests, constants and callers say of them.

TRUSTED: a division is written without a test for 0 only where one of these holds of the divisor: it is made of
constants so that it is not 0, a test on the way says so, or every call in the program gives a parameter such a value.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from proofs.engine.language import stored
from proofs.engine.modules import Module
from proofs.export.constants import constant_of, is_number
from proofs.export.inference import Kinds, Reader
from proofs.export.knowing import Known, negative, positive, without
from proofs.export.program import Function
from proofs.export.ways import ends


@dataclass
class Divisors:
    """Divisions that may meet a 0, by the identity of their nodes."""

    kinds: Kinds
    unsafe: set[int] = field(default_factory=set)
    present: set[int] = field(default_factory=set)
    """Names that are known not to be None where they stand."""
    again: bool = True

    def find(self) -> None:
        """Look at all functions, until no parameter loses what was supposed of it."""
        for function in self.kinds.order:
            for one in function.parameters:
                one.never_zero = one.kind.is_ == "word" and not function.public and function not in self.kinds.handed_on
        while self.again:
            self.again = False
            self.unsafe.clear()
            self.present.clear()
            for function in self.kinds.order:
                Walk(self, Reader(self.kinds, function)).block(function.node.body, frozenset())

    def weaken(self, function: Function, name: str) -> None:
        """A call gives a parameter what may be 0."""
        one = next(one for one in function.parameters if one.name == name)
        self.again = self.again or one.never_zero
        one.never_zero = False


@dataclass
class Walk:
    """Goes through one function with the names that are known not to be 0."""

    found: Divisors
    reader: Reader

    def block(self, statements: list[ast.stmt], known: Known) -> Known:
        """Statements, one after the other; what is known behind them."""
        for statement in statements:
            known = self._statement(statement, known)
        return known

    def _statement(self, node: ast.stmt, known: Known) -> Known:
        if isinstance(node, ast.If):
            self._look(node.test, known)
            self.block(node.body, known | positive(node.test))
            self.block(node.orelse, known | negative(node.test))
            left = known | negative(node.test) if ends(node.body) else known
            return without(left, stored(node))
        if isinstance(node, ast.While | ast.For | ast.Try):
            known = without(known, stored(node))
            inside = known
            if isinstance(node, ast.While):
                self._look(node.test, known)
                inside |= positive(node.test)
            elif isinstance(node, ast.For):
                self._look(node.iter, known)
            for part in ("body", "orelse", "finalbody"):
                self.block(getattr(node, part, []), inside if part == "body" else known)
            for handler in getattr(node, "handlers", []):
                self.block(handler.body, known)
            return known
        if isinstance(node, ast.AugAssign):
            self._divided(node, node.op, node.value, known)
        for one in ast.iter_child_nodes(node):
            if isinstance(one, ast.expr):
                self._look(one, known)
        return without(known, stored(node))

    def _look(self, node: ast.expr, known: Known) -> None:
        """An expression: its divisions, its calls, and the names in it that are not None."""
        if isinstance(node, ast.Name) and f"?{node.id}" in known:
            self.found.present.add(id(node))
        if isinstance(node, ast.BoolOp):
            for operand in node.values:
                self._look(operand, known)
                known |= positive(operand) if isinstance(node.op, ast.And) else negative(operand)
            return
        if isinstance(node, ast.IfExp):
            self._look(node.test, known)
            self._look(node.body, known | positive(node.test))
            self._look(node.orelse, known | negative(node.test))
            return
        if isinstance(node, ast.BinOp):
            self._divided(node, node.op, node.right, known)
        if isinstance(node, ast.Call):
            target = self.reader.target(node)
            for argument in target.arguments if target.function else ():
                module = target.function.module if target.function and not argument.given else None
                if target.function and not self._is_positive(argument.node, known, module):
                    self.found.weaken(target.function, argument.parameter.name)
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.expr):
                self._look(part, known)
            elif isinstance(part, ast.keyword):
                self._look(part.value, known)

    def _divided(self, node: ast.AST, operator: ast.operator, by: ast.expr, known: Known) -> None:
        if isinstance(operator, ast.FloorDiv | ast.Mod) and not self._is_positive(by, known):
            self.found.unsafe.add(id(node))

    def _is_positive(self, node: ast.expr, known: Known, module: Module | None = None) -> bool:
        """Whether a word cannot be 0; a default is a constant of the ``module`` of the function that is called."""
        function = self.reader.function
        value = constant_of(self.reader.program, module or function.module, node)
        if is_number(value) or module is not None:
            return is_number(value) and bool(value > 0)
        if isinstance(node, ast.Name):
            kept = node.id not in stored(function.node)
            given = any(one.name == node.id and one.never_zero for one in function.parameters)
            return node.id in known or (given and kept)
        if isinstance(node, ast.BinOp):
            either = isinstance(node.op, ast.Add | ast.BitOr)
            parts = (node.left,) if isinstance(node.op, ast.LShift) else (node.left, node.right)
            if either:
                return any(self._is_positive(part, known) for part in parts)
            return isinstance(node.op, ast.Mult | ast.LShift) and all(self._is_positive(one, known) for one in parts)
        return False
