"""The rewriter: what the prover executes in place of a program's functions, the annotated loops cut at their
invariants.

TRUSTED.  ``while C: loop("spec", *state); B`` becomes

    cut = __engine__.cut("spec")
    cut.establish((x, y), *state)    # the invariant holds on entry
    x, y, = cut.havoc(x, y)          # forget what C and B assign, and what it may change in memory
    cut.assume(*state)               # the invariant holds at the head of any iteration; the measure is taken there
    while C:
        cut.enter()                  # the measure is not negative
        B                            # ``continue`` becomes cut.come_round((x, y), *state)
        cut.come_round((x, y), *state)  # the invariant holds again, the measure fell; the path ends

A ``while`` without annotation runs as it is, its rounds counted (``__engine__.again()``): one that does not end
by what is known of its path is an error.

``@by_contract`` becomes ``@__engine__.by_contract``: calls rely on what the operation promises.  An attribute is read
through ``__engine__.attribute``, so that a program sees of the prover's values what it sees of Python's; what is
assigned to passes ``__engine__.target``, which knows fields and declared state.  The result
of an operator passes ``__engine__.number``: numbers that CPython computes with are machine words, too.  An error that
is raised passes ``__engine__.raising``, and a handler begins with ``__engine__.caught()``: no handler takes an error
of the prover for one of the program.  A ``finally`` is executed only where the program itself goes on or raises
(``__engine__.running()``).  A function notes that it runs (entered.py).  What is iterated over passes
``__engine__.constants``.  Annotations of types are dropped.

Only programs that language.py has accepted are rewritten.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Collection
from typing import Any

from proofs.alias import at_home
from proofs.engine.entered import note
from proofs.engine.heads import Kind
from proofs.engine.language import stored
from proofs.engine.modules import Module, is_annotation

CONTRACT = "by_contract"


def rewritten(module: Module, redirected: dict[str, str], stubs: dict[int, str]) -> ast.Module:
    """The tree that is executed in place of the module's own.

    ``redirected`` names, for each program module, its edition; ``stubs`` holds, for each function that is no program,
    by its line, why it was refused: to execute it is an error.
    """
    body: list[ast.stmt] = []
    for node in module.tree.body:
        if isinstance(node, ast.ImportFrom):
            body.append(_redirect(node, redirected))
        elif isinstance(node, ast.FunctionDef):
            body.append(_function(module, node, node.name, stubs))
        elif isinstance(node, ast.ClassDef):
            body.append(_class(module, node, stubs))
        else:
            body.append(node)
    return ast.fix_missing_locations(ast.Module(body, []))


def _redirect(node: ast.ImportFrom, redirected: dict[str, str]) -> ast.ImportFrom:
    """``from module import name`` takes the name from the module's edition, if it is a program module."""
    return ast.copy_location(
        ast.ImportFrom(redirected.get(at_home(node.module or ""), node.module), node.names, 0), node
    )


def _class(module: Module, node: ast.ClassDef, stubs: dict[int, str]) -> ast.ClassDef:
    members: list[ast.stmt] = []
    for member in node.body:
        if isinstance(member, ast.FunctionDef):
            members.append(_function(module, member, f"{node.name}.{member.name}", stubs))
        elif isinstance(member, ast.AnnAssign):
            members.append(ast.AnnAssign(member.target, ast.Name("object", ast.Load()), None, 1, lineno=member.lineno))
        else:
            members.append(member)
    new = ast.ClassDef(node.name, node.bases, node.keywords, members, node.decorator_list)
    return ast.copy_location(new, node)


def _function(module: Module, node: ast.FunctionDef, name: str, stubs: dict[int, str]) -> ast.FunctionDef:
    """The function for the prover, which begins with its note; in place of one that was refused an error."""
    if node.lineno in stubs:
        stub: ast.FunctionDef = ast.parse(
            f"def {node.name}(*given, **named): __engine__.refuse({stubs[node.lineno]!r})"
        ).body[0]  # type: ignore[assignment]
        return relocate(stub, node)  # type: ignore[return-value]
    constants = {name for name, kind in module.names.items() if kind is Kind.CONSTANT}
    new = Rewriter(copy.deepcopy(node), constants).function()
    new.body.insert(0, note(module.name, name, node))
    return new


