"""The bucket heap under watch: random histories against a reference model, its defects, two heaps at a time, replay."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import impl.bucket_heap
from impl.arithmetic import PAGE_SIZE
from impl.bucket_heap import EINVAL, BucketHeap
from impl.bucket_heap_layout import CONTINUED, RUN, Extent, FreeLink, Links, LiveBits, Page
from impl.errors import HeapCorruption
from impl.machine import Machine
from proofs import registry
from proofs.bucket_heap.live.bench import BENCH
from proofs.bucket_heap.live.driver import EXTENT
from proofs.bucket_heap.live.layout import DESCRIPTOR as DESCRIPTOR_BYTES
from proofs.bucket_heap.live.layout import LAWS, header_of, read_out
from proofs.bucket_heap.live.story import BASE, FRAMES, JUNK, SIZE, begin, misdirected, sizes
from proofs.bucket_heap.live.world import BucketHeapWorld
from proofs.checking.bench import load_edition, source_of, source_with
from proofs.checking.campaign import check
from proofs.checking.replay import replay
from proofs.checking.trace import read_trace
from proofs.checking.violation import PreconditionError, Violation
from proofs.checking.witness import scripted_violation, witness
from proofs.checking.world import DESCRIPTOR
from proofs.engine.lineage import lineage
from tests.defects.bucket_heap import DEFECTS
from tests.defects.defect import Defect

STEPS = 800
SOON = ("scans_past_the_map", "leaves_blocks_in_bucket", "frees_inside_a_run", "takes_short_run")
"""Defects that random histories meet within so many steps; the scenario meets all of them."""
QUICK = (
    "leaves_blocks_in_bucket",
    "never_returns_pages",
    "keeps_page_type",
    "returns_page_too_early",
    "believes_in_memory",
    "small_block_for_odd_size",
)
"""Defects that the scenario meets within its first calls; the others are looked for by slow tests."""


@pytest.fixture
def world() -> BucketHeapWorld:
    fresh = BucketHeapWorld()
    begin(fresh)
    return fresh


@pytest.mark.parametrize("place", [BASE, BASE + 2 * SIZE])
def test_a_heap_that_lives_is_not_started_again(world: BucketHeapWorld, place: int) -> None:
    """The contract rules it out (BKT-3): its extents would never be flushed.  After destroy it has none."""
    block = world.alloc(100)
    with pytest.raises(PreconditionError, match="the heap does not live"):
        world.init(place, SIZE, PAGE_SIZE)
    frames = world.machine.free_frames()
    assert world.destroy() == 0
    assert world.init(place, SIZE, PAGE_SIZE) == 0
    assert world.free(block) == -EINVAL
    assert world.machine.free_frames() == frames


MOST_COST = 10_000


def astray(world: BucketHeapWorld, link: int, target: int, *calls: Callable[[Any], object]) -> None:
    """The link at that address is damaged; each of the calls ends with HeapCorruption and changes nothing."""
    world.checked.vandalise(link, target.to_bytes(8, "little"))
    before = world.checked.state()
    for call in calls:
        with world.machine.counter.at_most(MOST_COST), pytest.raises(HeapCorruption, match="leads down to"):
            call(world.checked.quick_heap)
        assert world.checked.state().same_memory(before)


@pytest.mark.parametrize("back", [0, 1])
def test_a_walk_over_damaged_links_of_free_pages_ends(world: BucketHeapWorld, back: int) -> None:
    """A free page that leads to itself, or to the free page before it (BKT-2, BKT-5)."""
    pages = [world.alloc(PAGE_SIZE) for _ in range(7)]
    for number in (0, 2):
        world.free(pages[number])
    target = pages[2 - 2 * back]
    astray(
        world,
        pages[2],
        target,
        lambda heap: heap.alloc(2 * PAGE_SIZE),
        lambda heap: heap.free(pages[3]),  # the walk down the map leads to it
        lambda heap: heap.free(pages[6]),  # the walk up the list does
    )


@pytest.mark.parametrize("back", [0, 1])
def test_a_walk_over_damaged_links_of_extents_ends(world: BucketHeapWorld, back: int) -> None:
    """An extent that leads to itself, or to the one before it (BKT-2, BKT-5, BKT-6)."""
    world.extend(BASE + SIZE, SIZE)
    world.extend(BASE + 2 * SIZE, SIZE)
    link, target = BASE + SIZE + Extent.next.offset, BASE + SIZE - back * SIZE
    astray(
        world,
        link,
        target,
        lambda heap: heap.alloc(8 * PAGE_SIZE),
        lambda heap: heap.free(BASE + 3 * SIZE),
        lambda heap: heap.extend(BASE + 3 * SIZE, SIZE),
    )
    flushed: list[int] = []
    with world.machine.counter.at_most(MOST_COST), pytest.raises(HeapCorruption):
        world.checked.quick_heap.destroy(lambda address, size: flushed.append(address))
    assert flushed == [BASE]


ORDER_CHECKS = (
    *(
        "check_order(before, following)\n        if following",
        "check_order(current, following)\n            self._raze",
    ),
    *("check_order(current, following)\n            current", "check_order(extent, following)"),
    *("check_order(last, following)", "check_order(before, following)\n        return"),
)
"""One in each of the six walks."""


@pytest.mark.parametrize("check_of_a_walk", [*ORDER_CHECKS, 'raise HeapCorruption(f"the link at'])
def test_the_story_misses_each_check_of_a_link(check_of_a_walk: str) -> None:
    assert sum(source_of(module).count(check_of_a_walk) for module in lineage(impl.bucket_heap)) == 1
    text = source_with(impl.bucket_heap, check_of_a_walk)
    harmless = check_of_a_walk.replace("check_order", "max").removeprefix("raise ")
    without = text.replace(check_of_a_walk, harmless)
    with pytest.raises(Violation, match="detects_damage") as caught:
        misdirected(BucketHeapWorld(edition=load_edition(impl.bucket_heap, without)))
    assert "misdirect" in caught.value.detail


def test_a_state_that_shows_no_heap_where_an_operation_calls_another_is_a_violation_of_the_call() -> None:
    text = source_of(impl.bucket_heap)
    assert text.count("self.shift = shift") == 1
    world = BucketHeapWorld(
        edition=load_edition(impl.bucket_heap, text.replace("self.shift = shift", "self.shift = 2**62"))
    )
    with pytest.raises(Violation, match="RAM shows a heap") as caught:
        begin(world)
    assert caught.value.theorem == "bucket_heap.init.calls.add"


def slow_unless_quick(defect: Defect) -> object:
    return pytest.param(defect, id=defect.name, marks=[] if defect.name in QUICK else [pytest.mark.slow])


# ---------------------------------------------------------------- histories and defects


def test_random_histories_agree_with_the_reference() -> None:
    """Any number of extents, all page sizes, any initial content, every bad argument (BKT-2 to BKT-8)."""
    result = check("bucket_heap", 150, 0)
    assert result.violation is None, str(result.violation) + result.script


@pytest.mark.slow
def test_long_random_histories_agree_with_the_reference() -> None:
    result = check("bucket_heap", 600, 100)
    assert result.violation is None, str(result.violation) + result.script


@pytest.mark.parametrize("defect", [slow_unless_quick(d) for d in DEFECTS])
def test_the_scenario_meets_the_defect(defect: Defect) -> None:
    result = scripted_violation("bucket_heap", load_edition(impl.bucket_heap, defect.source()), short=False)
    assert result.violation is not None, f"not met in {result.steps} steps: {defect.fault}"
    assert set(result.violation.theorems) & set(defect.theorems), str(result.violation)


@pytest.mark.slow
@pytest.mark.parametrize("defect", [d for d in DEFECTS if d.name in SOON], ids=lambda d: d.name)
def test_the_model_checker_finds_the_defect(defect: Defect) -> None:
    result = check("bucket_heap", STEPS, 4, load_edition(impl.bucket_heap, defect.source()), short=False)
    assert result.violation is not None, f"not found in {result.steps} steps: {defect.fault}"
    assert set(result.violation.theorems) & set(defect.theorems), str(result.violation)


@pytest.mark.parametrize("page_size", [4096, 32768])
def test_every_class_of_blocks_keeps_the_contract_at_its_ends(page_size: int) -> None:
    sizes(BucketHeapWorld(FRAMES), page_size)


def test_the_scenario_reaches_every_line_that_leaves_an_operation() -> None:
    found = witness(BENCH).operations
    assert all(operation.calls == operation.satisfied > 0 for operation in found.values())
    reached = {part for operation in found.values() for end in operation.ends for part in end}
    for module in lineage(impl.bucket_heap):
        method = ""
        for number, line in enumerate(source_of(module).splitlines(), 1):
            if line.startswith("    def "):
                method = line.split()[1].split("(")[0]
            if method in found and line.strip().startswith(("return", "raise")):
                assert f"{method}:{number}" in reached, line


# ---------------------------------------------------------------- what reading RAM must notice


def damage(world: BucketHeapWorld, law: str) -> None:
    """Break one law of a heap that holds a run of two pages, and a bucket page of which one block is live."""
    memory = world.machine.memory
    run, block = world.alloc(2 * PAGE_SIZE), world.alloc(512)
    world.free(world.alloc(512))
    entry = Page(memory, BASE + 16 + (block - BASE - PAGE_SIZE) // PAGE_SIZE * 56)
    run_entry = Page(memory, BASE + 16 + (run - BASE - PAGE_SIZE) // PAGE_SIZE * 56)
    sentinel = Links(memory, DESCRIPTOR + 40 + 6 * 16)
    if law == "extents":
        Extent(memory, BASE).next = BASE
    elif law == "geometry":
        BucketHeap(memory, DESCRIPTOR).header += PAGE_SIZE
    elif law == "entries":
        entry.page += 8
    elif law == "kinds":
        entry.kind = 12
    elif law == "free_list":
        Extent(memory, BASE).free += PAGE_SIZE
    elif law == "runs":
        run_entry.frontier = run + PAGE_SIZE
    elif law == "blocks":
        entry.free = block
    elif law == "counts":
        entry.live = 2
    elif law == "bits":
        LiveBits(memory, entry.bits).word |= 1 << 7
    elif law == "buckets":
        sentinel.next = sentinel.prev = sentinel.address
    elif law == "claims":
        FreeLink.claim(memory, block)


@pytest.mark.parametrize("law", LAWS)
def test_every_law_can_fall(world: BucketHeapWorld, law: str) -> None:
    damage(world, law)
    with pytest.raises(Violation) as caught:
        read_out(world.checked.state(), DESCRIPTOR)
    assert (caught.value.theorem, caught.value.sentence) == (f"bucket_heap.layout.{law}", LAWS[law])


def test_a_heap_is_read_out_of_ram(world: BucketHeapWorld) -> None:
    run, block = world.alloc(2 * PAGE_SIZE), world.alloc(1024)
    layout = read_out(world.checked.state(), DESCRIPTOR)
    assert layout.live == {run: 2 * PAGE_SIZE, block: 1024}
    assert (layout.kind[run], layout.kind[run + PAGE_SIZE], layout.kind[block]) == (RUN, CONTINUED, 10)
    assert layout.spare == {block: {block + 1024, block + 2048, block + 3072}}
    assert layout.free == tuple(range(block + PAGE_SIZE, BASE + SIZE, PAGE_SIZE))


def test_the_layout_is_that_of_the_implementation() -> None:
    """The constants of the reader are written down a second time."""
    assert DESCRIPTOR_BYTES == impl.bucket_heap.DESCRIPTOR
    for page_size in (512, 4096, 32768):
        fresh = BucketHeapWorld()
        size = 16 * page_size
        fresh.provide(BASE, -(-size // PAGE_SIZE), JUNK)
        assert fresh.init(BASE, size, page_size) == 0
        assert fresh.alloc(page_size) == BASE + header_of(size, page_size)


# ---------------------------------------------------------------- two heaps


def test_a_heap_refuses_the_blocks_of_another() -> None:
    """EINVAL, and neither heap changes (BKT-5)."""
    machine = Machine(4 << 20, checked=True)
    memory = machine.memory
    memory.map(0x7000, 1)
    memory.map(BASE, 2 * SIZE // PAGE_SIZE)
    heaps = [BucketHeap.claim(memory, address) for address in (0x7000, 0x7800)]
    for number, heap in enumerate(heaps):
        assert heap.init(BASE + number * SIZE, SIZE, (512, 4096)[number]) == 0
    blocks = [[heap.alloc(size) for size in (1, 100, 5000)] for heap in heaps]
    before = bytes(machine.ram.buffer)
    for address in blocks[1]:
        assert heaps[0].free(address) == -EINVAL
    for address in blocks[0]:
        assert heaps[1].free(address) == -EINVAL
    assert heaps[0].extend(BASE + SIZE, SIZE - PAGE_SIZE) == -EINVAL
    assert bytes(machine.ram.buffer) == before
    for heap, mine in zip(heaps, blocks, strict=True):
        assert [heap.free(address) for address in mine] == [0, 0, 0]


# ---------------------------------------------------------------- replay


@pytest.mark.parametrize("every", [4])
def test_a_replay_adds_extents_as_needed(tmp_path: Path, every: int) -> None:
    lines = [f"m {number} 100000" for number in range(30)] + ["c 99 5000", "r 7 200000", f"m 100 {2 * EXTENT}"]
    lines += [f"f {number}" for number in range(30)]
    trace = tmp_path / "trace"
    trace.write_text("\n".join(lines))
    result = replay(read_trace(trace), "bucket_heap", every)
    assert (result.violations, result.events, result.refused) == ([], len(lines), 1)
    assert result.peak_mapped_bytes == 4 * EXTENT


def test_a_replay_finds_a_defect(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    defect = next(d for d in DEFECTS if d.name == "leaves_blocks_in_bucket")
    module = registry.live("bucket_heap", "driver")
    driver = module.DRIVER
    bench = replace(driver.bench, module=load_edition(impl.bucket_heap, defect.source()))
    monkeypatch.setattr(module, "DRIVER", replace(driver, bench=bench))
    trace = tmp_path / "trace"
    trace.write_text("".join(f"m {n} 100\n" for n in range(20)) + "".join(f"f {n}\n" for n in range(20)))
    assert len(replay(read_trace(trace), "bucket_heap", 3).violations) == 1
