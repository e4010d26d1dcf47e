"""One fault, put back into a sound implementation by replacing a piece of its text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module

from proofs.checking.bench import source_of
from proofs.engine.lineage import lineage

CITED = re.compile(r"\(([A-Z]\d+)\)$")


@dataclass(frozen=True)
class Defect:
    """``old`` occurs exactly once in the files of the subject's class; ``new`` puts the ``fault`` in.

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
        """The text of the file that is faulty."""
        texts = [source_of(one) for one in lineage(import_module(f"impl.{self.subject}"))]
        times = sum(text.count(self.old) for text in texts)
        if times != 1:
            raise ValueError(f"{self.name}: the text to replace occurs {times} times")
        return next(text.replace(self.old, self.new) for text in texts if self.old in text)
