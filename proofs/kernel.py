"""The kernel: every file in which a fault could make a false theorem PROVED, and the rule that none is left out.

A file is of the kernel if a paragraph of its docstring begins with TRUSTED.  What such a file imports is of the
kernel, too, wherever in it the import stands; so is every file of the prover that does not say NOT TRUSTED, and what
binds a subject to its model.  Two kinds of files are no part of it:

    statements  model/ says what is proved; who reads a theorem reads its statement (``drystone show``)
    programs    what is proved, checked by the prover before it is executed
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGES = ("model", "impl", "proofs")
TRUSTED = "TRUSTED"
NOT_TRUSTED = "NOT TRUSTED"
ROOTS = ("proofs/engine/*.py", "proofs/proving.py", "proofs/report.py", "proofs/registry.py", "proofs/guard.py")
LANGUAGE = ("model/logic.py", "model/laws.py", "model/ghost.py", "model/machine.py", "model/annotations.py")
"""Of model/ the specification language, which is of the kernel; all else there states theorems."""
MACHINE = ("layout", "memory", "errors", "words", "ram", "shadow", "virtual_memory", "machine")
"""Modules of impl/ that are no programs under proof; virtual_memory is one in part."""


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


def unmarked(root: Path = ROOT, subjects: Iterable[str] = ()) -> list[Unmarked]:
    """Every file of the kernel that does not say so, in the order of its name."""
    found: dict[str, Unmarked] = {}
    for file in roots(root, subjects):
        if not marked(file) and not excused(file):
            found[name_of(file, root)] = Unmarked(name_of(file, root), "the prover is made of it")
    for file in sorted(one for package in PACKAGES for one in (root / package).rglob("*.py")):
        if marked(file):
            for other in imports(file, root):
                if belongs(other, root) and not marked(other):
                    name = name_of(other, root)
                    found.setdefault(name, Unmarked(name, f"{name_of(file, root)} imports it"))
    return [found[name] for name in sorted(found)]


def roots(root: Path, subjects: Iterable[str]) -> Iterator[Path]:
    """The files that are of the kernel whoever imports them: the prover's, and those that bind a subject to its
    model."""
    for pattern in ROOTS:
        yield from sorted(file for file in root.glob(pattern) if file.name != "__init__.py")
    for subject in subjects:
        yield root / "proofs" / f"{subject}.py"


def belongs(file: Path, root: Path) -> bool:
    """Whether a file that the kernel imports is of the kernel: no statement, and no program under proof."""
    package, *rest = file.relative_to(root).parts
    if package == "model":
        return name_of(file, root) in LANGUAGE
    if package == "impl":
        return len(rest) > 1 or Path(rest[0]).stem in MACHINE
    return True


def imports(file: Path, root: Path) -> Iterator[Path]:
    """The files of the project that a file imports, at its head or in a function."""
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            other = root / f"{name.replace('.', '/')}.py"
            if name.split(".")[0] in PACKAGES and other.is_file():
                yield other


def name_of(file: Path, root: Path) -> str:
    """The file's place in the tree."""
    return file.relative_to(root).as_posix()
