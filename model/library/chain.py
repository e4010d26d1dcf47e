"""A chain of segments in address order that fills [start, end), each with a header; free neighbours are merged.

start                                                            end
  | header | payload ... | header | payload ... | header | payload |
  a        a+header      after[a]
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from model.language.ghost import FlagMap, GhostMap, GhostSet
from model.language.logic import Truth, Word, clause, each, every, implies, when
from model.language.words import NULL


@dataclass(frozen=True)
class Chain:
    """Segments, by their headers: payload sizes, neighbours, free flags and ranks (numbers in address order).

    A class of your own says how many bytes a ``header`` has, and of how many the sizes are multiples: ``granule``, the
    least payload.  ``after[last]`` is ``end``; ``before[start]`` is NULL; a chain that is dead has no header and start
    = end = 0.  Maps are meaningful at headers only; what they say elsewhere (``before[end]``, say) is never read.
    """

    header: ClassVar[int] = 16
    granule: ClassVar[int] = 16

    start: Word
    end: Word
    last: Word
    count: Word
    headers: GhostSet
    size: GhostMap
    after: GhostMap
    before: GhostMap
    free: FlagMap
    rank: GhostMap

    def used(self, a: Word) -> Any:
        """Whether the segment at header ``a`` belongs to a user."""
        return self.free[a] == False  # noqa: E712 - symbolic

    def position(self, current: Word) -> Word:
        """How many segments a walk that stands at ``current`` has left behind; all of them at NULL."""
        return when(current == NULL, self.count, self.rank[current])

    def with_free(self, a: Word, free: bool) -> Self:
        """The segment at ``a`` becomes free, or used."""
        return replace(self, free=self.free.set(a, free))

    def split(self, a: Word, size: Word) -> Self:
        """The segment at ``a`` keeps ``size`` bytes; the rest becomes a free segment of its own."""
        rest = a + self.header + size
        following = self.after[a]
        shifted = self.rank.redefined(lambda x: self.rank[x] + when(x > a, 1, 0))
        return replace(
            self,
            count=self.count + 1,
            headers=self.headers.set(rest, True),
            size=self.size.set(rest, self.size[a] - size - self.header).set(a, size),
            after=self.after.set(rest, following).set(a, rest),
            before=self.before.set(rest, a).set(following, rest),
            free=self.free.set(rest, True),
            rank=shifted.set(rest, self.rank[a] + 1),
            last=when(following == self.end, rest, self.last),
        )

    def absorb(self, a: Word) -> Self:
        """The segment at ``a`` swallows the one after it, header and all."""
        absorbed = self.after[a]
        following = self.after[absorbed]
        return replace(
            self,
            count=self.count - 1,
            headers=self.headers.set(absorbed, False),
            size=self.size.set(a, self.size[a] + self.header + self.size[absorbed]),
            after=self.after.set(a, following),
            before=self.before.set(following, a),
            rank=self.rank.redefined(lambda x: self.rank[x] - when(x > a, 1, 0)),
            last=when(following == self.end, a, self.last),
        )

    def freed(self, a: Word) -> Self:
        """The segment at ``a``, which was used, becomes free and is merged with a free neighbour on either side."""
        following, previous = self.after[a], self.before[a]
        chain = self.with_free(a, True)
        if following != self.end and self.free[following]:
            chain = chain.absorb(a)
        if previous != NULL and self.free[previous]:
            chain = chain.absorb(previous)
        return chain

    def enlarge(self, bytes_added: Word) -> Self:
        """The last segment and the chain grow by ``bytes_added``, or shrink, if that is below 0."""
        end = self.end + bytes_added
        return replace(
            self,
            end=end,
            size=self.size.set(self.last, self.size[self.last] + bytes_added),
            after=self.after.set(self.last, end),
        )

    def extended(self, bytes_added: Word) -> Self:
        """A free segment of ``bytes_added`` bytes, header included, follows the last one."""
        fresh, end = self.end, self.end + bytes_added
        return replace(
            self,
            end=end,
            last=fresh,
            count=self.count + 1,
            headers=self.headers.set(fresh, True),
            size=self.size.set(fresh, bytes_added - self.header),
            after=self.after.set(fresh, end),
            before=self.before.set(fresh, self.last),
            free=self.free.set(fresh, True),
            rank=self.rank.set(fresh, self.count),
        )

    def dropped(self) -> Self:
        """The last segment goes, header and all; the chain ends where it began."""
        return replace(
            self,
            end=self.last,
            last=self.before[self.last],
            count=self.count - 1,
            headers=self.headers.set(self.last, False),
        )

    def fresh(self, base: Word, size: Word) -> Self:
        """A new chain: one free segment over ``size`` bytes at ``base``."""
        return replace(
            self,
            start=base,
            end=base + size,
            last=base,
            count=1,
            headers=self.headers.set(base, True),
            size=self.size.set(base, size - self.header),
            after=self.after.set(base, base + size),
            before=self.before.set(base, NULL),
            free=self.free.set(base, True),
            rank=self.rank.set(base, 0),
        )

    def dead(self) -> Self:
        """No segment at all."""
        return replace(self, start=NULL, end=NULL, last=NULL, count=0, headers=self.headers.empty())


@clause("the first segment begins at start, and the last one ends at end; or there is none, and the chain is dead")
def ends(chain: Chain) -> Truth:
    dead = every([chain.start == NULL, chain.end == NULL, chain.last == NULL, chain.count == 0])
    first = every([chain.start > NULL, chain.headers[chain.start], chain.before[chain.start] == NULL])
    last = every([chain.headers[chain.last], chain.after[chain.last] == chain.end])
    numbered = every([chain.rank[chain.start] == 0, chain.rank[chain.last] == chain.count - 1])
    return dead | every([first, last, numbered])


@each("headers", "every segment lies inside the chain and has a payload of at least one granule")
def within(chain: Chain, a: Word) -> Truth:
    inside = [chain.start <= a, a + chain.header + chain.size[a] <= chain.end]
    return every([*inside, chain.size[a] >= chain.granule])


@each("headers", "every segment begins at a multiple of the granule, and its payload size is one", by="size")
def granular(chain: Chain, a: Word) -> Truth:
    return (a % chain.granule == 0) & (chain.size[a] % chain.granule == 0)


@clause("no two segments overlap, and ranks follow addresses")
def disjoint(chain: Chain) -> Truth:
    return chain.headers.pairs(lambda a, b: (a + chain.header + chain.size[a] <= b) & (chain.rank[a] < chain.rank[b]))


@each("headers", "the next segment begins exactly where a payload ends, and its back link leads back", by="after")
def tiling(chain: Chain, a: Word) -> Truth:
    n = chain.after[a]
    linked = every([chain.headers[n], chain.before[n] == a, chain.rank[n] == chain.rank[a] + 1])
    return (n == a + chain.header + chain.size[a]) & implies(n != chain.end, linked)


@each("headers", "every segment but the first has a predecessor that leads to it", by="before")
def back_links(chain: Chain, a: Word) -> Truth:
    p = chain.before[a]
    return implies(a != chain.start, chain.headers[p] & (chain.after[p] == a))


@each("headers", "ranks number the segments from 0", by="rank")
def ranks(chain: Chain, a: Word) -> Truth:
    return (chain.rank[a] >= 0) & (chain.rank[a] < chain.count)


@each("headers", "no two adjacent segments are both free", by="after")
def coalesced(chain: Chain, a: Word) -> Truth:
    return implies((chain.after[a] != chain.end) & chain.free[a], chain.used(chain.after[a]))


FILLED = (within, granular, disjoint, tiling, back_links, ranks, coalesced)
"""How segments fill the range, wherever it begins and ends."""
LAWS = (ends, *FILLED)
