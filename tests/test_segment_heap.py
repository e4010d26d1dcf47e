"""The segment heap on the real machine: random histories, and the documented behaviour one statement at a time."""

import pytest

import impl.segment_heap
from impl.arithmetic import PAGE_SIZE
from impl.machine import Machine
from impl.segment_heap import MAGIC, Segment, SegmentHeap
from proofs.checking.bench import load_edition, source_of
from proofs.checking.campaign import check
from proofs.checking.violation import PreconditionError, Violation
from proofs.segment_heap.live.world import SegmentHeapWorld, forged

BASE = 0x4000_0000
WHOLE = 16 * PAGE_SIZE


@pytest.fixture
def world() -> SegmentHeapWorld:
    fresh = SegmentHeapWorld()
    fresh.init(BASE)
    return fresh


def messages(world: SegmentHeapWorld) -> list[str]:
    return [message.format(*values) for message, values in world.machine.memory.messages]


# ---------------------------------------------------------------- histories


def test_random_histories_keep_every_theorem() -> None:
    """Every clause after every step (SEG-3, SEG-4, SEG-5, SEG-6, SEG-10, SEG-11, SEG-12, SEG-14)."""
    result = check("segment_heap", 5000, 0)
    assert result.violation is None, str(result.violation) + result.script
    assert result.steps >= 5000
    assert result.checks > 20 * result.steps


@pytest.mark.slow
def test_long_random_histories_keep_every_theorem() -> None:
    result = check("segment_heap", 20_000, 1000)
    assert result.violation is None, str(result.violation) + result.script
    assert result.steps >= 20_000


def test_campaigns_repeat_themselves() -> None:
    assert check("segment_heap", 500, 7) == check("segment_heap", 500, 7)


