"""An invariant speaks of its heap's own memory; one that looks elsewhere has no theorem."""

from dataclasses import replace

import pytest

from impl.arithmetic import PAGE_SIZE
from model.language.logic import Clause, Operation, Subject, clause, negate
from model.segment_heap.state import HEADER, MAGIC
from model.stack.contract import HEAPS, framed, left_alone
from model.stack.floor import header_untouched, tables_untouched
from model.stack.footprints import agree
from proofs.engine.runner import Options, prove
from proofs.engine.verdict import Verdict
from proofs.segment_heap.live.world import SegmentHeapWorld
from proofs.segment_heap.proof import PROOF as SEGMENT_HEAP
from proofs.stack.live.scenario import others_act, transitions
from proofs.stack.proof import PROOF
from tests.warm import warm

BASE = 0x4000_0000
OPEN = (Verdict.REFUTED, Verdict.UNKNOWN)
pytestmark = pytest.mark.usefixtures("little_effort")  # what holds is proved with a third of it


def verdict(operation: Operation, law: str) -> Verdict:
    """What becomes of a clause of an operation of the stack, whose steps are left out."""
    alone = replace(operation, ensures=tuple(one for one in operation.ensures if one.name == law))
    proof = replace(PROOF, subject=Subject("stack", (), (alone,)), hints={})
    report = prove([proof], (f"stack.{operation.name}.{law}",), Options(jobs=1, only=True))
    (result,) = [found for found in report.theorems if found.id.endswith(f".{law}")]
    return result.verdict


# ---------------------------------------------------------------- invariants that look elsewhere


@clause("every header that there is carries its magic")
def all_headers(state, heap, chain):
    return state.claimed("Segment").all(lambda a: state.fields("Segment").magic[a] == MAGIC)


@clause("the heap's own headers carry their magic")
def own_headers(state, heap, chain):
    return chain.headers.all(lambda a: state.claimed("Segment")[a] & (state.fields("Segment").magic[a] == MAGIC))


@clause("there is no other descriptor")
def no_other_descriptor(state, heap, chain):
    return state.claimed("SegmentHeap").all(lambda d: d == heap)


@clause("the byte behind the heap is 0")
def byte_behind(state, heap, chain):
    return state.bytes.filled(chain.end, chain.end + 1, 0)


@clause("the first byte of the heap is 0, or under a header")
def own_byte(state, heap, chain):
    return (chain.start >= chain.end) | state.bytes.holds(chain.start, chain.start + 1, 0)


