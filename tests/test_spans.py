"""Disjoint ranges, found by pages: against a plain list of them."""

from hypothesis import given
from hypothesis import strategies as st

from impl.spans import Spans

PAGE = 4096
EDGES = [number * PAGE + offset for number in (0, 1, 2, 5) for offset in (0, 1, 8, PAGE // 2, PAGE - 1)]
POINTS = st.sampled_from([*EDGES, -1, -PAGE, 9 * PAGE, 2**64 - 1, 2**80])
STEPS = st.lists(st.tuples(st.booleans(), st.sampled_from(EDGES), st.sampled_from(EDGES)), max_size=30)


@given(STEPS, st.lists(st.tuples(POINTS, POINTS), min_size=5, max_size=10))
def test_they_behave_like_a_list(steps, asked):
    spans, ranges = Spans(), dict[int, int]()
    for goes, start, end in steps:
        if goes and ranges:
            gone = list(ranges)[start % len(ranges)]
            spans.remove(gone)
            del ranges[gone]
        elif start < end and not any(low < end and start < high for low, high in ranges.items()):
            assert spans.touching(start, end - start) is None
            spans.add(start, end)
            ranges[start] = end
    assert spans.ends == ranges
    for low, high in asked:
        there = sorted(start for start, end in ranges.items() if low < high and start < high and low < end)
        assert spans.within(low, high) == there
        assert spans.touching(low, high - low) == (there[0] if there else None)


@given(STEPS)
def test_nothing_is_left_of_what_went(steps):
    spans = Spans()
    for _, start, end in steps:
        if start < end and spans.touching(start, end - start) is None:
            spans.add(start, end)
    for start in list(spans.ends):
        spans.remove(start)
    assert not spans.ends
    assert not spans._on_page
