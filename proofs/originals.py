"""Defects of the systems that the documents describe: ours must not have them, and our checks must be able to tell.

Each is put back as a small variant of our code (tests/defects), which a theorem refutes and the
stateful checker finds (gallery.py).  Each subject's record names its own (record.py).
"""

from __future__ import annotations

from dataclasses import dataclass

from proofs.registry import SUBJECTS, Mistake


@dataclass(frozen=True)
class Original:
    """One defect: its id, the subject whose variant stands for it, and what goes wrong."""

    id: str
    subject: str
    sentence: str


ORIGINALS = tuple(
    Original(name, subject, sentence)
    for subject, record in SUBJECTS.items()
    for name, sentence in record.defects.items()
)
"""All of them, by subject."""


class UnknownOriginal(Mistake):
    """An id that no known defect has."""

    def __init__(self, name: str) -> None:
        super().__init__(f"no known defect is called {name!r}; there are: {', '.join(o.id for o in ORIGINALS)}")
