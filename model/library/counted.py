"""A set that knows how many members it has, and a list through its members: they are numbered from 0.

    at:     0 -> a,  1 -> b,  2 -> c        place:  a -> 0,  b -> 1,  c -> 2        count: 3

As a list, the last member is the first of the list: there members are pushed and popped, and each leads to the one
with the next lower number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from model.language.ghost import GhostMap, GhostSet
from model.language.logic import Truth, Word, clause, every, when
from model.language.words import NULL


@dataclass(frozen=True)
class Counted:
    """``at[i]`` is member number i, 0 <= i < ``count``; ``place[x]`` is the number of x, if it is a member."""

    count: Word
    members: GhostSet
    at: GhostMap
    place: GhostMap

    def has(self, x: Word) -> Truth:
        """``x`` is a member."""
        return self.members[x]

    @property
    def top(self) -> Word:
        """The last member, NULL if there is none."""
        return when(self.count == 0, NULL, self.at[self.count - 1])

    def each(self, body: Callable[[Word], Truth]) -> Truth:
        """``body`` holds for every member."""
        return self.members.all(body)

    def linked(self, following: Any) -> Truth:
        """``following``, a field, leads from each member to the one below it, and from the lowest to NULL."""

        def leads_down(x: Word) -> Truth:
            return following[x] == when(self.place[x] == 0, NULL, self.at[self.place[x] - 1])

        return following.at(self.members, leads_down)

    def none(self) -> Counted:
        """No member."""
        return replace(self, count=0, members=self.members.empty())

    def pushed(self, x: Word) -> Counted:
        """``x``, which was no member, is the last one."""
        return replace(
            self,
            count=self.count + 1,
            members=self.members.set(x, True),
            at=self.at.set(self.count, x),
            place=self.place.set(x, self.count),
        )

    def popped(self) -> Counted:
        """The last member, which there is, is none any more."""
        return replace(self, count=self.count - 1, members=self.members.set(self.at[self.count - 1], False))

    def without(self, x: Word) -> Counted:
        """The member ``x`` is none any more; the last one takes its place.  So the order changes."""
        hole, last = self.place[x], self.at[self.count - 1]
        return replace(
            self,
            count=self.count - 1,
            members=self.members.set(x, False),
            at=self.at.set(hole, last),
            place=self.place.set(last, hole),
        )


@clause("there are no fewer than no members")
def counted(members: Counted) -> Truth:
    return members.count >= 0


@clause("every number below the count is that of a member")
def numbered(members: Counted) -> Truth:
    at, place = members.at, members.place
    return at.each(0, members.count, lambda i: members.members[at[i]] & (place[at[i]] == i))


@clause("every member has a number of its own below the count")
def placed(members: Counted) -> Truth:
    at, place = members.at, members.place
    return members.members.all(lambda x: every([place[x] >= 0, place[x] < members.count, at[place[x]] == x]))


LAWS = (counted, numbered, placed)
