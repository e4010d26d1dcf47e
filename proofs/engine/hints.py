"""Hints: for a theorem, the names of the facts that are tried first, before all that is known.

TRUSTED: a hint chooses among the facts of a path, and adds none.

A hint is recorded from a proof (``drystone hints``) and kept in the lock file of its subject,
proofs/hints/<subject>.lock: the theorem's id, and below it, indented, names of clauses, of invariants of loops, of
claims and calls, and of laws.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from pathlib import Path

import proofs
from proofs import project

Hints = Mapping[str, tuple[str, ...]]
"""Theorem id -> the names of facts, in alphabetical order."""
WIDTH = 116
HEAD = """\
# Recorded by `drystone hints`, not written by hand: what the proof of each theorem uses.
# A proof tries these facts first, then all that is known.
"""


class BadLock(ValueError):
    """A lock file that says nothing: the line is told."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(f"line {line} of the hints is neither a theorem's id nor an indented list of names: {text!r}")


def file_of(subject: str) -> Path:
    """The lock file of a subject: proofs/hints/<subject>.lock, of one of a project hints.lock in its package."""
    folder = project.folder_of(subject)
    return folder / "hints.lock" if folder else Path(next(iter(proofs.__path__)), "hints", f"{subject}.lock")


def recorded(subject: str) -> Hints:
    """The hints of a subject; none if it has no lock file."""
    file = file_of(subject)
    return parsed(file.read_text()) if file.is_file() else {}


def parsed(text: str) -> Hints:
    """The hints that a lock file holds; BadLock if it cannot be read."""
    found: dict[str, set[str]] = {}
    theorem = ""
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if not words or line.startswith("#"):
            continue
        if line.startswith(" ") and theorem:
            found[theorem].update(words)
        elif line.startswith(" ") or len(words) > 1 or words[0] in found:
            raise BadLock(number, line)
        else:
            theorem = words[0]
            found[theorem] = set()
    return {name: tuple(sorted(names)) for name, names in found.items()}


def rendered(hints: Hints) -> str:
    """The text of a lock file: theorems and names in alphabetical order."""
    lines = []
    for theorem in sorted(hints):
        names = textwrap.wrap(" ".join(hints[theorem]), WIDTH, break_long_words=False, break_on_hyphens=False)
        lines += [theorem, *(f"    {part}" for part in names)]
    return HEAD + "".join(f"{line}\n" for line in lines)
