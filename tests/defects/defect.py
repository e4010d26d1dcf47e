"""One fault, put back into a sound implementation by replacing a piece of its text."""

from __future__ import annotations

import inspect
from dataclasses import dataclass
from importlib import import_module


@dataclass(frozen=True)
class Defect:
    """``old`` occurs exactly once in the subject's source; ``new`` puts the ``fault`` in.

    ``theorems`` say what it breaks: one of them must be among those that fall.
    """

    name: str
    fault: str
    old: str
    new: str
    theorems: tuple[str, ...]

    @property
    def subject(self) -> str:
        """The subject that the theorems are about."""
        return self.theorems[0].split(".", maxsplit=1)[0]

    def source(self) -> str:
        """The text of the faulty edition."""
        text = inspect.getsource(import_module(f"impl.{self.subject}"))
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: the text to replace occurs {text.count(self.old)} times")
        return text.replace(self.old, self.new)
