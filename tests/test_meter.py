"""A counter that goes off."""

import pytest

import impl.bin_heap
from impl.shadow import CheckedRam
from model.language.logic import Operation, Transition, clause
from proofs.checking.bench import load_edition, source_of
from proofs.checking.meter import Meter, OverBound, exceeded
from proofs.checking.witness import scripted_violation


@pytest.fixture
def ram():
    return CheckedRam(4096, Meter())


def loads(ram, count):
    for _ in range(count):
        ram.load(0, 8)


def test_it_counts_as_every_counter_does(ram):
    loads(ram, 3)
    ram.store(8, 8, 1)
    assert (ram.counter.loads, ram.counter.stores, ram.counter.total) == (3, 1, 4)


def test_it_goes_off_at_the_first_access_too_many(ram):
    loads(ram, 5)
    with ram.counter.at_most(2):
        loads(ram, 2)
        with pytest.raises(OverBound, match="not over after 2"):
            loads(ram, 1)
    loads(ram, 10)


def test_an_operation_that_never_ends_is_ended(ram):
    with pytest.raises(OverBound), ram.counter.at_most(100):
        while True:
            ram.load(0, 8)


def test_what_is_paused_does_not_count(ram):
    with ram.counter.at_most(1):
        with ram.counter.paused():
            loads(ram, 9)
        loads(ram, 1)
        with pytest.raises(OverBound):
            loads(ram, 1)


def test_without_a_limit_it_never_goes_off(ram):
    with ram.counter.at_most(None):
        loads(ram, 1000)


@clause("at most 100 loads and stores")
def run_cost(t):
    return t.cost <= 100


@clause("at most 100 loads and stores, if it does not fail")
def success_cost(t):
    return True if t.raised else t.cost <= 100


@clause("at most as many loads and stores as the result says")
def answer_cost(t):
    return t.cost <= t.result


@clause("at most as many loads and stores as pages, unless it succeeds")
def refusal_cost(t):
    return t.result | (t.cost <= t.pages_asked)


@pytest.mark.parametrize(
    ("law", "raises", "cost", "found"),
    [
        (run_cost, (), 101, "run_cost"),
        (run_cost, (), 100, ""),
        (success_cost, (), 101, "success_cost"),
        (success_cost, ("ValueError",), 101, ""),
        (answer_cost, (), 10**9, ""),
        (refusal_cost, (), 10**9, ""),
    ],
)
def test_a_bound_is_exceeded_only_if_it_is_however_the_call_ends(law, raises, cost, found):
    operation = Operation("run", (), lambda t: t.ghost, (law,), raises=raises)
    assert exceeded(operation, Transition(0, None, None, None, {}, cost=cost)) == found


def test_a_call_that_never_ends_breaks_the_theorem_on_its_cost():
    source = source_of(impl.bin_heap)
    endless = load_edition(impl.bin_heap, source.replace("word = word + 1", "word = word + 0", 1))
    assert scripted_violation("bin_heap", endless, short=False).violation.theorem == "bin_heap.init.init_cost"