def test_progress_is_told() -> None:
    told: list[tuple[int, int]] = []
    result = check("segment_heap", 300, 0, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (result.steps, 300)


# ---------------------------------------------------------------- a heap that lives


@pytest.mark.parametrize("base", [BASE, BASE + 64 * PAGE_SIZE])
def test_a_heap_that_lives_is_not_started_again(world: SegmentHeapWorld, base: int) -> None:
    """The contract rules it out: the pages would be lost (SEG-7).  After destruct no frame is missing."""
    world.allocate(100)
    with pytest.raises(PreconditionError, match="the heap does not live"):
        world.init(base)
    world.destruct()
    assert world.machine.free_frames() == world.free_at_start
    assert world.init(base)


# ---------------------------------------------------------------- memory goes back


def test_with_no_block_live_trim_gives_every_frame_back_that_the_heap_grew_by() -> None:
    """As many frames are free as before the first request, in whatever order the blocks went."""
    for order in ((0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0)):
        machine = Machine(4 << 20)
        machine.memory.map(0x7000, 1)
        heap = SegmentHeap.claim(machine.memory, 0x7100)
        assert heap.init(BASE)
        before = machine.free_frames()
        blocks = [heap.allocate(size) for size in (WHOLE, 100, 300 * PAGE_SIZE)]
        for number in order:
            heap.free(blocks[number])
        assert machine.free_frames() < before - 300
        assert heap.trim() > 300
        assert machine.free_frames() == before
        assert heap.trim() == 0
        assert heap.allocate(WHOLE - 48) == BASE + 48


def test_trim_keeps_what_live_blocks_need(world: SegmentHeapWorld) -> None:
    """The page of the last header stays, and pages between live blocks."""
    first = world.allocate(20 * PAGE_SIZE)
    last = world.allocate(100)
    world.free(first)
    assert world.trim() == 0
    world.free(world.allocate(30 * PAGE_SIZE))
    assert world.trim() == 30
    assert world.chain.end == BASE + 21 * PAGE_SIZE
    world.free(last)
    assert world.trim() == 5
    assert (world.chain.start, world.chain.end, world.chain.count) == (BASE, BASE + WHOLE, 1)


def test_trim_gives_a_last_segment_back_whole_that_begins_at_a_page(world: SegmentHeapWorld) -> None:
    world.allocate(WHOLE - 48)
    world.free(world.allocate(1))
    assert world.trim() == 1
    assert world.chain.end == BASE + WHOLE
    assert world.allocate(1) == BASE + WHOLE + 48


def test_trim_touches_nothing_beside_a_damaged_header(world: SegmentHeapWorld) -> None:
    """It is logged, and no page goes (SEG-3)."""
    world.free(world.allocate(20 * PAGE_SIZE))
    world.hit(BASE, 4)
    assert world.trim() == 0
    assert "lost its magic" in messages(world)[-1]


def test_trim_of_a_heap_that_is_gone_gives_nothing(world: SegmentHeapWorld) -> None:
    world.destruct()
    assert world.trim() == 0


# ---------------------------------------------------------------- damaged links

MOST_COST = 10_000
LINKS = [
    "to itself",
    "to the first",
    "to the one before",
    "beyond the end",
    "to the end",
    "half inside",
    "to the last word",
]


def linked_astray(world: SegmentHeapWorld, kind: str) -> int:
    """Five blocks; the ``next`` of the fourth is damaged, its magic survives.  The address of the fifth."""
    blocks = [world.allocate(100) for _ in range(5)]
    header, end = blocks[3] - 48, world.chain.end
    targets = (header, BASE, blocks[2] - 48, end + PAGE_SIZE, end, end - 32, 2**64 - 8)
    place = header + Segment.next.offset
    world.checked.vandalise(place, targets[LINKS.index(kind)].to_bytes(8, "little"))
    return blocks[4]


@pytest.mark.parametrize("kind", LINKS)
def test_a_walk_over_damaged_links_ends(world: SegmentHeapWorld, kind: str) -> None:
    """allocate, free and dump tell of the link and change nothing (SEG-3, SEG-9)."""
    last = linked_astray(world, kind)
    heap, before = world.checked.heap, world.checked.state()
    for call in (lambda: heap.allocate(1000), lambda: heap.free(last), lambda: heap.free(last - 148), heap.dump):
        lines = len(messages(world))
        with world.machine.counter.at_most(MOST_COST):
            assert not call()
        assert "leads astray" in messages(world)[-1]
        assert len(messages(world)) == lines + (5 if call == heap.dump else 1)
        assert world.checked.state().same_memory(before)


@pytest.mark.parametrize("kind", LINKS)
def test_a_heap_with_damaged_links_gives_every_frame_back(world: SegmentHeapWorld, kind: str) -> None:
    """Destruct ends, too, and every page goes (SEG-14)."""
    linked_astray(world, kind)
    with world.machine.counter.at_most(MOST_COST):
        world.checked.heap.destruct()
    assert "leads astray" in messages(world)[-1]
    world.leave()
    world.all_back("destruct")


def test_a_split_beside_a_damaged_link_changes_nothing(world: SegmentHeapWorld) -> None:
    """The segment that would be split leads to itself."""
    first, _ = world.allocate(1000), world.allocate(16)
    world.free(first)
    world.checked.vandalise(first - 48 + Segment.next.offset, (first - 48).to_bytes(8, "little"))
    before = world.checked.state()
    assert world.checked.heap.allocate(16) == 0
    assert "leads astray" in messages(world)[-1]
    assert world.checked.state().same_memory(before)


# ---------------------------------------------------------------- what a refused free is told


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2), (1, 2, 0), (0, 2, 1)])
def test_a_second_free_is_told_that_the_memory_is_free(world: SegmentHeapWorld, order: tuple[int, ...]) -> None:
    """Also of a block that was merged with its neighbours: no line says that there never was one (SEG-12)."""
    blocks = [world.allocate(100) for _ in range(3)]
    for number in order:
        world.free(blocks[number])
        world.free(blocks[number])
        assert f"free of {blocks[number]:#x}" in messages(world)[-1]
        assert "is free already: " in messages(world)[-1] or "is free: " in messages(world)[-1]
    for block in blocks:
        world.free(block)
    first, *others = messages(world)[-3:]
    assert first == f"segment {BASE:#x} is free already: free of {blocks[0]:#x}"
    for block, line in zip(blocks[1:], others, strict=True):
        assert line == f"segment {BASE:#x} is free: free of {block:#x} in it, freed before or never handed out"


