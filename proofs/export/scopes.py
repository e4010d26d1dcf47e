"""Where the locals of a function are declared in C: with their first value where that can be, else before it.

TRUSTED: a local that Python still knows in the next round of a loop is declared outside the loop.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass, field

from proofs.export.ways import ends

Names = dict[str, bool]
"""Names that are declared before a statement; whether each needs a value at once."""


@dataclass
class Scopes:
    """For one function: the names that are declared by the statement that assigns them, and those declared before one.

    Statements are known by their identity.
    """

    at: dict[int, set[str]] = field(default_factory=dict)
    before: dict[int, Names] = field(default_factory=dict)

    def place(self, body: list[ast.stmt], parameters: set[str]) -> None:
        """Find a place for every local."""
        for name in sorted(names_in(body) - parameters):
            self._place(name, body)

    def _place(self, name: str, block: list[ast.stmt]) -> None:
        """The innermost block that holds all that is done with the name, as long as it is not carried round a loop."""
        holding = [statement for statement in block if mentions(statement, name)]
        first = holding[0]
        own_loop = len(holding) == 1 and isinstance(first, ast.For) and is_counter(first, name)
        if assigns(first, name) or own_loop:
            self.at.setdefault(id(first), set()).add(name)
            return
        inner = [part for part in blocks_of(first) if mentions_any(part, name)]
        if len(holding) == 1 and not mentions_head(first, name) and _may_stand_in(first, inner, name):
            for part in inner:
                self._place(name, part)
            return
        self.before.setdefault(id(first), {})[name] = not settles([first], name)


def _may_stand_in(node: ast.stmt, inner: list[list[ast.stmt]], name: str) -> bool:
    """Whether a name may be declared inside a statement: no block needs what another gave it, nor a round the last."""
    if isinstance(node, ast.Try):
        return False
    if isinstance(node, ast.If) and len(inner) == 1:
        return True
    return all(is_fresh(part, name) for part in inner)


def is_fresh(block: list[ast.stmt], name: str) -> bool:
    """Whether nothing in a block reads what the name had before."""
    holding = [statement for statement in block if mentions(statement, name)]
    if not holding or settles(holding[:1], name):
        return True
    alone = len(holding) == 1 and not mentions_head(holding[0], name) and not isinstance(holding[0], ast.Try)
    return alone and all(is_fresh(part, name) for part in blocks_of(holding[0]))


def is_counter(node: ast.For, name: str) -> bool:
    """Whether a loop counts with the name and nothing in it assigns to it."""
    return ast.unparse(node.target) == name and name not in names_in(node.body)


def settles(statements: list[ast.stmt], name: str) -> bool:
    """Whether the statements give the name a value before they read it, on every path that comes out behind them."""
    for node in statements:
        if not mentions(node, name):
            if ends([node]):
                return True
            continue
        if assigns(node, name):
            return True
        if isinstance(node, ast.If) and not mentions_head(node, name):
            parts = [node.body, node.orelse]
            return all(settles(part, name) or (ends(part) and not mentions_any(part, name)) for part in parts)
        return False
    return False


def assigns(node: ast.stmt, name: str) -> bool:
    """Whether a statement assigns the name what does not depend on it."""
    if isinstance(node, ast.Assign):
        targets = node.targets[0].elts if isinstance(node.targets[0], ast.Tuple) else node.targets
        plain = any(isinstance(one, ast.Name) and one.id == name for one in targets)
        others = [one for one in targets if not isinstance(one, ast.Name)]
        return plain and not any(mentions(one, name) for one in (node.value, *others))
    if isinstance(node, ast.AnnAssign) and node.value is not None:
        return ast.unparse(node.target) == name and not mentions(node.value, name)
    return False


def mentions(node: ast.AST, name: str) -> bool:
    """Whether a name stands in a statement or an expression."""
    return any(isinstance(one, ast.Name) and one.id == name for one in ast.walk(node))


def mentions_any(statements: list[ast.stmt], name: str) -> bool:
    """Whether a name stands in any of the statements."""
    return any(mentions(one, name) for one in statements)


def mentions_head(node: ast.stmt, name: str) -> bool:
    """Whether a name stands in a statement outside the blocks in it; a loop's own name does."""
    inside = {id(one) for block in blocks_of(node) for part in block for one in ast.walk(part)}
    return any(isinstance(one, ast.Name) and one.id == name and id(one) not in inside for one in ast.walk(node))


def blocks_of(node: ast.stmt) -> list[list[ast.stmt]]:
    """The blocks inside a statement."""
    parts = [getattr(node, part) for part in ("body", "orelse", "finalbody") if getattr(node, part, None)]
    return parts + [handler.body for handler in getattr(node, "handlers", [])]


def names_in(body: list[ast.stmt]) -> set[str]:
    """The names that statements assign."""
    nodes = [node for statement in body for node in ast.walk(statement)]
    return {node.id for node in nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
