"""A set that knows how many members it has, and a list through its members: they are numbered from 0.

    at:     0 -> a,  1 -> b,  2 -> c        place:  a -> 0,  b -> 1,  c -> 2        count: 3

As a list, the last member is the first of the list: there members are pushed and popped, and each leads to the one
with the next lower number.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from model.language.ghost import GhostMap
from model.language.logic import Truth, Word, clause, every, when
from model.language.words import NULL


@dataclass(frozen=True)
class Counted:
    """``at[i]`` is member number i, 0 <= i < ``count``; ``place[x]`` is the number of x, if it is a member."""

    count: Word
    at: GhostMap
    place: GhostMap

    def has(self, x: Word) -> Truth:
        """``x`` is a member."""
        place = self.place[x]
        return every([place >= 0, place < self.count, self.at[place] == x])

    @property
    def top(self) -> Word:
        """The last member, NULL if there is none."""
        return when(self.count == 0, NULL, self.at[self.count - 1])

    def each(self, body: Callable[[Word], Truth]) -> Truth:
        """``body`` holds for every member."""
        return self.at.each(0, self.count, lambda i: body(self.at[i]))

    def linked(self, following: Any) -> Truth:
        """``following``, a field, leads from each member to the one below it, and from the lowest to NULL."""

        def leads_down(i: Word) -> Truth:
            return following[self.at[i]] == when(i == 0, NULL, self.at[i - 1])

        return self.at.each(0, self.count, leads_down)

    def none(self) -> Counted:
        """No member."""
        return replace(self, count=0)

    def pushed(self, x: Word) -> Counted:
        """``x``, which was no member, is the last one."""
        at, place = self.at.set(self.count, x), self.place.set(x, self.count)
        return replace(self, count=self.count + 1, at=at, place=place)

    def popped(self) -> Counted:
        """The last member is none any more, if there was one."""
        return replace(self, count=when(self.count == 0, 0, self.count - 1))

    def without(self, x: Word) -> Counted:
        """The member ``x`` is none any more; the last one takes its place.  So the order changes."""
        hole, last = self.place[x], self.at[self.count - 1]
        at, place = self.at.set(hole, last), self.place.set(last, hole)
        return replace(self, count=self.count - 1, at=at, place=place)


@clause("there are no fewer than no members")
def counted(members: Counted) -> Truth:
    return members.count >= 0


@clause("members are numbered from 0, each once")
def numbered(members: Counted) -> Truth:
    return members.at.each(0, members.count, lambda i: members.place[members.at[i]] == i)


LAWS = (counted, numbered)
