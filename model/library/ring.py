"""A list that is linked both ways, in a circle through its head, so that a node in the middle can be taken out.

+--> head <--> a <--> b <--> c <--+        place:  head -> -1,  a -> 0,  b -> 1,  c -> 2
+---------------------------------+        nodes:  {head, a, b, c}               length: 3
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from model.language.ghost import GhostMap, GhostSet
from model.language.logic import Truth, Word, clause, each, every, negate, when


@dataclass(frozen=True)
class Ring:
    """``nodes``: the head and ``length`` members; ``place[x]`` is the number of a member in the list, from 0."""

    head: Word
    length: Word
    nodes: GhostSet
    place: GhostMap

    def has(self, x: Word) -> Truth:
        """``x`` is a member: a node, but not the head."""
        return self.nodes[x] & (x != self.head)

    def linked(self, following: Any, previous: Any) -> tuple[Truth, Truth]:
        """What ``following`` and ``previous``, fields, say of the nodes: each leads on by one, and back by one."""

        def leads_on(x: Word) -> Truth:
            y = following[x]
            last = self.place[x] == self.length - 1
            number = when(last, y == self.head, (y != self.head) & (self.place[y] == self.place[x] + 1))
            return every([self.nodes[y], previous[y] == x, number])

        def leads_back(y: Word) -> Truth:
            x = previous[y]
            number = when(y == self.head, self.length - 1, self.place[y] - 1)
            return every([self.nodes[x], following[x] == y, self.place[x] == number])

        return following.at(self.nodes, leads_on), previous.at(self.nodes, leads_back)

    def none(self, head: Word) -> Ring:
        """No member."""
        return replace(
            self, head=head, length=0, nodes=self.nodes.empty().set(head, True), place=self.place.set(head, -1)
        )

    def inserted(self, x: Word, after: Word) -> Ring:
        """``x``, which was no node, comes behind the node ``after``: behind the head, it is the first."""
        number = self.place[after]
        moved = self.place.redefined(lambda y: self.place[y] + when(self.place[y] > number, 1, 0))
        return replace(self, length=self.length + 1, nodes=self.nodes.set(x, True), place=moved.set(x, number + 1))

    def removed(self, x: Word) -> Ring:
        """The member ``x`` is none any more."""
        number = self.place[x]
        moved = self.place.redefined(lambda y: self.place[y] - when(self.place[y] > number, 1, 0))
        return replace(self, length=self.length - 1, nodes=self.nodes.set(x, False), place=moved)


@clause("there are no fewer than no members, and the head is no member")
def headed(ring: Ring) -> Truth:
    return every([ring.length >= 0, ring.nodes[ring.head], negate(ring.has(ring.head))])


@each("nodes", "the head has number -1, every member a number from 0, less than there are members", by="place")
def numbered(ring: Ring, x: Word) -> Truth:
    place = ring.place[x]
    return when(x == ring.head, place == -1, (place >= 0) & (place < ring.length))


@clause("no two nodes have the same number")
def distinct(ring: Ring) -> Truth:
    return ring.place.tells_apart(ring.nodes, lambda x: 0, where=lambda x: True)


LAWS = (headed, numbered, distinct)
