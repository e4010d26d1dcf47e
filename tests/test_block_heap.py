"""The block heap on the real machine: random histories, its defects, and the documented behaviour."""

from pathlib import Path as FilePath

import pytest
import z3

import impl.block_heap
from impl.arithmetic import PAGE_SIZE
from impl.block_heap import EINVARG, HeapTable, KernelHeap
from impl.errors import DoubleFree, InvalidFree
from impl.machine import Machine
from proofs.block_heap.live.story import ENTRIES, POOL, begin, story
from proofs.block_heap.live.world import TABLE, BlockHeapWorld
from proofs.checking.bench import load_edition
from proofs.checking.campaign import check
from proofs.checking.violation import PreconditionError
from proofs.engine import path as paths
from proofs.engine.ghost import SymMap
from proofs.engine.memory import SymMemory
from proofs.engine.path import Path
from proofs.engine.values import SymInt
from tests.defects.block_heap import DEFECTS
from tests.defects.defect import Defect
from tests.entailment import entailed, single_path
from tests.warm import names

STEPS = 30_000
BLOCKS = 8


@pytest.fixture
def world() -> BlockHeapWorld:
    fresh = BlockHeapWorld()
    begin(fresh, BLOCKS)
    return fresh


def entries(world: BlockHeapWorld) -> bytes:
    """The table, read out of RAM."""
    ram = world.checked.state().fields("TableEntry").value
    return bytes(ram[ENTRIES + number] for number in range(BLOCKS))


# ---------------------------------------------------------------- histories and defects


def test_random_histories_keep_every_theorem() -> None:
    """Every clause after every step (BLK-4, BLK-5, BLK-6, BLK-8)."""
    result = check("block_heap", 3000, 0)
    assert result.violation is None, str(result.violation) + result.script
    assert result.checks > 20 * result.steps


@pytest.mark.slow
def test_the_story_keeps_every_theorem() -> None:
    story(BlockHeapWorld)


@pytest.mark.slow
@pytest.mark.parametrize("defect", DEFECTS, ids=lambda d: d.name)
def test_the_model_checker_finds_the_defect(defect: Defect) -> None:
    result = check("block_heap", STEPS, 1, load_edition(impl.block_heap, defect.source()), short=False)
    assert result.violation is not None, f"not found in {result.steps} steps: {defect.fault}"
    assert set(result.violation.theorems) & set(defect.theorems), str(result.violation)


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda d: d.name)
def test_the_theorem_that_names_the_defect_cannot_be_proved(defect: Defect) -> None:
    assert names(defect)


# ---------------------------------------------------------------- documented behaviour


def test_entries_have_the_documented_values(world: BlockHeapWorld) -> None:
    """TAKEN 0x01, FREE 0x00, HAS_NEXT 0x80, IS_FIRST 0x40, written down again (BLK-1)."""
    assert entries(world) == bytes(BLOCKS)
    world.allocate(1)
    world.allocate(3 * PAGE_SIZE)
    world.allocate(PAGE_SIZE + 1)
    assert entries(world) == bytes([0x41, 0xC1, 0x81, 0x01, 0xC1, 0x01, 0, 0])


def test_descriptors_have_the_documented_layout(world: BlockHeapWorld) -> None:
    """heap: table, saddr; heap_table: entries, total (BLK-2, BLK-3)."""
    raw = world.machine.ram.buffer
    frame = world.machine.space.walk(0x7000) & 0xF_FFFF_FFFF_F000
    words = [int.from_bytes(raw[frame + 0x100 + 8 * i : frame + 0x108 + 8 * i], "little") for i in range(4)]
    assert words == [TABLE, POOL, ENTRIES, BLOCKS]


def test_allocation_is_first_fit(world: BlockHeapWorld) -> None:
    """The lowest run of blocks that fits (BLK-5)."""
    first, second, third = (world.allocate(size) for size in (1, 2 * PAGE_SIZE, 1))
    world.free(second)
    world.free(first)
    assert world.allocate(3 * PAGE_SIZE) == first
    assert world.allocate(4 * PAGE_SIZE) == third + PAGE_SIZE
    assert world.allocate(1) == 0


