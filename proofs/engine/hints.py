"""Hints: for a theorem, the names of the facts that are tried first, before all that is known.

TRUSTED: a hint chooses among the facts of a path, and adds none.

A hint is recorded from a proof (``drystone hints``) and kept in the lock file of its subject,
proofs/hints/<subject>.lock: the theorem's id, and below it, indented, names of clauses, of invariants of loops, of
claims and calls, and of laws.

One obligation of a theorem may need other facts than the rest.  Then it has a hint of its own, which stands behind that
of the theorem, under its place: "segment_heap.free.tiling ++-:1" is the first obligation of the theorem on the path
where two conditions hold and the third does not.  Places with the same hint stand behind one another.
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
        what = "neither a theorem's id, alone or with places, nor an indented list of places and names"
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
    found: dict[str, tuple[str, ...]] = {}
    for number, head, below in _entries(text):
        theorem, *places = head.split()
        places += filter(PLACE.fullmatch, below)
        names = sorted({word for word in below if not PLACE.fullmatch(word)})
        heads = [f"{theorem} {place}" for place in places] or [theorem]
        if len(set(heads) - found.keys()) < len(heads) or not all(map(PLACE.fullmatch, places)):
            raise BadLock(number, head)
        found |= dict.fromkeys(heads, tuple(names))
    return found


def _entries(text: str) -> list[tuple[int, str, list[str]]]:
    """The lines that are not indented, each with its number, and with the words below it."""
    entries: list[tuple[int, str, list[str]]] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        if not line.startswith(" "):
            entries.append((number, line, []))
        elif entries:
            entries[-1][2].extend(line.split())
        else:
            raise BadLock(number, line)
    return entries


def rendered(hints: Hints) -> str:
    """The text of a lock file: theorems, each before its places, and names in alphabetical order."""
    lines: list[str] = []
    for (theorem, names, _), places in _alike(hints).items():
        head = textwrap.wrap(" ".join([theorem, *places]), WIDTH, break_long_words=False, break_on_hyphens=False)
        below = textwrap.wrap(" ".join(names), WIDTH, break_long_words=False, break_on_hyphens=False)
        lines += [head[0], *(f"    {part}" for part in [*head[1:], *below])]
    return HEAD + "".join(f"{line}\n" for line in lines)


def _alike(hints: Hints) -> dict[tuple[str, tuple[str, ...], bool], list[str]]:
    """The places of each theorem that have the same hint, under both, and False for the theorem's own hint."""
    found: dict[tuple[str, tuple[str, ...], bool], list[str]] = {}
    for head in sorted(hints):
        theorem, _, place = head.partition(" ")
        found.setdefault((theorem, hints[head], bool(place)), []).extend([place] if place else [])
    return found
