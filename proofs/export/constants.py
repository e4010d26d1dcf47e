"""Numbers that are known when a program is translated: literals, constants of modules, sizes of structs.

TRUSTED: they are computed by running Python, so that they are what CPython has.
"""

from __future__ import annotations

import ast
from typing import Any

from proofs.engine.heads import Kind as Head
from proofs.engine.modules import Module
from proofs.export.program import Program

UNKNOWN = object()
"""No constant."""
OPERATORS: dict[type, Any] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
    ast.FloorDiv: lambda a, b: a // b,
    ast.Mod: lambda a, b: a % b,
    ast.Pow: lambda a, b: a**b,
    ast.LShift: lambda a, b: a << b,
    ast.RShift: lambda a, b: a >> b,
    ast.BitAnd: lambda a, b: a & b,
    ast.BitOr: lambda a, b: a | b,
    ast.BitXor: lambda a, b: a ^ b,
}
MOST_BITS = 4096
"""Larger numbers are not computed: no machine word comes of them."""


def constant_of(program: Program, module: Module, node: ast.expr) -> Any:
    """The number, truth, string, None or tuple that an expression always is; UNKNOWN if it is no constant."""
    if isinstance(node, ast.Constant):
        return node.value
    readers = {ast.Name: _name, ast.Attribute: _size, ast.UnaryOp: _turned, ast.BinOp: _computed, ast.Subscript: _item}
    reader: Any = readers.get(type(node))
    return reader(program, module, node) if reader else UNKNOWN


def _name(program: Program, module: Module, node: ast.Name) -> Any:
    return program.value(module, node.id) if module.names.get(node.id) is Head.CONSTANT else UNKNOWN


def _turned(program: Program, module: Module, node: ast.UnaryOp) -> Any:
    value = constant_of(program, module, node.operand)
    if not isinstance(node.op, ast.USub | ast.Invert) or not is_number(value):
        return UNKNOWN
    return -value if isinstance(node.op, ast.USub) else ~value


def _item(program: Program, module: Module, node: ast.Subscript) -> Any:
    whole, index = (constant_of(program, module, one) for one in (node.value, node.slice))
    inside = isinstance(whole, tuple) and is_number(index) and -len(whole) <= index < len(whole)
    return whole[index] if inside else UNKNOWN


def _size(program: Program, module: Module, node: ast.Attribute) -> Any:
    if node.attr == "SIZE" and isinstance(node.value, ast.Name) and module.names.get(node.value.id) is Head.STRUCT:
        return program.value(module, node.value.id).SIZE
    return UNKNOWN


def _computed(program: Program, module: Module, node: ast.BinOp) -> Any:
    left, right = (constant_of(program, module, one) for one in (node.left, node.right))
    if not is_number(left) or not is_number(right) or max(left.bit_length(), right.bit_length()) > MOST_BITS:
        return UNKNOWN
    grows = isinstance(node.op, ast.Pow | ast.LShift)
    if (grows or isinstance(node.op, ast.RShift)) and not 0 <= right <= MOST_BITS:
        return UNKNOWN
    if isinstance(node.op, ast.FloorDiv | ast.Mod) and right == 0:
        return UNKNOWN
    return OPERATORS[type(node.op)](left, right)


def is_number(value: Any) -> bool:
    """Whether it is an integer, and no truth."""
    return isinstance(value, int) and not isinstance(value, bool)
