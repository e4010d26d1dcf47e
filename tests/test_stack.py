"""The whole stack on one RAM: every heap at once, and no physical byte with two owners."""

import pytest

from impl.arithmetic import PAGE_SIZE
from impl.bucket_heap import BucketHeap
from impl.bucket_heap_layout import Page
from impl.page_tables import FRAME_MASK, Entry
from impl.tlbs import Tlbs
from impl.virtual_memory import VirtualMemory
from proofs.checking.campaign import check
from proofs.checking.violation import Violation
from proofs.stack.live.world import (
    DESCRIPTOR_PAGES,
    DESCRIPTORS,
    KINDS,
    POOL,
    POOL_PAGES,
    Resident,
    StackWorld,
    calls_of,
)

SEGMENT, BLOCK, BIN, BUCKET = 0, 2, 4, 6
BEHIND = DESCRIPTORS + 8 * DESCRIPTOR_PAGES * PAGE_SIZE
"""Behind the descriptors of space 0."""
ELSEWHERE = 8
"""The first heap of space 1: a segment heap."""
STALE = {"reads_agree", "writes_agree", "fetches_agree", "others_agree", "protected", "seen_by_all"}
"""What a TLB breaks that holds what the tables do not say."""
SECOND = {kind: 2 * number + 1 for number, kind in enumerate(KINDS)}


@pytest.fixture
def world() -> StackWorld:
    return StackWorld()


def test_all_heaps_run_on_one_ram(world):
    """Blocks of all heaps, at equal virtual addresses too, are different bytes (MEM-11, MEM-12)."""
    found = {who: world.allocate(who, 5000) for who in range(len(world.residents))}
    assert all(found.values())
    assert found[SEGMENT] == found[ELSEWHERE]
    for who, address in found.items():
        world.free(who, address)


def test_random_histories_find_nothing():
    result = check("stack", 150, 1)
    assert result.violation is None, str(result.violation)
    assert result.steps >= 150


@pytest.mark.slow
def test_long_random_histories_find_nothing():
    result = check("stack", 1500, 100)
    assert result.violation is None, str(result.violation)


def test_every_heap_refuses_the_blocks_of_the_others(world):
    for other in range(len(world.residents)):
        address = world.allocate(other, 4096)
        for who in range(len(world.residents)):
            if who != other:
                world.mistake(who, other, address)


def test_there_are_several_heaps_of_every_kind_in_one_space(world):
    for kind in KINDS:
        heaps = [one for one in world.residents if one.kind == kind]
        assert [one.memory is world.memories[0] for one in heaps] == [True, True, False]


@pytest.mark.parametrize("size", [100, 4096, 5 * PAGE_SIZE])
@pytest.mark.parametrize("kind", KINDS)
def test_a_genuine_block_of_a_neighbour_of_the_same_kind_is_refused(world, kind, size):
    """What a second heap of the kind handed out is none of the first one's, to free or to resize."""
    second = SECOND[kind]
    address = world.allocate(second, size)
    mine = world.allocate(second - 1, size)
    assert address and mine
    for request in (0, 50, 20 * PAGE_SIZE):
        world.mistake(second - 1, second, address, request)
    world.free(second, address)
    world.free(second - 1, mine)
    assert world.allocate(second, size)


def test_a_heap_that_meets_the_shadow_when_it_is_given_a_foreign_block_is_noticed(world):
    """Such a call touched what is not its own, whether or not a byte came to differ."""
    address = world.allocate(BUCKET, 100)

    def touch(block: int) -> None:
        world.memories[0].read(Page.kind, block)

    world.residents[SEGMENT].calls[0].free = touch
    with pytest.raises(Violation, match="ShadowViolation"):
        world.mistake(SEGMENT, BUCKET, address)


def test_a_block_is_resized_with_what_its_user_keeps(world):
    address = world.resize(BIN, world.allocate(BIN, 100), 9 * PAGE_SIZE)
    assert address
    assert world.resize(BIN, address, 50)