def test_a_free_of_what_is_not_free_memory_is_not_called_a_second_one(world: SegmentHeapWorld) -> None:
    """Inside a live block, after its page went back, outside the heap (SEG-12)."""
    block = world.allocate(100)
    world.allocate(WHOLE - 112 - 2 * 48)
    gone = world.allocate(1)
    world.free(gone)
    world.trim()
    for address in (block + 16, BASE, gone, 16, 2**64 - 1):
        world.free(address)
        assert messages(world)[-1].endswith("no segment starts there")


# ---------------------------------------------------------------- the documented layout


def test_the_header_has_the_documented_layout() -> None:
    """Offsets of the C struct, written down again (SEG-2); the payload follows directly (SEG-1)."""
    world = SegmentHeapWorld()
    world.init(BASE)
    first, second = world.allocate(24), world.allocate(100)
    assert (first, second) == (BASE + 48, BASE + 48 + 32 + 48)
    raw = world.machine.ram.buffer
    frame = world.machine.space.walk(BASE) & 0xF_FFFF_FFFF_F000
    image = raw[frame : frame + 48]
    assert image[0:4] == (0x5E60BEEF).to_bytes(4, "little")
    assert int.from_bytes(image[8:16], "little") == 32
    assert image[16] == 0
    assert int.from_bytes(image[24:32], "little") == second - 48
    assert int.from_bytes(image[32:40], "little") == 0


def test_the_heap_runs_on_an_ordinary_machine() -> None:
    """Frames come and go with the heap (SEG-7, SEG-8, SEG-14)."""
    machine = Machine(1 << 20)
    machine.memory.map(0x7000, 1)
    before = machine.free_frames()
    heap = SegmentHeap(machine.memory, 0x7100)
    assert heap.init(BASE)
    block = heap.allocate(1000)
    machine.memory.store_bytes(block, b"x" * 1000)
    heap.free(block)
    heap.destruct()
    assert machine.free_frames() == before


# ---------------------------------------------------------------- operations


def test_allocation_is_first_fit(world: SegmentHeapWorld) -> None:
    """A freed segment is found again (SEG-8, SEG-11)."""
    blocks = [world.allocate(size) for size in (300, 16, 200, 16)]
    world.free(blocks[0])
    world.free(blocks[2])
    assert world.allocate(250) == blocks[0]
    assert world.allocate(150) == blocks[2]


def test_a_rest_that_cannot_stand_alone_is_handed_out_too(world: SegmentHeapWorld) -> None:
    whole = WHOLE - 48
    block = world.allocate(whole - 48)
    assert world.chain.size[block - 48] == whole
    world.free(block)
    block = world.allocate(whole - 64)
    assert world.chain.size[block - 48] == whole - 64


def test_growth_enlarges_a_free_last_segment(world: SegmentHeapWorld) -> None:
    """The end grows upwards, and last_segment follows (SEG-6)."""
    assert world.allocate(WHOLE) == BASE + 48
    assert world.chain.end == BASE + WHOLE + PAGE_SIZE
    world.allocate(world.chain.size[world.chain.last])
    end = world.chain.end
    assert world.allocate(1) == end + 48


@pytest.mark.parametrize("size", [0, 2**64 - 1, 2**64 - 2 * PAGE_SIZE, 2**63])
def test_sizes_that_no_heap_can_serve_give_null(world: SegmentHeapWorld, size: int) -> None:
    assert world.allocate(size) == 0


@pytest.mark.parametrize("value", ["16", None, 1.0, True])
def test_arguments_that_are_no_integers_are_type_errors(world: SegmentHeapWorld, value: object) -> None:
    before = world.checked.state()
    for operation in (world.checked.heap.init, world.checked.heap.allocate, world.checked.heap.free):
        with pytest.raises(TypeError):
            operation(value)
    assert world.checked.state().same_memory(before)