@clause("the page behind the heap is not mapped")
def page_behind(state, heap, chain):
    return negate(state.mapped[chain.end // PAGE_SIZE])


@clause("no page is mapped but those of the heap")
def no_other_page(state, heap, chain):
    return state.mapped.exactly(chain.start, chain.end)


@clause("a header lies behind the heap")
def header_behind(state, heap, chain):
    return state.claimed("Segment")[chain.end]


@clause("no header lies before the heap, not even in part")
def header_before(state, heap, chain):
    return negate(state.claimed("Segment")[chain.start - HEADER])


def stated(law: Clause) -> Operation:
    """The theorem that a segment heap with this one invariant is left alone."""
    heap = HEAPS["segment_heap"]
    return framed("segment_heap", replace(heap, subject=replace(heap.subject, invariants=(law,))))


@pytest.mark.parametrize(
    "law",
    [all_headers, no_other_descriptor, byte_behind, page_behind, no_other_page, header_behind, header_before],
    ids=lambda law: law.name,
)
def test_an_invariant_that_looks_at_foreign_memory_has_no_theorem(law):
    assert verdict(stated(law), law.name) in OPEN


def test_one_that_looks_at_its_own_memory_has():
    assert verdict(stated(own_byte), "own_byte") is Verdict.PROVED


def test_headers_that_are_its_own_must_lie_in_its_memory():
    """That they do is what other invariants say; without these nobody knows."""
    assert verdict(stated(own_headers), "own_headers") in OPEN


SPARED = {
    "segment_heap": lambda new, old, heap, chain: agree(new, old, chain.start, chain.end),
    "block_heap": lambda new, old, heap, blocks: agree(new, old, blocks.entries, blocks.end),
    "bin_heap": lambda new, old, heap, blocks: True,
    "bucket_heap": lambda new, old, heap, ghosts: ghosts.extents.all(lambda x: agree(new, old, x, x)),
}
LAW = {"segment_heap": "descriptor", "block_heap": "pool_clear", "bin_heap": "descriptor", "bucket_heap": "geometry"}


@pytest.mark.parametrize("name", HEAPS)
def test_no_part_of_a_footprint_can_be_spared(name):
    assert verdict(framed(name, HEAPS[name]), LAW[name]) is Verdict.PROVED
    less = framed(name, replace(HEAPS[name], footprint=SPARED[name]))
    assert verdict(less, LAW[name]) in OPEN


# ---------------------------------------------------------------- operations that touch more


def test_an_operation_that_touches_a_foreign_header_breaks_its_promise():
    """Releasing every header below the heap's end is safe, and takes those of a neighbour."""
    source = SEGMENT_HEAP.module.__loader__.get_source(SEGMENT_HEAP.module.__name__)
    changed = source.replace("release_range(Segment, start, end)", "release_range(Segment, 0, end)")
    assert changed != source
    patterns = ("segment_heap.destruct.nothing_outside", "segment_heap.destruct.safety")
    options = Options(jobs=1, cache=warm(), only=True, sources={"segment_heap": changed})
    report = prove([SEGMENT_HEAP], patterns, options)
    verdicts = {one.id: one.verdict for one in report.theorems}
    assert verdicts["segment_heap.destruct.nothing_outside"] in OPEN


# ---------------------------------------------------------------- the live reading


def test_running_code_meets_every_agreement():
    """What others do on a live machine leaves the memory of each heap, header and space as it was."""
    seen = set()
    for name, t in transitions():
        of = name.removesuffix("_framed")
        if name == "frame_allocator_framed":
            assert header_untouched(t)
        elif of in ("address_space", "virtual_memory"):
            assert tables_untouched(of, t)
        elif of != name:
            assert left_alone(of, t)
            assert not t.new.agrees(t.old, lambda first, end: True)
        seen.add(name)
    assert {f"{name}_framed" for name in (*HEAPS, "frame_allocator", "address_space", "virtual_memory")} <= seen


@pytest.fixture
def world():
    world = SegmentHeapWorld()
    world.init(BASE)
    return world


def everywhere(first, end):
    """All memory."""
    return True


def seen(world):
    """The state now."""
    return world.checked.state().freeze()


def test_a_live_state_agrees_with_itself(world):
    assert seen(world).agrees(seen(world), everywhere)


@pytest.mark.parametrize(
    ("act", "place"),
    [
        (lambda memory: memory.store_bytes(BASE + 0x500, b"!"), (BASE + 0x500, BASE + 0x501)),
        (lambda memory: memory.map(BASE + 0x10_0000, 1), (BASE + 0x10_0000, BASE + 0x10_1000)),
        (lambda memory: SEGMENT_HEAP.module.SegmentHeap.claim(memory, BASE + 0x800), (BASE + 0x800, BASE + 0x818)),
    ],
    ids=["byte", "page", "header"],
)
def test_a_live_state_differs_where_something_happened_and_nowhere_else(world, act, place):
    then = seen(world)
    act(world.machine.memory)
    now = seen(world)
    low, high = place
    assert not now.agrees(then, everywhere)
    assert not now.agrees(then, lambda first, end: first < high and low < end)
    assert now.agrees(then, lambda first, end: end <= low or high <= first)


def test_a_field_of_a_header_is_no_byte(world):
    then = seen(world)
    SEGMENT_HEAP.module.Segment(world.machine.memory, BASE).size = 64
    now = seen(world)
    assert not now.agrees(then, lambda first, end: (first, end) == (BASE, BASE + HEADER))
    assert now.agrees(then, lambda first, end: end - first == 1)


def test_others_act_outside_the_heap(world):
    then = seen(world)
    others_act(world)
    assert agree(seen(world), then, BASE, BASE + 16 * PAGE_SIZE)
