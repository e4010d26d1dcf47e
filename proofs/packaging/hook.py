"""The build hook: everything in the three packages goes into the wheel as a part of the package drystone.

An editable installation holds the tree as it is, and beside it a package drystone that stands for it (alias.py).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).parent))
from naming import PACKAGES, TOP, renamed  # type: ignore[import-not-found]  # the tree is not installed yet

LEFT_OUT = ("__pycache__", "packaging")
"""Folders that are no part of the wheel."""
HEAD = '"""Drystone: memory allocators that are proved by running their own source.\n\nSee drystone.proofs.api."""\n'
STAND_IN = '"""The tree that is checked out, as one package."""\n\nimport proofs.alias\n\nproofs.alias.stand_in()\n'


class Hook(BuildHookInterface[Any]):  # type: ignore[misc]  # hatchling is there while a wheel is built
    """Puts the files of the three packages into the wheel."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Say which file of the wheel comes from where."""
        self._folder = tempfile.TemporaryDirectory()
        made = Path(self._folder.name)
        init = made / "__init__.py"
        if version == "editable":
            init.write_text(STAND_IN)
            build_data["force_include_editable"] = {str(init): f"{TOP}/__init__.py"}
            return
        init.write_text(HEAD)
        (made / "py.typed").touch()
        include = {str(init): f"{TOP}/__init__.py", str(made / "py.typed"): f"{TOP}/py.typed"}
        for package in PACKAGES:
            for file in sorted(Path(self.root, package).rglob("*")):
                name = file.relative_to(self.root)
                if file.is_file() and not set(LEFT_OUT).intersection(name.parts):
                    include[str(_written(file, made / name))] = f"{TOP}/{name.as_posix()}"
        build_data["force_include"].update(include)

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:
        """The files are in the wheel."""
        self._folder.cleanup()


def _written(file: Path, copy: Path) -> Path:
    """The file of the wheel: a module under its new name, anything else as it is."""
    if file.suffix != ".py":
        return file
    copy.parent.mkdir(parents=True, exist_ok=True)
    copy.write_text(renamed(file.read_text()))
    return copy
