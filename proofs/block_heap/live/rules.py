"""Random histories of a block heap: every operation, every kind of bad argument, full and fragmented tables.

Every rule acts on the real machine through a ``BlockHeapWorld``, which evaluates every contract and
every invariant after each operation.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from impl.arithmetic import PAGE_SIZE, WORD_BYTES, WORD_LIMIT
from impl.block_heap import BLOCK_SIZE as BLOCK
from impl.block_heap import LARGEST_REQUEST
from proofs.block_heap.live.world import TABLE, BlockHeapWorld
from proofs.checking.heap_machine import NUMBERS, SELDOM, HeapMachine, with_blocks
from proofs.checking.world import DESCRIPTOR, DESCRIPTOR_PAGE

POOL = 0x4000_0000
BEHIND = DESCRIPTOR_PAGE + PAGE_SIZE
PLAIN_ENTRIES = DESCRIPTOR_PAGE + 0x200
ENTRIES = (PLAIN_ENTRIES, TABLE + 16, BEHIND - 3, POOL - 1, POOL - 24)
"""Where the entries may lie: also right behind the descriptors, across a page border, right below the pool."""
BAD_ENTRIES = (0, POOL, POOL + 1, TABLE + 2 * WORD_BYTES - 1, DESCRIPTOR - 1, TABLE, WORD_LIMIT - 1)
TOTALS = st.sampled_from([1, 2, 3, 5, 8, 8, 12, 24])

REFUSED_SIZES = (
    0,
    24 * PAGE_SIZE,
    2**20 + 1,
    WORD_LIMIT // 2,
    LARGEST_REQUEST,
    LARGEST_REQUEST + 1,
    WORD_LIMIT - 1,
    WORD_LIMIT,
    -1,
)
"""The second fits only if the whole pool is free and largest."""
SIZES = st.one_of(
    st.integers(1, 3 * PAGE_SIZE),
    st.builds(lambda count, more: count * PAGE_SIZE + more, st.integers(1, 8), st.sampled_from([-1, 0, 1])),
    st.sampled_from(REFUSED_SIZES),
)
ALLOCATORS = st.sampled_from(["malloc", "malloc", "kmalloc", "kzalloc"])
RELEASERS = st.sampled_from(["free", "free", "kfree"])
ENTRIES_STEP = 64
"""More than the entries of any of these heaps."""
ODD_ADDRESSES = (0, 1, POOL - PAGE_SIZE, POOL - 1, PAGE_SIZE, DESCRIPTOR, WORD_LIMIT - PAGE_SIZE, WORD_LIMIT, -1)


class BlockHeapMachine(HeapMachine):
    """The rules."""

    world: BlockHeapWorld

    @initialize(total=TOTALS, entries=st.sampled_from((PLAIN_ENTRIES,) * 5 + ENTRIES), bad=st.integers(0, 20))
    def begin(self, total: int, entries: int, bad: int) -> None:
        """Memory for a heap, a creation that is refused now and then, and one that is not."""
        self.enter(BlockHeapWorld(64, self.edition))
        world = self.world
        world.provide(BEHIND, 1)
        world.provide(POOL - PAGE_SIZE, 1)
        end = POOL + total * PAGE_SIZE
        self._refused_creation(bad, total, end)
        world.provide(POOL, total + 1)
        self._refused_creation(bad, total, end)
        if entries == POOL - 1:  # there is room for one entry
            total, end = 1, POOL + PAGE_SIZE
        world.describe(entries, total)
        self.count()
        world.create(POOL, end)

    def _refused_creation(self, bad: int, total: int, end: int) -> None:
        """One of many ways to do it wrong."""
        self.count()
        if bad < len(BAD_ENTRIES):
            self.world.describe(BAD_ENTRIES[bad], total)
            self.world.create(POOL, end)
            return
        self.world.describe(PLAIN_ENTRIES, total)
        wrong = ((POOL + 8, end), (POOL, end + 8), (0, end), (end, POOL), (POOL, POOL), (POOL, end + BLOCK), (-1, end))
        self.world.create(*wrong[bad % len(wrong)])

    def born(self) -> bool:
        """Whether there is a heap."""
        return self.world.born

    # ------------------------------------------------------------ operations

    @precondition(born)
    @rule(size=SIZES, name=ALLOCATORS)
    def allocate(self, size: int, name: str) -> None:
        """Any size."""
        self.count()
        self.world.allocate(size, name)

    @precondition(born)
    @rule(number=NUMBERS, more=st.sampled_from([0, 0, -1, 1]), name=ALLOCATORS)
    def allocate_what_fits(self, number: int, more: int, name: str) -> None:
        """Just as much as a run of free blocks holds, or a byte more."""
        blocks = self.world.blocks_of
        runs = {blocks.free_until[a] - a for a in range(blocks.entries, blocks.end)} - {0}
        if runs:
            self.count()
            self.world.allocate(sorted(runs)[-1 - number % len(runs)] * PAGE_SIZE + more, name)

    @precondition(born)
    @rule(count=st.integers(2, 5), name=ALLOCATORS)
    def allocate_some(self, count: int, name: str) -> None:
        """Several blocks in a row."""
        for _ in range(count):
            self.count()
            self.world.allocate(1, name)

    @with_blocks
    @rule(number=NUMBERS, name=RELEASERS)
    def free(self, number: int, name: str) -> None:
        """A live block."""
        self.count()
        self.world.free(self.pick(number), name)

    @with_blocks
    @rule(number=NUMBERS, name=RELEASERS)
    def free_twice(self, number: int, name: str) -> None:
        """A live block, then the same again."""
        address = self.pick(number)
        self.count()
        self.world.free(address, name)
        self.count()
        self.world.free(address, name)

    @with_blocks
    @rule(number=NUMBERS, offset=st.sampled_from([1, 16, 2048, PAGE_SIZE, 2 * PAGE_SIZE, -PAGE_SIZE]), name=RELEASERS)
    def free_beside(self, number: int, offset: int, name: str) -> None:
        """An address in or near a live block."""
        self.count()
        self.world.free(self.pick(number) + offset, name)

    @precondition(born)
    @rule(address=st.sampled_from(ODD_ADDRESSES), name=RELEASERS)
    def free_odd(self, address: int, name: str) -> None:
        """NULL, addresses outside the pool, addresses that are no words."""
        self.count()
        self.world.free(address, name)

    @precondition(born)
    @rule(beyond=st.integers(0, 2), name=RELEASERS)
    def free_behind(self, beyond: int, name: str) -> None:
        """The address right behind the pool, and beyond."""
        self.count()
        self.world.free(self.world.blocks_of.pool_end + beyond * PAGE_SIZE, name)

    @precondition(lambda self: self.world.born and not self.world.contents)
    @rule(number=NUMBERS, now=SELDOM)
    def create_again(self, number: int, now: bool) -> None:
        """Every block was freed: a new life, whose entries lie where none were before."""
        blocks = self.world.blocks_of
        entries = PLAIN_ENTRIES + ENTRIES_STEP * (number + 1)
        if now and not self.world.checked.state().claimed("TableEntry")[entries]:
            self.world.describe(entries, blocks.total)
            self.count()
            self.world.create(POOL, blocks.pool_end)

    # ------------------------------------------------------------ users

    @with_blocks
    @rule(number=NUMBERS, offset=st.integers(0, 64), byte=st.integers(0, 300), length=st.integers(0, 5000))
    def memset(self, number: int, offset: int, byte: int, length: int) -> None:
        """A part of a live block."""
        address = self.pick(number)
        size = len(self.world.contents[address])
        start = offset % size
        self.count()
        self.world.memset(address + start, byte, min(length, size - start))

    @with_blocks
    @rule(number=NUMBERS)
    def memset_all(self, number: int) -> None:
        """All of a live block."""
        address = self.pick(number)
        self.count()
        self.world.memset(address, 0xEE, len(self.world.contents[address]))
