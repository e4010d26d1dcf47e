"""Projects: folders outside this tree whose pyproject.toml has a table [tool.drystone], and the subjects in them.

    [tool.drystone]
    subjects = ["pool"]     # packages; the last part of its name is the name of a subject
    path = "src"            # where they lie, from the folder of pyproject.toml; by default that folder itself

The project of the current folder, or of the nearest one above it that has such a table, is known, and those in the
folders that the environment variable DRYSTONE_PATH names.  A subject is one package:

    <subject>/impl.py     the code                       <subject>/model.py    PUBLIC, and the abstract state
    <subject>/proof.py    PROOF                          <subject>/record.py   RECORD, if there is anything to record
    <subject>/live/       as record.py says, all of it optional
    <subject>/hints.lock  what its proofs use            <subject>/equivalent.toml    mutants that change nothing

TRUSTED: the files of a project are those that it consists of; a change of any of them is noticed.
"""

from __future__ import annotations

import os
import re
import sys
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from proofs.alias import INSTALLED, TOP, stand_in

PATH = "DRYSTONE_PATH"
FILE = "pyproject.toml"
TABLE = "tool.drystone"
SCRATCH = ".drystone"
KEYS = ("subjects", "path")
NAME = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)*")
TOOL = (TOP,) if INSTALLED else ("model", "impl", "proofs", TOP)
"""The tool's own packages, the stand-in for them included."""


class Mistake(Exception):
    """What was asked for cannot be done as it was asked: one line tells why."""


class BadProject(Mistake):
    """A project's pyproject.toml says what cannot be, or a package that it names is not there."""


@dataclass(frozen=True)
class Project:
    """``folder`` holds pyproject.toml, ``source`` the packages; ``packages`` are the subjects: name -> package."""

    folder: Path
    source: Path
    packages: tuple[tuple[str, str], ...]

    def place(self, package: str) -> Path:
        """The folder of a package."""
        return self.source.joinpath(*package.split("."))

    @property
    def tops(self) -> frozenset[str]:
        """The packages around its subjects, and these themselves, as far as they lie outside any other."""
        return frozenset(package.split(".")[0] for _, package in self.packages)


@cache
def projects() -> tuple[Project, ...]:
    """All of them; their packages can be imported from now on."""
    named = [Path(name).resolve() for name in os.environ.get(PATH, "").split(os.pathsep) if name]
    if bare := [folder for folder in named if table_of(folder) is None]:
        raise BadProject(f"{PATH} names {bare[0]}, where there is no {FILE} with a table [{TABLE}]")
    near = here()
    found = [_read(folder) for folder in dict.fromkeys([*named, *([near] if near else [])])]
    for project in found:
        if str(project.source) not in sys.path:
            sys.path.insert(0, str(project.source))
    if found:
        stand_in()
    return tuple(found)


@cache
def here() -> Path | None:
    """The folder of the project that the current folder lies in."""
    start = Path.cwd()
    return next((folder for folder in (start, *start.parents) if table_of(folder) is not None), None)


def at_hand() -> Project | None:
    """The project that the current folder lies in."""
    near = here()
    return next((project for project in projects() if project.folder == near), None)


def scratch() -> Path:
    """Where what the tool remembers is kept: in the project, else in the current folder."""
    return (here() or Path()) / SCRATCH


def table_of(folder: Path) -> dict[str, Any] | None:
    """What a folder's pyproject.toml says to this tool; None if it says nothing."""
    file = folder / FILE
    if not file.is_file():
        return None
    try:
        data = tomllib.loads(file.read_text())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        if f"[{TABLE}]" in file.read_text(errors="replace"):
            raise BadProject(f"{file} cannot be read: {error}") from error
        return None
    table = data.get("tool", {})
    found = table.get("drystone") if isinstance(table, dict) else None
    if found is not None and not isinstance(found, dict):
        raise BadProject(f"{file}: [{TABLE}] is no table")
    return found


def _read(folder: Path) -> Project:
    """The project in a folder that has a table."""
    table = table_of(folder) or {}
    where = f"{folder / FILE}: [{TABLE}]"
    if unknown := [key for key in table if key not in KEYS]:
        raise BadProject(f"{where} has no key {unknown[0]!r}: only {' and '.join(KEYS)} are there")
    subjects, path = table.get("subjects"), table.get("path", ".")
    if not isinstance(subjects, list) or not subjects or not all(isinstance(name, str) for name in subjects):
        raise BadProject(f'{where}: say the packages of its subjects: subjects = ["pool"]')
    if not isinstance(path, str) or not (folder / path).is_dir():
        raise BadProject(f"{where}: path is no folder: {path!r}")
    project = Project(folder, (folder / path).resolve(), tuple((name.split(".")[-1], name) for name in subjects))
    for name, package in project.packages:
        _check(project, where, name, package)
    return project


def _check(project: Project, where: str, name: str, package: str) -> None:
    """BadProject if there is no such package, or if its name means something else."""
    if not NAME.fullmatch(package):
        raise BadProject(f"{where}: {package!r} is no name of a package: small letters, digits and _")
    if package.split(".", maxsplit=1)[0] in (*TOOL, *sys.stdlib_module_names):
        raise BadProject(f"{where}: {package!r} is a name that Python or this tool uses: choose another")
    if not (project.place(package) / "impl.py").is_file():
        raise BadProject(f"{where}: {package}: there is no {project.place(package) / 'impl.py'}")
    if [other for other, _ in project.packages].count(name) > 1:
        raise BadProject(f"{where}: two subjects are called {name}")


# ---------------------------------------------------------------- subjects of projects


def found() -> Iterator[tuple[str, Project, str]]:
    """Each subject of a project: its name, the project, its package."""
    for project in projects():
        for name, package in project.packages:
            yield name, project, package


def package_of(subject: str) -> str | None:
    """The package of a subject; None if it is none of a project."""
    return next((package for name, _, package in found() if name == subject), None)


def folder_of(subject: str) -> Path | None:
    """The folder of that package."""
    return next((project.place(package) for name, project, package in found() if name == subject), None)


def ours(module: str) -> bool:
    """Whether a module is one of this tool, or of a project."""
    return module.split(".", maxsplit=1)[0] in (*TOOL, *(top for project in projects() for top in project.tops))


def files() -> Iterator[tuple[str, Path]]:
    """Every source file of the projects, loaded or not, by its place there."""
    for project in projects():
        for top in sorted(project.tops):
            for file in sorted((project.source / top).rglob("*.py")):
                yield str(file.relative_to(project.source)), file
