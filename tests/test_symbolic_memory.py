"""Symbolic memory is real memory: on constants it does exactly what CPython does on the machine, and never more."""

from dataclasses import dataclass, field

import pytest
import z3
from hypothesis import given, settings
from hypothesis import strategies as st

import impl.segment_heap
from impl.arithmetic import PAGE_SIZE
from impl.errors import DrystoneError
from impl.layout import Struct, flag, u8, u16, u32, u64
from impl.machine import Machine
from impl.segment_heap import Segment, SegmentHeap
from proofs.checking.memory import WatchedMemory
from proofs.engine import path as paths
from proofs.engine.memory import (
    SymMemory,
)
from proofs.engine.operation import SymOperation
from proofs.engine.values import term_of
from tests.entailment import entailed, holds, single_path

BASE = 0x4000_0000
DESCRIPTOR = 0x7000
PAGE = PAGE_SIZE


class Record(Struct, size=16, offsets={"small": 0, "medium": 2, "large": 4, "huge": 8}):
    small = u8()
    on = flag()
    medium = u16()
    large = u32()
    huge = u64()


class Tiny(Struct, size=1):
    value = u8()


# ---------------------------------------------------------------- the segment heap, once on the machine, once on terms


@dataclass
class Seen:
    """What one run of a history showed."""

    outcomes: list = field(default_factory=list)
    costs: list = field(default_factory=list)
    log: list = field(default_factory=list)
    blocks: list = field(default_factory=list)


def play(history, heap, seen, cost, paging_cost):
    """Run ``history`` on a heap; a free names its block by number, or an address by its distance from BASE."""
    for name, argument in history:
        if name == "free":
            argument = seen.blocks[argument % len(seen.blocks)] if seen.blocks else 0
        elif name == "free_at":
            name, argument = "free", argument if argument < 0 else BASE + argument
        before, paging = cost(), paging_cost()
        try:
            result = getattr(heap, name)(*([] if argument is None else [argument]))
        except (ValueError, DrystoneError) as error:
            result = type(error).__name__
        seen.outcomes.append(result)
        seen.costs.append(cost() - before - (paging_cost() - paging))
        if name == "allocate" and result and not isinstance(result, str):
            seen.blocks.append(result)


class Metered(WatchedMemory):
    """The machine's memory; the accesses that paging costs are counted apart, log lines are kept."""

    def map(self, address, pages):
        before = self.counter.total
        try:
            return super().map(address, pages)
        finally:
            self.paging += self.counter.total - before

    def unmap(self, address, pages):
        before = self.counter.total
        super().unmap(address, pages)
        self.paging += self.counter.total - before


def play_on_the_machine(history):
    machine = Machine(8 << 20, checked=True)
    memory = Metered(machine.memory)
    memory.paging = 0
    memory.map(DESCRIPTOR, 1)
    seen = Seen()
    heap = SegmentHeap.claim(memory, DESCRIPTOR)
    play(history, heap, seen, lambda: machine.counter.total, lambda: memory.paging)
    seen.log = list(memory.watch.lines)
    return machine, memory, seen


class Granting(SymMemory):
    """Symbolic memory whose machine grants what a machine with room would: a good range above 0, not yet mapped."""

    def map(self, address, pages):
        path = paths.current()
        granted = z3.Bool(f"map_granted${path.counter.get('map_granted', 0)}")
        path.know(granted)
        with path.ghost():
            before = self.cost
        answer = super().map(address, pages)
        with path.ghost():
            self.paging = self.paging + (self.cost - before)
        return answer

    def unmap(self, address, pages):
        with paths.current().ghost():
            before = self.cost
        super().unmap(address, pages)
        with paths.current().ghost():
            self.paging = self.paging + (self.cost - before)


def play_on_terms(path, history):
    """The same functions, uncut, on one path; nothing but the descriptor is there at the start."""
    memory = path.memory = Granting({"Segment": Segment, "SegmentHeap": SegmentHeap})
    memory.paging = 0
    memory.log_length = 0
    for name, members in (("Segment", ()), ("SegmentHeap", (DESCRIPTOR,))):
        array = memory.arrays[f"claimed.{name}"].array
        empty = z3.K(z3.IntSort(), z3.BoolVal(False))
        path.know(array == (z3.Store(empty, members[0], True) if members else empty))
    path.know(memory.arrays["mapped"].array == z3.K(z3.IntSort(), z3.BoolVal(False)))
    memory.operation = SymOperation(memory, None, memory.state())
    seen = Seen()
    heap = SegmentHeap(memory, DESCRIPTOR)
    play(history, heap, seen, lambda: Lazy(memory.cost, path), lambda: Lazy(memory.paging, path))
    return memory, seen


