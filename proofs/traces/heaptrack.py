"""heaptrack's files, unpacked: raw (`heaptrack -r`) and interpreted.  All numbers are hexadecimal.

    raw                              interpreted
    + 64 8 55af15ef11d0              a 64 8     allocations of this kind: size, and where in the program
    - 55af15ef11d0                   + 1        one of kind 1, the second
                                     - 1        one of them goes

heaptrack tells no realloc, calloc or alignment: a realloc is a free and an allocation, the rest are allocations.  An
interpreted file does not say which block of its kind goes; here it is the one that came last.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from proofs.traces.addresses import Addresses

VERSION = re.compile(r"^v [0-9a-f]+ [0-9a-f]+$")
LINE = re.compile(r"^([-+a])((?: [0-9a-f]+)+)$")
OTHER = "vxXImtiscRAS#"
"""First letters of lines that speak of other things."""
EXPECTED = "a line of heaptrack: + SIZE TRACE ADDRESS and - ADDRESS, or a SIZE TRACE, + KIND and - KIND, in hexadecimal"


def looks(lines: Iterable[str]) -> bool:
    """Whether the first lines are heaptrack's."""
    return any(VERSION.match(line) for line in lines)


class Kinds:
    """The kinds of allocations of an interpreted file, and how many of each are live."""

    def __init__(self) -> None:
        self.sizes: list[int] = []
        self.live: dict[int, int] = {}


def read(line: str, into: Addresses, kinds: Kinds) -> None:
    """One line; ValueError if it is wrong."""
    if not line or (line[0] in OTHER and line[1:2] in ("", " ")):
        return
    found = LINE.match(line)
    if not found:
        raise ValueError(EXPECTED)
    numbers = [int(word, 16) for word in found[2].split()]
    what = found[1], len(numbers)
    if what == ("a", 2):
        kinds.sizes.append(numbers[0])
    elif what == ("+", 3):
        into.allocate(numbers[2], numbers[0])
    elif what[1] != 1:
        raise ValueError(EXPECTED)
    elif what[0] == "+" or kinds.sizes:
        _of_kind(found[1], numbers[0], into, kinds)
    else:
        into.free(numbers[0])


def _of_kind(what: str, kind: int, into: Addresses, kinds: Kinds) -> None:
    if kind >= len(kinds.sizes):
        raise ValueError(f"a line `a SIZE TRACE` for allocations of kind {kind:x} before this one")
    live = kinds.live.get(kind, 0)
    if what == "+":
        into.allocate(("kind", kind, live), kinds.sizes[kind])
        kinds.live[kind] = live + 1
    else:
        into.free(("kind", kind, live - 1))
        kinds.live[kind] = max(live - 1, 0)
