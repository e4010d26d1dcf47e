"""Which calls of a replay are checked in full: so many that about a tenth of the time goes there.

Time is told by what was done, not by the clock, so that a trace is always checked at the same calls.  The unit is what
one load or store takes that is checked against the shadow, about half a microsecond.
"""

from __future__ import annotations

from dataclasses import dataclass

SHARE = 9
"""In the long run the calls that are not checked in full take so many times as long as those that are."""
LOAN = 100_000
"""What may be spent before it was earned, and is paid back: a short trace is checked for more than its tenth."""
SPREAD = 2
"""In the beginning, from a call that was checked on loan to the next one are so many times fewer than before it."""
FIRST, ASKED = 64, 8
"""Whether a call can be checked is asked of the first calls, and then of every eighth."""
EVENT = 20
"""What an event takes beside the loads and stores of the heap: the call, the payload and the answer."""
SMALL = 20_000
"""Where a check takes no more, the operations within the call are checked, too."""


@dataclass(frozen=True)
class Weight:
    """What a call of a heap takes that is checked in full: once, for each live block, and for each mapped page."""

    call: int = 10_000
    block: int = 50
    page: int = 50

    def of(self, blocks: int, pages: int) -> int:
        """What it takes with so many of them."""
        return self.call + self.block * blocks + self.page * pages


ORDINARY = Weight()


class Budget:
    """What was earned by calls that were not checked in full, and spent on those that were.

    The ``loan`` is spent on calls in the beginning, ever fewer, and on every ``evenly``-th.
    """

    def __init__(self, loan: int = LOAN, evenly: int = ASKED) -> None:
        self.loan = loan
        self.evenly = evenly
        self.earned = 0
        self.spent = 0
        self.next = 1

    def earn(self, cost: int) -> None:
        """A call with ``cost`` loads and stores was not checked in full."""
        self.earned += cost + EVENT

    def asks(self, number: int) -> bool:
        """Whether it is worth while to ask of the call of that number: to ask takes time, too."""
        return number <= FIRST or number % ASKED == 0 or number % self.evenly == 0

    def spend(self, number: int, price: int) -> bool:
        """Whether the call of that number is to be checked in full, which takes as much as ``price`` says."""
        owed = self.spent + price
        lent = number >= self.next or number % self.evenly == 0
        if owed > self.earned // SHARE and not (lent and owed <= self.loan + self.earned // (2 * SHARE)):
            return False
        self.spent = owed
        self.next = number + number // SPREAD + 1
        return True
