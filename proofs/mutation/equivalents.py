"""The mutants that are equivalent to the original, each with its written reason (equivalent.toml)."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).with_name("equivalent.toml")


@dataclass(frozen=True)
class Equivalent:
    """A mutant, named by where it stands and what it changes, that makes no difference; and why."""

    subject: str
    function: str
    change: str
    reason: str


def equivalents(file: Path = FILE) -> list[Equivalent]:
    """All of them; ValueError for one without a reason."""
    found = [Equivalent(**entry) for entry in tomllib.loads(file.read_text()).get("mutant", [])]
    for one in found:
        if not one.reason.strip():
            raise ValueError(f"{file}: {one.subject}.{one.function}: {one.change}: no reason is given")
    return found
