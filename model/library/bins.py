"""Segregated lists: any number of bins, each a list from which the one that came last is taken first.

first:  bin -> its first member, NULL if it is empty        below:  member -> the next one in its bin, or NULL
home:   member -> its bin                                   rank:   member -> how many lie below it
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from model.language.ghost import GhostMap, GhostSet
from model.language.logic import Truth, Word, clause, each, every, when
from model.language.words import NULL


@dataclass(frozen=True)
class Bins:
    """Bins are numbered from 0 to ``count``, exclusive; ``length[b]`` is the number of members of bin b."""

    count: Word
    members: GhostSet
    home: GhostMap
    rank: GhostMap
    below: GhostMap
    first: GhostMap
    length: GhostMap

    def is_bin(self, b: Word) -> Truth:
        """There is a bin of that number."""
        return (b >= 0) & (b < self.count)

    def has(self, x: Word, b: Word) -> Truth:
        """``x`` lies in bin ``b``."""
        return self.members[x] & (self.home[x] == b)

    def linked(self, following: Any) -> Truth:
        """``following``, a field, leads from each member to the next one in its bin, and from the lowest to NULL."""
        return following.at(self.members, lambda x: following[x] == self.below[x])

    def pushed(self, x: Word, b: Word) -> Bins:
        """``x``, which was no member, is the first of bin ``b``."""
        return replace(
            self,
            members=self.members.set(x, True),
            home=self.home.set(x, b),
            rank=self.rank.set(x, self.length[b]),
            below=self.below.set(x, self.first[b]),
            first=self.first.set(b, x),
            length=self.length.set(b, self.length[b] + 1),
        )

    def popped(self, b: Word) -> Bins:
        """The first of bin ``b``, which is not empty, is none of its members any more."""
        x = self.first[b]
        return replace(
            self,
            members=self.members.set(x, False),
            first=self.first.set(b, self.below[x]),
            length=self.length.set(b, self.length[b] - 1),
        )


@each("members", "every member lies in a bin, at a rank that its bin has")
def sorted_in(bins: Bins, x: Word) -> Truth:
    rank = bins.rank[x]
    return every([x != NULL, bins.is_bin(bins.home[x]), rank >= 0, rank < bins.length[bins.home[x]]])


@each(
    lambda bins: partial(bins.first.each, 0, bins.count),
    "a bin is empty, or its first member is the one of the highest rank",
)
def headed(bins: Bins, b: Word) -> Truth:
    x = bins.first[b]
    begun = every([bins.members[x], bins.home[x] == b, bins.rank[x] == bins.length[b] - 1])
    return (bins.length[b] >= 0) & when(bins.length[b] == 0, x == NULL, begun)


@each(
    "members",
    "below a member lies the one of the next lower rank in its bin; below that of rank 0 lies none",
    by="below",
)
def in_order(bins: Bins, x: Word) -> Truth:
    y = bins.below[x]
    lower = every([bins.members[y], bins.home[y] == bins.home[x], bins.rank[y] == bins.rank[x] - 1])
    return when(bins.rank[x] == 0, y == NULL, lower)


@clause("no two members of a bin have the same rank")
def distinct(bins: Bins) -> Truth:
    return bins.rank.tells_apart(bins.members, lambda x: bins.home[x], where=lambda x: True)


LAWS = (sorted_in, headed, in_order, distinct)
