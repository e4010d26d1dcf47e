"""What a violation needs: as few statements as can be, with small numbers; the theorem stays the same."""

import pytest

import impl.segment_heap
from proofs.checking.bench import load_edition
from proofs.checking.shortening import CLOSER, MOST_TRIES, fewest, lowered, shortened, without
from proofs.checking.violation import Violation
from proofs.segment_heap.live.world import SegmentHeapWorld
from tests.defects.segment_heap import DEFECTS

JOURNAL = ["world.init(0x1000)", "a1 = world.take(70)", "a2 = world.take(9)", "world.free(a1)", "a3 = world.take(500)"]


def holds(*needed):
    """Whether all these statements are there, in whatever order of the others."""
    return lambda steps: all(one in steps for one in needed)


def test_what_is_not_needed_goes():
    assert fewest(JOURNAL, holds(JOURNAL[0], JOURNAL[4])) == [JOURNAL[0], JOURNAL[4]]


def test_what_uses_a_block_goes_with_it():
    assert without(JOURNAL, 1, 2) == [JOURNAL[0], JOURNAL[2], JOURNAL[4]]
    assert without(["a1 = f()", "a2 = g(a1)", "h(a2)"], 0, 1) == []


def test_the_last_statement_stays():
    tried = []
    fewest([*JOURNAL, "world.free(a3)"], lambda steps: tried.append(steps[-1]))
    assert set(tried) == {"world.free(a3)"}


def test_one_that_needs_all_keeps_all():
    assert fewest(JOURNAL, holds(*JOURNAL)) == JOURNAL


@pytest.mark.parametrize("least", [0, 1, 77, 499, 500])
def test_a_number_is_nearly_as_small_as_can_be(least):
    def value(steps):
        return int(steps[1].split("(")[1].rstrip(")"))

    found = value(lowered(["world.init(0x1000)", "a3 = world.take(500)"], lambda steps: value(steps) >= least))
    assert least <= found <= least + 500 // 2 ** (CLOSER - 1)


def test_an_address_stays_as_it_is_and_so_does_what_is_no_number():
    steps = ["world.init(0x1000)", "world.write(a1, b'12', True, 'in 5')"]
    assert lowered(steps, lambda _: True) == steps


def test_smaller_numbers_do_not_take_for_ever():
    tried = []
    lowered([f"world.take({10**18})"] * 100, tried.append)
    assert len(tried) == MOST_TRIES


def test_a_violation_is_shown_by_what_is_left_and_told_of_that():
    defect = next(d for d in DEFECTS if d.name == "splits_off_too_little")
    edition = load_edition(impl.segment_heap, defect.source())
    world = SegmentHeapWorld(edition=edition)
    world.init(0x4000_0000)
    block = world.allocate(100)
    world.free(block)
    with pytest.raises(Violation) as fell:
        world.allocate(65440)
    steps, seen = shortened(world, fell.value, edition)
    assert steps == ["world.init(0x40000000)", "a2 = world.allocate(65440)"]
    assert seen.theorem == fell.value.theorem
    assert "allocate(0xffa0)" in seen.detail
