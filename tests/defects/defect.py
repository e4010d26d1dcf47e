"""One fault, put back into a sound implementation by replacing a piece of its text."""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from importlib import import_module

CITED = re.compile(r"\(([A-Z]\d+)\)$")


@dataclass(frozen=True)
class Defect:
    """``old`` occurs exactly once in the subject's source; ``new`` puts the ``fault`` in.

    ``theorems`` say what it breaks: one of them must be among those that fall.  ``original`` names
    the known defect of another system that this one stands for; the fault may cite it instead, at
    its end: "... is stale (S2)".
    """

    name: str
    fault: str
    old: str
    new: str
    theorems: tuple[str, ...]
    original: str = ""

    @property
    def subject(self) -> str:
        """The subject that the theorems are about."""
        return self.theorems[0].split(".", maxsplit=1)[0]

    @property
    def stands_for(self) -> str:
        """The known defect of another system that this is, "" for one of our own making."""
        cited = CITED.search(self.fault)
        return self.original or (cited.group(1) if cited else "")

    def source(self) -> str:
        """The text of the faulty edition."""
        text = inspect.getsource(import_module(f"impl.{self.subject}"))
        if text.count(self.old) != 1:
            raise ValueError(f"{self.name}: the text to replace occurs {text.count(self.old)} times")
        return text.replace(self.old, self.new)
