"""The kernel: every file in which a fault could make a false theorem PROVED, and the rule that none is left out.

A file is of the kernel if a paragraph of its docstring begins with TRUSTED.  What such a file imports is of the
kernel, too, wherever in it the import stands; so are the command that proves, what binds a subject to its model, and
every file of the prover that does not say NOT TRUSTED.  Two kinds of files are no part of it:

    statements  model/ says what is proved; who reads a theorem reads its statement (``drystone show``).  So do
                contracts of inner operations, loops and claims in proofs/<subject>/: each is shown before it is used
    programs    what is proved, checked by the prover before it is executed

Only what binds a subject to its model may import those.  What tells more than the verdict, or runs the
allocators, is loaded by its name, and only where ``LOADERS`` say.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from proofs import project, registry
from proofs.alias import INSTALLED, at_home

ROOT = Path(__file__).parent.parent
PACKAGES = ("impl", "model", "proofs")
TRUSTED = "TRUSTED"
NOT_TRUSTED = "NOT TRUSTED"
PROVER = "proofs/engine/"
COMMAND = ("cli", "command", "prove_command", "proving", "report", "registry", "project", "plain")
"""Files of proofs/ that make up the command ``drystone prove``."""
BINDING = ("proof.py", "rests.py", "machine.py")
"""Of proofs/<subject>/, what binds a subject to its model, to other subjects, and to what stands for the machine; all
else there helps to prove it.
"""
TRANSLATOR = "proofs/export/unit.py"
"""What is made of it is the translation to C, on which no theorem rests."""
LANGUAGE = (
    "model/language/logic.py",
    "model/language/laws.py",
    "model/language/ghost.py",
    "model/language/machine.py",
    "model/language/words.py",
    "model/language/annotations.py",
)
"""Of model/ the specification language, which is of the kernel; all else there states theorems."""
MACHINE = ("bounds", "errors", "layout", "machine", "memory", "ram", "shadow", "words")
"""Modules of impl/ that are no programs under proof."""
LOADERS = (
    "proofs/alias.py",
    "proofs/registry.py",
    "proofs/engine/discharging.py",
    "proofs/engine/edition.py",
    "proofs/remote/serving.py",
)
"""Kernel files that import modules by their names: evidence and subjects, words for a failure, programs, calls."""
BY_NAME = ("import_module", "__import__")


@dataclass(frozen=True)
class Unmarked:
    """A file that belongs to the kernel and does not say so; ``reason`` tells why it belongs there."""

    file: str
    reason: str


def marked(file: Path) -> bool:
    """Whether a paragraph of the file's docstring begins with TRUSTED."""
    return any(paragraph.startswith(TRUSTED) for paragraph in paragraphs(file))


def excused(file: Path) -> bool:
    """Whether the file says why it is no part of the kernel."""
    return any(paragraph.startswith(NOT_TRUSTED) for paragraph in paragraphs(file))


def paragraphs(file: Path) -> list[str]:
    """The paragraphs of the file's docstring."""
    text = file.read_text()
    return [paragraph.strip() for paragraph in text.split('"""')[1].split("\n\n")] if text.startswith('"""') else []


def files(root: Path = ROOT) -> list[Path]:
    """Every file of the kernel, in the order of its name."""
    return sorted(file for package in PACKAGES for file in (root / package).rglob("*.py") if marked(file))


def unmarked(root: Path = ROOT, subjects: Collection[str] = tuple(registry.SUBJECTS)) -> list[Unmarked]:
    """Every file of the kernel that does not say so, in the order of its name."""
    _text.cache_clear()
    files_of.cache_clear()
    is_marked = cache(marked)
    found = {name_of(file, root): "the prover is made of it" for file in roots(root, subjects) if not is_marked(file)}
    for file in files(root):
        name = name_of(file, root)
        if name not in LOADERS and loads_by_name(file):
            found.setdefault(name, "it loads modules by their names")
        for other in imports(file, root):
            if not is_marked(other) and not outside(name_of(other, root), name, subjects):
                found.setdefault(name_of(other, root), f"{name} imports it")
    return [Unmarked(name, found[name]) for name in sorted(found)]


