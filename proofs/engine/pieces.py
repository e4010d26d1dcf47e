"""A program's text in pieces: its head, which every execution depends on, and the functions, which some depend on.

TRUSTED: what may change of a text without being noticed is the body of a function, and only that.

The head is all but the bodies of functions: imports, constants, classes and their fields, what a function is called,
takes and is decorated with, and whatever Python runs when the module is imported.  Functions whose names Python itself
knows (``__init__``) belong to it, because they say what a class has.  A module that does more when it is imported than
to define names has no pieces: it counts as a whole.
"""

from __future__ import annotations

import ast
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

HARMLESS = ("u8", "u16", "u32", "u64", "uword", "pointer", "flag", "dataclass")
"""What a module may call while it is imported: fields of a struct, and what makes a record."""


@dataclass(frozen=True)
class Piece:
    """A function: the digest of what it says, the line of its ``def``, and the number of lines from there on."""

    digest: str
    line: int
    lines: int

    def holds(self, line: int) -> bool:
        """Whether a line of the file is one of the function's."""
        return self.line <= line < self.line + self.lines


@dataclass(frozen=True)
class Pieces:
    """The digest of a text's head, and its functions, by name ("Segment.retired")."""

    head: str
    functions: dict[str, Piece]


@lru_cache(maxsize=256)
def pieces_of(text: str) -> Pieces:
    """The pieces of a module's text; of one that has none the whole of it is its head."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return Pieces(_digest(text), {})
    if any(_does_something(node) for node in tree.body):
        return Pieces(_digest(text), {})
    functions: dict[str, Piece] = {}
    for name, node in _cut(tree):
        functions[name] = Piece(_digest(_said(node)), node.lineno, (node.end_lineno or node.lineno) - node.lineno + 1)
        node.body = [ast.Pass()]
    return Pieces(_digest(ast.dump(tree)), functions)


def key_of(module: str, function: str) -> str:
    """The name of a function of a module, as it is noted when it runs."""
    return f"{module} {function}"


def functions_in(tree: ast.Module) -> Iterator[tuple[str, ast.FunctionDef]]:
    """The functions of a module and of its classes, by name, in the order of the text."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            members = (member for member in node.body if isinstance(member, ast.FunctionDef))
            yield from ((f"{node.name}.{member.name}", member) for member in members)


def _cut(tree: ast.Module) -> list[tuple[str, ast.FunctionDef]]:
    """The functions that are pieces; none of them has the name of another."""
    found = list(functions_in(tree))
    names = [name for name, _ in found]
    return [(n, node) for n, node in found if names.count(n) == 1 and not n.rpartition(".")[2].startswith("__")]


def _does_something(node: ast.stmt) -> bool:
    """Whether to import a statement of a module's head may do more than to bind a name."""
    if isinstance(node, ast.FunctionDef):
        return _calls(*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults))
    if isinstance(node, ast.ClassDef):
        named = [keyword.value for keyword in node.keywords]
        return _calls(*node.decorator_list, *node.bases, *named) or any(_does_something(one) for one in node.body)
    if isinstance(node, ast.Assign | ast.AnnAssign):
        return node.value is not None and _calls(node.value)
    constant = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return not constant and not isinstance(node, ast.ImportFrom | ast.Pass)


def _said(node: ast.FunctionDef) -> str:
    """What a function says, and on which of its lines each part stands."""
    places = [part.lineno - node.lineno for part in ast.walk(node) if isinstance(part, ast.expr | ast.stmt)]
    return f"{ast.dump(node)} {places}"


def _calls(*nodes: ast.expr) -> bool:
    """Whether an expression calls anything that is not harmless."""
    calls = (part for node in nodes for part in ast.walk(node) if isinstance(part, ast.Call))
    return any(not (isinstance(call.func, ast.Name) and call.func.id in HARMLESS) for call in calls)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
