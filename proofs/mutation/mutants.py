"""First-order mutants of one module: one small change each, in one function, nothing else touched.

    comparisons   == and !=, < and <=, > and >=, and their opposites
    operators     + and -, * and //, // and %, & and |, << and >>, ^ and &
    constants     n + 1 and n - 1; a named constant + 1; True and False
    conditions    negated; one side of ``and`` and ``or`` dropped, or one for the other
    statements    dropped: stores, calls, raises, returns without a value, reassignments
    arguments     two neighbours swapped
    fields        another field of the same struct

Loop annotations, log messages and the words of exceptions are left alone: they decide nothing.  So is
``retired``, what a struct demands of a header that goes: that is a specification.
"""

from __future__ import annotations

import ast
import copy
import hashlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

COMPARISONS: Mapping[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
OPERATORS: Mapping[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mod,
    ast.Mod: ast.FloorDiv,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.LShift: ast.RShift,
    ast.RShift: ast.LShift,
    ast.BitXor: ast.BitAnd,
}
CONTEXT = 40
"""Characters of the same text that are shown on either side of a difference."""
COMMUTATIVE = ("min", "max")
SPECIFICATIONS = ("retired",)
IGNORED_CALLS = ("loop", "advance", "hold")
MUTATED_ANYWAY = (ast.Compare, ast.Constant, ast.UnaryOp)
"""Conditions whose opposite is among the changes of the expression itself."""


@dataclass(frozen=True)
class Mutant:
    """One change: where it stands, the statement or condition before and after, the text of the whole module."""

    subject: str
    module: str
    function: str
    line: int
    change: str
    source: str

    @property
    def id(self) -> str:
        """What names the mutant, whatever line it stands on."""
        return f"{self.subject} {self.function}: {self.change}"

    @property
    def difference(self) -> str:
        """The change without most of what stays the same."""
        before, after = self.change.split(" -> ", maxsplit=1)
        low = alike(before, after)
        high = alike(before[low:][::-1], after[low:][::-1])
        low, high = max(low - CONTEXT, 0), max(high - CONTEXT, 0)
        texts = (text[low : len(text) - high] for text in (before, after))
        return " -> ".join(f"{'...' * (low > 0)}{text}{'...' * (high > 0)}" for text in texts)

    @property
    def rank(self) -> str:
        """A place in an order that has nothing to do with the source's: samples are taken by it."""
        return hashlib.sha256(self.id.encode()).hexdigest()


def alike(one: str, other: str) -> int:
    """How many characters two texts have in common before they differ."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((number for number, (a, b) in pairs if a != b), min(len(one), len(other)))


def mutants_of(subject: str, module: str, source: str, texts_beside: Iterable[str] = ()) -> list[Mutant]:
    """Every mutant of the functions of ``module`` whose text is ``source``, in the order of the text.

    ``texts_beside`` are those of the subject's other modules: what it reads may be a field that one of them declares.
    """
    tree = ast.parse(source)
    fields: dict[str, str] = {}
    for one in (*map(ast.parse, texts_beside), tree):
        fields |= other_fields(one)
    found: list[Mutant] = []
    seen: Counter[tuple[str, str]] = Counter()
    texts: set[str] = set()
    for function in functions_of(tree):
        for statement, node, new in changes_in(function, fields):
            text = replaced(source, node, new)
            if text in texts:
                continue
            texts.add(text)
            change = described(source, statement, node, new)
            seen[function.name, change] += 1
            if seen[function.name, change] > 1:
                change += f" (number {seen[function.name, change]})"
            found.append(Mutant(subject, module, function.name, node.lineno, change, text))
    return found


def functions_of(tree: ast.Module) -> Iterator[ast.FunctionDef]:
    """Functions and methods."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node
        elif isinstance(node, ast.ClassDef):
            methods = (member for member in node.body if isinstance(member, ast.FunctionDef))
            yield from (method for method in methods if method.name not in SPECIFICATIONS)


def other_fields(tree: ast.Module) -> dict[str, str]:
    """For each field of a struct of the module another one of the same struct and kind, if there is one."""
    found: dict[str, str] = {}
    for struct in (node for node in tree.body if isinstance(node, ast.ClassDef)):
        kinds: dict[str, list[str]] = {}
        for member in struct.body:
            if isinstance(member, ast.Assign) and isinstance(member.value, ast.Call):
                names = [target.id for target in member.targets if isinstance(target, ast.Name)]
                kinds.setdefault(ast.unparse(member.value), []).extend(names)
        for names in kinds.values():
            for name, other in zip(names, [*names[1:], names[0]], strict=True):
                if name != other:
                    found.setdefault(name, other)
    return found


# ---------------------------------------------------------------- changes

Change = tuple[ast.stmt, "ast.stmt | ast.expr", "ast.AST | None"]
"""The statement that changes, the node in it, and what the node becomes (None: ``pass``)."""


def changes_in(function: ast.FunctionDef, fields: Mapping[str, str]) -> Iterator[Change]:
    """Every change of the body of a function."""
    bound = {argument.arg for argument in function.args.args}
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    yield from _of_block(body, bound, fields)


def _of_block(body: list[ast.stmt], bound: set[str], fields: Mapping[str, str]) -> Iterator[Change]:
    for statement in body:
        if _is_annotation(statement):
            continue
        if _can_be_dropped(statement, bound):
            yield statement, statement, None
        for root in _expressions(statement):
            for node in _walk(root):
                for new in _of_node(node, fields):
                    yield statement, node, new
        if isinstance(statement, ast.If | ast.While) and not isinstance(statement.test, MUTATED_ANYWAY):
            yield statement, statement.test, ast.UnaryOp(ast.Not(), statement.test)
        bound |= names_bound(statement)
        for block in _blocks(statement):
            yield from _of_block(block, bound, fields)


def _blocks(statement: ast.stmt) -> Iterator[list[ast.stmt]]:
    """The blocks inside a statement."""
    for name in ("body", "orelse", "finalbody"):
        yield getattr(statement, name, [])
    for handler in getattr(statement, "handlers", []):
        yield handler.body


def _is_annotation(statement: ast.stmt) -> bool:
    return _called(statement) in IGNORED_CALLS


def _called(statement: ast.stmt) -> str:
    """The name of the function that a statement calls and does nothing else."""
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Call):
        return ""
    function = statement.value.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _can_be_dropped(statement: ast.stmt, bound: set[str]) -> bool:
    """Whether the rest makes sense without it: a name that is read later must have been bound before."""
    if isinstance(statement, ast.Return):
        return statement.value is None
    if isinstance(statement, ast.Assign):
        return names_bound(statement) <= bound
    return isinstance(statement, ast.Expr | ast.AugAssign | ast.Raise | ast.Break | ast.Continue)