def test_a_short_run_at_the_end_is_not_taken(world: BlockHeapWorld) -> None:
    """A run must be long enough (BLK-5)."""
    world.allocate(6 * PAGE_SIZE)
    assert world.allocate(2 * PAGE_SIZE + 1) == 0
    assert world.allocate(2 * PAGE_SIZE) == POOL + 6 * PAGE_SIZE


@pytest.mark.parametrize("offset", [PAGE_SIZE, 1, -PAGE_SIZE, 3 * PAGE_SIZE, BLOCKS * PAGE_SIZE])
def test_an_invalid_free_is_told(world: BlockHeapWorld, offset: int) -> None:
    """InvalidFree, with nothing changed (BLK-6)."""
    block = world.allocate(2 * PAGE_SIZE)
    before = world.checked.state()
    with pytest.raises(InvalidFree):
        world.checked.heap.free(block + offset)
    assert world.checked.state().same_memory(before)


@pytest.mark.parametrize("again", range(3))
@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)])
def test_a_double_free_is_called_one(world: BlockHeapWorld, order: tuple[int, ...], again: int) -> None:
    """Whatever lies beside it, and whatever was freed before: the entry says that the block is free (BLK-6)."""
    blocks = [world.allocate(size) for size in (1, 3 * PAGE_SIZE, 1)]
    for number in order[: again + 1]:
        world.free(blocks[number])
    before = world.checked.state()
    for number in order[: again + 1]:
        with pytest.raises(DoubleFree, match="the block there is free already"):
            world.checked.heap.free(blocks[number])
    assert world.checked.state().same_memory(before)


def test_a_refused_free_says_what_is_there(world: BlockHeapWorld) -> None:
    """InvalidFree for what no free block is: inside an allocation, beside the blocks, behind the heap (BLK-6)."""
    block = world.allocate(2 * PAGE_SIZE)
    for offset, told in ((PAGE_SIZE, "inside a live allocation"), (1, "no block of the heap"), (2**40, "behind")):
        with pytest.raises(InvalidFree, match=told) as caught:
            world.checked.heap.free(block + offset)
        assert caught.type is InvalidFree


@pytest.mark.parametrize("value", ["16", None, 1.0, True])
def test_arguments_that_are_no_integers_are_type_errors(world: BlockHeapWorld, value: object) -> None:
    heap = world.checked.heap
    for call in (heap.malloc, heap.free, heap.kzalloc, lambda v: heap.create(v, v, v)):
        with pytest.raises(TypeError):
            call(value)


def test_a_refused_creation_leaves_the_descriptor_untouched() -> None:
    """-EINVARG and nothing else (BLK-4)."""
    world = BlockHeapWorld()
    world.provide(POOL, BLOCKS)
    world.describe(ENTRIES, BLOCKS + 1)
    before = world.checked.state()
    assert world.create(POOL, POOL + BLOCKS * PAGE_SIZE) == -EINVARG
    assert world.checked.state().same_memory(before)


@pytest.mark.parametrize("count", [1, 2, BLOCKS])
def test_the_cost_bounds_are_attained(world: BlockHeapWorld, count: int) -> None:
    """Loads of malloc, one per entry, one store per block; free: loads, then a load and a store per block."""
    world.allocate((BLOCKS - count) * PAGE_SIZE)
    t = world.call("malloc", count * PAGE_SIZE)
    bound = 4 + BLOCKS + count
    assert 0.9 * bound <= t.cost <= bound
    freed = world.call("free", t.result)
    bound = 5 + 2 * count
    assert 0.9 * bound <= freed.cost <= bound


# ---------------------------------------------------------------- a heap that lives


def test_a_heap_with_a_live_block_is_not_created_again(world: BlockHeapWorld) -> None:
    """The contract rules it out: the block would be handed out a second time."""
    block = world.allocate(1)
    world.describe(ENTRIES + 64, BLOCKS)
    with pytest.raises(PreconditionError, match="no block of the heap is live"):
        world.create(POOL, POOL + BLOCKS * PAGE_SIZE)
    world.describe(ENTRIES, BLOCKS)
    world.free(block)
    frames = world.machine.free_frames()
    world.describe(ENTRIES + 64, BLOCKS)
    assert world.create(POOL, POOL + BLOCKS * PAGE_SIZE) == 0
    assert world.allocate(1) == block
    assert world.machine.free_frames() == frames


