"""Hints: for a theorem, the names of the facts that are tried first, before all that is known.

TRUSTED: a hint chooses among the facts of a path, and adds none.

A hint is recorded from a proof (``drystone hints``) and kept in the lock file of its subject,
proofs/hints/<subject>.lock: the theorem's id, and below it, indented, names of clauses, of invariants of loops, of
claims and calls, and of laws.

One obligation of a theorem may need other facts than the rest.  Then it has a hint of its own, which stands behind that
of the theorem, under its place: "segment_heap.free.tiling ++-:1" is the first obligation of the theorem on the path
where two conditions hold and the third does not.
"""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import proofs
from model.language.words import WORD_BITS
from proofs import project

Hints = Mapping[str, tuple[str, ...]]
"""The id of a theorem, or the place of an obligation -> the names of facts, in alphabetical order."""
PLACE = re.compile(r"[+-]*:[1-9][0-9]*")
"""What stands behind the theorem's id in a place: what is decided, and which obligation it is there."""
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
        what = "neither a theorem's id, alone or with a place, nor an indented list of names"
        super().__init__(f"line {line} of the hints is {what}: {text!r}")


def place_of(theorem: str, decisions: Sequence[bool], numbers: Counter[str]) -> str:
    """The place of the next obligation of a theorem where a path has decided so; ``numbers`` counts them.

    It stays the same wherever the program's text is moved, and whatever else is shown on the path.
    """
    there = f"{theorem} {''.join('-+'[side] for side in decisions)}"
    numbers[there] += 1
    return f"{there}:{numbers[there]}"


def hint_of(hints: Hints, theorem: str, place: str) -> tuple[str, ...] | None:
    """The hint of an obligation: its own, or that of its theorem; None if there is none."""
    return hints.get(place, hints.get(theorem))


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
    head = ""
    for number, line in enumerate(text.splitlines(), start=1):
        words = line.split()
        if not words or line.startswith("#"):
            continue
        if line.startswith(" ") and head:
            found[head].update(words)
        elif line.startswith(" ") or " ".join(words) in found or not _is_head(words):
            raise BadLock(number, line)
        else:
            head = " ".join(words)
            found[head] = set()
    return {name: tuple(sorted(names)) for name, names in found.items()}


def _is_head(words: Sequence[str]) -> bool:
    """Whether a line of these words is the id of a theorem, alone or with a place."""
    return len(words) == 1 or (len(words) == 2 and bool(PLACE.fullmatch(words[1])))


def rendered(hints: Hints) -> str:
    """The text of a lock file: theorems, each before its places, and names in alphabetical order."""
    lines = []
    for head in sorted(hints):
        names = textwrap.wrap(" ".join(hints[head]), WIDTH, break_long_words=False, break_on_hyphens=False)
        lines += [head, *(f"    {part}" for part in names)]
    return HEAD + "".join(f"{line}\n" for line in lines)
