"""The CrossHair leg: every contract holds, each notices a fault, and nothing doubtful is called CHECKED."""

from __future__ import annotations

import inspect
import textwrap
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from crosshair.statespace import AnalysisMessage, CallAnalysis, MessageType, VerificationStatus

from impl import address_space, arithmetic, frame_allocator, regions
from impl.bin_heap import BinHeap
from impl.bucket_heap import BucketHeap, _log2
from impl.segment_heap import SegmentHeap
from proofs.crosshair import exploration
from proofs.crosshair.contract import describe
from proofs.crosshair.runner import CrosshairResult, check, contracts, run, selected

# ---------------------------------------------------------------- every contract holds


def test_every_contract_holds_and_results_come_in_order() -> None:
    """CrossHair explores every path of every contract and finds nothing.

    Results keep the order in which contracts are declared, whichever worker is faster.
    """
    results = run()
    assert {result.id: result.detail for result in results if result.verdict != "CHECKED"} == {}
    assert [result.id for result in results] == [entry.id for entry in contracts()]


def test_every_contract_has_a_sentence() -> None:
    """What is claimed can be read without reading code."""
    assert all(len(entry.sentence.split()) > 5 for entry in contracts())


# ---------------------------------------------------------------- every contract can fail

ABSORBS = "needed:\n        following"
FAULTS: dict[str, tuple[Callable[..., Any], str, str]] = {
    "align_down.greatest_multiple": (
        arithmetic.align_down,
        "value - value % alignment",
        "value - (value % alignment or alignment)",
    ),
    "align_up.least_multiple": (arithmetic.align_up, "(alignment - 1)", "alignment"),
    "is_aligned.fixed_point": (arithmetic.is_aligned, "== 0", "<= 1"),
    "pages_for.least_number": (arithmetic.pages_for, "align_up(size, PAGE_SIZE) // PAGE_SIZE", "size // PAGE_SIZE + 1"),
    "buddy_of.involution": (frame_allocator.buddy_of, "index ^ (1 << order)", "index + (1 << order)"),
    "buddy_of.flips_order_bit": (frame_allocator.buddy_of, "1 << order", "2 << order"),
    "buddy_of.joined_block_aligned": (frame_allocator.buddy_of, "1 << order", "3 << order"),
    "largest_order.aligned_and_fits": (
        frame_allocator.largest_order,
        "1 << (order + 1) <= frames",
        "1 << order <= frames",
    ),
    "largest_order.maximal": (frame_allocator.largest_order, "order < MAX_ORDER", "order < MAX_ORDER - 1"),
    "header_size.holds_every_record": (frame_allocator.header_size, "RECORDS + ", ""),
    "whole_frames.largest_inside": (regions.whole_frames, "align_down", "align_up"),
    "clip.inside": (regions.clip, "max(first, start)", "first"),
    "clip.meets": (regions.clip, "last = align_up", "last = align_down"),
    "slot_of.inside_table": (address_space.slot_of, "% ENTRIES", "% (2 * ENTRIES)"),
    "slot_of.index_recomposes": (address_space.slot_of, "* ENTRY_SIZE", "* (2 * ENTRY_SIZE)"),
    "slot_of.four_indexes": (address_space.slot_of, "% ENTRIES", "% (ENTRIES - 1)"),
    "is_canonical.sign_extended": (address_space.is_canonical, "< LOW_END", "<= LOW_END"),
    "is_canonical_range.one_half": (address_space.is_canonical_range, "HIGH_END", "WORD_LIMIT"),
    "first_in.counts_tables": (address_space.first_in, "return 2", "return 3"),
    "segment_heap.init": (SegmentHeap.init, "PAGE_SIZE - Segment.SIZE", "PAGE_SIZE"),
    "segment_heap.allocate": (SegmentHeap.allocate, "segment.size >= needed", "segment.size > needed"),
    "segment_heap.allocate_twice": (SegmentHeap._grow, "last.next = end", "last.next = NULL"),
    "segment_heap.free_anything": (SegmentHeap.free, "Segment.SIZE == address", "Segment.SIZE <= address"),
    "segment_heap.free_twice": (SegmentHeap._reclaim, "if segment.free:", "if False:"),
    "segment_heap.reuse": (SegmentHeap._take, "Segment.SIZE + GRANULE", "Segment.SIZE - GRANULE"),
    "segment_heap.merge": (SegmentHeap._absorb_next, "segment.size + Segment.SIZE", "segment.size"),
    "segment_heap.damage_then_allocate": (SegmentHeap.allocate, "segment.magic != MAGIC", "False"),
    "segment_heap.damage_then_free": (SegmentHeap._is_intact, "Segment(self.memory, address).magic == MAGIC", "True"),
    "segment_heap.destruct": (SegmentHeap.destruct, "(end - start) // PAGE_SIZE", "INITIAL_PAGES"),
    "bin_index.own_size": (BinHeap.bin_index, "(ALIGNMENT - 1)", "ALIGNMENT"),
    "bin_heap.rounding": (arithmetic.align_up, "(alignment - 1)", "alignment"),
    "first_bin.least_of_two": (BinHeap.first_bin, "index % WORD_BITS", "0"),
    "bin_heap.flags": (BinHeap.hand_out, "ALLOCATED | MAPPED", "ALLOCATED"),
    "bin_heap.malloc_small": (BinHeap.carve, "header.size - size - HEADER", "header.size - size"),
    "bin_heap.malloc_large": (BinHeap.alloc_mapped, "pages_for(size + HEADER)", "pages_for(size)"),
    "bin_heap.fit": (BinHeap.block_split, "size + HEADER + ALIGNMENT", "size + HEADER + 2 * ALIGNMENT"),
    "bin_heap.free_anywhere": (BinHeap._block_at, "is_aligned(address, ALIGNMENT)", "True"),
    "bin_heap.free_twice": (BinHeap._block_at, "not self.memory.peek(BlockHeader.flags, block) & ALLOCATED", "False"),
    "bin_heap.merge": (BinHeap.join, "header.size + HEADER + absorbed.size", "header.size + absorbed.size"),
    "bin_heap.realloc": (
        BinHeap.resize_in_place,
        "header.size < needed:\n        following",
        "header.size <= needed:\n        following",
    ),
    "log2.least_exponent": (_log2, "1 << log < size", "1 << log <= size"),
    "log2.too_large": (_log2, "log <= MAX_SHIFT", "log < MAX_SHIFT"),
    "entry_of.page_number": (BucketHeap.entry_of, " - self.header", ""),
    "bucket_heap.init": (BucketHeap.init, "2 * page_size", "page_size"),
    "bucket_heap.init_page_size": (BucketHeap.init, " or page_size != 1 << shift", ""),
    "bucket_heap.extend": (BucketHeap.extend, "following + size > address", "following + size >= address"),
    "bucket_heap.alloc": (BucketHeap.alloc, "1 << (shift - 1)", "1 << shift"),
    "bucket_heap.alloc_twice": (BucketHeap.take_block, "view.live + 1", "view.live"),
    "bucket_heap.free_inside": (BucketHeap.free, " or not is_aligned(address, BLOCK_UNIT)", ""),
    "bucket_heap.free_outside": (BucketHeap.extent_of, "(current + header <= address) & ", ""),
    "bucket_heap.free_twice": (BucketHeap.give_block, "self._flip(view, address)", "pass"),
    "bucket_heap.reuse": (BucketHeap.give_block, "view.free = address", "pass"),
    "bucket_heap.destroy": (BucketHeap.destroy, "current = following", "current = NULL"),
}
"""For each contract one edit of the real source that its subject must not survive."""


