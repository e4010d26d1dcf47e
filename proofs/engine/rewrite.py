"""The rewriter: loads a subject's module with every annotated loop cut at its invariant.

TRUSTED.  ``while C: loop(spec, *state); B`` becomes

    cut = __engine__.cut(spec)
    cut.establish(*state)            # the invariant holds on entry
    x, y = cut.havoc(x, y)           # forget what C and B assign, and what it may change in memory
    cut.assume(*state)
    while C:
        cut.enter(*state)            # remember the measure
        B                            # ``continue`` becomes cut.come_round(*state)
        cut.come_round(*state)       # the invariant holds again, the measure fell; the path ends

A ``while`` without annotation runs as it is, its rounds counted (``__engine__.again()``): one that does not end
by what is known of its path is an error.

The loops of another module are cut, too, if it is named as a part: then what the subject imports from
it comes from that part's own edition.

``@by_contract`` becomes ``@__engine__.by_contract``: calls rely on what the operation promises.
``len`` is one that knows symbolic dicts (dictionary.py).
"""

from __future__ import annotations

import ast
import sys
import types
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any

from proofs.engine.dictionary import length
from proofs.engine.path import EngineError
from proofs.engine.program import text_of

ANNOTATION = "loop"
CONTRACT = "by_contract"


def load_symbolic(
    module: types.ModuleType,
    engine: Any,
    source: str | None = None,
    parts: Sequence[types.ModuleType] = (),
    variants: Mapping[str, str] | None = None,
) -> types.ModuleType:
    """A second edition of ``module`` for the prover, from its own source or from a given variant of it.

    ``parts`` are modules of which it gets second editions as well, each after those that it imports
    from itself; ``variants`` may hold another text for a part, by the module's name.
    """
    loaded: list[str] = []
    for part in parts:
        _load(part, engine, (variants or {}).get(part.__name__), loaded)
        loaded.append(part.__name__)
    return _load(module, engine, source, loaded)


def _load(module: types.ModuleType, engine: Any, source: str | None, parts: Collection[str]) -> types.ModuleType:
    """The edition of one module, which takes what it imports from ``parts`` from their editions."""
    text = source if source is not None else text_of(module)
    edition = types.ModuleType(edition_name(module.__name__))
    edition.__dict__.update(
        __file__=module.__file__,
        __engine__=engine,
        __drystone_subject__=text.splitlines(),
        __package__="impl",
        len=length,
    )
    sys.modules[edition.__name__] = edition
    exec(_compiled(text, module.__file__ or "subject", tuple(parts)), edition.__dict__)
    return edition


@cache
def _compiled(text: str, filename: str, parts: tuple[str, ...]) -> types.CodeType:
    """The rewritten module; each operation is executed in an edition of its own, but of the same code."""
    tree = LoopCutter().visit(Redirector(parts).visit(ast.parse(text)))
    return compile(ast.fix_missing_locations(tree), filename, "exec", dont_inherit=True)


def edition_name(module: str) -> str:
    """Under which name the second edition of a module is known to ``import``."""
    return f"{module}.symbolic"


class Redirector(ast.NodeTransformer):
    """Turns imports from the parts into imports from their editions, and refuses those that would bypass them."""

    def __init__(self, parts: Collection[str]) -> None:
        self.parts = parts

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.AST:
        """``from part import name`` takes the name from the part's edition."""
        if self.parts and node.level:
            raise EngineError(f"line {node.lineno}: a relative import may bypass the edition of a part")
        if node.module is not None and node.module in self.parts:
            node.module = edition_name(node.module)
        elif any(f"{node.module}.{name.name}" in self.parts for name in node.names):
            raise EngineError(f"line {node.lineno}: names of a part are imported one by one")
        return node

    def visit_Import(self, node: ast.Import) -> ast.AST:
        """``import part`` would give its original."""
        if any(name.name in self.parts for name in node.names):
            raise EngineError(f"line {node.lineno}: names of a part are imported one by one")
        return node


