"""Rewritings of a subject's source that change nothing of what it does, read out of the files of this folder."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from proofs.checking.bench import source_with
from proofs.registry import implementation_of


@dataclass(frozen=True)
class Rewriting:
    """In a file of ``subject`` the text ``old`` becomes ``new``; ``operations`` are those that execute it.

    ``open`` says why it is not proved, "" if it is.
    """

    kind: str
    name: str
    subject: str
    operations: tuple[str, ...]
    old: str
    new: str
    open: str = field(default="")

    def __str__(self) -> str:
        return f"{self.subject}: {self.name}"

    @property
    def source(self) -> str:
        """The file of the subject's source in which it stands, rewritten."""
        text = source_with(implementation_of(self.subject), self.old)
        assert self.old in text, f"{self}: {self.old!r} is not there"
        return text.replace(self.old, self.new, 1)


def rewritings() -> list[Rewriting]:
    """All of them, by kind."""
    files = sorted(Path(__file__).parent.glob("*.toml"))
    return [read(file.stem, entry) for file in files for entry in tomllib.loads(file.read_text())["rewriting"]]


def read(kind: str, entry: dict[str, str]) -> Rewriting:
    """One entry of a file."""
    return Rewriting(kind, **{**entry, "operations": tuple(entry["operations"])})  # type: ignore[arg-type]
