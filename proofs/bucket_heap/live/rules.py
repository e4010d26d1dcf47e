"""Random histories of a bucket heap: every operation, every page size, every kind of bad argument, any content.

Every rule acts on the real machine through a ``BucketHeapWorld``, which evaluates every contract and
every invariant after each operation, and compares RAM with a reference model.
"""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import initialize, precondition, rule

from impl.arithmetic import PAGE_SIZE, WORD_BYTES, WORD_LIMIT
from proofs.bucket_heap.live.layout import header_of
from proofs.bucket_heap.live.reference import MAX_EXTENT, PAGE_SIZES
from proofs.bucket_heap.live.world import BucketHeapWorld
from proofs.checking.heap_machine import NUMBERS, HeapMachine, with_blocks
from proofs.checking.world import DESCRIPTOR, DESCRIPTOR_PAGE

ARENA = 0x4000_0000
BEHIND = DESCRIPTOR_PAGE + 512
"""Right behind the descriptor, as far as alignment allows."""
ARENA_EXTENTS = 4
"""The arena has room for so many extents."""

SELDOM = st.integers(0, 7).map(lambda number: number == 0)
"""What ends a heap happens only where this is True, so that histories grow long."""
CONTENTS = st.sampled_from([0, 1, 7, 35, 200])
"""What new memory holds: zeros, or a pattern of that number."""
ODD_SIZES = (
    0,
    MAX_EXTENT,
    MAX_EXTENT + 1,
    2**32,
    WORD_LIMIT // 2,
    WORD_LIMIT - PAGE_SIZE,
    WORD_LIMIT - 7,
    WORD_LIMIT - 1,
    WORD_LIMIT,
    -1,
)
ODD_ADDRESSES = (
    0,
    1,
    8,
    DESCRIPTOR,
    DESCRIPTOR_PAGE,
    BEHIND,
    ARENA - 8,
    2**47,
    WORD_LIMIT // 2,
    WORD_LIMIT - 8,
    WORD_LIMIT - 1,
    WORD_LIMIT,
    -8,
)
ODD_PAGE_SIZES = (
    256,
    128,
    64,
    8,
    0,
    1,
    256,
    511,
    513,
    1000,
    4097,
    65536,
    WORD_LIMIT // 2,
    WORD_LIMIT - 1,
    WORD_LIMIT,
    -512,
)
HOSTILE_WORDS = (0, 1, WORD_LIMIT - 1, ARENA, ARENA + 16, ARENA + PAGE_SIZE, DESCRIPTOR + 5 * WORD_BYTES)


