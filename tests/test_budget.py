"""Which calls of a replay are checked in full, and what is checked of every event whether its call is or not."""

import gc
from dataclasses import replace

import pytest

from proofs import registry
from proofs.checking.bench import load_edition, source_of
from proofs.checking.blocks import Ranges
from proofs.checking.budget import LOAN, SHARE, Budget, Weight
from proofs.checking.replay import replay
from proofs.checking.state import ConcreteState
from proofs.checking.trace import Event, Trace
from tests.defects.segment_heap import DEFECTS

NEVER = 1 << 62


def spent(budget: Budget, calls: int, cost: int, price: int) -> list[int]:
    """The numbers of the calls that are checked in full, of so many with that ``cost``."""
    chosen = []
    for number in range(1, calls + 1):
        if budget.spend(number, price):
            chosen.append(number)
        else:
            budget.earn(cost)
    return chosen


@pytest.mark.parametrize(("cost", "price"), [(60, 10_000), (1000, 50_000), (60, 1_000_000)])
def test_in_the_long_run_a_tenth_is_spent(cost, price):
    budget = Budget(evenly=10_000)
    chosen = spent(budget, 400_000, cost, price)
    assert chosen
    whole = budget.spent + budget.earned
    assert whole / 10 - price <= budget.spent <= whole / 10


def test_a_short_trace_is_checked_for_what_is_lent_and_not_at_its_beginning_alone():
    budget = Budget(evenly=500)
    chosen = spent(budget, 2_000, 60, 10_000)
    assert chosen[:4] == [1, 2, 4, 7]
    assert chosen[-1] > 80
    assert budget.spent <= LOAN + budget.earned / SHARE


def test_a_large_loan_is_spent_evenly():
    budget = Budget(loan=100 * 5_000, evenly=50)
    chosen = spent(budget, 2_500, 0, 5_000)
    assert set(range(50, 2_501, 50)) <= set(chosen)


def test_what_costs_more_than_the_loan_waits_until_it_is_earned():
    budget = Budget()
    first = spent(budget, 100_000, 80, 2 * LOAN)[0]
    assert 100 * first >= 2 * LOAN * SHARE


def test_the_weight_grows_with_blocks_and_pages():
    weight = Weight(call=7, block=5, page=3)
    assert weight.of(0, 0) == 7
    assert weight.of(10, 100) == 7 + 50 + 300


def test_ranges_tell_every_overlap():
    ranges = Ranges()
    assert ranges.add(100, 200) is None
    assert ranges.add(300, 400) is None
    assert ranges.add(200, 300) is None
    overlapping = [(150, 160), (50, 101), (199, 201), (399, 500), (100, 200), (0, 1000)]
    assert [ranges.add(*pair) for pair in overlapping] == [100, 100, 100, 300, 100, 100]
    ranges.remove(200)
    assert ranges.add(200, 300) is None
    assert ranges.add(100, 100) is None
    ranges.remove(12345)


def made_up(*events: tuple) -> Trace:
    return Trace("made up", tuple(Event(*event) for event in events))


def many(count: int) -> Trace:
    """Blocks that come and go."""
    asked = [("m", number, 16 + number * 37 % 900) for number in range(count)]
    return made_up(*asked, *[("f", number, 0) for number in range(0, count, 2)])


@pytest.fixture
def served(monkeypatch):
    """``replay`` on an edition of the segment heap in which one text stands for another, without any call in full."""

    def run(old: str, new: str, trace: Trace):
        module = registry.live("segment_heap", "driver")
        driver = module.DRIVER
        source = source_of(driver.bench.module)
        assert source.count(old) >= 1
        faulty = load_edition(driver.bench.module, source.replace(old, new))
        monkeypatch.setattr(module, "DRIVER", replace(driver, bench=replace(driver.bench, module=faulty)))
        return replay(trace, "segment_heap", NEVER)

    return run


def test_the_same_calls_are_checked_each_time():
    first, second = (replay(many(300), "segment_heap") for _ in range(2))
    assert (first.checked_calls, first.checks) == (second.checked_calls, second.checks)
    assert 5 < first.checked_calls < 300


def test_blocks_that_overlap_are_seen_though_no_call_is_checked_in_full(monkeypatch):
    defect = next(one for one in DEFECTS if one.name == "taken_stays_free")
    module = registry.live("segment_heap", "driver")
    faulty = load_edition(module.DRIVER.bench.module, defect.source())
    bench = replace(module.DRIVER.bench, module=faulty)
    monkeypatch.setattr(module, "DRIVER", replace(module.DRIVER, bench=bench))
    result = replay(made_up(*(("m", number, 100) for number in range(20))), "segment_heap", NEVER)
    ((event, violation),) = result.violations
    assert violation.theorem == "segment_heap.overlaps_none"
    assert event <= 20


def test_a_block_at_another_alignment_is_seen(served):
    result = served(
        "return segment.address + Segment.SIZE\n", "return segment.address + Segment.SIZE + 8\n", made_up(("m", 0, 100))
    )
    assert [violation.theorem for _, violation in result.violations] == ["segment_heap.is_aligned"]


def test_an_access_beside_the_headers_is_seen_though_no_call_is_checked_in_full(served):
    """Quick calls keep to the shadow, too."""
    result = served(
        "            segment = Segment(self.memory, current)\n",
        "            segment = Segment(self.memory, current)\n            Segment(self.memory, current + 16).size\n",
        many(4),
    )
    ((event, violation),) = result.violations
    assert event == 1
    assert "claimed" in violation.detail


def test_a_snapshot_is_gone_once_nobody_needs_it():
    """No cycle keeps it: a heap of many pages would fill the memory."""
    gc.collect()
    gc.disable()
    try:
        before = sum(isinstance(one, ConcreteState) for one in gc.get_objects())
        result = replay(many(60), "segment_heap", 2)
        assert result.checked_calls > 40
        after = sum(isinstance(one, ConcreteState) for one in gc.get_objects())
    finally:
        gc.enable()
    assert after - before <= 6
