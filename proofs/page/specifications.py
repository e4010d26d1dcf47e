"""A specification as the page shows it: the text of ``drystone spec``, each clause with a place that links lead to."""

from __future__ import annotations

import re
from dataclasses import dataclass

from proofs.spec import specified

CLAUSE = re.compile(r"^([a-z_]\w*): \S")
HEAD = re.compile(r"^(\w+)\(.*\)$")
PARTS = ("State", "Words", "Invariants", "Operations")


@dataclass(frozen=True)
class Line:
    """A line of a specification; ``id`` names the clause that begins there, "" if none does."""

    text: str
    id: str = ""
    strong: bool = False


def lines_of(subject: str) -> list[Line]:
    """The specification of a subject, line by line."""
    lines = specified(subject).rstrip().splitlines()
    found: list[Line] = []
    part = operation = ""
    for number, text in enumerate(lines):
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if following[:2] == "==" and (word := text.split(":")[0].split(" ")[0]) in PARTS:
            part, operation = word, ""
        head = HEAD.match(text)
        if head and following[:2] == "--":
            operation = head[1]
        clause = CLAUSE.match(text)
        place = ""
        if clause and part == "Invariants":
            place = clause_id(subject, "", clause[1])
        elif clause and operation:
            place = clause_id(subject, operation, clause[1])
        underlined = following[:2] in ("==", "--") and len(set(following)) == 1
        found.append(Line(text, place, bool(place) or underlined))
    return found


def clause_id(subject: str, operation: str, clause: str) -> str:
    """What the place of a clause is called; an invariant belongs to no operation."""
    return f"spec.{subject}.{operation or 'always'}.{clause}"
