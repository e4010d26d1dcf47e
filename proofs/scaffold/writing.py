"""Writes a new project: the files of template/, with the names of the package and of its struct put in."""

from __future__ import annotations

import importlib.util
import keyword
from pathlib import Path
from string import Template

from proofs.project import NAME, TOOL, Mistake

TEMPLATE = Path(__file__).parent / "template"
SUFFIX = ".in"


class CannotBegin(Mistake):
    """No project can be written so, or there."""


def new_project(name: str, folder: Path) -> list[Path]:
    """Write the project into a folder, which is made if need be; its files.  CannotBegin if a file is there already."""
    _check(name)
    words = {"name": name, "Heap": "".join(part.capitalize() for part in name.split("_"))}
    files = {_place(file, folder, name): file for file in sorted(TEMPLATE.rglob(f"*{SUFFIX}"))}
    if there := [place for place in files if place.exists()]:
        raise CannotBegin(f"{there[0]} is there already: name an empty folder, `drystone new {name} DIR`")
    for place, file in files.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(Template(file.read_text()).substitute(words))
    return list(files)


def _place(file: Path, folder: Path, name: str) -> Path:
    """Where a file of the template goes."""
    parts = list(file.relative_to(TEMPLATE).parts)
    parts[0] = name if parts[0] == "package" else parts[0]
    parts[-1] = {"test_name.py.in": f"test_{name}.py.in", "gitignore.in": ".gitignore.in"}.get(parts[-1], parts[-1])
    return folder.joinpath(*parts).with_suffix("")


def _check(name: str) -> None:
    """CannotBegin if that cannot be the name of a package, or means something else."""
    if not NAME.fullmatch(name) or "." in name or keyword.iskeyword(name):
        raise CannotBegin(f"{name!r} is no name of a package: small letters, digits and _, a letter first")
    if name in TOOL or importlib.util.find_spec(name) is not None:
        raise CannotBegin(f"a package {name} is there already: Python would not find yours; choose another name")
