"""What the user of a heap holds: the live blocks, the arena, and what the heap promises beyond the common contract.

    start                                         end
      | ... | block  at[b], size[b] | ... | hole | ... |

Nothing is said of how the heap finds a block: no header, no list.  A block goes by a name: the number of the
request that it answers, or its address.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from model.language.ghost import GhostMap, GhostSet
from model.language.logic import Transition, Truth, Word, implies, when
from model.language.words import WORD_LIMIT

NOBODY = -1
"""The name of no block."""
MOST_HOLES = 64
"""So many of the blocks that were freed last are remembered."""


@dataclass(frozen=True)
class Promise:
    """What a heap promises only if it says so; as it stands here, nothing.

    ``splits``: a block is cut from the beginning of a free one, and all but so many bytes of the rest are free; 0 says
    nothing.
    """

    alignment: Word = 1
    size_aligned: Word = 0
    splits: Word = 0
    largest: Word = 0
    has_largest: bool = False
    zero_is_null: bool = False
    zero_is_block: bool = False
    all_comes_back: bool = False
    reuses: bool = False
    first_fit: bool = False
    best_fit: bool = False
    refuses_bad_frees: bool = False


@dataclass(frozen=True)
class Holdings:
    """``count`` blocks are ``live``, with ``total`` bytes; block b has ``size[b]`` bytes from ``at[b]`` on.

    Of a block the first ``watched`` bytes are looked at.  ``fresh`` is the largest request that a fresh heap grants,
    with the arena as it was at first (up to ``first_end``), ``just_freed`` the size of the block that the last call
    freed (else 0).  ``holes`` are freed blocks, address and size, between whose live neighbours no block was granted
    since: headers being unknown, of others nobody can tell whether they are free.  Of a freed block at whose very
    beginning another was granted, the rest is one, as far as the heap says how it splits.
    """

    start: Word
    end: Word
    live: GhostSet = field(default_factory=GhostSet)
    at: GhostMap = field(default_factory=GhostMap)
    size: GhostMap = field(default_factory=GhostMap)
    count: Word = 0
    total: Word = 0
    watched: Word = WORD_LIMIT
    fresh: Word = 0
    first_end: Word = 0
    just_freed: Word = 0
    holes: tuple[tuple[int, int], ...] = ()
    promise: Promise = Promise()

    def contains(self, low: Word, high: Word) -> Truth:
        """[low, high) lies in the arena."""
        return (self.start <= low) & (high <= self.end)

    def kept_outside(self, t: Transition, limit: Word) -> Truth:
        """No byte outside the arena differs; during the call it reaches to ``limit``."""
        return t.new.bytes.unchanged_outside(t.old, self.start, limit)

    def kept_inside(self, t: Transition) -> Truth:
        """No byte of the arena differs."""
        return t.new.bytes.unchanged(t.old, self.start, self.end)

    def seen(self, size: Word) -> Word:
        """How many bytes of a block of that size are looked at."""
        return when(size < self.watched, size, self.watched)

    def end_of(self, block: Word) -> Word:
        """Where a live block ends."""
        return self.at[block] + self.size[block]

    def apart(self, block: Word, low: Word, high: Word) -> Truth:
        """No byte of [low, high) belongs to a live block."""
        return (low >= high) | (self.size[block] == 0) | (self.end_of(block) <= low) | (high <= self.at[block])

    def others(self, spared: Word, body: object) -> Truth:
        """``body`` holds for every live block but ``spared``."""
        return self.live.all(lambda b: implies(b != spared, body(b)))  # type: ignore[operator]

    def gap(self, address: int) -> tuple[int, int]:
        """The room between the live blocks around an address."""
        ends = [self.end_of(b) for b in self.live if self.at[b] <= address]
        starts = [self.at[b] for b in self.live if self.at[b] > address]
        return max([self.start, *ends]), min([self.end, *starts])

    def rest(self, hole: int, free: int, address: int, size: int) -> list[tuple[int, int]]:
        """What is known to be free of the freed block at ``hole`` with a block granted at ``address``; none, or one."""
        left = free - size - self.promise.splits
        split = self.promise.splits and hole == address and left > 0
        return [(hole + free - left, left)] if split else []

    def lent(self, block: Word, address: Word, size: Word) -> Holdings:
        """A block goes to the user."""
        holes = self.holes
        if self.promise.first_fit or self.promise.best_fit:
            low, high = self.gap(address)
            rests = [hole for other in holes for hole in self.rest(*other, address, size)]
            holes = (*(hole for hole in holes if not low <= hole[0] < high), *rests)
        return replace(
            self,
            live=self.live.set(block, True),
            at=self.at.set(block, address),
            size=self.size.set(block, size),
            count=self.count + 1,
            total=self.total + size,
            holes=holes,
            just_freed=0,
        )

    def given_back(self, block: Word) -> Holdings:
        """The user gives a block back."""
        address, size = self.at[block], self.size[block]
        holes = (*self.holes, (address, size))[-MOST_HOLES:] if size else self.holes
        live = self.live.set(block, False)
        return replace(self, live=live, count=self.count - 1, total=self.total - size, holes=holes, just_freed=size)

    def later(self) -> Holdings:
        """A call went by that neither granted nor freed a block."""
        return replace(self, just_freed=0)

    def ending(self, end: Word) -> Holdings:
        """The arena ends elsewhere."""
        return replace(self, end=end, holes=(), just_freed=0)
