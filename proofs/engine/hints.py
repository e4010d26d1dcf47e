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
from model.language.words import WORD_BITS
from proofs import project

Hints = Mapping[str, tuple[str, ...]]
"""Theorem id -> the names of facts, in alphabetical order."""
WIDTH = 116
WIDE = 64
"""Bits of the word that the first lock file is about."""
HEAD = """\
# Recorded by `drystone hints`, not written by hand: what the proof of each theorem uses.
# A proof tries these facts first, then all that is known.
"""


class BadLock(ValueError):
    """A lock file that says nothing: the line is told."""

    def __init__(self, line: int, text: str) -> None:
        super().__init__(f"line {line} of the hints is neither a theorem's id nor an indented list of names: {text!r}")


def file_of(subject: str, bits: int = WORD_BITS) -> Path:
    """The lock file of a subject: proofs/hints/<subject>.lock, of one of a project hints.lock in its package.

    What machine words of 32 bits need beyond that stands beside it, in <subject>.32.lock.
    """
    folder, narrow = project.folder_of(subject), "" if bits == WIDE else f".{bits}"
    if folder:
        return folder / f"hints{narrow}.lock"
    return Path(next(iter(proofs.__path__)), "hints", f"{subject}{narrow}.lock")


def recorded(subject: str) -> Hints:
    """The hints of a subject, those for this process's word before those for 64 bits; none if it has no lock file."""
    found: Hints = {}
    for file in dict.fromkeys([file_of(subject, WIDE), file_of(subject)]):
        found = {**found, **(parsed(file.read_text()) if file.is_file() else {})}
    return found


def to_be_kept(subject: str, hints: Hints) -> Hints:
    """What the lock file for this process's word must hold, so that ``hints`` are recorded."""
    if WORD_BITS == WIDE:
        return hints
    wide = file_of(subject, WIDE)
    known = parsed(wide.read_text()) if wide.is_file() else {}
    return {theorem: names for theorem, names in hints.items() if known.get(theorem) != names}


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
