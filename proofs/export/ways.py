"""Which statements no path passes.

TRUSTED: what stands behind them is never executed.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator


def ends(statements: list[ast.stmt]) -> bool:
    """Whether no path comes out behind these statements."""
    return any(_ends(statement) for statement in statements)


def _ends(node: ast.stmt) -> bool:
    if isinstance(node, ast.Return | ast.Raise | ast.Break | ast.Continue):
        return True
    if isinstance(node, ast.If):
        return ends(node.body) and ends(node.orelse)
    if isinstance(node, ast.While):
        return isinstance(node.test, ast.Constant) and bool(node.test.value) and not list(_breaks(node.body))
    if isinstance(node, ast.Try):
        inside = (ends(node.body) or ends(node.orelse)) and all(ends(one.body) for one in node.handlers)
        return inside or ends(node.finalbody)
    return False


def _breaks(statements: list[ast.stmt]) -> Iterator[ast.Break]:
    """The ``break`` statements that leave the loop around these statements."""
    for node in statements:
        if isinstance(node, ast.Break):
            yield node
        elif not isinstance(node, ast.While | ast.For):
            for part in ("body", "orelse", "finalbody"):
                yield from _breaks(getattr(node, part, []))
            for handler in getattr(node, "handlers", []):
                yield from _breaks(handler.body)