def test_a_forged_header_is_never_believed(world: SegmentHeapWorld) -> None:
    """What a user writes into his block is never a segment (SEG-12)."""
    block = world.allocate(200)
    for offset in (0, 16, 96):
        world.forge(block, offset, False)
        world.free(block + offset + 48)
    assert world.chain.used(block - 48)
    assert "no segment starts there" in messages(world)[-1]


def test_a_stale_header_inside_a_new_block_is_never_believed(world: SegmentHeapWorld) -> None:
    """An address that was a block once is refused (SEG-12)."""
    first, second = world.allocate(16), world.allocate(16)
    world.free(second)
    world.free(first)
    whole = world.allocate(200)
    world.free(second)
    assert world.chain.used(whole - 48)


def test_an_overrun_is_detected_by_the_next_call_that_passes(world: SegmentHeapWorld) -> None:
    """A lost magic is logged, and the call changes nothing (SEG-3, SEG-9)."""
    first, _, third = (world.allocate(16) for _ in range(3))
    world.overrun(first, 1)
    assert world.allocate(16) == 0
    assert f"heap corrupted: the header at {first + 16:#x} lost its magic" in messages(world)[-1]
    world.free(first)
    world.free(third)
    assert world.chain.used(first - 48)
    assert world.chain.used(third - 48)


def test_dump_lists_segments_in_address_order(world: SegmentHeapWorld) -> None:
    """One line a segment, with its size and whether it is reclaimable (SEG-4, SEG-13)."""
    block = world.allocate(16)
    world.dump()
    assert messages(world) == [
        f"segment {BASE:#x}: 16 bytes, free: False",
        f"segment {block + 16:#x}: {WHOLE - 48 - 16 - 48} bytes, free: True",
    ]


def test_a_damaged_heap_gives_every_frame_back(world: SegmentHeapWorld) -> None:
    """Destruct does not depend on intact headers (SEG-14)."""
    blocks = [world.allocate(100) for _ in range(5)]
    world.overrun(blocks[1], 48)
    world.destruct()
    assert world.init(BASE)


def test_failing_growth_leaves_no_page_behind() -> None:
    world = SegmentHeapWorld(frames=40)
    world.init(BASE)
    free = world.machine.free_frames()
    assert world.allocate(60 * PAGE_SIZE) == 0
    assert world.machine.free_frames() == free


def test_a_perfect_forgery_of_the_next_header_is_what_the_model_calls_damage_only_if_it_differs() -> None:
    """A header overwritten by its own image is no damage: nothing changes."""
    world = SegmentHeapWorld()
    world.init(BASE)
    first, second = world.allocate(16), world.allocate(16)
    image = forged(16, False, world.chain.after[second - 48], first - 48)
    world.checked.vandalise(second - 48, image)
    world.free(second)
    world.free(first)
    assert world.chain.count == 1


def test_the_header_that_goes_loses_its_magic(world: SegmentHeapWorld) -> None:
    first, second = world.allocate(16), world.allocate(16)
    world.free(second)
    world.free(first)
    assert world.checked.state().fields("Segment").magic[second - 48] != MAGIC
    assert Segment.SIZE == 48


@pytest.mark.parametrize(
    ("text", "faulty"),
    [("current, segment.size, segment.free)", "current, segment.size + 1, segment.free)")]
    + [("current, segment.size, segment.free)", "current, segment.size, False)")],
)
def test_a_dump_that_prints_something_else_is_noticed(text: str, faulty: str) -> None:
    """The sizes in its lines are those of the headers (SEG-13)."""
    source = source_of(impl.segment_heap)
    assert source.count(text) == 1
    faulty_world = SegmentHeapWorld(64, load_edition(impl.segment_heap, source.replace(text, faulty)))
    assert faulty_world.init(BASE)
    faulty_world.allocate(16)
    with pytest.raises(Violation) as noticed:
        faulty_world.dump()
    assert noticed.value.theorem == "segment_heap.dump.dump_is_complete"
