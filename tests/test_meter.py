"""A counter that goes off."""

import pytest

from impl.shadow import CheckedRam
from proofs.checking.meter import Meter, OverBound


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
        with pytest.raises(OverBound, match="more than 7"):
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
