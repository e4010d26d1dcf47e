"""What functions do with their parameters: through which views they may store, and which they do not need.

TRUSTED: a pointer is const only where nothing is stored through it; an argument is left out only where the function
does nothing with it.
"""

from __future__ import annotations

import ast

from proofs.export.inference import Kinds, Reader
from proofs.export.program import Function


def find_unused(kinds: Kinds, handed_on: set[Function]) -> None:
    """Find, callees first, the parameters that are not read once ghosts are erased; those of ``handed_on`` are kept."""
    for function in kinds.order:
        reader = Reader(kinds, function)
        nodes = [node for part in function.body for node in ast.walk(part)]
        idle = {id(one) for node in nodes for one in _unread(reader, node)}
        read = {node.id for node in nodes if isinstance(node, ast.Name) and id(node) not in idle}
        own = {one.name for one in function.parameters} - read
        function.unused = frozenset(own if function not in handed_on else ())


def _unread(reader: Reader, node: ast.AST) -> list[ast.AST]:
    """The names in a node of which C needs nothing: they only lead to the memory, or to what a callee does not need."""
    if isinstance(node, ast.Attribute) and node.attr == "memory":
        return [node.value]
    if not isinstance(node, ast.Call):
        return []
    target = reader.target(node)
    if target.function is None or target.function.public:
        return []
    found: list[ast.AST] = [one.node for one in target.arguments if one.parameter.name in target.function.unused]
    own = target.function.parameters[:1]
    if target.receiver is not None and own and own[0].name in target.function.unused:
        found.append(target.receiver)
    return found


def find_mutated(kinds: Kinds) -> None:
    """Find, for every function, the views among its parameters through which something may be stored."""
    for function in kinds.order:
        reader = Reader(kinds, function)
        views = {one.name for one in function.parameters if one.kind.is_ == "view"}
        harmless: set[int] = set()
        for part in function.body:
            for node in ast.walk(part):
                harmless |= _harmless(reader, node)
        names = [node for part in function.body for node in ast.walk(part) if isinstance(node, ast.Name)]
        function.mutated = frozenset(node.id for node in names if node.id in views and id(node) not in harmless)


def _harmless(reader: Reader, node: ast.AST) -> set[int]:
    """The names of views in a node that are only looked through."""
    if isinstance(node, ast.Call):
        target = reader.target(node)
        if target.function is None:
            return set()
        found = {id(one.node) for one in target.arguments if one.parameter.name not in target.function.mutated}
        if target.receiver is not None and target.function.parameters[0].name not in target.function.mutated:
            found.add(id(target.receiver))
        return found
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load) and isinstance(node.value, ast.Name):
        kind = reader.kind(node.value)
        plain = kind.is_ == "view" and (
            node.attr in ("memory", "address", "SIZE") or reader.program.field(kind.name, node.attr) is not None
        )
        return {id(node.value)} if plain else set()
    return set()
