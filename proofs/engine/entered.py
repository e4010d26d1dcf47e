"""Which functions of programs have run in this process: of a program's text, they are what a result depends on.

TRUSTED: a function that ran was noted.

Programs run in two ways.  The prover executes an edition, into which the rewriter (rewrite.py) writes the note.  What
runs a program itself, a scenario or a specification that should not, imports its module: from ``watch`` on such
modules are loaded with the same note at the beginning of every function.  A module that was imported before counts as
a whole, and so does what is no program.  What a process noted, those forked from it have noted, too.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Collection, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location
from types import CodeType, ModuleType

import impl
from proofs import project
from proofs.engine.modules import ERRORS, MACHINE
from proofs.engine.pieces import functions_in, key_of

NOTE = "__entered__"
"""The name under which a watched module finds ``ENTERED.add``; no program has one that begins so."""
OF_THE_MACHINE = {*MACHINE, ERRORS} - {"impl.virtual_memory"}
"""Modules of impl/ on which the prover itself is built; of the machine only virtual memory is a program."""

ENTERED: set[str] = set()
"""The functions that ran, as ``key_of`` names them."""
WATCHED: set[str] = set()
"""The modules that were loaded with notes."""


def watch() -> None:
    """From here on programs are imported with notes."""
    if not is_watching():
        sys.meta_path.insert(0, Watch())


def is_watching() -> bool:
    """Whether a program that is imported now is loaded with notes."""
    return any(isinstance(finder, Watch) for finder in sys.meta_path)


def is_in_pieces(module: str) -> bool:
    """Whether it is known of each function of a module whether it ran: it is a program, and noted so far as it ran."""
    return _may_be_watched(module) and (module in WATCHED or (module not in sys.modules and is_watching()))


def _may_be_watched(module: str) -> bool:
    if module.startswith(f"{impl.__name__}."):
        return module not in OF_THE_MACHINE
    return any(module == f"{package}.impl" for _, _, package in project.found())


def noted(tree: ast.Module, module: str) -> ast.Module:
    """The module's tree, its functions beginning with their notes."""
    for name, node in functions_in(tree):
        after = 1 if ast.get_docstring(node, clean=False) is not None else 0
        node.body.insert(after, note(module, name, node))
    return tree


def note(module: str, function: str, at: ast.FunctionDef) -> ast.Expr:
    """The statement that notes that a function runs; it stands at the line of the ``def``."""
    called = ast.Call(ast.Name(NOTE, ast.Load()), [ast.Constant(key_of(module, function))], [])
    statement = ast.Expr(called)
    for part in ast.walk(statement):
        if isinstance(part, ast.expr | ast.stmt):
            ast.copy_location(part, at)
            part.end_lineno, part.end_col_offset = at.lineno, at.col_offset
    return statement


class Noting(SourceFileLoader):
    """Loads a module with its notes."""

    def get_code(self, fullname: str) -> CodeType:
        """The compiled text, notes included; Python's own cache of compiled files does not see it."""
        data = self.get_data(self.path)
        tree = noted(ast.parse(data, self.path), fullname)
        code: CodeType = compile(tree, self.path, "exec", dont_inherit=True)
        return code

    def exec_module(self, module: ModuleType) -> None:
        """Run the module, which finds what its notes call."""
        module.__dict__[NOTE] = ENTERED.add
        WATCHED.add(module.__name__)
        super().exec_module(module)


class Watch(MetaPathFinder):
    """Finds the modules of programs."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's usual place, loaded with notes."""
        usual = PathFinder.find_spec(fullname, path) if _may_be_watched(fullname) else None
        if usual is None or usual.origin is None or not usual.origin.endswith(".py"):
            return None
        return spec_from_file_location(fullname, usual.origin, loader=Noting(fullname, usual.origin))


def entered_in(modules: Collection[str]) -> list[str]:
    """The functions of these modules that ran, in order."""
    return sorted(key for key in ENTERED if key.split(" ")[0] in modules)
