"""Specifications inside a module under proof: functions that only look, written so that they mean the same at every
call.

TRUSTED: a specification that did more than look could say one thing where it is shown and another where it is relied
on.
"""

from __future__ import annotations

import ast

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
    if node.decorator_list or any(not isinstance(d, ast.Constant) for d in node.args.defaults):
        found.append(of_node(file, node, "a decorator or a default of a specification", "write constants"))
    return found