class LoopCutter(ast.NodeTransformer):
    """Cuts the annotated loops of every function."""

    def __init__(self) -> None:
        self.loops = 0
        self.bound: list[set[str]] = []

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        """Remember the names bound so far, in textual order."""
        arguments = node.args
        names = {a.arg for a in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]}
        self.bound.append(names)
        node.decorator_list = [by_engine(decorator) for decorator in node.decorator_list]
        node.body = self._block(node.body)
        self.bound.pop()
        return node

    def _block(self, statements: list[ast.stmt]) -> list[ast.stmt]:
        result: list[ast.stmt] = []
        for statement in statements:
            new = self.visit(statement)
            result.extend(new if isinstance(new, list) else [new])
            self.bound[-1] |= stored(statement)
        return result

    def visit_If(self, node: ast.If) -> ast.AST:
        """Visit both branches as blocks."""
        if not self.bound:
            return node
        node.body = self._block(node.body)
        node.orelse = self._block(node.orelse)
        return node

    def visit_Try(self, node: ast.Try) -> ast.AST:
        """Visit every part as a block."""
        if not self.bound:
            return node
        node.body = self._block(node.body)
        node.orelse = self._block(node.orelse)
        node.finalbody = self._block(node.finalbody)
        for handler in node.handlers:
            handler.body = self._block(handler.body)
        return node

    def visit_With(self, node: ast.With) -> ast.AST:
        """Visit the body as a block."""
        if not self.bound:
            return node
        node.body = self._block(node.body)
        return node

    def visit_For(self, node: ast.For) -> ast.AST:
        """A for loop runs as it is (over constants); loops inside it are cut."""
        if not self.bound:
            return node
        self.bound[-1] |= stored(node)  # an earlier round may have bound any of these
        node.body = self._block(node.body)
        return node

    def visit_While(self, node: ast.While) -> Any:
        """Cut the loop if it is annotated."""
        if not self.bound:
            return node
        call = annotation(node)
        if call is None:
            self.bound[-1] |= stored(node)
            node.body = [relocate(ast.parse("__engine__.again()").body[0], node), *self._block(node.body)]
            return node
        if node.orelse:
            raise EngineError(f"line {node.lineno}: an annotated loop has no else")
        if moved := moved_views(node):
            raise EngineError(f"line {moved[0].lineno}: a cut loop makes a new view instead of moving one")
        self.loops += 1
        name = f"__cut_{self.loops}"
        body = node.body[1:]
        changed = sorted(stored(node) & self.bound[-1])
        state = call.args[1:]
        node.body = [
            invoke(name, "enter", state, node),
            *self._block([ContinueCutter(name, state).visit(s) for s in body]),
            invoke(name, "come_round", state, node),
        ]
        pieces: list[ast.stmt] = [
            ast.parse(f"{name} = __engine__.cut({ast.unparse(call.args[0])}, {node.lineno})").body[0],
            invoke(name, "establish", state, node),
            *([havoc(name, changed)] if changed else [ast.parse(f"{name}.havoc()").body[0]]),
            invoke(name, "assume", state, node),
        ]
        for piece in pieces:
            relocate(piece, node)
        return [*pieces, node]


class ContinueCutter(ast.NodeTransformer):
    """``continue`` of the cut loop is the end of its arbitrary iteration; inner loops keep theirs."""

    def __init__(self, name: str, state: list[ast.expr]) -> None:
        self.name = name
        self.state = state

    def visit_Continue(self, node: ast.Continue) -> ast.AST:
        """Come round."""
        return invoke(self.name, "come_round", self.state, node)

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
        if isinstance(call.func, ast.Name) and call.func.id == ANNOTATION:
            return call
    return None


def moved_views(node: ast.While) -> list[ast.Attribute]:
    """Assignments to a view's own ``address`` or ``memory``, which no forgetting of locals would notice."""
    return [
        part
        for part in ast.walk(node)
        if isinstance(part, ast.Attribute) and isinstance(part.ctx, ast.Store) and part.attr in ("address", "memory")
    ]


def stored(statement: ast.stmt) -> set[str]:
    """Names that a statement may assign or delete, in a condition or a handler, too."""
    names = {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and not isinstance(n.ctx, ast.Load)}
    return names | {n.name for n in ast.walk(statement) if isinstance(n, ast.ExceptHandler) and n.name}


def invoke(name: str, method: str, arguments: list[ast.expr], at: ast.stmt) -> ast.stmt:
    """The statement ``name.method(*arguments)``."""
    text = f"{name}.{method}({', '.join(ast.unparse(a) for a in arguments)})"
    return relocate(ast.parse(text).body[0], at)


def havoc(name: str, changed: list[str]) -> ast.stmt:
    """The statement ``a, b = name.havoc(a, b)``."""
    names = ", ".join(changed)
    return ast.parse(f"{names}, = {name}.havoc({names})").body[0]


def relocate(piece: ast.stmt, at: ast.stmt) -> ast.stmt:
    """Give generated code the line of the loop that it came from."""
    for node in ast.walk(piece):
        if hasattr(node, "lineno"):
            node.lineno = node.end_lineno = at.lineno  # type: ignore[attr-defined]
            node.col_offset = node.end_col_offset = at.col_offset  # type: ignore[attr-defined]
    return piece