class Lazy:
    """A number of the specification: its arithmetic is mathematical wherever it is done."""

    def __init__(self, value, path):
        self.value, self.path = value, path

    def __sub__(self, other):
        with self.path.ghost():
            return Lazy(self.value - other.value, self.path)


def goals_of(machine, memory, there, here):
    """What the path must entail if the prover saw what the machine did."""
    goals = []
    for real, symbolic in zip(here.outcomes, there.outcomes, strict=True):
        if isinstance(real, str) or isinstance(symbolic, str) or real is None:
            assert real == symbolic
        else:
            goals.append(term_of(symbolic) == term_of(real))
    goals += [term_of(s.value) == r for r, s in zip(here.costs, there.costs, strict=True)]
    goals.append(term_of(memory.log_length) == len(here.log))
    goals += [z3.Select(memory.arrays["log"].array, n) == v for n, v in enumerate(here.log)]
    shadow = machine.memory.shadow
    for struct in (Segment, SegmentHeap):
        name = struct.__name__
        claims = shadow.claims(struct, 0, 2**64)
        claimed, x = memory.arrays[f"claimed.{name}"].array, z3.Int("x")
        goals.append(z3.Select(claimed, x) == z3.Or(False, *[x == a for a in claims]))
        for address in claims if struct is Segment or True in here.outcomes else ():
            for one in struct.FIELDS:
                value = machine.memory.read(one, address)
                goals.append(z3.Select(memory.arrays[f"{name}.{one.name}"].array, address) == term_of(value))
    return goals


operations = st.one_of(
    st.tuples(st.just("allocate"), st.integers(0, 300)),
    st.tuples(st.just("allocate"), st.sampled_from([16 * PAGE - 96, 16 * PAGE - 48, 17 * PAGE, 2**64 - 1, 2**64, -1])),
    st.tuples(st.just("free"), st.integers(0, 20)),
    st.tuples(st.just("free"), st.integers(0, 20)),
    st.tuples(st.just("free_at"), st.sampled_from([-BASE, -1, 0, 1, 47, 48, 64, 2**64])),
    st.tuples(st.just("dump"), st.none()),
    st.tuples(st.just("destruct"), st.none()),
)
histories = st.lists(operations, min_size=1, max_size=7).map(lambda rest: [("init", BASE), *rest])


def compare(history):
    """Every outcome, cost, log line, header and claim is the same, and every access was shown to be safe."""
    machine, _, here = play_on_the_machine(history)
    found = []
    path = single_path(lambda path: found.append(play_on_terms(path, history)))
    ((memory, there),) = found
    goals = goals_of(machine, memory, there, here)
    if not entailed(path, z3.And(*goals)):
        assert [goal for goal in goals if not entailed(path, goal)] == []
    return path


@given(histories)
@settings(max_examples=25, deadline=None)
def test_the_prover_on_constants_does_exactly_what_cpython_does(history):
    compare(history)


@pytest.mark.slow
@given(histories)
@settings(max_examples=120, deadline=None)
def test_the_prover_on_constants_does_exactly_what_cpython_does_many_histories(history):
    compare(history)


def test_a_long_history_with_growth_merging_and_refusals_agrees_and_is_safe():
    history = [("init", BASE), *[("allocate", n) for n in (100, 20, 16)], ("free", 1), ("free", 0), ("free", 2)]
    history += [("allocate", 16 * PAGE), ("free", 3), ("free", 3), ("destruct", None), ("allocate", 1)]
    path = compare(history)
    safety = [o for o in path.obligations if o.theorem.endswith(("safety", "machine_width"))]
    assert safety
    assert all(holds(o) for o in safety)


@pytest.mark.parametrize("base", [0, 1, BASE + 1, -PAGE, 2**64])
def test_a_bad_base_is_refused_alike(base):
    compare([("init", base), ("init", BASE)])


def test_a_difference_would_be_noticed():
    machine, _, here = play_on_the_machine([("init", BASE), ("allocate", 16)])
    here.outcomes[1] += 16
    found = []
    path = single_path(lambda path: found.append(play_on_terms(path, [("init", BASE), ("allocate", 16)])))
    ((memory, there),) = found
    assert not entailed(path, z3.And(*goals_of(machine, memory, there, here)))


def test_the_module_under_test_is_the_one_that_runs():
    assert impl.segment_heap.SegmentHeap is SegmentHeap
