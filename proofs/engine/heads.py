"""What may stand at the head of a module under proof besides functions: constants, types, and what is written of types.

TRUSTED: what stands there is executed when the module is loaded, so nothing there may do anything.  It is made of
numbers, strings and names; no call is among it.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from enum import Enum


class Kind(Enum):
    """What a name at the head of a module stands for."""

    CONSTANT = "a constant"
    FUNCTION = "a function of the program"
    STRUCT = "a struct"
    PART = "a part of a struct"
    RECORD = "a record: a NamedTuple or a frozen dataclass"
    HOLDER = "a class whose objects keep state outside memory"
    ERROR = "an error"
    ANNOTATION = "an annotation"
    PRIMITIVE = "a function of the language itself"
    FIELD = "the kind of a field"
    BASE = "the base of a class"
    TYPE = "a name for type annotations only"


Names = Mapping[str, Kind]
COMPUTED = (
    *(ast.Add, ast.Sub, ast.Mult, ast.FloorDiv, ast.Mod, ast.Pow, ast.LShift, ast.RShift, ast.BitAnd, ast.BitOr),
    *(ast.BitXor, ast.USub, ast.Invert),
)
"""The operators of constants."""
OF_TYPES = (ast.Name, ast.Attribute, ast.Constant, ast.Subscript, ast.Tuple, ast.List, ast.BinOp, ast.BitOr)
"""What is written of types consists of these."""
SIZE = "SIZE"


def is_constant(node: ast.expr, names: Names) -> bool:
    """Whether an expression is a number, a string, None, a tuple of such, or computed of constants and sizes."""
    if isinstance(node, ast.Constant):
        return node.value is None or isinstance(node.value, int | str)
    if isinstance(node, ast.Name):
        return names.get(node.id) is Kind.CONSTANT
    if isinstance(node, ast.Attribute):
        return node.attr == SIZE and isinstance(node.value, ast.Name) and names.get(node.value.id) is Kind.STRUCT
    return all(is_constant(part, names) for part in _operands(node))


def _operands(node: ast.expr) -> list[ast.expr]:
    """The parts of a tuple, or of an operation of constants; of anything else a name that nothing has."""
    if isinstance(node, ast.Tuple):
        return node.elts
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, COMPUTED):
        return [node.operand]
    if isinstance(node, ast.BinOp) and isinstance(node.op, COMPUTED):
        return [node.left, node.right]
    return [ast.Name("", ast.Load())]


def is_type(node: ast.expr, names: Names) -> bool:
    """Whether an expression is a type with parameters, such as ``Callable[[int], int]``."""
    whole = isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)
    return whole and names.get(node.value.id) is Kind.TYPE and does_nothing(node)  # type: ignore[attr-defined]


def does_nothing(node: ast.expr | None) -> bool:
    """Whether what is written of a type is made of names, strings and brackets alone."""
    parts = [] if node is None else [part for part in ast.walk(node) if not isinstance(part, ast.expr_context)]
    return all(isinstance(part, OF_TYPES) for part in parts)


def is_words(node: ast.expr) -> bool:
    """Whether an expression is a tuple or a list of strings."""
    return isinstance(node, ast.Tuple | ast.List) and all(_is_string(part) for part in node.elts)


def is_layout(node: ast.expr, names: Names) -> bool:
    """Whether an expression is a dict from strings to constants."""
    return isinstance(node, ast.Dict) and all(
        key is not None and _is_string(key) and is_constant(value, names)
        for key, value in zip(node.keys, node.values, strict=True)
    )


def _is_string(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
