"""Histories: an arena, and what is asked of a heap on it, call by call.

    m SIZE          malloc               c COUNT SIZE    calloc            a ALIGNMENT SIZE    aligned
    n SIZE          realloc of NULL      r BLOCK SIZE    realloc           f BLOCK             free
    e BLOCK         realloc to 0 bytes
    z               free of NULL         b OFFSET        free of what is no live block, at arena + OFFSET
    s SIZE          the arena has SIZE bytes now

A block goes by the number of the request for it, whether that was granted or not; a call for a block that is not live
is left out when the history is run.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

REQUESTS = "mcan"
"""Calls that ask for a block of its own."""
USES = "rfe"
"""Calls that are given a block, their first number."""
SIGN = 2**63


class Call(NamedTuple):
    """One call: what, and two numbers, 0 where it has none."""

    what: str
    a: int = 0
    b: int = 0


@dataclass(frozen=True)
class Arena:
    """``size`` bytes at first, ``capacity`` at most; where it lies, and what it holds at first."""

    size: int
    capacity: int
    place: int = 0
    fill: int = 1


@dataclass(frozen=True)
class History:
    """What is asked of a heap, from its beginning on."""

    arena: Arena
    calls: tuple[Call, ...]

    def lines(self) -> str:
        """As the driver reads them."""
        return "".join(f"{call.what} {call.a} {call.b}\n" for call in self.calls)

    def without(self, dropped: Iterable[int]) -> History:
        """Without the calls of these numbers, and those for blocks that nobody asks for then."""
        gone, names, number, kept = set(dropped), dict[int, int](), 0, []
        for place, call in enumerate(self.calls):
            request = call.what in REQUESTS
            if request:
                number += 1
            if place in gone or (call.what in USES and call.a not in names):
                continue
            if request:
                names[number - 1] = len(names)
            kept.append(call._replace(a=names[call.a]) if call.what in USES else call)
        return replace(self, calls=tuple(kept))

    def first(self, count: int) -> History:
        """The first calls alone."""
        return replace(self, calls=self.calls[:count])


def parse(lines: Sequence[str]) -> History:
    """The history that the driver tells: the arena, then the calls."""
    _, *words = lines[0].split()
    return History(Arena(*map(int, words)), tuple(_call(line) for line in lines[1:]))


def _call(line: str) -> Call:
    what, a, b = line.split()
    number = int(a)
    return Call(what, number - 2 * SIGN if what == "b" and number >= SIGN else number, int(b))
