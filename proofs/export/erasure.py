"""What is left of a function once ghosts are erased: the statements that are translated.

TRUSTED: what is erased feeds nothing that lives.  A ghost gives no value, so it can only be a statement; what it is
given must change nothing and cannot fail, or the ghost is refused.  A local that nothing reads any more goes, if what
it was given changes nothing and cannot fail; so does a branch, a loop over constants, a call of which nothing is left.
"""

from __future__ import annotations

import ast
import copy
from dataclasses import dataclass

from proofs.engine.modules import is_annotation
from proofs.export.facts import Facts
from proofs.export.inference import Reader
from proofs.export.program import Function
from proofs.export.ways import ends


def erase(facts: Facts) -> None:
    """Erase the ghosts of all functions, callees first."""
    for function in facts.kinds.order:
        eraser = Eraser(facts, function, Reader(facts.kinds, function))
        body = eraser.block(function.node.body)
        while len(lost := eraser.unread(body)) > 0:
            body = eraser.without(body, lost)
        function.body = body
        function.empty = not body and function.result.is_ == "none"


@dataclass
class Eraser:
    """Erases the ghosts of one function."""

    facts: Facts
    function: Function
    reader: Reader

    def block(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        """What is left of some statements; nothing behind one that no path passes."""
        left: list[ast.stmt] = []
        for statement in statements:
            left += self._statement(statement)
            if ends(left):
                break
        return left

    def _statement(self, node: ast.stmt) -> list[ast.stmt]:
        if isinstance(node, ast.If):
            return self._if(node)
        if isinstance(node, ast.While | ast.For):
            return self._loop(node)
        if isinstance(node, ast.Try):
            return self._try(node)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            return [self._raise(node, node.exc)]
        gone = isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and self._is_ghost(node.value))
        return [] if gone else [node]

    def _raise(self, node: ast.Raise, error: ast.Call) -> ast.Raise:
        """An error without its message, which C has no use for."""
        for argument in error.args:
            parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
            shown = [part.value if isinstance(part, ast.FormattedValue) else part for part in parts]
            if not all(self._does_nothing(part) for part in shown):
                raise self.function.refusal(node, "a message that does something", "give it a name before")
        plain = ast.copy_location(ast.Call(error.func, [], []), error)
        return ast.copy_location(ast.Raise(plain, None), node)

    def _loop(self, node: ast.While | ast.For) -> list[ast.stmt]:
        left = copy.copy(node)
        left.body = self.block(node.body)
        gone = isinstance(left, ast.For) and not left.body and self._does_nothing(left.iter)
        return [] if gone else [left]

    def _if(self, node: ast.If) -> list[ast.stmt]:
        left = copy.copy(node)
        left.body, left.orelse = self.block(node.body), self.block(node.orelse)
        if not left.body and not left.orelse:
            return [] if self._does_nothing(node.test) else [ast.copy_location(ast.Expr(node.test), node)]
        if not left.body:
            left.test = ast.copy_location(ast.UnaryOp(ast.Not(), node.test), node)
            left.body, left.orelse = left.orelse, []
        return [left]

    def _try(self, node: ast.Try) -> list[ast.stmt]:
        left = copy.copy(node)
        left.body, left.orelse = self.block(node.body), self.block(node.orelse)
        left.finalbody = self.block(node.finalbody)
        left.handlers = [copy.copy(one) for one in node.handlers]
        for handler in left.handlers:
            handler.body = self.block(handler.body)
        if not left.body:
            left.handlers = []
        return [*left.body, *left.orelse] if not left.handlers and not left.finalbody else [left]

    def _is_ghost(self, node: ast.expr) -> bool:
        """Whether a statement that is an expression is not there in C."""
        if not isinstance(node, ast.Call):
            return self._does_nothing(node)
        if is_annotation(node):
            self._show_idle(node, node.args[1:])
            return True
        target = self.reader.target(node)
        if target.what == "ghost":
            self._show_idle(node, target.nodes)
            return True
        if target.what == "language" and target.name == "check_word":
            if self.reader.kind(node.args[0]).is_ not in ("word", "constant"):
                raise self.function.refusal(node, f"`{ast.unparse(node)}`", "check what is declared as int")
            self._show_idle(node, node.args[:1])
            return True
        given = [one.node for one in target.arguments] + ([target.receiver] if target.receiver is not None else [])
        empty = target.function is not None and target.function.empty
        return self._does_nothing(node) or (empty and all(self._does_nothing(one) for one in given))

    def _show_idle(self, call: ast.AST, nodes: tuple[ast.expr, ...] | list[ast.expr]) -> None:
        """What a ghost is given changes nothing and cannot fail."""
        for node in nodes:
            if not self._does_nothing(node):
                what = f"{ast.unparse(node)}, which a ghost is given and which does something,"
                raise self.function.refusal(call, what, "give it a name before the ghost")

    def _does_nothing(self, node: ast.expr) -> bool:
        return self.facts.of(self.function, node).nothing

    # ------------------------------------------------------------ locals that nothing reads

    def unread(self, body: list[ast.stmt]) -> set[str]:
        """Names that statements assign and nothing reads, where what they are given does nothing."""
        nodes = [node for statement in body for node in ast.walk(statement)]
        read = {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}
        kept = {name for node in nodes for name in self._needed(node)}
        return {name for node in nodes for name in _given(node)} - read - kept

    def _needed(self, node: ast.AST) -> set[str]:
        """The names that a statement must go on to assign, though nothing reads them."""
        if isinstance(node, ast.For):
            return {ast.unparse(node.target)}
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Tuple):
            return {one.id for one in node.targets[0].elts if isinstance(one, ast.Name)}
        if isinstance(node, ast.AugAssign) and not self.facts.of(self.function, node).nothing:
            return {ast.unparse(node.target)}
        return set()

    def without(self, body: list[ast.stmt], lost: set[str]) -> list[ast.stmt]:
        """The statements without assignments to names that are lost; what does something is evaluated all the same."""
        left: list[ast.stmt] = []
        for node in body:
            if _given(node) & lost:
                assert isinstance(node, ast.Assign | ast.AnnAssign | ast.AugAssign) and node.value is not None
                left.append(ast.copy_location(ast.Expr(node.value), node))
                continue
            compound = isinstance(node, ast.If | ast.While | ast.For | ast.Try)
            inside = copy.copy(node) if compound else node  # a division is known by its node
            for part in ("body", "orelse", "finalbody"):
                if hasattr(inside, part):
                    setattr(inside, part, self.without(getattr(inside, part), lost))
            if isinstance(inside, ast.Try):
                inside.handlers = [copy.copy(one) for one in inside.handlers]
                for handler in inside.handlers:
                    handler.body = self.without(handler.body, lost)
            left.append(inside)
        return self.block(left)


def _given(node: ast.AST) -> set[str]:
    """The name to which a statement assigns a single value."""
    if isinstance(node, ast.Assign):
        return {one.id for one in node.targets if isinstance(one, ast.Name)}
    if isinstance(node, ast.AnnAssign | ast.AugAssign):
        return {node.target.id} if isinstance(node.target, ast.Name) else set()
    return set()
