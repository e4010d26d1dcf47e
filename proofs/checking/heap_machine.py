"""What random histories of all heaps have in common: blocks that go back once, twice or late, and users who write.

A heap's own rules (proofs/<subject>/live/rules.py) come on top.
"""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from proofs.checking.campaign import WorldMachine

NUMBERS = st.integers(0, 30)
"""Which of the blocks, or whatever else there is."""
SELDOM = st.integers(0, 5).map(lambda number: number == 0)
"""What ends or cripples a heap happens only where this is True, so that histories grow long."""
with_blocks = precondition(lambda self: self.blocks())
"""The rule is for heaps with a live block."""


class HeapMachine(WorldMachine):
    """Rules of a heap that has ``free``, in a world of ``contents`` and ``names``."""

    world: Any

    def blocks(self) -> bool:
        """Whether there is a live block."""
        return bool(self.world.contents)

    def pick(self, number: int) -> int:
        """A live block."""
        live: list[int] = list(self.world.contents)
        return live[number % len(live)]

    @with_blocks
    @rule(number=NUMBERS)
    def free(self, number: int) -> None:
        """A live block."""
        self.count()
        self.world.free(self.pick(number))

    @with_blocks
    @rule(numbers=st.lists(NUMBERS, min_size=2, max_size=4))
    def free_some(self, numbers: list[int]) -> None:
        """Several live blocks."""
        for number in numbers:
            if self.blocks():
                self.count()
                self.world.free(self.pick(number))

    @with_blocks
    @rule(number=NUMBERS)
    def free_twice(self, number: int) -> None:
        """A live block, then the same again."""
        address = self.pick(number)
        self.count()
        self.world.free(address)
        self.count()
        self.world.free(address)

    @precondition(lambda self: bool(self.world.names))
    @rule(number=NUMBERS)
    def free_stale(self, number: int) -> None:
        """An address that was a block once, of this heap or of one before it, and may be one again."""
        known = list(self.world.names)
        self.count()
        self.world.free(known[number % len(known)])

    @with_blocks
    @rule(number=NUMBERS, offset=st.integers(0, 64), data=st.binary(min_size=1, max_size=64))
    def write(self, number: int, offset: int, data: bytes) -> None:
        """A user writes into his block."""
        address = self.pick(number)
        self.count()
        self.world.write(address, offset % len(self.world.contents[address]), data)


class GrowingHeapMachine(HeapMachine):
    """The same of a heap that asks the machine for pages: frames run out, and come back."""

    @rule(left=st.sampled_from([0, 1, 2, 5]), now=SELDOM)
    def grab(self, left: int, now: bool) -> None:
        """Somebody takes all frames but a few."""
        if now:
            self.count()
            self.world.grab(max(self.world.machine.free_frames() - left, 0))

    @precondition(lambda self: bool(self.world.held))
    @rule(count=st.sampled_from([1, 3, 1000]))
    def give(self, count: int) -> None:
        """Somebody gives frames back."""
        self.count()
        self.world.give(count)
