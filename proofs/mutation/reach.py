"""Which operations execute a function: the calls that the text of a subject's modules makes, followed by name.

Names decide, so a function may count as executed though it is not; that costs time and nothing else.
A call of an operation that is relied on by contract is not followed: the prover does not execute it.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, TypeGuard

BY_CONTRACT = "by_contract"


def executed_by(
    sources: Sequence[str], operations: Sequence[str], functions: Collection[str] = ()
) -> Mapping[str, frozenset[str]]:
    """For each of the ``operations`` the names of the functions in the ``sources`` that it may execute.

    ``functions`` go by contract, too, though nothing in the text says so.
    """
    trees = [ast.parse(source) for source in sources]
    definitions = [found for tree in trees for found in _definitions(tree)]
    classes = {node.name: node for tree in trees for node in tree.body if isinstance(node, ast.ClassDef)}
    properties = {name for name, node in definitions if _decorated(node, "property")}
    sealed = {name for name, node in definitions if _decorated(node, BY_CONTRACT)} | set(functions)
    calls: dict[str, set[str]] = {}
    for name, node in definitions:
        calls.setdefault(name, set()).update(_called(node, properties, classes))
    return {operation: frozenset(_closure(operation, calls, sealed)) for operation in operations}


def _definitions(tree: ast.Module) -> Iterator[tuple[str, ast.AST]]:
    """Functions and methods; a class is what runs when it is called: what Python itself calls of it."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield node.name, node
        elif isinstance(node, ast.ClassDef):
            methods = [member for member in node.body if isinstance(member, ast.FunctionDef)]
            yield from ((method.name, method) for method in methods)
            special = [ast.Name(m.name) for m in methods if m.name.startswith("__")]
            yield node.name, ast.Tuple(list(special))


def _called(node: ast.AST, properties: set[str], classes: Mapping[str, ast.ClassDef]) -> set[str]:
    """Every name that a function mentions, but for its own variables, every method that it calls, every property.

    A method called of a class by its name is that class's own or an inherited one, which is not in the text.
    """
    names = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)} - _variables(node)
    methods = {part.func.attr for part in ast.walk(node) if _is_method_call(part) and not _inherited(part, classes)}
    return names | methods | {part.attr for part in ast.walk(node) if isinstance(part, ast.Attribute)} & properties


def _variables(node: ast.AST) -> set[str]:
    """The parameters of a function, and what it assigns."""
    parameters = {part.arg for part in ast.walk(node) if isinstance(part, ast.arg)}
    return parameters | {
        p.id for p in ast.walk(node) if isinstance(p, ast.Name) and isinstance(getattr(p, "ctx", None), ast.Store)
    }


def _is_method_call(node: ast.AST) -> TypeGuard[Any]:
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)


def _inherited(call: ast.Call, classes: Mapping[str, ast.ClassDef]) -> bool:
    """Whether a method is called of a class that does not define it, or of one that is not the subject's."""
    function = call.func
    if not (isinstance(function, ast.Attribute) and isinstance(function.value, ast.Name)):
        return False
    owner = classes.get(function.value.id)
    if owner is None:
        return function.value.id[0].isupper()
    return not any(getattr(member, "name", "") == function.attr for member in owner.body)


def _decorated(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.FunctionDef) and any(ast.unparse(d) == name for d in node.decorator_list)


def _closure(operation: str, calls: Mapping[str, set[str]], sealed: set[str]) -> set[str]:
    found, waiting = {operation}, [operation]
    while waiting:
        fresh = (calls.get(waiting.pop(), set()) & calls.keys()) - sealed - found
        found |= fresh
        waiting.extend(fresh)
    return found
