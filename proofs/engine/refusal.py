"""Refusals: code that is not in the language of programs under proof, with its place and what to write instead.

TRUSTED: a refusal is an error, so that nothing is proved of code that was refused.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass

from proofs.engine.path import EngineError


class Refused(EngineError):
    """The code under proof is not written in the language; nothing of it was run."""

    def __init__(self, refusals: list[Refusal]) -> None:
        more = f" (and {len(refusals) - 1} more)" if len(refusals) > 1 else ""
        super().__init__(f"{refusals[0]}{more}")
        self.refusals = refusals

    @property
    def place(self) -> str:
        """File and line of the first refusal."""
        return f"{self.refusals[0].file}:{self.refusals[0].line}"


@dataclass(frozen=True)
class Refusal:
    """One construct that the language does not have: where it stands, what it is, and what to write instead."""

    file: str
    line: int
    construct: str
    instead: str

    def __str__(self) -> str:
        return (
            f"{self.file}:{self.line}: {self.construct} is not in the language of programs under proof: {self.instead}"
        )


WORDS: dict[str, tuple[str, str]] = {
    "Global": ("global", "keep state in the fields of a struct"),
    "Nonlocal": ("nonlocal", "keep state in the fields of a struct"),
    "FunctionDef": ("a function inside a function", "write it at the level of the module or of the class"),
    "AsyncFunctionDef": ("async def", "write def"),
    "Lambda": ("lambda", "write a function of the module"),
    "ClassDef": ("a class inside a function", "write it at the level of the module"),
    "With": ("with", "call the operations, with try and finally between them"),
    "AsyncWith": ("async with", "call the operations, with try and finally between them"),
    "AsyncFor": ("async for", "write while"),
    "Match": ("match", "write if and elif"),
    "NamedExpr": ("an assignment inside an expression", "assign in a statement of its own"),
    "ListComp": ("a list comprehension", "write a while loop over memory"),
    "SetComp": ("a set comprehension", "write a while loop over memory"),
    "DictComp": ("a dict comprehension", "write a while loop over memory"),
    "GeneratorExp": ("a generator expression", "write a while loop over memory"),
    "Yield": ("yield", "write a while loop over memory"),
    "YieldFrom": ("yield from", "write a while loop over memory"),
    "Await": ("await", "call the function"),
    "Assert": ("assert", "raise an error of impl.errors"),
    "Delete": ("del", "leave the name alone"),
    "Starred": ("a starred expression", "write every argument"),
    "List": ("a list", "keep what changes in memory, what does not in a tuple"),
    "Set": ("a set", "keep what changes in memory, what does not in a tuple"),
    "Dict": ("a dict", "keep what changes in memory, what does not in a tuple"),
    "Slice": ("a slice", "read the elements one by one"),
    "JoinedStr": ("an f-string", "write one only as the message of an error that is raised"),
    "Import": ("an import of a module", "write `from module import name` at the head of the module"),
    "ImportFrom": ("an import inside a function", "write it at the head of the module"),
    "Pow": ("**", "shift, or write the constant"),
    "UAdd": ("+ before a number", "leave it out"),
    "TypeAlias": ("type", "write the type itself"),
    "TemplateStr": ("a template string", "write an f-string as the message of an error"),
    "Div": ("/", "write //"),
    "MatMult": ("@", "write *"),
    "In": ("in", "compare with ==, or walk over memory"),
    "NotIn": ("not in", "compare with !=, or walk over memory"),
    "Is": ("is", "write ==; only `is None` is there"),
    "IsNot": ("is not", "write !=; only `is not None` is there"),
    "TryStar": ("except*", "write except"),
}
"""Constructs that are often tried, and what to write instead."""


def of_node(file: str, node: ast.AST, construct: str = "", instead: str = "") -> Refusal:
    """The refusal of a node; in words of its own, or in those for nodes of its kind."""
    name = type(node).__name__
    known = WORDS.get(name, (f"the construct {name}", "see proofs/engine/LANGUAGE.md for what there is"))
    return Refusal(file, getattr(node, "lineno", 0), construct or known[0], instead or known[1])
