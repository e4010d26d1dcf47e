"""What a test says of names: that one is not 0, and that one is not None.

TRUSTED: what is known where a test is true or false holds there.

What is known is a set of names: ``x`` says that x is not 0, ``?x`` that it is not None.
"""

from __future__ import annotations

import ast
from collections.abc import Collection

Known = frozenset[str]


def without(known: Known, names: Collection[str]) -> Known:
    """What is still known once these names have other values."""
    return frozenset(one for one in known if one.lstrip("?") not in names)


def positive(test: ast.expr) -> Known:
    """What is known where the test is true."""
    if isinstance(test, ast.Name):
        return frozenset({test.id, f"?{test.id}"})
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return negative(test.operand)
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.And):
        return frozenset().union(*(positive(part) for part in test.values))
    return _compared(test, "0", ast.NotEq, ast.Gt) | _compared(test, "None", ast.IsNot)


def negative(test: ast.expr) -> Known:
    """What is known where the test is false."""
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        return positive(test.operand)
    if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or):
        return frozenset().union(*(negative(part) for part in test.values))
    return _compared(test, "0", ast.Eq) | _compared(test, "None", ast.Is)


def _compared(test: ast.expr, with_: str, *operators: type[ast.cmpop]) -> Known:
    """What a comparison of a name with 0, or with None, says if it has one of these operators."""
    if not isinstance(test, ast.Compare) or len(test.ops) != 1 or not isinstance(test.left, ast.Name):
        return frozenset()
    said = ast.unparse(test.comparators[0]).replace("NULL", "0")
    if said != with_ or not isinstance(test.ops[0], operators):
        return frozenset()
    return frozenset({test.left.id if with_ == "0" else f"?{test.left.id}"})
