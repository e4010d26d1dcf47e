"""Comments of the C: what the docstrings say, in the words of C, and the bounds that are proved.

TRUSTED: a comment ends where it is meant to, and calls proved what a theorem says.
"""

from __future__ import annotations

import ast
import re
import textwrap
from dataclasses import dataclass, field

from impl.words import WORD_BITS, WORD_BYTES
from model.language.logic import Subject
from proofs.export.names import Names
from proofs.export.program import Function

WIDTH = 110
NUMBERS = {"WORD_LIMIT": f"2**{WORD_BITS}", "WORD_BITS": f"{WORD_BITS}", "WORD_BYTES": f"{WORD_BYTES}"}
"""What a comment calls by its value."""


@dataclass(frozen=True)
class Comments:
    """Writes comments; ``subjects`` hold the contracts in which bounds are stated."""

    names: Names
    subjects: tuple[Subject, ...] = ()
    constants: dict[str, str] = field(default_factory=dict)
    """The constants of the program, by their names in Python: their macros."""
    structs: dict[str, str] = field(default_factory=dict)
    """The structs whose names are no words of English: their types."""

    def of_function(self, function: Function) -> list[str]:
        """A function's docstring and its bounds."""
        text = ast.get_docstring(function.node) or ""
        bounds = self._bounds(function) if function.owner in self._owners() or not function.owner else []
        return self.block("\n\n".join([part for part in (text, *bounds) if part]))

    def _owners(self) -> set[str]:
        return {one.__name__ for one in self.names.program.heap.__mro__}

    def _bounds(self, function: Function) -> list[str]:
        """The sentences on the cost of an operation, each proved."""
        found: dict[str, None] = {}
        for subject in self.subjects:
            for operation in subject.operations:
                if operation.name == function.name:
                    found |= {one.sentence: None for one in operation.ensures if one.name.endswith("_cost")}
        return [f"Proved: {sentence}." for sentence in found]

    def block(self, text: str) -> list[str]:
        """A comment of as many lines as it needs; none for no text."""
        text = self.worded(text)
        if not text:
            return []
        if len(text) <= WIDTH and "\n" not in text:
            return [f"/* {text} */"]
        lines = ["/*"]
        for number, paragraph in enumerate(text.split("\n\n")):
            lines += [" *"] if number else []
            lines += [f" * {line}".rstrip() for line in self._filled(paragraph.splitlines())]
        return [*lines, " */"]

    def _filled(self, own: list[str]) -> list[str]:
        """A paragraph: a drawing as it is, words and the points of a list filled anew."""
        if own[0].startswith("- "):
            points = re.split(r"\n(?=- )", "\n".join(own))
            return [line for point in points for line in self._wrapped(" ".join(point.split()), "  ")]
        if any(line.startswith(" ") or "|" in line for line in own):
            return own
        return self._wrapped(" ".join(own))

    def _wrapped(self, text: str, indent: str = "") -> list[str]:
        return textwrap.wrap(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)

    def worded(self, text: str) -> str:
        """Python's words in C's: errors are statuses, and nothing ends the comment."""
        for error in sorted(self.names.errors - {""}, key=len, reverse=True):
            text = re.sub(rf"\b{error}\b", self.names.status(error), text)
        for struct, tag in self.structs.items():
            text = re.sub(rf"\b{struct}\b", tag, text)
        for constant, macro in self.constants.items():
            text = re.sub(rf"\b{constant}\b(?!\()", macro, text)
        for name, number in NUMBERS.items():
            text = re.sub(rf"\b{name}\b", number, text)
        return text.replace("``", "").replace("*/", "* /").replace("/*", "/ *").strip()

    def after(self, text: str) -> str:
        """A comment at the end of a line."""
        words = " ".join(self.worded(text).split())
        return f" /* {words} */" if words else ""
