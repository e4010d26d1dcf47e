"""A program's text in pieces: its head, which every execution depends on, and the functions, which some depend on.

TRUSTED: what may change of a text without being noticed is a function that did not run, and what no code can tell.

The head is all but the functions: imports, constants, classes and their fields, and whatever Python runs when the
module is imported.  Functions whose names Python itself knows (``__init__``) belong to it, because they say what a
class has.  A module that does more when it is imported than to define names has no pieces: it counts as a whole.

Of a function that did not run its existence may matter, and what it takes and is decorated with, to whoever names it;
so each function has the names that it mentions (depends.py).  Docstrings, comments and blank lines are no part of what
a function says; on which of its lines each part stands is, as far as lines are told apart.
"""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

HARMLESS = ("u8", "u16", "u32", "u64", "uword", "pointer", "flag", "dataclass")
"""What a module may call while it is imported: fields of a struct, and what makes a record."""


@dataclass(frozen=True)
class Piece:
    """A function: the digests of what it says and of its head, the names that it mentions, where it stands.

    ``line`` is that of its ``def``; ``lines`` are those on which any part of it stands, counted from there; ``length``
    is the number of all its lines.
    """

    digest: str
    head: str
    names: frozenset[str]
    line: int
    lines: tuple[int, ...]
    length: int

    def holds(self, line: int) -> bool:
        """Whether a line of the file is one of the function's."""
        return self.line <= line < self.line + self.length


@dataclass(frozen=True)
class Pieces:
    """A text's head, and its functions, by name ("Segment.retired")."""

    head: str
    functions: dict[str, Piece]
    names: frozenset[str] = frozenset()
    """What the head mentions."""

    def counted(self, known: Collection[str] | None = None) -> str:
        """The digest of what counts in any case: the head, and that there are the functions of ``known`` names.

        By default all names are.
        """
        there = [(name, piece.head) for name, piece in self.functions.items() if known is None or last(name) in known]
        return _digest(f"{self.head} {sorted(there)}") if there else self.head


@lru_cache(maxsize=256)
def pieces_of(text: str) -> Pieces:
    """The pieces of a module's text; of one that has none the whole of it is its head."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return Pieces(_digest(text), {})
    if any(_does_something(node) for node in tree.body):
        return Pieces(_digest(text), {})
    functions = {name: _piece(node) for name, node in _cut(tree)}
    _Without({id(node) for _, node in _cut(tree)}).visit(tree)
    return Pieces(_digest(ast.dump(tree)), functions, _names_in(tree))


def last(name: str) -> str:
    """A function's own name."""
    return name.rpartition(".")[2]


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


class _Without(ast.NodeTransformer):
    """Takes functions out of a module and its classes."""

    def __init__(self, functions: Collection[int]) -> None:
        self.functions = functions

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST | None:
        return None if id(node) in self.functions else node


def _piece(node: ast.FunctionDef) -> Piece:
    """The function as a piece; its docstring is left out."""
    length = (node.end_lineno or node.lineno) - node.lineno + 1
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    bare = ast.FunctionDef(**{**dict(ast.iter_fields(node)), "body": body}, lineno=node.lineno, col_offset=0)
    head = ast.dump(ast.FunctionDef(**{**dict(ast.iter_fields(node)), "body": []}, lineno=0, col_offset=0))
    places = [part.lineno - node.lineno for part in ast.walk(bare) if isinstance(part, ast.expr | ast.stmt)]
    lines = sorted(set(places))
    said = f"{ast.dump(bare)} {[lines.index(place) for place in places]}"
    return Piece(_digest(said), _digest(head), _names_in(bare), node.lineno, tuple(lines), length)


def _names_in(tree: ast.AST) -> frozenset[str]:
    """The names that a text mentions, and what its words are."""
    names = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            names |= set(re.findall(r"\w+", node.value))
        names |= {found for found in (getattr(node, "id", None), getattr(node, "attr", None)) if isinstance(found, str)}
    return frozenset(names)


def _calls(*nodes: ast.expr) -> bool:
    """Whether an expression calls anything that is not harmless."""
    calls = (part for node in nodes for part in ast.walk(node) if isinstance(part, ast.Call))
    return any(not (isinstance(call.func, ast.Name) and call.func.id in HARMLESS) for call in calls)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
