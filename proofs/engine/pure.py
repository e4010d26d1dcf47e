"""Specifications inside a module under proof: functions that only look, written so that they mean the same at every
call.

TRUSTED: a specification that did more than look could say one thing where it is shown and another where it is relied
on.
"""

from __future__ import annotations

import ast

from proofs.engine.heads import does_nothing
from proofs.engine.refusal import Refusal, of_node

FORBIDDEN = (
    *(ast.Global, ast.Nonlocal, ast.Import, ast.ImportFrom, ast.Raise, ast.Try, ast.With, ast.Delete, ast.Assert),
    *(ast.AsyncFunctionDef, ast.AsyncFor, ast.AsyncWith, ast.Await, ast.Yield, ast.YieldFrom, ast.ClassDef, ast.While),
    *(ast.Match, ast.NamedExpr, ast.GeneratorExp, ast.JoinedStr),
)


def impure(node: ast.FunctionDef, file: str) -> list[Refusal]:
    """What a specification holds that a formula does not need."""
    found = [of_node(file, part) for part in ast.walk(node) if isinstance(part, FORBIDDEN)]
    for part in ast.walk(node):
        if isinstance(part, ast.Attribute | ast.Subscript) and not isinstance(part.ctx, ast.Load):
            found.append(of_node(file, part, f"an assignment to {ast.unparse(part)} in a specification", "only look"))
        if isinstance(part, ast.Attribute) and part.attr.startswith("__"):
            found.append(of_node(file, part, f"the attribute {part.attr} in a specification", "write a formula"))
    if node.decorator_list or any(not isinstance(d, ast.Constant) for d in _defaults(node)):
        found.append(of_node(file, node, "a decorator or a default of a specification", "write constants"))
    for part in ast.walk(node):
        for written in (getattr(part, "annotation", None), getattr(part, "returns", None)):
            if written is not None and not does_nothing(written):
                found.append(of_node(file, part, f"the type {ast.unparse(written)}", "write names of types"))
    return found


def _defaults(node: ast.FunctionDef) -> list[ast.expr]:
    """The defaults of a function and of those inside it: they are worked out where it is defined."""
    every = [part for part in ast.walk(node) if isinstance(part, ast.arguments)]
    return [one for part in every for one in (*part.defaults, *part.kw_defaults) if one is not None]
