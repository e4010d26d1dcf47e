"""The bucket heap is proved; each fault in it is refuted; and the bounds are nearly reached."""

from pathlib import Path

import pytest

from impl.arithmetic import PAGE_SIZE
from impl.bucket_heap_layout import Links
from model.bucket_heap.contract import FREE_COST, HIT_COST, MISS_COST
from proofs import registry
from proofs.bucket_heap.costs import VISIT_COST
from proofs.bucket_heap.live.story import BASE
from proofs.bucket_heap.live.world import BucketHeapWorld
from proofs.checking.world import DESCRIPTOR
from proofs.engine.cache import Cache
from proofs.engine.runner import Options
from proofs.engine.runner import prove as prove_alone
from proofs.engine.verdict import TheoremResult, Verdict
from proofs.proving import prove_subjects
from tests.defects.bucket_heap import DEFECTS
from tests.defects.defect import Defect
from tests.warm import warm

SUBJECT = ("bucket_heap",)
NOTED = (
    *("frees_inside_a_run", "returns_page_too_early", "leaves_blocks_in_bucket", "takes_short_run"),
    *("accepts_tiny_heap", "leaves_buckets_filled", "stays_in_use", "adds_extent_twice"),
)
CHOSEN = [d for d in DEFECTS if d.name in NOTED]
"""The gallery looks at all of them, which takes minutes."""
SMALL = ("bucket_heap.extent_of", "bucket_heap.entry_of", "bucket_heap.carve")


def prove(*patterns: str, **options):
    return prove_subjects(SUBJECT, patterns, Options(**{"jobs": 2, **options}))


def test_small_parts_are_proved():
    """The page of an address is found by arithmetic alone (BKT-5)."""
    report = prove(*SMALL, cache=Cache(Path(".drystone/cache.sqlite")))
    assert report.verdict is Verdict.PROVED, [t.id for t in report.theorems if t.verdict is not Verdict.PROVED]


def refute(defect: Defect) -> TheoremResult:
    """What the prover says of the first theorem that the defect names."""
    options = Options(jobs=1, cache=warm(), sources={"bucket_heap": defect.source()}, only=True)
    report = prove_alone([registry.proof_of("bucket_heap")], defect.theorems[:1], options)
    return next(theorem for theorem in report.theorems if theorem.id == defect.theorems[0])


@pytest.mark.slow
@pytest.mark.usefixtures("little_effort")
@pytest.mark.parametrize("defect", CHOSEN, ids=lambda d: d.name)
def test_the_prover_notices_the_defect(defect: Defect):
    """BKT-3, BKT-5, BKT-6, BKT-7.  That a run of the faulty edition shows it, test_bucket_heap_checking.py tells."""
    theorem = refute(defect)
    assert theorem.verdict not in (Verdict.PROVED, Verdict.CONDITIONAL)
    assert theorem.failures


@pytest.mark.slow
@pytest.mark.usefixtures("little_effort")
def test_a_defect_is_refuted_by_a_run():
    """An extent that was added twice (BKT-6)."""
    defect = next(d for d in DEFECTS if d.name == "adds_extent_twice")
    report = prove(defect.theorems[0], cache=warm(), sources={"bucket_heap": defect.source()}, only=True)
    assert report.verdict is Verdict.REFUTED
    assert any(t.id in defect.theorems and t.trace for t in report.theorems), "no run shows the defect"


# ---------------------------------------------------------------- bounds


def cost(world: BucketHeapWorld, name: str, argument: int) -> int:
    """Loads and stores of one call."""
    counter = world.machine.counter
    before = counter.total
    getattr(world.checked.quick_heap, name)(argument)
    return counter.total - before


def full_world(extents: int, pages: int) -> tuple[BucketHeapWorld, int]:
    """A heap with pages of 512 bytes and that many extents of at least ``pages`` pages each; and how many they have."""
    world = BucketHeapWorld()
    size = -(-(16 + (pages + 8) * 512) // PAGE_SIZE) * PAGE_SIZE
    world.provide(BASE, extents * size // PAGE_SIZE, 35)
    heap = world.checked.quick_heap
    assert heap.init(BASE, size, 512) == 0
    for number in range(1, extents):
        assert heap.extend(BASE + number * size, size) == 0
    return world, (size - heap.header) // 512


def test_alloc_comes_near_its_bound():
    """A run of all pages of the last extent, where each of the others lacks its last page (BKT-4)."""
    world, pages = full_world(3, 60)
    heap = world.checked.quick_heap
    most = [(heap.alloc((pages - 1) * 512), heap.alloc(512)) for _ in range(2)]
    for first, _ in most:
        heap.free(first)
    paid = cost(world, "alloc", pages * 512)
    bound = MISS_COST + VISIT_COST * 3 + 3 * pages + pages
    assert bound * 0.8 <= paid <= bound


def test_a_bucket_hit_reaches_its_bound():
    """The last block of a page, given back before, whatever the heap holds (BKT-4)."""
    world, _ = full_world(1, 20)
    heap = world.checked.quick_heap
    blocks = [heap.alloc(256) for _ in range(4)]
    heap.free(blocks[0])
    sentinel = DESCRIPTOR + 40 + 16 * 5
    assert Links(world.machine.memory, sentinel).next != sentinel
    assert HIT_COST * 0.8 <= cost(world, "alloc", 256) <= HIT_COST


def test_free_comes_near_its_bound():
    """The largest run of the last extent (BKT-4)."""
    world, pages = full_world(2, 60)
    heap = world.checked.quick_heap
    heap.alloc(pages * 512)
    run = heap.alloc(pages * 512)
    bound = FREE_COST + 2 + 2 * pages
    assert bound * 0.8 <= cost(world, "free", run) <= bound
