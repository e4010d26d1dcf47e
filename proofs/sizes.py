"""How much there is to read: the lines of each subject's specification, proof text, hints and code; and of the tree."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from proofs import registry
from proofs.engine.hints import file_of
from proofs.kernel import PACKAGES, ROOT
from proofs.project import folder_of


@dataclass(frozen=True)
class Size:
    """Lines of one subject: what must be believed, what helps to prove it, what is recorded, and what runs."""

    subject: str
    specification: int
    proof: int
    hints: int
    code: int

    @property
    def ratio(self) -> float:
        """Lines of proof text and hints for each line of code."""
        return (self.proof + self.hints) / self.code if self.code else 0.0


@dataclass(frozen=True)
class Long:
    """The longest of its kind: where it is, and its lines."""

    place: str
    lines: int


@dataclass(frozen=True)
class Sizes:
    """Of every subject, of each package, and of all that was written by hand outside the tests."""

    subjects: list[Size]
    packages: dict[str, int]
    longest_file: Long
    longest_function: Long

    @property
    def written(self) -> int:
        """Lines outside tests that nothing generates."""
        return sum(self.packages.values())

    def as_data(self) -> dict[str, Any]:
        """For JSON."""
        return {**asdict(self), "written": self.written}


COMPOSED = ("heaps", "library", "stack")
"""Subjects that execute nothing: they have no code of their own."""


def sizes(root: Path = ROOT) -> Sizes:
    """Count the tree at ``root``."""
    files = {package: sorted((root / package).rglob("*.py")) for package in PACKAGES}
    every = [file for package in PACKAGES for file in files[package]]
    return Sizes(
        [_of(name, root) for name in registry.SUBJECTS],
        {package: _lines(files[package]) for package in PACKAGES},
        max((Long(str(file.relative_to(root)), _lines([file])) for file in every), key=lambda one: one.lines),
        max((one for file in every for one in _functions(file, root)), key=lambda one: one.lines),
    )


def _of(name: str, root: Path) -> Size:
    proof = registry.proof_of(name)
    own = {Path(module.__file__ or "") for module in (proof.module, *proof.parts)}
    code = own if name not in COMPOSED else set()
    model, helps = _texts(name, root)
    return Size(
        name,
        _lines(model),
        _lines(file for file in helps if "live" not in file.parts and file not in code),
        _lines([file for file in (file_of(name, 64), file_of(name, 32)) if file.is_file()]),
        _lines(code),
    )


def _texts(name: str, root: Path) -> tuple[list[Path], list[Path]]:
    """The files of a subject's model, and those of its proof with all that runs it; a project keeps both together."""
    if (place := folder_of(name)) is not None:
        model = [file for file in place.rglob("*.py") if "model" in (file.stem, file.parent.name)]
        return model, [file for file in place.rglob("*.py") if file not in model]
    return list((root / "model" / name).rglob("*.py")), list((root / "proofs" / name).rglob("*.py"))


def _lines(files: Iterable[Path]) -> int:
    return sum(len(file.read_text().splitlines()) for file in files)


def _functions(file: Path, root: Path) -> Iterator[Long]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef):
            yield Long(f"{file.relative_to(root)}:{node.lineno} {node.name}", (node.end_lineno or 0) - node.lineno + 1)
