"""The lock of the bin heap, bad pointers, and random histories."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest

from impl.arithmetic import PAGE_SIZE
from impl.bin_layout import MAGIC, BlockHeader, ListEntry
from impl.errors import DoubleFree, DrystoneError, HeapCorruption, InvalidFree, LockError
from proofs.bin_heap.shared import held
from proofs.bin_heap.subject import SUBJECT
from tests.test_bin_heap import BASE, HEAP, Room, Step


@pytest.fixture
def room() -> Room:
    return Room()


# ---------------------------------------------------------------- the lock


def test_every_operation_refuses_a_held_lock_and_gives_it_back(room: Room) -> None:
    """acquire and release pair up, exceptions included (BIN-14)."""
    block = room.heap.malloc(1)
    room.heap.acquire_lock()
    for call in (lambda: room.heap.malloc(1), lambda: room.heap.calloc(1, 1), lambda: room.heap.free(block)):
        with pytest.raises(LockError):
            call()
    room.heap.release_lock()
    with pytest.raises(LockError):
        room.heap.release_lock()
    with pytest.raises(LockError):
        room.heap.unmap_memory(block - 64, PAGE_SIZE)
    assert room.memory.is_mapped(block - 64, PAGE_SIZE)
    with pytest.raises(InvalidFree):
        room.heap.free(block + 1)
    assert room.heap.lock == 0


WITH_THE_LOCK = (
    *("first_bin", "take", "give", "alloc", "alloc_mapped", "block_new", "block_split", "free_block"),
    *("release_free", "free_kept", "free_mapped"),
)


def test_inner_operations_are_called_with_the_lock_held_alone() -> None:
    """They do not look at it: that it is held is shown wherever they are called (BIN-14)."""
    operations = {one.name: one for one in SUBJECT.operations}
    for name in WITH_THE_LOCK:
        assert held in operations[name].requires, name


def test_init_after_the_memory_of_a_heap_is_gone_begins_with_empty_bins(room: Room) -> None:
    """The descriptor still holds what the former heap left there; its claims and its page went."""
    block = room.heap.malloc(1) - 64
    for header in (block, room.by_address()[-1]):
        for struct, place in ((BlockHeader, header), (ListEntry, header + 16), (ListEntry, header + 40)):
            room.machine.memory.shadow.release(struct, place)
    room.memory.unmap(block, 1)
    room.heap.init()
    assert room.bitmap() == []
    assert room.by_address() == []
    assert room.malloc(1)


# ---------------------------------------------------------------- bad pointers


def test_bad_pointers_are_refused(room: Room) -> None:
    blocks = [room.malloc(200) for _ in range(3)]
    large = room.malloc(20_000)
    room.free(blocks[1])
    expected = {
        blocks[0] + 8: InvalidFree,
        blocks[0] + 64: HeapCorruption,
        blocks[1]: DoubleFree,
        large + 64: HeapCorruption,
        0x100_0000: InvalidFree,
        2**64 - 64: InvalidFree,
        HEAP + 64: InvalidFree,
        HEAP + 128: HeapCorruption,
        64: InvalidFree,
    }
    for address, error in expected.items():
        for call in (room.heap.free, lambda a: room.heap.realloc(a, 10)):
            with pytest.raises(error):
                call(address)
    room.look()
    room.free(large)
    with pytest.raises(InvalidFree):
        room.heap.free(large)


def test_an_overrun_is_detected(room: Room) -> None:
    first, second = room.malloc(64), room.malloc(64)
    room.memory.vandalise(first + 64, b"A" * 4)
    with pytest.raises(HeapCorruption):
        room.heap.free(second)
    with pytest.raises(HeapCorruption):
        room.heap.realloc(second, 1000)


def test_a_copy_of_a_header_is_not_believed(room: Room) -> None:
    """Its neighbours do not point back."""
    victim, block = room.malloc(64), room.malloc(1000)
    entry = ListEntry(room.memory, victim - 64 + 40)
    words = (64, block + 64 + 16, block + 64 + 16, 0, entry.prev, entry.next, entry.list)
    forged = MAGIC.to_bytes(4, "little") + (1).to_bytes(4, "little")
    forged += b"".join(word.to_bytes(8, "little") for word in words)
    room.memory.store_bytes(block + 64, forged)
    with pytest.raises(HeapCorruption):
        room.heap.free(block + 128)


# ---------------------------------------------------------------- random histories


def steps(room: Room) -> Iterator[Step]:
    """What users do."""

    def allocate(source: random.Random) -> None:
        size = source.choice([source.randrange(1, 300), source.randrange(1, 17_000), source.randrange(16_000, 40_000)])
        source.choice([room.malloc, lambda n: room.calloc(1, n)])(size)

    def change(source: random.Random) -> None:
        if room.contents:
            room.realloc(source.choice(sorted(room.contents)), source.choice([1, 100, 1000, 5000, 20_000, 50_000]))

    def release(source: random.Random) -> None:
        if room.contents:
            address = source.choice(sorted(room.contents))
            room.free(address)
            with pytest.raises(DrystoneError):
                room.heap.free(address)

    yield from (allocate, change, release)


@pytest.mark.parametrize("seed", range(4))
def test_random_histories(seed: int) -> None:
    """Mappings land anywhere, frames run out, contents survive, and ``look`` finds everything in order."""
    room, source = Room(1 << 20), random.Random(seed)
    if seed % 2:
        room.memory.placement = lambda count: BASE + source.randrange(64) * PAGE_SIZE
    choices = list(steps(room))
    for number in range(600):
        source.choice(choices)(source)
        if number % 8 == 0:
            room.look()
    for address in list(room.contents):
        room.free(address)
    room.look()


# ---------------------------------------------------------------- damaged links


def turned_up(room: Room) -> None:
    """The lowest block by address leads up to the highest: a walk down would go round for ever."""
    lowest, *_, highest = room.by_address()
    place = lowest + 40 + ListEntry.prev.offset
    room.memory.vandalise(place, (highest + 40).to_bytes(8, "little"))


def test_a_walk_down_a_damaged_list_ends(room: Room) -> None:
    """Its magic survived.  malloc maps nothing then; trim and destroy give up; none of them keeps the lock."""
    blocks = [room.malloc(16_000) for _ in range(3)]
    room.memory.placement = lambda pages: 0x1000_0000
    turned_up(room)
    frames = room.machine.free_frames()
    with pytest.raises(HeapCorruption, match=r"the list by address leads from 0x\w+ up to 0x\w+"):
        room.heap.malloc(16_000)
    assert room.machine.free_frames() == frames
    for call in (room.heap.trim, room.heap.destroy):
        with pytest.raises(HeapCorruption, match="up to"):
            call()
    room.memory.placement = None
    assert room.heap.malloc(10) and all(blocks)
