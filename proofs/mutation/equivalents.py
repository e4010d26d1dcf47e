"""The mutants that are equivalent to the original, each with its written reason (proofs/<subject>/equivalent.toml).

One that the prover gave up on may stand there, too: that the code does the same does not make it easy to prove.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from proofs import registry
from proofs.mutation.mistakes import NoReason

FILE = "equivalent.toml"


@dataclass(frozen=True)
class Equivalent:
    """A mutant, named by where it stands and what it changes, that makes no difference; and why."""

    subject: str
    function: str
    change: str
    reason: str

    def __str__(self) -> str:
        return f"{self.subject}.{self.function}: {self.change}"


def equivalents(file: Path | None = None) -> list[Equivalent]:
    """Those of one file, or of every subject.

    NoReason for one without a reason, or with other words than those of an Equivalent; also for words that stand in no
    table of ``mutant``: they would be a mutant that nobody reads.
    """
    if file is None:
        files = [path for name in registry.SUBJECTS if (path := registry.folder_of(name) / FILE).is_file()]
        return [one for path in files for one in equivalents(path)]
    listed = tomllib.loads(file.read_text())
    if stray := sorted(listed.keys() - {"mutant"}):
        raise NoReason(f"{file}: {', '.join(stray)}: stands in no [[mutant]]")
    try:
        found = [Equivalent(**entry) for entry in listed.get("mutant", [])]
    except TypeError as error:
        raise NoReason(f"{file}: {error}") from error
    for one in found:
        if not one.reason.strip():
            raise NoReason(f"{file}: {one}: no reason is given")
    return found
