"""Random histories of a segment heap: every operation, every kind of bad argument, damage, and exhaustion.

Every rule acts on the real machine through a ``SegmentHeapWorld``, which evaluates every contract and
every invariant after each operation.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from impl.arithmetic import PAGE_SIZE, WORD_LIMIT
from impl.segment_heap import INITIAL_PAGES, LARGEST_REQUEST
from model.segment_heap.state import HEADER
from proofs.checking.heap_machine import NUMBERS, SELDOM, GrowingHeapMachine, with_blocks
from proofs.segment_heap.live.world import SegmentHeapWorld

WHOLE = INITIAL_PAGES * PAGE_SIZE
LOW_END = 2**47

PLAIN_BASE = 0x4000_0000
BASES = (
    PLAIN_BASE,
    0x8000,  # right behind the descriptor's page
    0x7000 - WHOLE + 2**21,  # its pages need two page tables
    PAGE_SIZE,  # the descriptor's page is in the way
    LOW_END - WHOLE,  # no way up
    LOW_END - WHOLE // 2,  # reaches into the hole
    WORD_LIMIT - LOW_END,
    WORD_LIMIT - WHOLE - PAGE_SIZE,  # the highest base
    WORD_LIMIT - WHOLE,  # past the last page that can be mapped
    0,
    PLAIN_BASE + 16,
    WORD_LIMIT,
    -PAGE_SIZE,
)

SIZES = st.one_of(
    st.integers(1, 200),
    st.sampled_from(
        [
            WHOLE - HEADER,  # all of a new heap
            WHOLE - HEADER - 16,
            WHOLE - 2 * HEADER,
            WHOLE - 2 * HEADER - 16,  # leaves the smallest rest
            WHOLE - HEADER + 1,  # one page more
            *(PAGE_SIZE - 64 + 16 * i for i in range(6)),
            0,
            WORD_LIMIT // 2,
            LARGEST_REQUEST - 15,
            LARGEST_REQUEST,
            LARGEST_REQUEST + 1,
            WORD_LIMIT - 1,
            WORD_LIMIT,
            -1,
        ]
    ),
    st.integers(1, 3 * PAGE_SIZE),
    st.integers(1, 2 * WHOLE),
)

ODD_ADDRESSES = st.sampled_from(
    [0, 1, 16, HEADER, 0x7000, 0x7100, PLAIN_BASE, PLAIN_BASE - 16, WORD_LIMIT - 1, WORD_LIMIT, -HEADER]
)


class SegmentHeapMachine(GrowingHeapMachine):
    """The rules."""

    world: SegmentHeapWorld
    ailing = False
    """Whether a header may be damaged."""

    @initialize(frames=st.sampled_from([128, 64, 40, 30]), base=st.sampled_from((PLAIN_BASE,) * 9 + BASES))
    def begin(self, frames: int, base: int) -> None:
        """A machine with some RAM, and a heap if it can be had."""
        self.enter(SegmentHeapWorld(frames, self.edition))
        self.count()
        self.world.init(base)

    def born(self) -> bool:
        """Whether there ever was a heap."""
        return self.world.born

    def alive(self) -> bool:
        """Whether there is a heap."""
        return self.world.alive

    # ------------------------------------------------------------ operations

    @precondition(lambda self: not self.alive())
    @rule(base=st.sampled_from((PLAIN_BASE,) * 9 + BASES))
    def init(self, base: int) -> None:
        """Start a heap."""
        self.count()
        self.world.init(base)

    @precondition(born)
    @rule(size=SIZES)
    def allocate(self, size: int) -> None:
        """Any size, on a dead heap too."""
        self.count()
        self.world.allocate(size)

    @precondition(alive)
    @rule(number=NUMBERS, less=st.sampled_from([0, 16, HEADER, HEADER + 16, 80, 1]))
    def allocate_what_fits(self, number: int, less: int) -> None:
        """Just as much as a free segment has, or a little less."""
        chain = self.world.chain
        sizes = [chain.size[a] for a in chain.headers if chain.free[a]]
        if sizes:
            self.count()
            self.world.allocate(max(sizes[number % len(sizes)] - less, 1))

    @precondition(alive)
    @rule(
        pages=st.sampled_from([2, 16, 17, 18]),
        short=st.sampled_from([0, 0, 0, 16, 32, HEADER, 64, 112, 2000]),
        roomy=st.booleans(),
        hit=st.booleans(),
    )
    def trim_behind(self, pages: int, short: int, roomy: bool, hit: bool) -> None:
        """Trim behind a block that ends at a border of pages, or a bit before; behind it are more pages, or none."""
        chain = self.world.chain
        begin = chain.last if chain.free[chain.last] else chain.end
        size = pages * PAGE_SIZE - begin % PAGE_SIZE - HEADER
        if roomy:
            self.count()
            spare = self.world.allocate(size + 2 * PAGE_SIZE)
            self.count()
            self.world.free(spare)
        self.allocate(size - short)
        if hit and roomy and short == 0 and self.world.chain.count > 1:
            self.ailing = True
            self.count()
            self.world.hit(self.world.chain.before[self.world.chain.last], 1)
        self.trim()

    @precondition(alive)
    @rule(size=st.integers(1, 200), count=st.integers(2, 4))
    def allocate_some(self, size: int, count: int) -> None:
        """Several blocks in a row."""
        for _ in range(count):
            self.count()
            self.world.allocate(size)

    @with_blocks
    @rule(number=NUMBERS, offset=st.sampled_from([1, 8, 16, HEADER, 64, 96, -16, -HEADER]))
    def free_beside(self, number: int, offset: int) -> None:
        """An address in or near a live block."""
        self.count()
        self.world.free(self.pick(number) + offset)

    @precondition(born)
    @rule(address=ODD_ADDRESSES)
    def free_odd(self, address: int) -> None:
        """NULL, wild addresses, addresses that are no words."""
        self.count()
        self.world.free(address)

    @precondition(born)
    @rule()
    def trim(self) -> None:
        """Free pages at the end go back."""
        self.count()
        self.world.trim()

    @with_blocks
    @rule(now=SELDOM)
    def free_all_and_trim(self, now: bool) -> None:
        """Every live block, then what pages are left over."""
        if now:
            for address in list(self.world.contents):
                self.count()
                self.world.free(address)
            self.count()
            self.world.trim()

    @precondition(born)
    @rule(now=SELDOM)
    def dump(self, now: bool) -> None:
        """List the segments."""
        if now:
            self.count()
            self.world.dump()

    @precondition(born)
    @rule(now=SELDOM)
    def destruct(self, now: bool) -> None:
        """Take the heap down, even twice."""
        if now:
            self.count()
            self.world.destruct()

    @precondition(lambda self: self.ailing)
    @rule()
    def destruct_the_damaged(self) -> None:
        """Take a damaged heap down."""
        self.ailing = False
        self.count()
        self.world.destruct()

    # ------------------------------------------------------------ users

    @with_blocks
    @rule(number=NUMBERS, place=st.integers(0, 3), free=st.booleans())
    def forge(self, number: int, place: int, free: bool) -> None:
        """A user writes a perfect header into his block and frees what would be its payload."""
        address = self.pick(number)
        offset = 16 * place
        if offset + HEADER <= len(self.world.contents[address]):
            self.count()
            self.world.forge(address, offset, free)
            self.count()
            self.world.free(address + offset + HEADER)

    @with_blocks
    @rule(number=NUMBERS, length=st.sampled_from([1, 4, HEADER]), now=SELDOM)
    def overrun(self, number: int, length: int, now: bool) -> None:
        """A user writes beyond his block, over the next header's magic."""
        if now:
            self.ailing = True
            self.count()
            self.world.overrun(self.pick(number), length)

    @precondition(alive)
    @rule(number=NUMBERS, length=st.sampled_from([1, 4, HEADER]), now=SELDOM)
    def hit(self, number: int, length: int, now: bool) -> None:
        """A wild pointer, a stale one perhaps, hits any header."""
        if now:
            headers = list(self.world.chain.headers)
            self.ailing = True
            self.count()
            self.world.hit(headers[number % len(headers)], length)

    @precondition(alive)
    @rule(number=NUMBERS, kind=st.integers(0, 5), now=SELDOM)
    def mislead(self, number: int, kind: int, now: bool) -> None:
        """A stray write over the next of any header."""
        if now:
            headers = list(self.world.chain.headers)
            self.ailing = True
            self.count()
            self.world.mislead(headers[number % len(headers)], kind)

    def holes(self) -> list[int]:
        """Free segments between others."""
        chain = self.world.chain
        return [a for a in chain.headers if chain.free[a] and chain.after[a] != chain.end]

    @precondition(lambda self: bool(self.holes()))
    @rule(number=NUMBERS, size=st.integers(1, 100), now=SELDOM)
    def use_after_free(self, number: int, size: int, now: bool) -> None:
        """The former user of a free segment writes beyond it; then somebody asks for memory."""
        if now:
            holes = self.holes()
            self.ailing = True
            self.count()
            self.world.hit(self.world.chain.after[holes[number % len(holes)]], 4)
            self.count()
            self.world.allocate(size)

    # ------------------------------------------------------------ neighbours

    @precondition(alive)
    @rule(now=SELDOM)
    def intrude(self, now: bool) -> None:
        """Somebody maps the page at the heap's end."""
        if now:
            self.count()
            self.world.intrude()

    @precondition(lambda self: bool(self.world.foreign))
    @rule()
    def retreat(self) -> None:
        """All neighbours leave."""
        self.count()
        self.world.retreat()
