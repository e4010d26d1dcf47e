"""The package drystone of a checked-out tree: drystone.impl is impl, and so on; each module is there once.

A wheel holds the package itself (packaging/), and this file does nothing there.

TRUSTED: what a name of that package stands for is the module of this tree.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType

TOP = "drystone"
INSTALLED = __name__.startswith(f"{TOP}.")
"""Whether this is the package itself."""


def at_home(module: str) -> str:
    """The name by which a module of ours is known here."""
    return module if INSTALLED else module.removeprefix(f"{TOP}.")


def stand_in() -> None:
    """From here on drystone stands for the tree, unless the tree is that package."""
    if INSTALLED or any(isinstance(finder, Alias) for finder in sys.meta_path):
        return
    sys.meta_path.insert(0, Alias())
    import_module(TOP)


class Alias(MetaPathFinder, Loader):
    """Finds drystone.x, which is x."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """What drystone.x is; x is loaded when that is."""
        if fullname == TOP or fullname.startswith(f"{TOP}."):
            return ModuleSpec(fullname, self, is_package=fullname == TOP)
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Put the tree's own module in place of the one that Python made."""
        if module.__name__ != TOP:
            sys.modules[module.__name__] = import_module(at_home(module.__name__))