def test_every_space_has_several_processors_and_any_of_them_calls_any_heap(world):
    """A block that one processor allocates, another one resizes and frees."""
    for processors in world.spaces:
        assert len(processors) == 2
        assert {id(memory) for memory in processors} <= {id(tlb) for tlb in processors[0].tlbs.members()}
    for who in range(len(world.residents)):
        address = world.allocate(who, 2 * PAGE_SIZE, 1)
        world.free(who, world.resize(who, address, PAGE_SIZE, 0), 1)
    for on in (0, 1, 1, 0):
        world.program(0, 0, 2, on)


# ---------------------------------------------------------------- what must be noticed


@pytest.mark.parametrize("told", [0, 1])
def test_a_shootdown_that_forgets_one_tlb_is_noticed(told, monkeypatch):
    """Whichever is told alone, random histories find the stale translation of the other (MEM-4)."""
    forget = Tlbs.forget
    monkeypatch.setattr(Tlbs, "forget", lambda tlbs, number, page: number == told and forget(tlbs, number, page))
    violation = check("stack", 2000, 1, short=False).violation
    assert violation is not None
    assert violation.theorem.split(".")[-1] in STALE


@pytest.mark.parametrize("operation", ["unmap", "protect"])
def test_an_operation_that_tells_nobody_is_noticed(world, operation, monkeypatch):
    """Of unmap and of protect: the TLBs are looked at after each."""
    unsound = getattr(VirtualMemory, operation)

    def secretly(memory, *arguments):
        with monkeypatch.context() as patch:
            patch.setattr(VirtualMemory, "_shoot_down", lambda *_: None)
            unsound(memory, *arguments)

    monkeypatch.setattr(VirtualMemory, operation, secretly)
    with pytest.raises(Violation) as found:
        for _ in range(2):
            world.program(0, 0, 1)
    assert found.value.theorem.split(".")[-1] in STALE


@pytest.mark.parametrize("table", ["_readable", "_writable", "_executable"])
@pytest.mark.parametrize("number", [0, 1])
@pytest.mark.parametrize("space", [0, 1])
def test_a_translation_that_the_tables_do_not_say_is_noticed(world, space, number, table):
    """In any TLB of any space, and of any kind, at the next step, whatever that is."""
    page = next(iter(world.memories[space]._readable))
    getattr(world.spaces[space][number], table)[page] = PAGE_SIZE
    with pytest.raises(Violation) as found:
        world.grab(1)
    assert found.value.theorem.split(".")[-1] in STALE


def test_a_frame_that_two_spaces_map_is_noticed(world):
    address = world.allocate(SEGMENT, 3000)
    assert world.allocate(ELSEWHERE, 3000) == address
    slots = [memory.space._leaf_slot(address) for memory in world.memories]
    values = [Entry(world.machine.ram, slot).value for slot in slots]
    Entry(world.machine.ram, slots[1]).value = values[0] & FRAME_MASK | values[1] & ~FRAME_MASK
    with pytest.raises(Violation, match="one_owner"):
        world.program(0, 0, 1)


def test_a_heap_on_the_pool_of_another_is_noticed(world):
    memory = world.memories[0]
    memory.map(BEHIND, DESCRIPTOR_PAGES)
    heap = BucketHeap.claim(memory, BEHIND)
    assert heap.init(POOL, POOL_PAGES * PAGE_SIZE, 4096) == 0
    calls = calls_of("bucket_heap", heap, world.spaces[0])
    world.residents.append(Resident("bucket_heap", len(world.residents), world.spaces[0], calls))
    with pytest.raises(Violation, match="one_owner"):
        for size in (4096, 8192):
            world.allocate(BLOCK, size)
            world.allocate(len(world.residents) - 1, size)


def test_a_block_on_a_free_frame_is_noticed(world):
    address = world.allocate(BIN, 8 * PAGE_SIZE)
    frame = world.memories[0].space.translate(address) & ~(PAGE_SIZE - 1)
    world.machine.frames.free(frame, PAGE_SIZE)
    with pytest.raises(Violation, match="one_owner"):
        world.inspect("boot")


def test_a_byte_that_changes_under_its_user_is_noticed(world):
    address = world.allocate(BUCKET, 100)
    world.memories[0].vandalise(address + 99, b"!!")
    with pytest.raises(Violation, match="kept"):
        world.program(1, 0, 1)
