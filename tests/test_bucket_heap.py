"""The bucket heap on the real machine: documented behaviour, random histories against a dictionary of live blocks."""

import random
from collections.abc import Iterator

import pytest

from impl.arithmetic import PAGE_SIZE, align_up
from impl.bucket_heap import DESCRIPTOR, EINVAL, BucketHeap
from impl.bucket_heap_layout import BUCKETS, MIN_LOG2, Extent, FreeLink, Links, LiveBits, Page
from impl.machine import Machine

HOME = 0x7000
BASE = 0x40_0000
SIZE = 64 << 10
PAGE_SIZES = [512, 1024, 2048, 4096, 8192, 16384, 32768]


class Rig:
    """A checked machine with one bucket heap in mapped garbage, and the tables read out of RAM."""

    def __init__(self, page_size: int = 4096, size: int = SIZE) -> None:
        self.machine = Machine(16 << 20, checked=True)
        self.memory = self.machine.memory
        self.memory.map(HOME, 1)
        self.memory.fill(HOME, PAGE_SIZE, 0xA5)
        self.page_size = page_size
        self.size = size
        self.heap = BucketHeap.claim(self.memory, HOME + 0x10)
        self.provide(BASE)
        assert self.heap.init(BASE, size, page_size) == 0

    def provide(self, address: int) -> int:
        """Map memory for an extent and fill it with garbage."""
        self.memory.map(address, align_up(self.size, PAGE_SIZE) // PAGE_SIZE)
        self.memory.fill(address, self.size, 0xA5)
        return address

    def snapshot(self) -> bytes:
        """Every byte of RAM."""
        return bytes(self.machine.ram.buffer)

    def extents(self) -> Iterator[int]:
        address = self.heap.extents
        while address:
            yield address
            address = Extent(self.memory, address).next

    def pages(self, extent: int) -> list[Page]:
        count = (self.size - self.heap.header) // self.page_size
        return [Page(self.memory, extent + Extent.SIZE + 56 * n) for n in range(count)]

    def free_pages(self, extent: int) -> list[int]:
        """The free list of an extent."""
        found = []
        page = Extent(self.memory, extent).free
        while page:
            found.append(page)
            page = FreeLink(self.memory, page).next
        return found

    def bucket(self, log: int) -> list[int]:
        """The entries in the list of a bucket; the links are checked both ways."""
        sentinel = HOME + 0x10 + 40 + 16 * (log - MIN_LOG2)
        found, links = [], Links(self.memory, sentinel).next
        while links != sentinel:
            assert Links(self.memory, Links(self.memory, links).prev).next == links
            found.append(links - 40)
            links = Links(self.memory, links).next
        return found

    def live_bits(self, extent: int) -> set[int]:
        """The addresses whose live bit is set."""
        found = set()
        for n in range((self.size - self.heap.header) // 512):
            word = LiveBits(self.memory, extent + self.heap.bits + 8 * n).word
            found |= {extent + self.heap.header + 512 * n + 8 * i for i in range(64) if word >> i & 1}
        return found

    def blocks_of(self, entry: Page) -> tuple[list[int], list[int]]:
        """The free list of a bucket page, and the blocks that were never used."""
        free, block = [], entry.free
        while block:
            free.append(block)
            block = FreeLink(self.memory, block).next
        return free, list(range(entry.frontier, entry.page + self.page_size, 1 << entry.kind))

    def audit(self, live: dict[int, int]) -> None:
        """Map, lists and bits agree with each other and with ``live`` (address -> bytes of its block)."""
        with self.machine.counter.paused():
            for extent in self.extents():
                self._audit(extent, {a: n for a, n in live.items() if extent <= a < extent + self.size})
            listed = [entry for log in range(MIN_LOG2, MIN_LOG2 + BUCKETS) for entry in self.bucket(log)]
            assert len(listed) == len(set(listed))

    def _audit(self, extent: int, live: dict[int, int]) -> None:
        assert self.live_bits(extent) == set(live)
        free, covered = [], {}
        for entry in self.pages(extent):
            if entry.kind == 0:
                free.append(entry.page)
            elif entry.kind == 2:
                covered[entry.page] = entry.frontier - entry.page
            elif entry.kind > 2:
                self._audit_bucket_page(entry, {a: n for a, n in live.items() if 0 <= a - entry.page < self.page_size})
        assert self.free_pages(extent) == free
        runs = {a: n for a, n in live.items() if n > self.page_size // 2}
        assert covered == runs
        in_runs = sum(1 for entry in self.pages(extent) if entry.kind in (1, 2))
        assert in_runs * self.page_size == sum(runs.values())

    def _audit_bucket_page(self, entry: Page, live: dict[int, int]) -> None:
        free, unused = self.blocks_of(entry)
        assert sorted([*live, *free, *unused]) == list(range(entry.page, entry.page + self.page_size, 1 << entry.kind))
        assert entry.live == len(live) > 0
        assert (entry.address in self.bucket(entry.kind)) == bool(free or unused)


@pytest.fixture
def rig() -> Rig:
    return Rig()


def served(size: int, page_size: int) -> int:
    """Bytes of the block that serves a request."""
    if size <= page_size // 2:
        return max(8, 1 << (size - 1).bit_length())
    return align_up(size, page_size)


# ---------------------------------------------------------------- histories


@pytest.mark.parametrize("page_size", PAGE_SIZES)
def test_random_histories_agree_with_a_dictionary(page_size: int) -> None:
    """Every block is where no other is, and its bytes stay, over all extents (BKT-2, BKT-5, BKT-6)."""
    chance = random.Random(page_size)
    rig = Rig(page_size, 16 * page_size if page_size >= 4096 else SIZE)
    live: dict[int, tuple[int, int]] = {}
    spare = [BASE + rig.size * n for n in (4, 2, 6, 1)]
    for step in range(600):
        if live and chance.random() < (0.45 if step < 450 else 0.8):
            address = chance.choice(sorted(live))
            size, byte = live.pop(address)
            assert rig.memory.load_bytes(address, size) == bytes([byte]) * size
            assert rig.heap.free(address) == 0
            assert rig.heap.free(address) == -EINVAL
        else:
            size = chance.choice(
                [chance.randint(1, 40), chance.randint(1, page_size), chance.randint(1, 5 * page_size)]
            )
            address = rig.heap.alloc(size)
            if address:
                byte = chance.randrange(256)
                block = served(size, page_size)
                assert all(address + block <= a or a + served(n, page_size) <= address for a, (n, _) in live.items())
                assert address % min(block & -block, page_size) == 0
                rig.memory.store_bytes(address, bytes([byte]) * size)
                live[address] = (size, byte)
            elif spare and chance.random() < 0.5:
                assert rig.heap.extend(rig.provide(spare.pop()), rig.size) == 0
        if step % 10 == 0:
            rig.audit({a: served(n, page_size) for a, (n, _) in live.items()})
    for address in list(live):
        assert rig.heap.free(address) == 0
    rig.audit({})
    assert all(len(rig.free_pages(x)) == len(rig.pages(x)) for x in rig.extents())


# ---------------------------------------------------------------- allocation


@pytest.mark.parametrize("page_size", PAGE_SIZES)
def test_requests_round_up_to_powers_of_two(page_size: int) -> None:
    """1..8 -> 8, 9..16 -> 16, 17..32 -> 32, up to two pages (BKT-8): the next block begins that much further."""
    for log in range(3, (2 * page_size).bit_length()):
        block = 1 << log
        for size in {block // 2 + 1 if log > 3 else 1, block}:
            rig = Rig(page_size, 16 * page_size if page_size >= 4096 else SIZE)
            first, second = rig.heap.alloc(size), rig.heap.alloc(size)
            assert second - first == block
            assert first % min(block, page_size) == 0


def test_a_bucket_serves_before_another_page_is_taken(rig: Rig) -> None:
    blocks = [rig.heap.alloc(1024) for _ in range(4)]
    assert [b - blocks[0] for b in blocks] == [0, 1024, 2048, 3072]
    other = rig.heap.alloc(1024)
    assert other == blocks[0] + 4096
    rig.heap.free(blocks[2])
    rig.heap.free(blocks[1])
    assert rig.bucket(10) != []
    assert [rig.heap.alloc(1000), rig.heap.alloc(1000)] == [blocks[1], blocks[2]]


def test_runs_are_first_fit_at_the_lowest_address(rig: Rig) -> None:
    """Larger requests take the lowest run of pages that is long enough (BKT-2)."""
    first, second, third, _ = (rig.heap.alloc(n * 4096) for n in (2, 1, 3, 1))
    rig.heap.free(third)
    rig.heap.free(first)
    assert rig.heap.alloc(3 * 4096) == third
    assert rig.heap.alloc(4096) == first
    rig.heap.free(second)
    assert rig.heap.alloc(8192) == first + 4096


def test_blocks_never_span_extents(rig: Rig) -> None:
    """Adjacent extents do not lend each other pages (BKT-6)."""
    assert rig.heap.extend(rig.provide(BASE + SIZE), SIZE) == 0
    pages = len(rig.pages(BASE))
    assert rig.heap.alloc((pages + 1) * 4096) == 0
    assert rig.heap.alloc(pages * 4096) == BASE + rig.heap.header
    assert rig.heap.alloc(pages * 4096) == BASE + SIZE + rig.heap.header
    assert rig.heap.alloc(1) == 0


@pytest.mark.parametrize("size", [0, SIZE, 2**31 + 1, 2**32, 2**64 - 4096, 2**64 - 1])
def test_what_cannot_fit_is_null_and_changes_nothing(rig: Rig, size: int) -> None:
    before = rig.snapshot()
    assert rig.heap.alloc(size) == 0
    assert rig.snapshot() == before


def test_memory_freed_at_one_size_serves_any_other(rig: Rig) -> None:
    """Pages given to a bucket come back when their last block is freed."""
    pages = len(rig.pages(BASE))
    blocks = []
    while address := rig.heap.alloc(8):
        blocks.append(address)
    assert len(blocks) == pages * 512
    random.Random(0).shuffle(blocks)
    for address in blocks:
        assert rig.heap.free(address) == 0
    assert all(not rig.bucket(log) for log in range(3, 15))
    assert rig.heap.alloc(pages * 4096) == BASE + rig.heap.header


# ---------------------------------------------------------------- free


def test_every_bad_free_is_refused(rig: Rig) -> None:
    """Wild, interior, misaligned, stale, free pages, headers: EINVAL, nothing changed (BKT-5)."""
    small, run, stale, kept = (rig.heap.alloc(n) for n in (64, 3 * 4096, 64, 64))
    rig.heap.free(stale)
    bad = [0, 1, small + 8, small + 1, small - 64, run + 4096, run + 8, run + 3 * 4096, stale, kept + 64]
    bad += [BASE, BASE + 16, BASE + rig.heap.bits, BASE + SIZE, BASE + SIZE - 4096, HOME, 2**64 - 1]
    before = rig.snapshot()
    for address in bad:
        assert rig.heap.free(address) == -EINVAL
    assert rig.snapshot() == before
    rig.audit({small: 64, run: 3 * 4096, kept: 64})


def test_a_user_cannot_forge_a_header(rig: Rig) -> None:
    """What a user writes into his blocks is never believed."""
    run, block = rig.heap.alloc(2 * 4096), rig.heap.alloc(64)
    rig.memory.store_bytes(run, b"\xff" * 8192)
    rig.memory.store_bytes(block, b"\xff" * 64)
    assert rig.heap.free(run + 4096) == -EINVAL
    assert rig.heap.free(block + 8) == -EINVAL
    rig.audit({run: 8192, block: 64})


@pytest.mark.parametrize("value", ["16", None, 1.0, True])
def test_arguments_that_are_no_integers_are_type_errors(rig: Rig, value: object) -> None:
    for call in (rig.heap.alloc, rig.heap.free, lambda v: rig.heap.extend(v, v), lambda v: rig.heap.init(v, v, v)):
        with pytest.raises(TypeError):
            call(value)


@pytest.mark.parametrize("value", [-1, 2**64])
def test_arguments_that_are_no_words_are_value_errors(rig: Rig, value: int) -> None:
    for call in (rig.heap.alloc, rig.heap.free, lambda v: rig.heap.extend(v, SIZE)):
        with pytest.raises(ValueError, match="must lie in"):
            call(value)


# ---------------------------------------------------------------- init, extend, destroy


@pytest.mark.parametrize(
    ("address", "size", "page_size"),
    [
        (BASE, SIZE, 8),
        (BASE, SIZE, 256),
        (BASE, SIZE, 65536),
        (BASE, SIZE, 4095),
        (BASE, SIZE, 4097),
        (BASE, SIZE, 0),
        (BASE, SIZE, 2**63),
        (BASE, SIZE, 2**64 - 1),
        (BASE, SIZE - 1, 4096),
        (BASE, SIZE + 512, 4096),
        (BASE, 0, 4096),
        (BASE, 4096, 4096),
        (BASE, 8192, 4096),
        (BASE, 2**31 + 4096, 4096),
        (BASE, 2**64 - 4096, 4096),
        (BASE + 512, SIZE - 4096, 4096),
        (BASE + SIZE, SIZE, 4096),
        (BASE + 4096, SIZE, 4096),
        (0, SIZE, 4096),
        (HOME, 4096, 512),
        (2**64 - 4096, SIZE, 4096),
    ],
)
def test_init_refuses(address: int, size: int, page_size: int) -> None:
    """EINVAL, with nothing changed (BKT-3)."""
    rig = Rig()
    rig.heap.destroy(lambda *_: None)
    before = rig.snapshot()
    assert rig.heap.init(address, size, page_size) == -EINVAL
    assert rig.snapshot() == before


def test_the_smallest_heap_has_two_pages() -> None:
    rig = Rig(4096, 3 * 4096)
    assert rig.heap.alloc(8192) == BASE + 4096
    assert rig.heap.alloc(1) == 0


@pytest.mark.parametrize("offset", [0, 4096, -4096, SIZE - 4096, 4096 - SIZE, 512])
def test_extend_refuses_what_overlaps(rig: Rig, offset: int) -> None:
    """A repeated, overlapping or misaligned extent is EINVAL, with nothing changed (BKT-6)."""
    rig.memory.map(BASE - SIZE, SIZE // 4096)
    rig.memory.map(BASE + SIZE, SIZE // 4096)
    assert rig.heap.extend(BASE + 2 * SIZE, SIZE) == -EINVAL
    before = rig.snapshot()
    assert rig.heap.extend(BASE + offset, SIZE) == -EINVAL
    assert rig.heap.extend(BASE + SIZE, SIZE - 4096) == -EINVAL
    assert rig.snapshot() == before


def test_extents_serve_by_address(rig: Rig) -> None:
    for place in (BASE + 2 * SIZE, BASE - 3 * SIZE, BASE + SIZE):
        assert rig.heap.extend(rig.provide(place), SIZE) == 0
    assert list(rig.extents()) == [BASE - 3 * SIZE, BASE, BASE + SIZE, BASE + 2 * SIZE]
    assert rig.heap.alloc(1) == BASE - 3 * SIZE + rig.heap.header


def test_destroy_flushes_each_extent_once(rig: Rig) -> None:
    """And leaves a heap that refuses use (BKT-7)."""
    rig.heap.extend(rig.provide(BASE + SIZE), SIZE)
    block = rig.heap.alloc(100)
    rig.heap.alloc(10000)
    flushed: list[tuple[int, int]] = []

    def flush(address: int, size: int) -> None:
        rig.memory.unmap(address, size // 4096)
        flushed.append((address, size))

    assert rig.heap.destroy(flush) == 0
    assert flushed == [(BASE, SIZE), (BASE + SIZE, SIZE)]
    before = rig.snapshot()
    assert rig.heap.alloc(1) == 0
    assert rig.heap.alloc(10000) == 0
    assert rig.heap.free(block) == -EINVAL
    assert rig.heap.extend(BASE + 4 * SIZE, SIZE) == -EINVAL
    assert rig.heap.destroy(flush) == -EINVAL
    assert (rig.snapshot(), len(flushed)) == (before, 2)
    assert rig.heap.init(rig.provide(BASE), SIZE, 512) == 0
    assert rig.heap.alloc(1) == BASE + rig.heap.header


def test_the_descriptor_has_the_documented_layout(rig: Rig) -> None:
    """The buckets' sentinels lie behind the descriptor (BKT-1)."""
    assert DESCRIPTOR == BucketHeap.SIZE + 16 * BUCKETS == 232
    assert rig.heap.extents == BASE
    assert (rig.heap.shift, rig.heap.extent_size, rig.heap.header % 4096) == (12, SIZE, 0)
