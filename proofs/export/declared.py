"""The kinds that types in the text declare: of parameters, and of the parts of records.

TRUSTED: a parameter is of the kind that is declared; every argument is compared with it.
"""

from __future__ import annotations

import ast

from proofs.export.kinds import ARRAY, BOOL, MEMORY, NONE, WORD, Kind, optional, record, several, view
from proofs.export.program import Program

PLAIN = {"int": WORD, "bool": BOOL, "Memory": MEMORY, "Array": ARRAY, "None": NONE}


def declared(program: Program, owner: str, written: ast.expr | None) -> Kind | None:
    """The kind that a type stands for; None if that has no kind here."""
    if isinstance(written, ast.Constant):
        return NONE if written.value is None else _quoted(program, owner, written.value)
    if isinstance(written, ast.Name):
        return _named(program, owner, written.id)
    if isinstance(written, ast.BinOp) and isinstance(written.op, ast.BitOr):
        return _either(declared(program, owner, written.left), declared(program, owner, written.right))
    if isinstance(written, ast.Subscript):
        return _parametrised(program, owner, written)
    return None


def _quoted(program: Program, owner: str, text: object) -> Kind | None:
    return declared(program, owner, ast.parse(text, mode="eval").body) if isinstance(text, str) else None


def _named(program: Program, owner: str, name: str) -> Kind | None:
    if name in PLAIN:
        return PLAIN[name]
    if name == "Self":
        return view(owner) if program.is_struct(owner) else None
    if name in program.classes:
        if program.is_struct(name):
            return view(program.whole(name))
        return record(name) if program.is_record(name) else None
    return next((declared(program, owner, alias) for alias in _aliases(program, name)), None)


def _aliases(program: Program, name: str) -> list[ast.expr]:
    """What a name for types stands for: ``Name = Type[...]`` at the head of a module."""
    nodes = [node for module in program.modules.values() for node in module.tree.body if isinstance(node, ast.Assign)]
    return [node.value for node in nodes if [ast.unparse(one) for one in node.targets] == [name]]


def _either(one: Kind | None, other: Kind | None) -> Kind | None:
    if one is NONE and other is not None:
        return optional(other)
    return optional(one) if other is NONE and one is not None else None


def _parametrised(program: Program, owner: str, written: ast.Subscript) -> Kind | None:
    """``tuple[int, int]`` and ``Callable[[int], int]``."""
    name = ast.unparse(written.value)
    inside = written.slice.elts if isinstance(written.slice, ast.Tuple) else [written.slice]
    if name == "tuple":
        parts = [declared(program, owner, one) for one in inside]
        return several(*[part for part in parts if part is not None]) if all(parts) else None
    if name == "Callable" and len(inside) == 2 and isinstance(inside[0], ast.List):
        parts = [declared(program, owner, one) for one in (*inside[0].elts, inside[1])]
        return Kind("callable", "", tuple(part for part in parts if part is not None)) if all(parts) else None
    return None