def unmarked_in_projects() -> list[Unmarked]:
    """What binds the subjects of projects to their models, and does not say that it is trusted."""
    places = [(home, home.place(package)) for _, home, package in project.found()]
    binding = [(home, place / part) for home, place in places for part in BINDING if (place / part).is_file()]
    said = "it binds a subject to its model"
    return [Unmarked(name_of(file, home.source), said) for home, file in binding if not marked(file)]


def roots(root: Path, subjects: Collection[str]) -> Iterator[Path]:
    """The files that are of the kernel whoever imports them."""
    for file in (root / PROVER).rglob("*.py"):
        if holds_code(file) and not excused(file):
            yield file
    for name in COMMAND:
        if root == ROOT or (root / "proofs" / f"{name}.py").is_file():  # a folder of subjects has no command of its own
            yield root / "proofs" / f"{name}.py"
    if (root / TRANSLATOR).is_file():
        yield root / TRANSLATOR
    for name in subjects:
        yield from (file for part in BINDING if (file := root / "proofs" / name / part).is_file())


def outside(name: str, importer: str, subjects: Collection[str]) -> bool:
    """Whether what a kernel file imports is a statement or a program: that a subject is bound to."""
    package, file = name.split("/", maxsplit=1)
    if importer not in {f"proofs/{subject}/{part}" for subject in subjects for part in BINDING}:
        return False
    if package == "proofs":
        return file.split("/")[0] in subjects and Path(file).name not in BINDING
    return (package == "model" and name not in LANGUAGE) or (package == "impl" and Path(file).stem not in MACHINE)


def imports(file: Path, root: Path) -> Iterator[Path]:
    """The files of the project that are executed when a file imports what it names, at its head or in a function."""
    for node in imported(_text(file)):
        names = [alias.name for alias in node.names]
        if isinstance(node, ast.ImportFrom):
            base = file.relative_to(root).parts[: -node.level] if node.level else ()
            module = ".".join([*base, *([node.module] if node.module else [])])
            names = [module, *(f"{module}.{name}" for name in names)]
        yield from (other for name in names for other in files_of(name, root))


@cache
def imported(text: str) -> tuple[ast.Import | ast.ImportFrom, ...]:
    """The imports of a file that are executed."""
    return tuple(node for node in executed(ast.parse(text)) if isinstance(node, ast.Import | ast.ImportFrom))


def executed(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes of a tree, but for what only the type checker looks at."""
    yield tree
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            yield from (inner for other in node.orelse for inner in executed(other))
        else:
            yield from executed(node)


@cache
def _text(file: Path) -> str:
    """What a file holds, read once for each question that the whole tree is asked."""
    return file.read_text()


@cache
def files_of(module: str, root: Path) -> tuple[Path, ...]:
    """The file of a module, and those of the packages around it that hold more than words."""
    return tuple(_files_of(module, root))


def _files_of(module: str, root: Path) -> Iterator[Path]:
    parts = at_home(module).split(".")[INSTALLED:]
    if (file := root.joinpath(*parts).with_suffix(".py")).is_file():
        yield file
    for length in range(1, len(parts) + 1):
        package = root.joinpath(*parts[:length], "__init__.py")
        if package.is_file() and holds_code(package):
            yield package


def holds_code(file: Path) -> bool:
    """Whether a file holds anything but a docstring."""
    return does_something(_text(file))


@cache
def does_something(text: str) -> bool:
    """Whether a text holds anything but a docstring."""
    body = ast.parse(text).body
    return any(not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) for node in body)


def loads_by_name(file: Path) -> bool:
    """Whether the file mentions what imports a module by its name."""
    return mentions_loading(_text(file))


@cache
def mentions_loading(text: str) -> bool:
    """Whether a text mentions what imports a module by its name."""
    nodes = list(ast.walk(ast.parse(text)))
    names = {node.id for node in nodes if isinstance(node, ast.Name)}
    names |= {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    return not names.isdisjoint(BY_NAME)


def name_of(file: Path, root: Path) -> str:
    """The file's place in the tree."""
    return file.relative_to(root).as_posix()