class BucketHeapMachine(HeapMachine):
    """The rules."""

    world: BucketHeapWorld
    page_size = PAGE_SIZES[0]
    extent_size = 0

    @initialize(
        page_size=st.sampled_from((*PAGE_SIZES[:4] * 3, *PAGE_SIZES)),
        pages=st.sampled_from([2, 2, 3, 4, 6, 9, 14]),
        content=CONTENTS,
        wrongs=st.lists(st.tuples(st.integers(0, 5), NUMBERS), max_size=4),
        place=st.integers(0, 2),
    )
    def begin(self, page_size: int, pages: int, content: int, wrongs: list[tuple[int, int]], place: int) -> None:
        """An arena of memory, a few inits, most of which are refused, and a heap with extents of so many pages."""
        self.page_size = page_size
        self.extent_size = extent_of(pages if page_size < PAGE_SIZES[-2] else min(pages, 3), page_size)
        self.enter(BucketHeapWorld(edition=self.edition))
        self.count()
        self.world.provide(ARENA, self.arena_pages, content)
        for wrong, odd in wrongs:
            if not self.world.alive:
                self._init(ARENA, wrong, odd)
        if not self.world.alive:
            self._init(ARENA + place * page_size, -1, 0)

    @property
    def arena_pages(self) -> int:
        """How many pages of the machine the arena has."""
        return -(-ARENA_EXTENTS * self.extent_size // PAGE_SIZE)

    def born(self) -> bool:
        """Whether there ever was a heap."""
        return self.world.born

    def alive(self) -> bool:
        """Whether there is a heap."""
        return self.world.alive

    # ------------------------------------------------------------ extents

    @precondition(lambda self: not self.alive())
    @rule(number=NUMBERS, wrong=st.integers(-6, 5), odd=NUMBERS, content=CONTENTS)
    def init(self, number: int, wrong: int, odd: int, content: int) -> None:
        """Start a heap in what an earlier one, or its caller, has left; or try to."""
        self.count()
        self.world.provide(ARENA, self.arena_pages, content)
        half = self.extent_size // 2 // self.page_size * self.page_size
        self._init(ARENA + number % (2 * ARENA_EXTENTS) * half, wrong, odd)

    def _init(self, address: int, wrong: int, odd: int) -> None:
        """Start a heap at ``address``; ``wrong`` says what is wrong with that, nothing if it is below 0."""
        size, page_size = self.extent_size, self.page_size
        if wrong == 0:
            address = ODD_ADDRESSES[odd % len(ODD_ADDRESSES)]
        elif wrong == 1:
            address += (8, 256, self.page_size // 2, ARENA_EXTENTS * self.extent_size)[odd % 4]
        elif wrong == 2:
            size = ODD_SIZES[odd % len(ODD_SIZES)]
        elif wrong == 3:
            size = extent_of(odd % 3, page_size) + (0, 0, 8, -8)[odd % 4]
        elif wrong == 4:
            page_size = ODD_PAGE_SIZES[odd % len(ODD_PAGE_SIZES)]
        elif wrong == 5:
            page_size = PAGE_SIZES[odd % len(PAGE_SIZES)]
        self.count()
        self.world.init(address, size, page_size)
        if self.world.alive:
            self.page_size, self.extent_size = page_size, size

    @precondition(born)
    @rule(number=st.integers(0, 2 * ARENA_EXTENTS))
    def extend(self, number: int) -> None:
        """Add an extent that fits between the others, or overlaps one, or is there already."""
        self.count()
        half = self.extent_size // 2 // self.page_size * self.page_size
        self.world.extend(ARENA + number // 2 * self.extent_size + number % 2 * half, self.extent_size)

    @precondition(alive)
    @rule(number=NUMBERS, pages=st.integers(-20, 20), offset=st.sampled_from([0, 0, 8, 512, -512]))
    def extend_nearby(self, number: int, pages: int, offset: int) -> None:
        """Add an extent that overlaps another by some pages, or is not aligned."""
        extents = self.world.reference.extents
        address = extents[number % len(extents)] + pages * self.page_size + offset
        self.count()
        self.world.extend(address, self.extent_size)

    @precondition(born)
    @rule(number=NUMBERS, size=st.booleans())
    def extend_odd(self, number: int, size: bool) -> None:
        """Add an extent at a bad place, or of another size."""
        sizes = (*ODD_SIZES, self.extent_size + self.page_size, self.extent_size - self.page_size)
        self.count()
        if size:
            self.world.extend(ARENA + 2 * self.extent_size, sizes[number % len(sizes)])
        else:
            self.world.extend(ODD_ADDRESSES[number % len(ODD_ADDRESSES)], self.extent_size)

    @precondition(born)
    @rule(unmap=st.booleans(), now=SELDOM)
    def destroy(self, unmap: bool, now: bool) -> None:
        """Take the heap down, even twice."""
        if now:
            self.count()
            self.world.destroy(unmap)

    # ------------------------------------------------------------ operations

    @precondition(born)
    @rule(size=st.one_of(st.integers(0, 70), st.integers(1, 4 * PAGE_SIZE)))
    def alloc(self, size: int) -> None:
        """Any size that is not far too large."""
        self.count()
        self.world.alloc(size)

    @precondition(born)
    @rule(size=st.sampled_from(ODD_SIZES))
    def alloc_odd(self, size: int) -> None:
        """A size that no heap serves, and sizes that are no words."""
        self.count()
        self.world.alloc(size)

    @precondition(born)
    @rule(log=st.integers(-9, 2), more=st.sampled_from([-1, 0, 1]))
    def alloc_power_of_two(self, log: int, more: int) -> None:
        """A power of two up to four pages, or a byte more or less."""
        self.count()
        self.world.alloc((self.page_size << log if log > 0 else self.page_size >> -log) + more)

    @precondition(alive)
    @rule(number=NUMBERS, more=st.sampled_from([0, 0, -1, 1]))
    def alloc_what_fits(self, number: int, more: int) -> None:
        """Just as much as a run of free pages holds, or a byte more or less."""
        runs = self.world.reference.runs()
        if runs:
            self.count()
            self.world.alloc(runs[-1 - number % len(runs)] * self.page_size + more)

    @precondition(alive)
    @rule(log=st.integers(1, 4), count=st.integers(2, 9))
    def alloc_some(self, log: int, count: int) -> None:
        """Several blocks of a bucket in a row."""
        for _ in range(count):
            self.count()
            self.world.alloc(self.page_size >> log)

    @precondition(alive)
    @rule(pages=st.integers(1, 3))
    def alloc_all(self, pages: int) -> None:
        """Runs of pages until there are no more."""
        for _ in range(40):
            self.count()
            if not self.world.alloc(pages * self.page_size):
                return

    @with_blocks
    @rule(number=NUMBERS)
    def free_neighbours(self, number: int) -> None:
        """All live blocks in the page of a block."""
        page = self.pick(number) // self.page_size
        for address in [a for a in self.world.contents if a // self.page_size == page]:
            self.count()
            self.world.free(address)

    @with_blocks
    @rule(
        number=NUMBERS, offset=st.sampled_from([1, 4, 8, 16, 64, 512, 1024, 4096, 32768]), sign=st.sampled_from([1, -1])
    )
    def free_beside(self, number: int, offset: int, sign: int) -> None:
        """An address in or near a live block: inside a bucket's block, inside a run, in the page before."""
        self.count()
        self.world.free(self.pick(number) + sign * offset)

    @precondition(alive)
    @rule(number=NUMBERS, offset=st.integers(0, 100))
    def free_headers(self, number: int, offset: int) -> None:
        """An address in the header of an extent, or in a page whatever it is."""
        extents = self.world.reference.extents
        self.count()
        self.world.free(extents[number % len(extents)] + offset * (8, self.page_size)[number % 2])

    @precondition(born)
    @rule(address=st.sampled_from(ODD_ADDRESSES))
    def free_odd(self, address: int) -> None:
        """NULL, wild addresses, addresses that are no words."""
        self.count()
        self.world.free(address)

    # ------------------------------------------------------------ users

    @with_blocks
    @rule(number=NUMBERS, word=st.sampled_from(HOSTILE_WORDS))
    def forge(self, number: int, word: int) -> None:
        """A user fills his block with what might be a link, a kind of page or live bits."""
        address = self.pick(number)
        size = len(self.world.contents[address])
        self.count()
        self.world.write(address, 0, word.to_bytes(WORD_BYTES, "little") * (min(size, PAGE_SIZE) // WORD_BYTES + 1))


def extent_of(pages: int, page_size: int) -> int:
    """Bytes of the smallest extent with at least so many pages behind its header."""
    size = page_size
    while size - header_of(size, page_size) < pages * page_size:
        size += page_size
    return size
