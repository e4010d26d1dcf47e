"""What the annotations cost an ordinary run; asserted only where benchmarks are enabled (``make bench``)."""

import ast
from statistics import median
from time import perf_counter_ns

import impl.segment_heap
from impl.machine import Machine
from proofs.checking.bench import load_edition, source_of

BASE = 0x4000_0000
DESCRIPTOR = 0x7000
MOST = 1.10
"""An annotated run takes at most so many times as long as one without annotations."""
ROUNDS = 60


class WithoutLoops(ast.NodeTransformer):
    """Removes every ``loop(...)`` statement."""

    def __init__(self):
        self.removed = 0

    def visit_Expr(self, node):
        call = node.value
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "loop":
            self.removed += 1
            return None
        return node


def bare_edition():
    """The segment heap without its annotations."""
    stripper = WithoutLoops()
    tree = stripper.visit(ast.parse(source_of(impl.segment_heap)))
    assert stripper.removed == 4
    return load_edition(impl.segment_heap, ast.unparse(ast.fix_missing_locations(tree)))


def fresh_heap(module):
    machine = Machine(8 << 20)
    machine.memory.map(DESCRIPTOR, 1)
    heap = module.SegmentHeap(machine.memory, DESCRIPTOR)
    assert heap.init(BASE)
    return heap


def work(heap):
    """Some hundred calls, most of their time spent in walks; the heap is afterwards as it was."""
    blocks = [heap.allocate(16 + number % 7 * 48) for number in range(40)]
    for block in blocks[::2]:
        heap.free(block)
    for block in blocks[1::2]:
        heap.free(block)


def elapsed(heap):
    start = perf_counter_ns()
    work(heap)
    return perf_counter_ns() - start


def ratio(annotated, bare):
    """Interleaved, so that whatever disturbs one disturbs the other; each pair gives one ratio."""
    return median(elapsed(annotated) / elapsed(bare) for _ in range(ROUNDS))


def test_an_ordinary_run_pays_little_for_annotations(benchmark):
    annotated, bare = fresh_heap(impl.segment_heap), fresh_heap(bare_edition())
    work(annotated)
    work(bare)
    if benchmark.enabled:
        best = min(ratio(annotated, bare) for _ in range(3))
        benchmark.extra_info["ratio"] = best
        assert best <= MOST
    benchmark(work, annotated)


def test_a_run_without_annotations(benchmark):
    benchmark(work, fresh_heap(bare_edition()))


def test_both_editions_do_the_same():
    annotated, bare = fresh_heap(impl.segment_heap), fresh_heap(bare_edition())
    assert [annotated.allocate(n * 16 + 1) for n in range(9)] == [bare.allocate(n * 16 + 1) for n in range(9)]
