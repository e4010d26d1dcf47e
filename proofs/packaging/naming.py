"""The text of a module as it stands in the wheel, where model, impl and proofs are parts of one package, drystone.

Lines stay where they are: places in reports, and mutants that are listed by their text, are the same in both.
"""

from __future__ import annotations

import re

TOP = "drystone"
PACKAGES = ("model", "impl", "proofs")
_NAMES = "|".join(PACKAGES)

FROM = re.compile(rf"\bfrom ({_NAMES})(?=(?:\.\w+)* import\b)")
"""``from impl.words import check_word``, also within a text that is made a program of."""
IMPORT = re.compile(rf"^( *)import ({_NAMES})((?:\.\w+)*)$", re.MULTILINE)
"""``import impl.words``, which binds the name of the package."""
NAME = re.compile(rf"([\"'])({_NAMES})\.(?!py\b)(?=[a-z_{{\"'])")
"""A string that begins with the name of a module, or with that of a package and a dot; not "impl.py", a file."""


def renamed(text: str) -> str:
    """The text, with the package before each name of a module."""
    text = FROM.sub(rf"from {TOP}.\1", text)
    text = IMPORT.sub(_import, text)
    return NAME.sub(rf"\1{TOP}.\2.", text)


def _import(found: re.Match[str]) -> str:
    indent, package, module = found.groups()
    loaded = f"import {TOP}.{package}{module}; " if module else ""
    return f"{indent}{loaded}from {TOP} import {package}"
