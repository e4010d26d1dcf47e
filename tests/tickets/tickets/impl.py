"""A dispenser of tickets: numbers from 1 up to a limit, each given out once."""

from __future__ import annotations

from drystone.impl.layout import Struct, u64
from drystone.impl.words import check_word

NONE = 0


class Tickets(Struct, size=16, offsets={"given": 0, "limit": 8}):
    """The dispenser's descriptor: how many tickets were given out, of how many."""

    given = u64()
    limit = u64()

    def init(self, limit: int) -> None:
        """Begin with ``limit`` tickets, none of them given out.  ValueError iff ``limit`` is no machine word."""
        check_word(limit, "limit")
        self.given = 0
        self.limit = limit

    def take(self) -> int:
        """The next ticket; NONE iff all are given out."""
        given = self.given
        if given == self.limit:
            return NONE
        self.given = given + 1
        return given + 1