def edited(function: Callable[..., Any], old: str, new: str) -> Any:
    """The code of ``function`` with the one occurrence of ``old`` in its source replaced."""
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(old) == 1, f"{old!r} occurs {source.count(old)} times in {function.__qualname__}"
    module = compile(source.replace(old, new), f"<{function.__name__} with a fault>", "exec", annotations.compiler_flag)
    namespace: dict[str, Any] = dict(function.__globals__)
    exec(module, namespace)
    return namespace[function.__name__].__code__


def test_every_contract_has_a_fault() -> None:
    assert ["crosshair." + name for name in FAULTS] == [entry.id for entry in contracts()]


@pytest.mark.parametrize("name", FAULTS)
def test_fault_is_found(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the fault in the implementation itself, CrossHair shows arguments that break the contract."""
    function, old, new = FAULTS[name]
    (entry,) = selected([f"crosshair.{name}"])
    monkeypatch.setattr(function, "__code__", edited(function, old, new))
    result = check(entry)
    assert result.verdict == "REFUTED", result
    assert "when calling" in result.detail


# ---------------------------------------------------------------- no doubt is called CHECKED


def many_paths(a: int, b: int) -> int:
    """More paths than a short budget allows.

    pre: 0 <= a < 10**6 and 0 <= b < 10**6
    post: True
    """
    total = 0
    for bit in range(20):
        total += (1 if a // 2**bit % 2 == 1 else 0) + (1 if b // 2**bit % 2 == 1 else 0)
    return total


def false_deep_inside(a: int) -> int:
    """False in the very last of many cases.

    pre: 0 <= a
    post: _ != 150
    """
    steps = 0
    while steps < 150 and a != steps:
        steps += 1
    return steps


def one_path_is_slow(a: int, b: int) -> bool:
    """Quick unless ``a`` is 7; then it takes thousands of decisions, though each can go only one way.

    pre: 0 <= b < 10
    post: _
    """
    steps = 0
    while a == 7 and steps < 10**4 and b % (steps + 10) == b:
        steps += 1
    return steps in (0, 10**4)


def beyond_the_solver(a: int, b: int, c: int) -> bool:
    """Fermat's last theorem for the exponent 3.

    pre: 0 < a and 0 < b and 0 < c
    post: _
    """
    return a * a * a + b * b * b != c * c * c


def unmeetable(a: int) -> int:
    """No argument meets the precondition.

    pre: a < a
    post: True
    """
    return a


def precondition_raises(a: int) -> int:
    """The precondition fails with an exception for one argument.

    pre: 1 // (a - 7) <= 1
    post: True
    """
    return a


def without_postcondition(a: int) -> int:
    """Claims nothing."""
    return a


def misspelt(a: int) -> int:
    """A postcondition that is no expression.

    post: _ = = a
    """
    return a


def raises(a: int) -> int:
    """Raises for one argument.

    post: True
    """
    if a == 12345:
        raise RuntimeError("a is 12345")
    return a


def hangs(a: int) -> int:
    """Never ends.

    post: True
    """
    while True:
        pass


def holds(a: int) -> int:
    """Trivially true.

    post: _ == a
    """
    return a


def at_most_nine(a: int) -> int:
    """Itself, if it is small.

    pre: a < 10
    post: True
    """
    return a


def asks_too_much_the_second_time(a: int) -> int:
    """Calls a function with conditions of its own twice, the second time outside them.

    pre: 0 <= a < 10
    post: True
    """
    return at_most_nine(a) + at_most_nine(a + 1)


def verdict(function: Callable[..., Any], budget: float = 5.0) -> str:
    return check(describe(function.__name__, function, budget)).verdict


def test_true_contract_is_checked() -> None:
    assert verdict(holds) == "CHECKED"


def test_conditions_of_what_is_called_hold_at_every_call() -> None:
    """They are read once, and demanded each time."""
    assert verdict(at_most_nine) == "CHECKED"
    assert verdict(asks_too_much_the_second_time) != "CHECKED"


def test_exhausted_budget_is_unknown() -> None:
    """A run that ends because its time is up confirms nothing."""
    assert verdict(many_paths, 0.3) == "UNKNOWN"


def test_deep_counterexample_is_found_or_nothing_is_claimed() -> None:
    """However little time there is, a contract that is false somewhere deep is never CHECKED."""
    assert verdict(false_deep_inside, 20.0) == "REFUTED"
    assert all(verdict(false_deep_inside, budget) != "CHECKED" for budget in (0.001, 0.02, 0.1))


def test_path_that_times_out_is_unknown() -> None:
    """One path that was given up spoils the verdict, though all the others were explored."""
    entry = describe("one_path_is_slow", one_path_is_slow, 2.0)
    found, detail = exploration.explore(entry, path_budget=0.3)
    assert (found, "timed out" in detail) == ("UNKNOWN", True)


def test_undecided_path_is_unknown() -> None:
    assert verdict(beyond_the_solver, 1.0) == "UNKNOWN"


@pytest.mark.parametrize("function", [unmeetable, without_postcondition, misspelt])
def test_empty_claims_are_errors(function: Callable[..., Any]) -> None:
    assert verdict(function) == "ERROR"


def test_precondition_that_raises_is_not_checked() -> None:
    """An argument on which the precondition cannot be evaluated is not silently excluded."""
    assert verdict(precondition_raises) == "UNKNOWN"


def test_exception_is_a_counterexample() -> None:
    result = check(describe("raises", raises))
    assert result.verdict == "REFUTED"
    assert "a is 12345" in result.detail


def test_hanging_worker_holds_up_nobody() -> None:
    """A worker that does not come back is ended and reported; the others finish."""
    heard: list[CrosshairResult] = []
    entries = [describe("hangs", hangs, 0.3), describe("holds", holds)]
    answers = run(entries=entries, progress=heard.append)
    assert [answer.verdict for answer in answers] == ["UNKNOWN", "CHECKED"]
    assert heard == answers


CONFIRMED = AnalysisMessage(MessageType.CONFIRMED, "Confirmed over all paths.", "", 1, 0, "")


@pytest.mark.parametrize(
    ("endings", "exhausted", "expected"),
    [
        ([VerificationStatus.CONFIRMED], 1, "CHECKED"),
        ([VerificationStatus.CONFIRMED, VerificationStatus.UNKNOWN], 1, "UNKNOWN"),
        ([VerificationStatus.CONFIRMED, None], 1, "UNKNOWN"),
        ([VerificationStatus.CONFIRMED], 0, "UNKNOWN"),
        ([], 1, "ERROR"),
    ],
)
def test_confirmation_alone_is_not_believed(
    endings: list[VerificationStatus | None], exhausted: int, expected: str
) -> None:
    """Whatever CrossHair sums up, every single path counts."""
    paths = exploration.Paths(stats=Counter(num_paths=len(endings), exhaustion=exhausted))
    for ending in endings:
        paths.record(CallAnalysis(ending))
    assert exploration.judge([CONFIRMED], paths)[0] == expected


def test_unobserved_path_is_unknown() -> None:
    paths = exploration.Paths(confirmed=2, stats=Counter(num_paths=3, exhaustion=1))
    assert exploration.judge([CONFIRMED], paths)[0] == "UNKNOWN"
