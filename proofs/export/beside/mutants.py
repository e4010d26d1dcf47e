"""Changes of one token of the exported C: the comparison must notice each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random

from proofs.export.beside.checking import checked
from proofs.export.unit import Unit
from proofs.registry import Mistake

CHANGES = {
    " < ": (" <= ",),
    " <= ": (" < ",),
    " > ": (" >= ",),
    " >= ": (" > ",),
    " == ": (" != ",),
    " != ": (" == ",),
    " + ": (" - ",),
    " - ": (" + ",),
    " * ": (" + ",),
    " / ": (" % ",),
    " % ": (" / ",),
    " && ": (" || ",),
    " || ": (" && ",),
    " & ": (" | ",),
    " | ": (" & ",),
    " ^ ": (" | ",),
    " << ": (" >> ",),
    " >> ": (" << ",),
    "true": ("false",),
    "false": ("true",),
    "if (!": ("if (",),
    " 0;": (" 1;",),
    " 1;": (" 2;",),
    "(uint32_t)": ("(uint8_t)",),
    "(uint16_t)": ("(uint8_t)",),
    "->next": ("->prev",),
    "->prev": ("->next",),
    "->size": ("->magic",),
    "->start": ("->end",),
    "break;": ("continue;",),
}
TOKEN = re.compile("|".join(re.escape(token) for token in sorted(CHANGES, key=len, reverse=True)))
SECONDS = 20
"""A changed C that runs longer does not come to an end."""


@dataclass(frozen=True)
class Mutant:
    """The C with one token changed: in which line, and how."""

    line: int
    change: str
    text: str
    source: str


def mutants_of(unit: Unit, count: int, seed: int = 0) -> list[Mutant]:
    """``count`` changes of the code, each another one, in the order of the lines."""
    lines = unit.source.splitlines()
    begin = next(n for n, line in enumerate(lines) if line == "{")
    places = [
        (number, match)
        for number in range(begin, len(lines))
        if not lines[number].lstrip().startswith(("*", "/*", "#")) and lines[number].startswith(" ")
        for match in TOKEN.finditer(lines[number])
    ]
    chosen = Random(seed).sample(places, min(count, len(places)))
    return [changed(lines, number, match) for number, match in sorted(chosen, key=lambda one: (one[0], one[1].start()))]


def changed(lines: list[str], number: int, match: re.Match[str]) -> Mutant:
    """The text with one token changed."""
    token, new = match.group(), CHANGES[match.group()][0]
    line = lines[number][: match.start()] + new + lines[number][match.end() :]
    source = "\n".join([*lines[:number], line, *lines[number + 1 :]]) + "\n"
    return Mutant(number + 1, f"{token.strip()} becomes {new.strip()}", line.strip(), source)


def tried(unit: Unit, mutant: Mutant, steps: int, seed: int = 0) -> str:
    """What the comparison says of a changed C; "" if it sees nothing."""
    try:
        return checked(unit, "plain", steps, seed, mutant.source, seconds=SECONDS).difference
    except Mistake as mistake:
        return f"it does not compile: {str(mistake).splitlines()[-1][:80]}"
