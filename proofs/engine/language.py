"""The language of programs under proof: which Python a function may be, construct by construct.

TRUSTED: what is allowed here is what the rewriter and the prover's values give Python's own meaning.  Everything that
is not named is refused.  LANGUAGE.md describes the language for whoever writes in it; modules.py says what names
stand for.

The check is made on the very tree that is rewritten and run.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field

from proofs.engine.annotations import Names
from proofs.engine.expressions import Expressions, Scope
from proofs.engine.heads import Kind, does_nothing
from proofs.engine.modules import CATCHABLE, RAISABLE, RESERVED, SAY_ITS_NAME, is_annotation
from proofs.engine.refusal import Refusal

STATEMENTS: Mapping[type, str] = {
    ast.Assign: "_assign",
    ast.AnnAssign: "_annotated",
    ast.AugAssign: "_augmented",
    ast.Return: "_return",
    ast.Raise: "_raise",
    ast.If: "_if",
    ast.While: "_while",
    ast.For: "_for",
    ast.Try: "_try",
    ast.Expr: "_expression_statement",
    ast.Break: "_leave",
    ast.Continue: "_leave",
    ast.Pass: "_pass",
}
"""The kinds of statements, and what checks each."""


@dataclass
class Checker(Expressions):
    """Checks the functions of one module, statement by statement; ``names`` are those that annotations may say."""

    names: Names = field(default_factory=Names)

    # ------------------------------------------------------------ functions

    def function(self, node: ast.FunctionDef) -> list[Refusal]:
        """What a function or a method holds that the language does not have."""
        self.refusals = []
        arguments = node.args
        if arguments.vararg or arguments.kwarg or arguments.kwonlyargs:
            self.refuse(node, "an argument with * or **", "name every argument")
        if getattr(node, "type_params", False):
            self.refuse(node, "type parameters of a function", "leave them out")
        given = (*arguments.posonlyargs, *arguments.args)
        for written in (node.returns, *(one.annotation for one in given)):
            self._type(written)
        for decorator in node.decorator_list:
            if not (isinstance(decorator, ast.Name) and self._decorates(decorator.id)):
                self.refuse(
                    decorator, f"the decorator {ast.unparse(decorator)}", "by_contract and classmethod are there"
                )
        parameters = {one.arg for one in given}
        names = frozenset(parameters | stored(node))
        for name in sorted(names):
            if name in RESERVED or name.startswith("__") or name in self.module.names:
                self.refuse(node, f"a local {name}", "choose a name that has no meaning yet")
        for default in arguments.defaults:
            if not isinstance(default, ast.Constant) and not self._is(default, Kind.CONSTANT, Kind.FUNCTION):
                self.refuse(default, f"the default {ast.unparse(default)}", "write a constant")
        self.block(node.body, Scope(names))
        return self.refusals

    def _type(self, written: ast.expr | None) -> None:
        """What is written of types is dropped where it is proved; where it runs it must not do anything either."""
        if not does_nothing(written):
            self.refuse(written or ast.Pass(), f"the type {ast.unparse(written or ast.Pass())}", "write names of types")

    def _decorates(self, name: str) -> bool:
        return name == "classmethod" or (name == "by_contract" and self.module.names.get(name) is Kind.ANNOTATION)

    # ------------------------------------------------------------ statements

    def block(self, statements: list[ast.stmt], scope: Scope) -> None:
        """Statements, one after the other."""
        for statement in statements:
            self.statement(statement, scope)

    def statement(self, node: ast.stmt, scope: Scope) -> None:
        """One statement, if there is such a kind."""
        if type(node) in STATEMENTS:
            getattr(self, STATEMENTS[type(node)])(node, scope)
        else:
            self.refuse(node)

    def _pass(self, node: ast.Pass, scope: Scope) -> None:
        """It does nothing."""

    def _assign(self, node: ast.Assign, scope: Scope) -> None:
        if len(node.targets) != 1:
            self.refuse(node, "an assignment to several targets", "assign to one after the other")
        for target in node.targets:
            self.target(target, scope)
        self._bound(node.value, scope)

    def _bound(self, value: ast.expr, scope: Scope) -> None:
        """What a name is bound to: an empty list, too, which grows later."""
        if not (isinstance(value, ast.List) and not value.elts):
            self.expression(value, scope, tuples=True)

    def _annotated(self, node: ast.AnnAssign, scope: Scope) -> None:
        if node.value is None or not isinstance(node.target, ast.Name):
            self.refuse(node, "an annotation without a value", "assign a value to a name")
            return
        self._type(node.annotation)
        self._bound(node.value, scope)

    def _augmented(self, node: ast.AugAssign, scope: Scope) -> None:
        if not isinstance(node.target, ast.Name):
            self.refuse(node, f"`{ast.unparse(node)}`", "write the target twice: x.a = x.a + 1")
        self._operator(node, node.op)
        self.expression(node.value, scope, tuples=isinstance(node.op, ast.Add))

    def target(self, node: ast.expr, scope: Scope) -> None:
        """What is assigned to: a name, a field, a word or a key of declared state."""
        if isinstance(node, ast.Tuple):
            for part in node.elts:
                self.target(part, scope)
        elif isinstance(node, ast.Attribute):
            self._attribute_target(node, scope)
        elif isinstance(node, ast.Subscript):
            local = isinstance(node.value, ast.Name) and node.value.id in scope.names
            if not (local and self.state.offered) and not self._is_dictionary(node.value):
                self.refuse(node, f"an assignment to {ast.unparse(node)}", "keep it in memory, or declare it as state")
            self.expression(node.slice, scope)
        elif not isinstance(node, ast.Name):
            self.refuse(node)

    def _attribute_target(self, node: ast.Attribute, scope: Scope) -> None:
        if node.attr in ("address", "memory"):
            self.refuse(node, f"an assignment to {ast.unparse(node)}", "make a new view instead of moving one")
        elif node.attr not in self.fields and node.attr not in self.state.words:
            self.refuse(node, f"an assignment to {ast.unparse(node)}", "declare a field of a struct")
        elif (
            isinstance(node.value, ast.Name) and node.value.id in self.module.names and node.value.id not in scope.names
        ):
            self.refuse(node, f"an assignment to an attribute of {node.value.id}", "assign to a field of a view")
        self.expression(node.value, scope)

    def _is_dictionary(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Attribute) and node.attr in self.state.dictionaries

    def _return(self, node: ast.Return, scope: Scope) -> None:
        if scope.final:
            self.refuse(node, "return in finally", "return behind it")
        if node.value is not None:
            self.expression(node.value, scope, tuples=True)

    def _raise(self, node: ast.Raise, scope: Scope) -> None:
        if node.exc is None and scope.handling:
            return
        error = node.exc
        if node.cause is not None or not isinstance(error, ast.Call) or not self._is_error(error.func, RAISABLE):
            self.refuse(node, f"`{ast.unparse(node)}`", "raise Error(...) with an error of impl.errors")
            return
        for argument in error.args:
            self.expression(argument, scope, message=True)
        if error.keywords:
            self.refuse(node, "a keyword in an error", "write its arguments in order")

    def _is_error(self, node: ast.expr | None, builtins: tuple[str, ...]) -> bool:
        if not isinstance(node, ast.Name):
            return False
        return self.module.names.get(node.id) is Kind.ERROR or (
            node.id in builtins and node.id not in self.module.names
        )

    def _if(self, node: ast.If, scope: Scope) -> None:
        self.expression(node.test, scope)
        self.block(node.body, scope)
        self.block(node.orelse, scope)

    def _while(self, node: ast.While, scope: Scope) -> None:
        if scope.final:
            self.refuse(node, "a loop in finally", "write it behind the try")
        if node.orelse:
            self.refuse(node.orelse[0], "an else of a loop: no else is there", "write it behind the loop")
        self.expression(node.test, scope)
        inside = Scope(scope.names, False, scope.final, True, scope.handling)
        first = node.body[0]
        if isinstance(first, ast.Expr) and is_annotation(first.value) and first.value.func.id == "loop":  # type: ignore[attr-defined]
            self._loop(first.value, scope)  # type: ignore[arg-type]
            self.block(node.body[1:], inside)
        else:
            self.block(node.body, inside)

    def _loop(self, call: ast.Call, scope: Scope) -> None:
        """``loop("specification", ...)``: its state is read again and again, so it is made of names and numbers."""
        self._annotation(call, "loop")
        for argument in call.args[1:]:
            if not isinstance(argument, ast.Name | ast.Constant):
                self.refuse(argument, f"{ast.unparse(argument)} in loop(...)", "name the value before the loop")
            self.expression(argument, scope)

    def _annotation(self, call: ast.Call, name: str) -> None:
        if self.module.names.get(name) is not Kind.ANNOTATION:
            self.refuse(call, f"{name}(...)", f"write `from model.language.annotations import {name}`")
        said = call.args[0].value if call.args and isinstance(call.args[0], ast.Constant) else None
        if call.keywords or not isinstance(said, str):
            self.refuse(call, f"`{ast.unparse(call)}`", f'write {name}("specification", ...): {SAY_ITS_NAME}')
        elif said not in self.names.defined:
            self.refusals.append(self.names.unknown(self.module.file, call, said))

    def _for(self, node: ast.For, scope: Scope) -> None:
        if scope.final:
            self.refuse(node, "a loop in finally", "write it behind the try")
        if node.orelse:
            self.refuse(node.orelse[0], "an else of a loop: no else is there", "write it behind the loop")
        if not isinstance(node.target, ast.Name):
            self.refuse(node, "a for with several targets", "take the elements one by one")
        source = node.iter
        if isinstance(source, ast.Call) and isinstance(source.func, ast.Name) and source.func.id == "range":
            self._arguments(source, scope)
        else:
            self.expression(source, scope, tuples=True, classes=True)
        self.block(node.body, Scope(scope.names, False, scope.final, True, scope.handling))

    def _try(self, node: ast.Try, scope: Scope) -> None:
        inside = Scope(scope.names, scope.protected or bool(node.finalbody), scope.final, scope.looping, scope.handling)
        self.block(node.body, inside)
        for handler in node.handlers:
            self._handler(handler, inside)
        self.block(node.orelse, inside)
        self.block(node.finalbody, Scope(scope.names, scope.protected, True, False, scope.handling))

    def _handler(self, handler: ast.ExceptHandler, scope: Scope) -> None:
        caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        if handler.name is not None or not all(self._is_error(one, CATCHABLE) for one in caught):
            written = "except" if handler.type is None else f"except {ast.unparse(handler.type)}"
            written += f" as {handler.name}" if handler.name else ""
            self.refuse(handler, f"`{written}`", "catch errors of impl.errors, ValueError or KeyError, without a name")
        self.block(handler.body, Scope(scope.names, scope.protected, scope.final, scope.looping, True))

    def _leave(self, node: ast.Break | ast.Continue, scope: Scope) -> None:
        word = "break" if isinstance(node, ast.Break) else "continue"
        if scope.protected or scope.final:
            self.refuse(node, f"{word} in a try that has a finally", "leave the try first")

    def _expression_statement(self, node: ast.Expr, scope: Scope) -> None:
        value = node.value
        if isinstance(value, ast.Constant) and isinstance(value.value, str):
            return
        if is_annotation(value):
            name = value.func.id  # type: ignore[attr-defined]
            if name == "loop":
                self.refuse(value, "loop(...) that is not the first statement of a while", "write it first in the loop")
            self._annotation(value, name)  # type: ignore[arg-type]
            for argument in value.args[1:]:  # type: ignore[attr-defined]
                self.expression(argument, scope)
        elif isinstance(value, ast.Call):
            self.expression(value, scope)
        else:
            self.refuse(node, f"the statement `{ast.unparse(node)}`", "assign its value, or leave it out")


def stored(node: ast.AST) -> set[str]:
    """The names that a statement or function assigns, in its loops and handlers, too."""
    names = set()
    for part in ast.walk(node):
        if isinstance(part, ast.Name) and not isinstance(part.ctx, ast.Load):
            names.add(part.id)
        elif isinstance(part, ast.ExceptHandler) and part.name:
            names.add(part.name)
    return names