class Rewriter(ast.NodeTransformer):
    """Rewrites one function; ``bound`` are the names that may be bound by now, in the order of the text."""

    def __init__(self, node: ast.FunctionDef, constants: Collection[str]) -> None:
        self.node = node
        self.constants = constants
        self.loops = 0
        arguments = node.args
        self.bound = {a.arg for a in [*arguments.posonlyargs, *arguments.args]}

    def function(self) -> ast.FunctionDef:
        """The function for the prover."""
        old = self.node.args
        by_place, plain = [[ast.arg(one.arg) for one in part] for part in (old.posonlyargs, old.args)]
        arguments = ast.arguments(by_place, plain, None, [], [], None, old.defaults)
        decorators = [by_engine(decorator) for decorator in self.node.decorator_list]
        new = ast.FunctionDef(self.node.name, arguments, self._block(self.node.body), decorators)
        return ast.copy_location(new, self.node)

    def _block(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        result: list[ast.stmt] = []
        for statement in statements:
            new = self.visit(statement)
            result.extend(new if isinstance(new, list) else [new])
            self.bound |= stored(statement)
        return result

    # ------------------------------------------------------------ statements

    def visit_If(self, node: ast.If) -> ast.AST:
        """Both branches are blocks."""
        return ast.copy_location(ast.If(self.visit(node.test), self._block(node.body), self._block(node.orelse)), node)

    def visit_Try(self, node: ast.Try) -> ast.AST:
        """Every part is a block; what is final runs only while the program runs."""
        body, handlers = self._block(node.body), [self._handler(handler) for handler in node.handlers]
        orelse, final = self._block(node.orelse), self._block(node.finalbody)
        if final:
            running = ast.If(ast.parse("__engine__.running()", mode="eval").body, final, [])
            final = [relocate(ast.copy_location(running, final[0]), final[0], deep=False)]
        return ast.copy_location(ast.Try(body, handlers, orelse, final), node)

    def _handler(self, handler: ast.ExceptHandler) -> ast.ExceptHandler:
        caught = relocate(ast.parse("__engine__.caught()").body[0], handler)
        new = ast.ExceptHandler(handler.type, None, [caught, *self._block(handler.body)])
        return ast.copy_location(new, handler)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.AST:
        """The annotation is dropped."""
        assert node.value is not None
        return ast.copy_location(ast.Assign([node.target], self.visit(node.value)), node)

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.AST:
        """``x += y`` is ``x = x + y``: numbers do not change in place; of what grows, ``plus`` makes another."""
        assert isinstance(node.target, ast.Name)
        if isinstance(node.op, ast.Add):
            grown = _engine("plus", ast.Name(node.target.id, ast.Load()), self.visit(node.value))
            return ast.copy_location(ast.Assign([node.target], ast.copy_location(grown, node)), node)
        value = ast.copy_location(ast.BinOp(ast.Name(node.target.id, ast.Load()), node.op, node.value), node)
        return ast.copy_location(ast.Assign([node.target], self.visit(ast.fix_missing_locations(value))), node)

    def visit_Raise(self, node: ast.Raise) -> ast.AST:
        """The error is marked as the program's own."""
        if node.exc is None:
            return node
        assert isinstance(node.exc, ast.Call)
        error = ast.Call(node.exc.func, [self.visit(argument) for argument in node.exc.args], [])
        marked = _engine("raising", ast.copy_location(error, node))
        return ast.copy_location(ast.Raise(marked, None), node)

    def visit_For(self, node: ast.For) -> ast.AST:
        """A for loop runs as it is, over constants; loops inside it are cut."""
        self.bound |= stored(node)  # an earlier round may have bound any of these
        source = _engine("constants", self.visit(node.iter))
        return ast.copy_location(ast.For(node.target, source, self._block(node.body), []), node)

    def visit_While(self, node: ast.While) -> Any:
        """Cut the loop if it is annotated."""
        call = annotation(node)
        if call is None:
            self.bound |= stored(node)
            again = relocate(ast.parse("__engine__.again()").body[0], node)
            return ast.copy_location(ast.While(self.visit(node.test), [again, *self._block(node.body)], []), node)
        self.loops += 1
        name = f"__cut_{self.loops}"
        changed = sorted(stored(node) & self.bound)
        state = [ast.unparse(argument) for argument in call.args[1:]]
        round_ = f"{name}.come_round({', '.join([_tuple(changed), *state])})"
        continued = ContinueCutter(round_)
        body = self._block([continued.visit(statement) for statement in node.body[1:]])
        inside = [relocate(_parsed(f"{name}.enter()"), node), *body, relocate(_parsed(round_), node)]
        before = [
            f"{name} = __engine__.cut({ast.unparse(call.args[0])}, {node.lineno}, {tuple(changed)!r})",
            f"{name}.establish({', '.join([_tuple(changed), *state])})",
            f"{_tuple(changed)} = {name}.havoc({', '.join(changed)})" if changed else f"{name}.havoc()",
            f"{name}.assume({', '.join(state)})",
        ]
        loop = ast.copy_location(ast.While(self.visit(node.test), inside, []), node)
        return [*(relocate(_parsed(text), node) for text in before), loop]

    # ------------------------------------------------------------ expressions

    def visit_Attribute(self, node: ast.Attribute) -> ast.AST:
        """What is read is looked up by the prover; what is assigned to is a field of a view, or declared state."""
        if _is_written(node.value):
            return node
        value = node.value if _is_super(node.value) else self.visit(node.value)
        if _is_super(node.value):
            return ast.copy_location(ast.Attribute(value, node.attr, node.ctx), node)
        if isinstance(node.ctx, ast.Store):
            holder = _engine("target", value, ast.Constant(node.attr))
            return ast.copy_location(ast.Attribute(holder, node.attr, node.ctx), node)
        return ast.copy_location(_engine("attribute", value, ast.Constant(node.attr)), node)

    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """What is assigned to by number is declared state, or a part of the machine."""
        value = self.visit(node.value)
        if isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name):
            value = _engine("indexed", value)
        return ast.copy_location(ast.Subscript(value, self.visit(node.slice), node.ctx), node)

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        """What CPython computes by itself is looked at, too."""
        new = ast.BinOp(self.visit(node.left), node.op, self.visit(node.right))
        return ast.copy_location(_engine("number", ast.copy_location(new, node)), node)

    def visit_List(self, node: ast.List) -> ast.AST:
        """An empty list, which the prover's own stands for."""
        return ast.copy_location(_engine("listed"), node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.AST:
        """So is what it negates, but for a constant of the module, or a number, that is written down with its sign."""
        new = ast.copy_location(ast.UnaryOp(node.op, self.visit(node.operand)), node)
        constant = isinstance(node.operand, ast.Constant) or ast.unparse(node.operand) in self.constants
        written = isinstance(node.op, ast.USub) and constant
        if written or isinstance(node.op, ast.Not):
            return new
        return ast.copy_location(_engine("number", new), node)

    def visit_Call(self, node: ast.Call) -> ast.AST:
        """The name in an annotation stays as it is; all else is rewritten."""
        if is_annotation(node):
            arguments = [node.args[0], *(self.visit(argument) for argument in node.args[1:])]
            return ast.copy_location(ast.Call(node.func, arguments, []), node)
        function = node.func
        written = isinstance(function, ast.Attribute) and _is_written(function.value)
        if isinstance(function, ast.Attribute) and not written and not _is_super(function.value):
            called = _engine("callee", self.visit(function.value), ast.Constant(function.attr))
            node.func = ast.copy_location(called, function)
        else:
            node.func = self.visit(function)
        node.args = [self.visit(argument) for argument in node.args]
        for keyword in node.keywords:
            keyword.value = self.visit(keyword.value)
        return node


class ContinueCutter(ast.NodeTransformer):
    """``continue`` of the cut loop is the end of its arbitrary iteration; inner loops keep theirs."""

    def __init__(self, round_: str) -> None:
        self.round = round_

    def visit_Continue(self, node: ast.Continue) -> ast.AST:
        """Come round."""
        return relocate(_parsed(self.round), node)

    def visit_While(self, node: ast.While) -> ast.AST:
        """An inner loop's ``continue`` is its own."""
        return node

    def visit_For(self, node: ast.For) -> ast.AST:
        """An inner loop's ``continue`` is its own."""
        return node


def by_engine(decorator: ast.expr) -> ast.expr:
    """The decorator, or the prover's own in place of ``by_contract``."""
    if isinstance(decorator, ast.Name) and decorator.id == CONTRACT:
        return ast.copy_location(ast.parse(f"__engine__.{CONTRACT}", mode="eval").body, decorator)
    return decorator


def annotation(node: ast.While) -> ast.Call | None:
    """The ``loop(...)`` call that stands first in the body, if any."""
    first = node.body[0]
    if isinstance(first, ast.Expr) and isinstance(first.value, ast.Call):
        call = first.value
        if isinstance(call.func, ast.Name) and call.func.id == "loop":
            return call
    return None


def _engine(name: str, *arguments: ast.expr) -> ast.Call:
    """``__engine__.name(*arguments)``."""
    function = ast.Attribute(ast.Name("__engine__", ast.Load()), name, ast.Load())
    return ast.Call(function, list(arguments), [])


def _is_written(node: ast.expr) -> bool:
    """Whether the rewriter itself wrote a name: a program has none that begins so."""
    return isinstance(node, ast.Name) and node.id.startswith("__")


def _is_super(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"


def _tuple(names: list[str]) -> str:
    return f"({''.join(f'{name}, ' for name in names)})"


def _parsed(text: str) -> ast.stmt:
    return ast.parse(text).body[0]


def relocate(piece: ast.stmt, at: ast.AST, deep: bool = True) -> ast.stmt:
    """Give generated code the line of the code that it came from."""
    for node in ast.walk(piece) if deep else [piece]:
        if hasattr(node, "lineno") or isinstance(node, ast.expr | ast.stmt):
            node.lineno = node.end_lineno = at.lineno  # type: ignore[attr-defined]
            node.col_offset = node.end_col_offset = at.col_offset  # type: ignore[attr-defined]
    return piece
