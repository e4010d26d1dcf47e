"""Random histories of the whole stack: every heap in turn, programs' pages, frames that run out, blocks mixed up."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from impl.arithmetic import PAGE_SIZE
from proofs.checking.campaign import WorldMachine
from proofs.stack.live.processors import ROOMS
from proofs.stack.live.world import FRAMES, KINDS, SPACES, StackWorld

HEAPS = sum(SPACES) * len(KINDS)
WHO = st.integers(0, HEAPS - 1)
SIZES = st.one_of(
    st.integers(1, 300),
    st.sampled_from([8, 64, 512, 2048, PAGE_SIZE - 48, PAGE_SIZE, PAGE_SIZE + 1, 3 * PAGE_SIZE, 5 * PAGE_SIZE]),
    st.integers(1, 6 * PAGE_SIZE),
)
NUMBERS = st.integers(0, 30)
PROCESSORS = st.integers(0, len(ROOMS) - 1)


class StackMachine(WorldMachine):
    """The rules."""

    world: StackWorld

    @initialize(frames=st.sampled_from([FRAMES, 290, 270]))
    def begin(self, frames: int) -> None:
        """A machine with all heaps."""
        self.enter(StackWorld(frames, self.edition))
        self.count()

    def any_live(self) -> bool:
        """Whether any heap has a live block."""
        return any(resident.live for resident in self.world.residents)

    def pick(self, who: int, number: int) -> tuple[int, int]:
        """A live block of the heap, or of the next one that has any, and its heap."""
        while not self.world.residents[who].live:
            who = (who + 1) % HEAPS
        live = list(self.world.residents[who].live)
        return who, live[number % len(live)]

    @rule(who=WHO, size=SIZES, on=PROCESSORS)
    def allocate(self, who: int, size: int, on: int) -> None:
        """Any heap, any size, by any processor."""
        self.count()
        self.world.allocate(who, size, on)

    @rule(sizes=st.lists(SIZES, min_size=2, max_size=HEAPS), on=PROCESSORS)
    def allocate_everywhere(self, sizes: list[int], on: int) -> None:
        """One block from each heap in turn, by the processors in turn."""
        for who, size in enumerate(sizes):
            self.count()
            self.world.allocate(who, size, (who + on) % len(ROOMS))

    @precondition(any_live)
    @rule(who=WHO, number=NUMBERS, on=PROCESSORS)
    def free(self, who: int, number: int, on: int) -> None:
        """A live block, maybe by another processor than the one that allocated it."""
        self.count()
        self.world.free(*self.pick(who, number), on)

    @precondition(any_live)
    @rule(who=WHO, number=NUMBERS, size=SIZES, on=PROCESSORS)
    def resize(self, who: int, number: int, size: int, on: int) -> None:
        """A live block, if its heap can."""
        self.count()
        self.world.resize(*self.pick(who, number), size, on)

    @precondition(any_live)
    @rule(who=WHO, other=WHO, number=NUMBERS, beside=st.sampled_from([0, 0, 16, 64]), size=st.sampled_from([0, 0, 500]))
    def mistake(self, who: int, other: int, number: int, beside: int, size: int) -> None:
        """A block, or a place inside it, is freed or resized where it does not belong."""
        owner, address = self.pick(other, number)
        if owner != who:
            self.count()
            self.world.mistake(who, owner, address + beside, size)

    @precondition(any_live)
    @rule(other=WHO, number=NUMBERS)
    def sibling(self, other: int, number: int) -> None:
        """A block is given to every other heap of its kind."""
        owner, address = self.pick(other, number)
        for who, resident in enumerate(self.world.residents):
            if who != owner and resident.kind == self.world.residents[owner].kind:
                self.count()
                self.world.mistake(who, owner, address)

    @rule(space=st.integers(0, 1), page=st.integers(0, 3), pages=st.integers(1, 2), on=PROCESSORS)
    def program(self, space: int, page: int, pages: int, on: int) -> None:
        """A program maps its own pages and runs them, or protects and unmaps them."""
        self.count()
        self.world.program(space, page, pages, on)

    @rule(count=st.sampled_from([1, 8, 300]))
    def grab(self, count: int) -> None:
        """Frames run out."""
        self.count()
        self.world.grab(count)

    @rule(count=st.sampled_from([2, 300, 300]))
    def give(self, count: int) -> None:
        """Frames come back."""
        self.count()
        self.world.give(count)
