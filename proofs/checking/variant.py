"""The project with other texts for some of its modules: in a process of its own everything is imported anew.

So whoever imports such a module, the machine and the scenarios as well, gets what stands in that text.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from importlib.util import spec_from_file_location
from types import CodeType, ModuleType

from proofs.project import ours


class Variant(SourceFileLoader):
    """Loads a module from a text; it says of itself that it comes from its usual file."""

    def __init__(self, name: str, path: str, text: str) -> None:
        super().__init__(name, path)
        self.text = text

    def get_code(self, fullname: str) -> CodeType:
        """The compiled text."""
        code: CodeType = compile(self.text, self.path, "exec", dont_inherit=True)
        return code


class Variants(MetaPathFinder):
    """Finds the modules that there are other ``texts`` of."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self.texts = texts

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The module's usual place, but the other text."""
        usual = PathFinder.find_spec(fullname, path) if fullname in self.texts else None
        if usual is None or usual.origin is None:
            return None
        loader = Variant(fullname, usual.origin, self.texts[fullname])
        return spec_from_file_location(fullname, usual.origin, loader=loader)


def import_anew(texts: Mapping[str, str]) -> None:
    """From here on this process imports the project's modules once more, those in ``texts`` with the text there."""
    for name in [name for name in sys.modules if ours(name)]:
        del sys.modules[name]
    sys.meta_path.insert(0, Variants(texts))
