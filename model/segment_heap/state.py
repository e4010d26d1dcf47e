"""The abstract segment heap: an address-ordered chain of segments that tiles [start, end).

    start                                                            end
      | header | payload ... | header | payload ... | header | payload |
      a        a+48          after[a]

A ``Chain`` is what the heap *is*, whatever its RAM says: a ghost set of headers and total maps
from header to payload size, neighbours, free flag and rank (its number in address order).  It
serves as reference model on a live heap and as quantified theory in a proof.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from model.language.logic import Word, when
from model.language.words import NULL

HEADER = 48
GRANULE = 16


@dataclass(frozen=True)
class Chain:
    """``after[last]`` is ``end``; ``before[start]`` is NULL; a dead heap has no header and start = end = 0.

    Maps are meaningful at headers only; what they say elsewhere (``before[end]``, say) is never read.
    """

    start: Word
    end: Word
    last: Word
    count: Word
    headers: Any
    size: Any
    after: Any
    before: Any
    free: Any
    rank: Any

    def used(self, a: Word) -> Any:
        """Whether the segment at header ``a`` belongs to a user."""
        return self.free[a] == False  # noqa: E712 - symbolic

    def position(self, current: Word) -> Word:
        """How many segments a walk that stands at ``current`` has left behind; all of them at NULL."""
        return when(current == NULL, self.count, self.rank[current])

    def with_free(self, a: Word, free: bool) -> Chain:
        """The segment at ``a`` becomes free, or used."""
        return replace(self, free=self.free.set(a, free))

    def split(self, a: Word, size: Word) -> Chain:
        """The segment at ``a`` keeps ``size`` bytes; the rest becomes a free segment of its own."""
        rest = a + HEADER + size
        following = self.after[a]
        shifted = self.rank.redefined(lambda x: self.rank[x] + when(x > a, 1, 0))
        return replace(
            self,
            count=self.count + 1,
            headers=self.headers.set(rest, True),
            size=self.size.set(rest, self.size[a] - size - HEADER).set(a, size),
            after=self.after.set(rest, following).set(a, rest),
            before=self.before.set(rest, a).set(following, rest),
            free=self.free.set(rest, True),
            rank=shifted.set(rest, self.rank[a] + 1),
            last=when(following == self.end, rest, self.last),
        )

    def absorb(self, a: Word) -> Chain:
        """The segment at ``a`` swallows the one after it, header and all."""
        absorbed = self.after[a]
        following = self.after[absorbed]
        return replace(
            self,
            count=self.count - 1,
            headers=self.headers.set(absorbed, False),
            size=self.size.set(a, self.size[a] + HEADER + self.size[absorbed]),
            after=self.after.set(a, following),
            before=self.before.set(following, a),
            rank=self.rank.redefined(lambda x: self.rank[x] - when(x > a, 1, 0)),
            last=when(following == self.end, a, self.last),
        )

    def enlarge(self, bytes_added: Word) -> Chain:
        """The last segment and the heap grow by ``bytes_added``, or shrink, if that is below 0."""
        end = self.end + bytes_added
        return replace(
            self,
            end=end,
            size=self.size.set(self.last, self.size[self.last] + bytes_added),
            after=self.after.set(self.last, end),
        )

    def extended(self, bytes_added: Word) -> Chain:
        """A free segment of ``bytes_added`` bytes, header included, follows the last one."""
        fresh, end = self.end, self.end + bytes_added
        return replace(
            self,
            end=end,
            last=fresh,
            count=self.count + 1,
            headers=self.headers.set(fresh, True),
            size=self.size.set(fresh, bytes_added - HEADER),
            after=self.after.set(fresh, end),
            before=self.before.set(fresh, self.last),
            free=self.free.set(fresh, True),
            rank=self.rank.set(fresh, self.count),
        )

    def dropped(self) -> Chain:
        """The last segment goes, header and all; the heap ends where it began."""
        return replace(
            self,
            end=self.last,
            last=self.before[self.last],
            count=self.count - 1,
            headers=self.headers.set(self.last, False),
        )

    def fresh(self, base: Word, size: Word) -> Chain:
        """A new heap: one free segment over ``size`` bytes at ``base``."""
        return replace(
            self,
            start=base,
            end=base + size,
            last=base,
            count=1,
            headers=self.headers.set(base, True),
            size=self.size.set(base, size - HEADER),
            after=self.after.set(base, base + size),
            before=self.before.set(base, NULL),
            free=self.free.set(base, True),
            rank=self.rank.set(base, 0),
        )

    def dead(self) -> Chain:
        """No segment at all."""
        return replace(self, start=NULL, end=NULL, last=NULL, count=0, headers=self.headers.empty())
