"""Random histories of a bin heap: every operation, every kind of bad argument, pages that land anywhere, exhaustion.

Every rule acts on the real machine through a ``BinHeapWorld``, which evaluates every contract and
every invariant after each operation, and compares it with a reference model.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from impl.arithmetic import PAGE_SIZE, WORD_BYTES, WORD_LIMIT
from impl.bin_layout import ALLOCATED, FREE_ENTRY, LARGE_ALLOC_THRESHOLD, LARGEST_REQUEST
from impl.reach import LOW_END, PLACE_BASE
from proofs.bin_heap.live.layout import HEADER
from proofs.bin_heap.live.story import LINKS
from proofs.bin_heap.live.world import BinHeapWorld
from proofs.checking.heap_machine import NUMBERS, SELDOM, GrowingHeapMachine, with_blocks
from proofs.checking.world import DESCRIPTOR, DESCRIPTOR_PAGE

REFUSED_SIZES = (
    0,
    2**40,
    WORD_LIMIT // 2,
    LARGEST_REQUEST,
    LARGEST_REQUEST + 1,
    WORD_LIMIT - 64,
    WORD_LIMIT - 1,
    WORD_LIMIT,
    -1,
)
SIZES = st.one_of(
    st.integers(1, 300),
    st.builds(lambda count, more: 64 * count + more, st.integers(1, 70), st.sampled_from([-1, 0, 1])),
    st.builds(lambda count, more: PAGE_SIZE * count + more, st.integers(1, 6), st.sampled_from([-129, -128, -64, 1])),
    st.integers(1, LARGE_ALLOC_THRESHOLD),
    st.integers(LARGE_ALLOC_THRESHOLD - 64, LARGE_ALLOC_THRESHOLD + 64),
    st.integers(LARGE_ALLOC_THRESHOLD, 4 * LARGE_ALLOC_THRESHOLD),
    st.sampled_from(REFUSED_SIZES),
    st.sampled_from([WORD_LIMIT - 1, WORD_LIMIT - 64]),
)
COUNTS = st.sampled_from([1, 1, 1, 2, 3, 0, 2**32, WORD_LIMIT // 2, WORD_LIMIT - 1, WORD_LIMIT, -1])
ODD_ADDRESSES = (0, 1, 64, 128, 0x40, DESCRIPTOR, DESCRIPTOR + 64, DESCRIPTOR + 128, DESCRIPTOR_PAGE + 2 * PAGE_SIZE)
WILD_ADDRESSES = (
    DESCRIPTOR_PAGE,
    0x1000,
    2**47,
    2**47 - 64,
    WORD_LIMIT // 2,
    WORD_LIMIT - 64,
    WORD_LIMIT - 1,
    WORD_LIMIT,
    -64,
)
DAMAGES = ((0, 1), (0, 4), (0, 64), *LINKS, (FREE_ENTRY, 6 * WORD_BYTES))
"""Where a stray write begins in a header, and how many bytes it takes."""

RUN = st.sampled_from([3_000, 9_000, 12_000, 16_000])
"""Sizes of blocks of which two are not merged, and one that leaves a piece of a page."""


class BinHeapMachine(GrowingHeapMachine):
    """The rules."""

    world: BinHeapWorld

    @initialize(frames=st.sampled_from([128, 128, 64, 40, 30]))
    def begin(self, frames: int) -> None:
        """A machine with some RAM, and a heap."""
        self.enter(BinHeapWorld(frames, self.edition))
        self.count()
        self.world.init()

    def some(self) -> bool:
        """Whether there is any block."""
        return bool(self.world.reference.blocks)

    def pick_any(self, number: int) -> int:
        """Any block, live or free: its header."""
        every = sorted(self.world.reference.blocks)
        return every[number % len(every)]

    # ------------------------------------------------------------ operations

    @rule(size=SIZES)
    def malloc(self, size: int) -> None:
        """Any size."""
        self.count()
        self.world.malloc(size)

    @rule(count=COUNTS, size=SIZES)
    def calloc(self, count: int, size: int) -> None:
        """Any product."""
        self.count()
        self.world.calloc(count, size)

    @rule(size=SIZES)
    def zalloc(self, size: int) -> None:
        """Any size, cleared."""
        self.count()
        self.world.zalloc(size)

    @rule(size=st.integers(1, 400), count=st.integers(2, 4))
    def malloc_some(self, size: int, count: int) -> None:
        """Several blocks in a row."""
        for _ in range(count):
            self.count()
            self.world.malloc(size)

    @rule(number=NUMBERS, less=st.sampled_from([0, 0, 1, 63, 64, 128, 192, -1]), clear=st.booleans())
    def allocate_what_fits(self, number: int, less: int, clear: bool) -> None:
        """Just as much as a free block has, or a little less, or a byte more."""
        sizes = [block.size for block in self.world.reference.blocks.values() if not block.flags & ALLOCATED]
        if sizes:
            size = max(sizes[number % len(sizes)] - less, 1)
            self.count()
            (self.world.zalloc if clear else self.world.malloc)(size)

    @with_blocks
    @rule(number=NUMBERS, size=SIZES)
    def realloc(self, number: int, size: int) -> None:
        """A live block, to any size."""
        self.count()
        self.world.realloc(self.pick(number), size)

    @with_blocks
    @rule(number=NUMBERS, more=st.sampled_from([0, 1, 64, 128, 192, 640, -1, -64, -128, -192, -640]))
    def realloc_a_little(self, number: int, more: int) -> None:
        """A live block, to about the size that it has."""
        address = self.pick(number)
        size = self.world.reference.blocks[address - HEADER].size
        self.count()
        self.world.realloc(address, max(size + more, 1))

    @with_blocks
    @rule(number=NUMBERS, less=st.sampled_from([0, 1, 64, 128, 192, -1, -64]))
    def realloc_into_the_neighbour(self, number: int, less: int) -> None:
        """A live block, to all that it and what lies behind it have, or nearly."""
        address = self.pick(number)
        blocks = self.world.reference.blocks
        size = blocks[address - HEADER].size
        if address + size in blocks:
            self.count()
            self.world.realloc(address, max(size + HEADER + blocks[address + size].size - less, 1))

    @rule(address=st.sampled_from(ODD_ADDRESSES + WILD_ADDRESSES), size=SIZES)
    def realloc_odd(self, address: int, size: int) -> None:
        """NULL, wild addresses, addresses that are no words."""
        self.count()
        self.world.realloc(address, size)

    @precondition(lambda self: bool(self.world.names))
    @rule(number=NUMBERS, resize=st.booleans())
    def use_stale(self, number: int, resize: bool) -> None:
        """An address that was a block once, and may be one again."""
        known = list(self.world.names)
        address = known[number % len(known)]
        self.count()
        if resize:
            self.world.realloc(address, 100)
        else:
            self.world.free(address)

    @precondition(some)
    @rule(number=NUMBERS, offset=st.sampled_from([64, 64, 72, 65, 128, 192, 0, -64]), resize=st.booleans())
    def use_beside(self, number: int, offset: int, resize: bool) -> None:
        """An address in or near any block."""
        address = self.pick_any(number) + offset
        self.count()
        if resize:
            self.world.realloc(address, 100)
        else:
            self.world.free(address)

    @rule(address=st.sampled_from(ODD_ADDRESSES + WILD_ADDRESSES))
    def free_odd(self, address: int) -> None:
        """NULL, wild addresses, addresses that are no words."""
        self.count()
        self.world.free(address)

    @precondition(lambda self: bool(self.world.others))
    @rule(number=NUMBERS, size=st.sampled_from([None, 0, 100, 30_000]))
    def use_anothers(self, number: int, size: int | None) -> None:
        """A block of another bin heap."""
        address = self.world.others[number % len(self.world.others)]
        self.count()
        if size is None:
            self.world.free(address)
        else:
            self.world.realloc(address, size)

    @rule()
    def trim(self) -> None:
        """Free pages go back."""
        self.count()
        self.world.trim()

    @rule(sizes=st.lists(RUN, min_size=3, max_size=6), kept=st.sampled_from([None, None, 0, 1, 2]))
    def run(self, sizes: list[int], kept: int | None) -> None:
        """Blocks side by side are freed, too large to merge, all of them or all but one; then their pages go back."""
        places = [self.world.malloc(size) for size in sizes]
        for number, address in enumerate(places):
            self.count()
            if address and number != kept:
                self.world.free(address)
        self.world.trim()

    @rule(destroy=st.booleans(), now=SELDOM)
    def give_all_back(self, destroy: bool, now: bool) -> None:
        """All blocks are freed, one by one or at once; then every page goes back."""
        if now and destroy:
            self.count()
            self.world.destroy()
        elif now:
            for address in list(self.world.contents):
                self.count()
                self.world.free(address)
            self.world.trim()

    @rule(now=SELDOM)
    def init(self, now: bool) -> None:
        """Once more, after its memory was taken away."""
        if now:
            self.count()
            self.world.init()

    @rule(size=SIZES, address=st.sampled_from([0, 1, DESCRIPTOR]), now=SELDOM)
    def meet_the_lock(self, size: int, address: int, now: bool) -> None:
        """Somebody holds the lock; every operation refuses."""
        if now:
            world = self.world
            world.lock()
            address = self.pick(size) if self.blocks() and not address else address
            self.count()
            world.malloc(size)
            world.calloc(1, size)
            world.realloc(address, size)
            world.free(address)
            world.trim()
            world.destroy()
            world.lock()
            world.unlock()
            world.unlock()

    # ------------------------------------------------------------ users

    @with_blocks
    @rule(number=NUMBERS, model=NUMBERS, place=st.integers(0, 5), resize=st.booleans())
    def forge(self, number: int, model: int, place: int, resize: bool) -> None:
        """A user copies a header into his block, and frees what would be its payload, or resizes it."""
        address = self.pick(number)
        offset = 64 * place
        if offset + HEADER <= len(self.world.contents[address]):
            self.count()
            self.world.forge(address, offset, self.pick_any(model))
            self.count()
            if resize:
                self.world.realloc(address + offset + HEADER, 100)
            else:
                self.world.free(address + offset + HEADER)

    @with_blocks
    @rule(number=NUMBERS, place=st.sampled_from(DAMAGES))
    def damage(self, number: int, place: tuple[int, int]) -> None:
        """A stray write hits magic or links of a header."""
        start, length = place
        self.count()
        self.world.damage(self.pick(number), start, b"A" * length)

    # ------------------------------------------------------------ the machine

    @precondition(some)
    @rule(number=NUMBERS, gap=st.sampled_from([0, 0, 1, 2, 7]), below=st.booleans())
    def aim(self, number: int, gap: int, below: bool) -> None:
        """The next pages touch those of a block, on either side, or leave a gap."""
        block = self.pick_any(number)
        end = block + HEADER + self.world.reference.blocks[block].size
        place = (block if below else -(-end // PAGE_SIZE) * PAGE_SIZE) // PAGE_SIZE * PAGE_SIZE
        self.count()
        self.world.aim(place + (-gap if below else gap) * PAGE_SIZE, below)

    @rule(address=st.sampled_from([0x1000, 0, DESCRIPTOR_PAGE, 0x5001, 1 << 60, 2**47 - PAGE_SIZE]), now=SELDOM)
    def aim_at(self, address: int, now: bool) -> None:
        """The machine offers NULL, taken, unaligned or impossible places, or a fine one."""
        if now:
            self.count()
            self.world.aim(address, False)

    @precondition(lambda self: not self.world.others)
    @rule(address=st.sampled_from([0x2_0000, LOW_END // 128 // PAGE_SIZE * PAGE_SIZE, PLACE_BASE + 0x10_0000]))
    def neighbour(self, address: int) -> None:
        """Somebody has a bin heap, too."""
        self.count()
        self.world.neighbour(address)

    @precondition(some)
    @rule(number=NUMBERS, now=SELDOM)
    def intrude(self, number: int, now: bool) -> None:
        """Somebody maps the page behind a block."""
        block = self.pick_any(number)
        end = block + HEADER + self.world.reference.blocks[block].size
        if now and end % PAGE_SIZE == 0:
            self.count()
            self.world.settle_at(end)
