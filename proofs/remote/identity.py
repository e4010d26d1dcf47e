"""What two processes must share before one believes the other: Python, the solvers, the word, and every source file.

TRUSTED where calls are answered elsewhere: processes of one identity come to the same results.
"""

from __future__ import annotations

import hashlib
import platform
from dataclasses import astuple, dataclass, fields
from importlib import metadata

from model.language.words import WORD_BITS
from proofs.engine import program


@dataclass(frozen=True)
class Identity:
    """Versions, bits of a machine word, and a digest of all sources: the tool's, and those of known projects."""

    python: str
    z3: str
    cvc5: str
    word: str
    sources: str

    def differences(self, other: Identity) -> list[str]:
        """In what ``other`` differs, in words; empty if the two are one."""
        pairs = zip(fields(self), astuple(self), astuple(other), strict=True)
        return [f"{field.name}: {theirs} instead of {ours}" for field, ours, theirs in pairs if ours != theirs]


def own() -> Identity:
    """The identity of this process."""
    digest = hashlib.sha256()
    for name, file in program.own_files():
        digest.update(f"{name} {program.digest_of(file)}\n".encode())
    z3, cvc5 = (metadata.version(name) for name in ("z3-solver", "cvc5"))
    return Identity(platform.python_version(), z3, cvc5, str(WORD_BITS), digest.hexdigest()[:16])
