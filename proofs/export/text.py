"""Long lines of C, broken where C allows it.

TRUSTED: nothing is lost at a break.
"""

from __future__ import annotations

import re

WIDTH = 110
STRING = re.compile(r'"(?:\\.|[^"\\])*"')
PLACES = re.compile(r"(?<=,) | (?=&& )| (?=\|\| )| (?=\? )| (?=: )|(?<== )| (?=[-+*/|&^] )")


def broken(line: str, indent: str = "") -> list[str]:
    """The line in parts, the later ones indented; comments and directives stay as they are."""
    if len(line) <= WIDTH or line.lstrip().startswith(("#", "/*", "*", "//")):
        return [line]
    indent = indent or " " * (len(line) - len(line.lstrip()) + 8)
    inside = [match.span() for match in STRING.finditer(line)]
    places = [one.start() for one in PLACES.finditer(line) if not any(a <= one.start() < b for a, b in inside)]
    fitting = [place for place in places if len(indent) < place <= WIDTH]
    if not fitting:
        return [line]
    best = min(fitting, key=lambda place: (_depth(line, place), -place))
    at = best if best > WIDTH // 2 else fitting[-1]
    return [line[:at].rstrip(), *broken(indent + line[at:].lstrip(), indent)]


def _depth(line: str, place: int) -> int:
    """How many brackets are open before a place."""
    before = STRING.sub("", line[:place])
    return before.count("(") - before.count(")")