# ---------------------------------------------------------------- the kernel's heap on an ordinary machine


def test_the_kernel_heap_has_the_documented_constants() -> None:
    """100 MiB, 25600 entries, and the wrappers (BLK-7, BLK-8)."""
    machine = Machine(112 << 20)
    machine.memory.map(0x7000, 8)
    machine.memory.map(0x0100_0000, 25_600)
    heap = KernelHeap.claim(machine.memory, 0x7100)
    assert heap.kheap_init() == 0
    table = HeapTable(machine.memory, heap.table)
    assert (table.entries, table.total, heap.saddr) == (0x7E00, 25_600, 0x0100_0000)
    assert heap.kmalloc(100 << 20) == 0x0100_0000
    assert heap.kmalloc(1) == 0
    heap.kfree(0x0100_0000)
    machine.memory.store_bytes(0x0100_0000, b"x" * 5000)
    assert machine.memory.load_bytes(heap.kzalloc(5000), 5000) == bytes(5000)


def test_a_kernel_heap_without_memory_is_logged() -> None:
    machine = Machine(1 << 20)
    machine.memory.map(0x7000, 1)
    assert KernelHeap.claim(machine.memory, 0x7100).kheap_init() == -EINVARG
    assert machine.memory.messages[-1] == ("failed to create heap", ())


def test_every_defect_changes_the_source() -> None:
    text = FilePath(impl.block_heap.__file__).read_text()
    for defect in DEFECTS:
        assert defect.source() != text
        compile(defect.source(), defect.name, "exec")


# ---------------------------------------------------------------- what the block heap asks of the machine


@pytest.mark.parametrize(
    ("address", "size", "answer"),
    [
        (POOL, 2 * PAGE_SIZE, True),
        (POOL + 1, 2 * PAGE_SIZE, False),
        (POOL - 1, 1, False),
        (POOL + PAGE_SIZE - 1, 2, True),
        (POOL + 2 * PAGE_SIZE, 0, True),
        (2**64 - 1, 2, False),
        (2**47 - 1, 2, False),
    ],
)
def test_is_mapped_is_what_the_tables_grant(address: int, size: int, answer: bool) -> None:
    machine = Machine(1 << 20)
    machine.memory.map(POOL, 2)
    assert machine.memory.is_mapped(address, size) is answer


def test_a_read_only_page_is_not_mapped_for_a_heap() -> None:
    machine = Machine(1 << 20)
    machine.memory.map(POOL, 2)
    machine.memory.protect(POOL + PAGE_SIZE, 1, 0)
    assert machine.memory.is_mapped(POOL, PAGE_SIZE)
    assert not machine.memory.is_mapped(POOL, PAGE_SIZE + 1)


def test_the_prover_s_is_mapped_answers_both_ways_and_says_why() -> None:
    answers = []

    def ask(path: Path) -> None:
        memory = SymMemory({})
        low, size, page = (SymInt(path.integer(name)) for name in ("low", "size", "page"))
        path.know(z3.And(low.term >= 0, size.term > 0))
        touched = z3.And(low.term < (page.term + 1) * PAGE_SIZE, page.term * PAGE_SIZE < low.term + size.term)
        mapped = memory.arrays["mapped"]
        if memory.is_mapped(low, size):
            answers.append(entailed(path, z3.Implies(touched, mapped[page].term)))
        else:
            answers.append(entailed(path, z3.Not(mapped.covers(low, low + size).term)))

    paths.explore("subject.operation", ask)
    assert answers == [True, True]


def test_a_map_that_is_redefined_on_a_range_says_nothing_of_the_old_one() -> None:
    """The old value is mentioned beside the new one; that is no fact about it."""

    def redefine(path: Path) -> None:
        old = SymMap.arbitrary("old", z3.IntSort())
        with path.ghost():
            new = old.over(10, 20, lambda x: x + 1)
        assert entailed(path, z3.And(new[10].term == 11, new[19].term == 20, new[20].term == old[20].term))
        assert not entailed(path, new[9].term == 10)
        for value in (0, 1, -1):
            assert not entailed(path, old[15].term != value)

    single_path(redefine)
