"""Which operations an edit of a program touches: the functions that changed, and all that call them.

Names decide, so it may be too many; what is not found here is proved all the same, only later.
"""

from __future__ import annotations

import ast

from proofs.engine.modules import is_program

Function = ast.FunctionDef | ast.AsyncFunctionDef


def operations_touched(before: str, after: str) -> tuple[str, ...]:
    """The public functions whose meaning the edit may change, sorted.

    () if that cannot be told: a text that is no Python, or an edit outside of functions, may change them all; and where
    comments, docstrings or blanks alone changed, none.
    """
    try:
        old, new = ast.parse(before), ast.parse(after)
    except SyntaxError:
        return ()
    if _around(old) != _around(new):
        return ()
    was, now = _functions(old), _functions(new)
    changed = {name for name in was.keys() | now.keys() if _meaning(was.get(name, [])) != _meaning(now.get(name, []))}
    return tuple(sorted(name for name in _with_callers(changed, now) if not name.startswith("_")))


def bases_of(text: str) -> list[str]:
    """The modules of impl/ ("page_tables") from which a text imports that from which one of its classes is derived."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return []
    derived = {ast.unparse(base) for node in tree.body if isinstance(node, ast.ClassDef) for base in node.bases}
    imports = [node for node in tree.body if isinstance(node, ast.ImportFrom) and is_program(node.module or "", ())]
    used = (node for node in imports if derived & {alias.name for alias in node.names})
    return [str(node.module).rpartition(".")[2] for node in used]


def _functions(tree: ast.Module) -> dict[str, list[Function]]:
    """The functions and methods by their names; one name may stand for several."""
    found: dict[str, list[Function]] = {}
    for node in ast.walk(tree):
        if isinstance(node, Function):
            found.setdefault(node.name, []).append(node)
    return found


def _meaning(functions: list[Function]) -> list[str]:
    """What the functions say, but for their docstrings."""
    return [ast.dump(_bare(one)) for one in functions]


def _bare(function: Function) -> ast.Module:
    """Head and body without a docstring."""
    body = function.body[1:] if ast.get_docstring(function, clean=False) is not None else function.body
    head = [ast.Expr(one) for one in (*function.decorator_list, function.returns) if one is not None]
    return ast.Module([*head, ast.Expr(ast.Lambda(function.args, ast.Constant(None))), *body], [])


def _around(tree: ast.Module) -> str:
    """What the module says outside of functions, but for docstrings; and which functions there are."""

    class Emptied(ast.NodeTransformer):
        def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
            return ast.Expr(ast.Constant(f"function {node.name}"))

        def visit_Expr(self, node: ast.Expr) -> ast.AST | None:
            said = isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
            return None if said else node

    return ast.dump(Emptied().visit(ast.parse(ast.unparse(tree))))


def _with_callers(names: set[str], functions: dict[str, list[Function]]) -> set[str]:
    """Those functions, and all that call one of them, however indirectly."""
    calls = {name: {n for one in same for n in _names_in(one)} for name, same in functions.items()}
    reached: set[str] = set()
    while names - reached:
        reached |= names
        names = reached | {name for name, called in calls.items() if called & reached}
    return reached


def _names_in(function: Function) -> set[str]:
    nodes = list(ast.walk(function))
    attributes = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return attributes | {node.id for node in nodes if isinstance(node, ast.Name)}