def names_bound(statement: ast.stmt) -> set[str]:
    """The local names that a statement, or one inside it, gives a value."""
    return {n.id for n in ast.walk(statement) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}


def _expressions(statement: ast.stmt) -> Iterator[ast.expr]:
    """The expressions of a statement itself, not those of statements inside it."""
    if isinstance(statement, ast.Raise) or _called(statement) == "log":
        return
    for _, value in ast.iter_fields(statement):
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, ast.expr):
                yield part
            elif isinstance(part, ast.withitem):
                yield part.context_expr


def _walk(root: ast.expr) -> Iterator[ast.expr]:
    """The expressions in ``root`` that can be mutated: no words, no annotations of other languages."""
    if isinstance(root, ast.JoinedStr) or (isinstance(root, ast.Constant) and isinstance(root.value, str)):
        return
    yield root
    for child in ast.iter_child_nodes(root):
        if isinstance(child, ast.keyword):
            child = child.value
        if isinstance(child, ast.expr):
            yield from _walk(child)


def _of_node(node: ast.expr, fields: Mapping[str, str]) -> Iterator[ast.expr]:
    """What one expression may become."""
    match node:
        case ast.Compare():
            yield from _of_comparison(node)
        case ast.BinOp() if type(node.op) in OPERATORS:
            yield ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)
        case ast.BoolOp():
            yield from _of_connective(node)
        case ast.UnaryOp(op=ast.Not()):
            yield node.operand
        case ast.Constant():
            yield from _of_constant(node)
        case ast.Name(ctx=ast.Load(), id=name) | ast.Attribute(attr=name) if name.isupper():
            yield ast.BinOp(node, ast.Add(), ast.Constant(1))
        case ast.Attribute(attr=name) if name in fields:
            yield ast.Attribute(node.value, fields[name], node.ctx)
        case ast.Call():
            yield from _of_call(node)


def _of_comparison(node: ast.Compare) -> Iterator[ast.expr]:
    for number, operator in enumerate(node.ops):
        for other in COMPARISONS.get(type(operator), ()):
            new = copy.deepcopy(node)
            new.ops[number] = other()
            yield new


def _of_connective(node: ast.BoolOp) -> Iterator[ast.expr]:
    yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
    for number in range(len(node.values)):
        rest = [value for place, value in enumerate(node.values) if place != number]
        yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)


def _of_call(node: ast.Call) -> Iterator[ast.expr]:
    if isinstance(node.func, ast.Name) and node.func.id in COMMUTATIVE:
        return
    for number in range(len(node.args) - 1):
        if ast.dump(node.args[number]) != ast.dump(node.args[number + 1]):
            swapped = [*node.args]
            swapped[number], swapped[number + 1] = swapped[number + 1], swapped[number]
            yield ast.Call(node.func, swapped, node.keywords)


def _of_constant(node: ast.Constant) -> Iterator[ast.expr]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int):
        yield ast.Constant(node.value + 1)
        if node.value > 0:
            yield ast.Constant(node.value - 1)


# ---------------------------------------------------------------- text


def replaced(source: str, node: ast.AST, new: ast.AST | None) -> str:
    """``source`` with the text of ``node`` replaced and nothing else."""
    begin, end = span(source, node)
    return source[:begin] + text_of(new) + source[end:]


def text_of(new: ast.AST | None) -> str:
    """What is written instead; in brackets where the surroundings might tear it apart."""
    if new is None:
        return "pass"
    simple = isinstance(new, ast.Name | ast.Constant | ast.Attribute | ast.Call)
    return ast.unparse(new) if simple else f"({ast.unparse(new)})"


def span(source: str, node: ast.AST) -> tuple[int, int]:
    """Where a node begins and ends in ``source``, in characters."""
    lines = source.splitlines(keepends=True)

    def offset(row: int, column: int) -> int:
        return sum(map(len, lines[: row - 1])) + len(lines[row - 1].encode()[:column].decode())

    place: Any = node
    return offset(place.lineno, place.col_offset), offset(place.end_lineno, place.end_col_offset)


def described(source: str, statement: ast.stmt, node: ast.AST, new: ast.AST | None) -> str:
    """``the statement before -> the statement after``, each in one line; of a compound one only its head."""
    begin, end = span(source, statement)
    body = getattr(statement, "body", None)
    if body and node is not statement:
        end = span(source, body[0])[0]
    first, last = span(source, node)
    before = source[begin:end]
    after = source[begin:first] + text_of(new) + source[last:end]
    return f"{' '.join(before.split())} -> {' '.join(after.split())}"
